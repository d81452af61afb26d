"""Institutes are recognised by what people call them, also after they were renamed."""

from datetime import date

import pytest

from infra.imports.institutes import InstituteName, InstituteNames
from infra.imports.problems import Wrong
from infra.imports.values import Refusal

RENAMED = date(2020, 11, 20)
NAMES = InstituteNames(
    [
        InstituteName(
            code="KIMM",
            names=("한국기계연구원", "Korea Institute of Machinery and Materials", "기계연"),
            valid_from=date(2013, 1, 1),
            valid_to=None,
            successor=None,
        ),
        InstituteName(
            code="OLDIMS",
            names=("재료연구소", "소재연"),
            valid_from=date(2013, 1, 1),
            valid_to=RENAMED,
            successor="NEWIMS",
        ),
        InstituteName(
            code="NEWIMS",
            names=("한국재료연구원", "소재연"),
            valid_from=RENAMED,
            valid_to=None,
            successor=None,
        ),
        InstituteName(
            code="OTHER",
            names=("그 밖의 연구원", "기계연"),
            valid_from=date(2013, 1, 1),
            valid_to=date(2013, 12, 31),
            successor=None,
        ),
    ]
)
TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    "written",
    [
        "KIMM", "kimm", "한국기계연구원", "(재)한국기계연구원", "재단법인 한국 기계 연구원",
        "기계연", "Korea Institute of Machinery and Materials", "㈜합성|한국기계연구원",
        "합성; 기계연",
    ],
)  # fmt: skip
def test_code_name_and_alias_mean_the_same_institute(written: str) -> None:
    assert NAMES.find(written, TODAY) == "KIMM"


def test_an_old_name_leads_to_what_followed_and_in_its_time_to_itself() -> None:
    assert NAMES.find("재료연구소", TODAY) == "NEWIMS"
    assert NAMES.find("재료연구소", date(2015, 1, 1)) == "OLDIMS"


@pytest.mark.parametrize(
    ("written", "on", "wrong"),
    [
        ("기계연", date(2013, 6, 1), Wrong.AMBIGUOUS_INSTITUTE),
        ("그 밖의 연구원", TODAY, Wrong.UNKNOWN_INSTITUTE),
        ("합성대학교", TODAY, Wrong.UNKNOWN_INSTITUTE),
        ("", TODAY, Wrong.UNKNOWN_INSTITUTE),
    ],
)
def test_nobody_is_guessed(written: str, on: date, wrong: Wrong) -> None:
    with pytest.raises(Refusal) as refusal:
        NAMES.find(written, on)
    assert refusal.value.wrong is wrong


def test_the_first_of_joint_applicants_that_is_ours_holds_the_patent() -> None:
    assert NAMES.find("합성대학교 | 한국재료연구원 | 한국기계연구원", TODAY) == "NEWIMS"
