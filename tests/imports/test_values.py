"""What cells mean, however they are written, and what is refused."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.imports import values
from infra.imports.problems import Wrong
from infra.imports.values import Refusal


@pytest.mark.parametrize(
    "cell",
    [
        "2013-08-26", "2013.08.26", "2013.08.26.", "2013. 8. 26.", "20130826", "2013/8/26",
        "2013년 8월 26일", 20130826.0, date(2013, 8, 26), datetime(2013, 8, 26, 9, tzinfo=UTC),
        "2013-08-26 00:00:00",
    ],
)  # fmt: skip
def test_a_date_is_read_however_it_is_written(cell: object) -> None:
    assert values.day(cell) == date(2013, 8, 26)


@pytest.mark.parametrize(
    "cell", ["2013-02-30", "26.08.2013", "2013-08", "어제", "0", "2013-08-26x"]
)
def test_what_is_no_date_is_refused(cell: str) -> None:
    with pytest.raises(Refusal) as refusal:
        values.day(cell)
    assert refusal.value.wrong is Wrong.NOT_A_DATE


@pytest.mark.parametrize(
    "cell",
    ["10-2013-0012345", "1020130012345", 1020130012345.0, "10 2013 0012345", "10‐2013‐0012345"],
)
def test_one_application_has_one_number(cell: object) -> None:
    assert values.patent_number(cell) == "10-2013-0012345"


def test_an_international_application_has_one_number_too() -> None:
    assert values.patent_number("pct/kr2013/012345") == "PCT/KR2013/012345"
    assert values.patent_number("PCT-KR2013-012345") == "PCT/KR2013/012345"


@pytest.mark.parametrize("cell", ["30-2013-0012345", "10-2013-12345", "특허", "10-1013-0012345"])
def test_a_design_is_no_patent(cell: str) -> None:
    with pytest.raises(Refusal) as refusal:
        values.patent_number(cell)
    assert refusal.value.wrong is Wrong.NOT_A_PATENT_NUMBER


@pytest.mark.parametrize("cell", ["홍길동", "850101-1234567", "010-1234-5678", "a@b.example"])
def test_nobody_is_known_by_a_name_or_a_personal_number(cell: str) -> None:
    with pytest.raises(Refusal) as refusal:
        values.person_id(cell)
    assert refusal.value.wrong is Wrong.PERSONAL_DATA


@pytest.mark.parametrize(
    "cell", ["javascript:alert(1)", "ftp://a.example", "http://", "a b", "//x"]
)
def test_a_link_leads_to_a_web_page_or_nowhere(cell: str) -> None:
    with pytest.raises(Refusal) as refusal:
        values.address(cell)
    assert refusal.value.wrong is Wrong.NOT_AN_ADDRESS


@pytest.mark.parametrize(
    ("cell", "meant"),
    [
        ("공동활용허용가능", True),
        ("단독활용만 가능", False),
        (1.0, True),
        ("아니오", False),
        (True, True),
    ],
)
def test_whether_companies_may_use_it(cell: object, meant: object) -> None:
    assert values.yes_or_no(cell) is meant


@given(st.text() | st.integers() | st.floats() | st.none() | st.lists(st.text()) | st.booleans())
def test_any_cell_is_read_or_refused(cell: object) -> None:
    for read in (values.text, values.line, values.day, values.yes_or_no, values.level,
                 values.patent_number, values.person_id, values.address, values.status,
                 values.classes, values.listed, values.patent_numbers):  # fmt: skip
        try:
            read(cell)
        except Refusal as refusal:
            assert refusal.wrong.korean  # noqa: PT017  # some cells are refused, some are not
