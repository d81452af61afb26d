"""Personal data in free text: what is removed before the first write, and what is masked (U24).

Patterns find numbers and addresses, and names where something says that one follows: a role, a
title, "my name is". Other names can't be found this way; the form asks not to write them, and only
handlers read the original.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class PersonalDataKind(StrEnum):
    """What was found in a text."""

    RESIDENT_NUMBER = "resident_number"
    EMAIL = "email"
    CARD_NUMBER = "card_number"
    PHONE = "phone"
    ACCOUNT_NUMBER = "account_number"
    NAME = "name"


@dataclass(frozen=True)
class Masked:
    """A text in the two forms in which it may be stored.

    Attributes:
        kept: As written, but without resident registration numbers: what handlers read.
        masked: Without any personal data that could be found: what everybody else reads.
        kinds: What was found, in the order of `PersonalDataKind`.
    """

    kept: str
    masked: str
    kinds: tuple[PersonalDataKind, ...]


# Korean keyboards also make wide digits.
_ASCII_DIGITS: Final = {0xFF10 + digit: str(digit) for digit in range(10)}
_SEPARATOR: Final = r"[\s.\-\u2010-\u2015\u2212\uff0d]"
# Six digits of a birth date, then 1-8: sex, century, foreigner. Corporation numbers look alike, but
# their seventh digit is 0.
_RESIDENT_NUMBER: Final = re.compile(
    rf"(?<!\d)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]){_SEPARATOR}{{0,3}}[1-8]"
    rf"(?:{_SEPARATOR}?\d){{6}}(?!\d)"
)
_EMAIL: Final = re.compile(
    r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,5}"
)
_CARD: Final = re.compile(rf"(?<!\d)\d{{4}}(?:{_SEPARATOR}?\d{{4}}){{3}}(?!\d)")
_PHONE: Final = re.compile(
    rf"(?<![\d-])(?:\+?82{_SEPARATOR}?(?:\(0\))?|\(?0)"
    rf"(?:1[016-9]|2|[3-6]\d|70|50\d)\)?{_SEPARATOR}{{0,2}}\d{{3,4}}{_SEPARATOR}?\d{{4}}(?![\d-])"
)
_ACCOUNT: Final = re.compile(
    r"(?:계좌|통장|은행|뱅크|농협|수협|신협|새마을금고|우체국|account|bank)[^\d\n]{0,20}"
    r"(?P<number>\d(?:[ -]?\d){9,15})(?!\d)",
    re.IGNORECASE,
)
# The surnames of all but a few in a thousand; rarer ones begin too many common words.
_SURNAME: Final = (
    "(?:남궁|황보|제갈|선우|독고|[김이박최정강조윤장임한오서신권황안송전홍유고문양손배백허남심노하곽성차주우구"
    "민류나진지엄채원천방공현함변염추도석설길])"
)
_ROLE: Final = (
    "(?:담당자?|책임자|책임연구원|연구원|대표이사|대표|사장|전무|상무|이사|공장장|연구소장|소장|실장|본부장|부장|차장|과장"
    "|팀장|계장|대리|주임|반장|사원|박사)"
)
# Not a name but a department, a firm, somebody's function, or a word with its particle.
_NO_NAME_END: Final = "(?<![부팀실과소사자장는을를된할에의])"
_NAME_AFTER: Final = re.compile(
    rf"(?:{_ROLE}|이름|성명|성함)(?:님|은|는|이|가|:|：)?\s*(?<=[\s:：])"
    rf"(?:{_ROLE}(?:님)?(?:은|는)?\s+)?"
    rf"(?P<number>{_SURNAME}[가-힣]{{1,2}}){_NO_NAME_END}"
    rf"(?=\s*(?:{_ROLE}|님|씨|이고|입니다|이며|이라고|라고|에게|한테|께|,|\.|\(|\[|\d|/|연락|전화|$))"
)
_NAME_BEFORE: Final = re.compile(
    rf"(?<![가-힣])(?P<number>{_SURNAME}[가-힣]{{2}}){_NO_NAME_END}\s"
    rf"(?:(?!대표\s){_ROLE}(?:님|입니다|이고|에게|한테|께|이라고|[\s,.(\[]|$)|씨(?:[\s,.는가]|$))"
)
_LABELS: Final = {
    PersonalDataKind.RESIDENT_NUMBER: "[주민등록번호 삭제]",
    PersonalDataKind.EMAIL: "[전자우편 가림]",
    PersonalDataKind.CARD_NUMBER: "[카드번호 가림]",
    PersonalDataKind.PHONE: "[전화번호 가림]",
    PersonalDataKind.ACCOUNT_NUMBER: "[계좌번호 가림]",
    PersonalDataKind.NAME: "[이름 가림]",
}


def mask(text: str) -> Masked:
    """Remove resident registration numbers from `text` and blank out other personal data."""
    kept, removed = _replace(
        text.translate(_ASCII_DIGITS), _RESIDENT_NUMBER, PersonalDataKind.RESIDENT_NUMBER
    )
    found = {PersonalDataKind.RESIDENT_NUMBER} if removed else set[PersonalDataKind]()
    masked = kept
    for kind, pattern, is_meant in _MASKED_ONLY:
        masked, count = _replace(masked, pattern, kind, is_meant)
        if count:
            found.add(kind)
    return Masked(kept, masked, tuple(kind for kind in PersonalDataKind if kind in found))


def without_resident_numbers(text: str) -> str:
    """`text` as it may be stored: resident registration numbers may not (L5 제24조의2)."""
    plain = text.translate(_ASCII_DIGITS)
    return _replace(plain, _RESIDENT_NUMBER, PersonalDataKind.RESIDENT_NUMBER)[0]


def _replace(
    text: str,
    pattern: re.Pattern[str],
    kind: PersonalDataKind,
    is_meant: Callable[[str], bool] = bool,
) -> tuple[str, int]:
    count = 0

    def blank(match: re.Match[str]) -> str:
        nonlocal count
        number = match.groupdict().get("number") or match[0]
        if not is_meant(number):
            return match[0]
        count += 1
        return match[0].replace(number, _LABELS[kind])

    return pattern.sub(blank, text), count


def _is_card_number(text: str) -> bool:
    """Whether the check digit fits (Luhn): other sixteen digits are serial or part numbers."""
    digits = [int(character) for character in text if character.isdigit()]
    return _luhn_sum(reversed(digits)) % 10 == 0


def _luhn_sum(digits: Iterable[int]) -> int:
    return sum(
        digit if place % 2 == 0 else sum(divmod(digit * 2, 10))
        for place, digit in enumerate(digits)
    )


_MASKED_ONLY: Final = (
    (PersonalDataKind.EMAIL, _EMAIL, bool),
    (PersonalDataKind.CARD_NUMBER, _CARD, _is_card_number),
    (PersonalDataKind.PHONE, _PHONE, bool),
    (PersonalDataKind.ACCOUNT_NUMBER, _ACCOUNT, bool),
    (PersonalDataKind.NAME, _NAME_AFTER, bool),
    (PersonalDataKind.NAME, _NAME_BEFORE, bool),
)
