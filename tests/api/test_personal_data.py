"""What is removed from texts, what is masked, and what is left alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.policy.personal_data import PersonalDataKind, mask, without_resident_numbers


@pytest.mark.parametrize(
    "number",
    [
        "900101-1234567", "9001011234567", "900101 - 2234567", "000229–3234567",
        "991231-8234567", "９００１０１－１２３４５６７",
    ],
)  # fmt: skip
def test_resident_numbers_are_removed_however_they_are_typed(number: str) -> None:
    found = mask(f"주민번호는 {number} 입니다")

    assert found.kept == found.masked == "주민번호는 [주민등록번호 삭제] 입니다"
    assert found.kinds == (PersonalDataKind.RESIDENT_NUMBER,)


@pytest.mark.parametrize(
    "text",
    [
        "법인등록번호 110111-0012345",
        "13월은 없다 901301-1234567",
        "32일은 없다 900132-1234567",
        "사업자등록번호 999-99-99997",
        "부품 번호 1234-5678-9012-3456",
        "압력 0.0021 MPa, 온도 1,250.5 도, 12345678901234567890",
        "대표번호 1588-0000, 1379",
        "2026-11-23 10:00 공차 0.02-0.05",
    ],
)
def test_other_numbers_are_left_alone(text: str) -> None:
    assert mask(text).masked == text


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("010-0000-0000", PersonalDataKind.PHONE),
        ("01000000000", PersonalDataKind.PHONE),
        ("+82 10-0000-0000", PersonalDataKind.PHONE),
        ("(031) 000-0000", PersonalDataKind.PHONE),
        ("02-000-0000", PersonalDataKind.PHONE),
        ("070-0000-0000", PersonalDataKind.PHONE),
        ("nobody@company.example", PersonalDataKind.EMAIL),
        ("4111-1111-1111-1111", PersonalDataKind.CARD_NUMBER),
        ("4111111111111111", PersonalDataKind.CARD_NUMBER),
        ("은행 000-000-000000", PersonalDataKind.ACCOUNT_NUMBER),
    ],
)
def test_other_personal_data_is_masked_but_kept_for_handlers(
    text: str, kind: PersonalDataKind
) -> None:
    found = mask(f"문의: {text} 로")

    assert found.kept == f"문의: {text} 로"
    assert not any(part in found.masked for part in text.split(" ")[-1:])
    assert found.kinds == (kind,)


@given(st.text(max_size=300))
def test_masking_twice_changes_nothing_more(text: str) -> None:
    once = mask(text)

    assert mask(once.masked).masked == once.masked
    assert without_resident_numbers(once.kept) == once.kept


def test_a_long_text_without_anything_is_quick() -> None:
    for text in ("a" * 20000, "1" * 20000, "a@" * 10000, "010-" * 5000, "은행 1" * 5000):
        mask(text)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("담당 박정민 과장에게 전화 주세요", "담당 [이름 가림] 과장에게 전화 주세요"),
        ("담당자는 연구소장 홍길동이고", "담당자는 연구소장 [이름 가림]이고"),
        ("제 이름은 최은영입니다.", "제 이름은 [이름 가림]입니다."),
        ("저는 이영희 부장입니다", "저는 [이름 가림] 부장입니다"),
        ("대표 남궁민수, 서울", "대표 [이름 가림], 서울"),
    ],
)
def test_a_name_is_masked_where_something_says_that_one_follows(text: str, masked: str) -> None:
    found = mask(text)

    assert found.masked == masked
    assert found.kept == text
    assert found.kinds == (PersonalDataKind.NAME,)


@pytest.mark.parametrize(
    "text",
    [
        "기어 설계를 하시는 박사님이 와 주셨으면 합니다",
        "지하주차장 균열 보수재를 만듭니다",
        "대표 제품이 자꾸 깨집니다",
        "구매부 과장이 바뀐 뒤로 조건표가 없습니다",
        "담당 기관을 지정해 주세요",
        "칩을 실장 하는 공정입니다",
    ],
)
def test_a_word_that_only_looks_like_a_name_stays(text: str) -> None:
    assert mask(text).masked == text
