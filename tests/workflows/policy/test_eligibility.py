"""The business registration number."""

import pytest

from schemas.problem import ProblemType, Refused
from workflows.policy.eligibility import check_business_number


@pytest.mark.parametrize("text", ["999-99-99997", "9990082492", " 999-00-00016 "])
def test_a_number_that_can_exist_is_taken_without_its_dashes(text: str) -> None:
    assert check_business_number(text) == text.strip().replace("-", "")


@pytest.mark.parametrize(
    "text", ["123-45-67890", "000-00-00000", "999-99-9999", "99a-99-99991", "", "100-00-00003"]
)
def test_a_number_that_cannot_exist_is_refused(text: str) -> None:
    with pytest.raises(Refused) as refused:
        check_business_number(text)

    assert refused.value.problem is ProblemType.INVALID_BUSINESS_NUMBER
