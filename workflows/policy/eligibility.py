"""Who may ask: the business registration number."""

import re
from typing import Final

from schemas.problem import ProblemType, Refused

_WEIGHTS: Final = (1, 3, 7, 1, 3, 7, 1, 3, 5)
_LOWEST_TAX_OFFICE: Final = 101


def check_business_number(text: str) -> str:
    """The ten digits of a business registration number.

    Weights 1 3 7 1 3 7 1 3 5; the ninth product's tens are added; the last digit makes the sum a
    multiple of ten. The first three digits are a tax office's code, 101 or more: 000-00-00000
    passes the sum and is no number.

    Raises:
        Refused: It cannot be one.

    Source: the checksum that the tax service publishes; domain, BRN rule.
    """
    digits = re.sub(r"[\s-]", "", text)
    if re.fullmatch(r"[0-9]{10}", digits) is None:
        raise _invalid("A business registration number has ten digits, such as 999-99-99997.")
    numbers = [int(digit) for digit in digits]
    weighted = sum(w * n for w, n in zip(_WEIGHTS, numbers, strict=False))
    total = weighted + 5 * numbers[8] // 10
    if (10 - total % 10) % 10 != numbers[9] or int(digits[:3]) < _LOWEST_TAX_OFFICE:
        raise _invalid(
            "This business registration number cannot exist. Check it for typing errors."
        )
    return digits


def _invalid(detail: str) -> Refused:
    return Refused(
        ProblemType.INVALID_BUSINESS_NUMBER, detail, field="/company/business_registration_number"
    )
