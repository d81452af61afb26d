"""What is removed from texts, what is masked, and what is left alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.policy.personal_data import PersonalDataKind, mask, without_resident_numbers


@pytest.mark.parametrize(
    "number",
    [
        "900101-1234567", "9001011234567", "900101 - 2234567", "000229–3234567",
        "991231-8234567", "９００１０１－１２３４５６７", "900101/1234567", "900101_1234567",
        "9 0 0 1 0 1 - 1 2 3 4 5 6 7", "구공공일공일 다시 일이삼사오육칠", "900101-1******",
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
        "특허 10-2012-0012345, 제10-1234567호, 등록특허 1012345670000",
        "우리 특허 10-2012-0012345, 기업 사업자등록번호 124-81-00998",
        "KS C IEC 60068-2-14, ISO 10993-10, ASTM D638-14, CAS 7440-44-0",
        "SUS304 0.3t 1200x2400, 모델 ABC-010-1234, 0.0312 3456 MPa",
        "온도 031 도에서 200 400 도, 5 @ 10.5 MPa",
        "1379로 전화했고 080-9988-114 도 됩니다",
        "공일공 시험, 이공오공 년까지",
        "은행나무 추출물 12 3456 7890 12, 통장 10 20 30 40 50 60",
        "농협 납품 2024-10-11 12",
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
        ("국민 000000-00-000000", PersonalDataKind.ACCOUNT_NUMBER),
        ("농협 000.0000.0000.00", PersonalDataKind.ACCOUNT_NUMBER),
        ("계좌 ０００－０００－００００００", PersonalDataKind.ACCOUNT_NUMBER),
        ("nobody(at)company.example", PersonalDataKind.EMAIL),
        ("nobody골뱅이company.example", PersonalDataKind.EMAIL),
        ("nobody＠company.example", PersonalDataKind.EMAIL),
    ],
)
def test_other_personal_data_is_masked_but_kept_for_handlers(
    text: str, kind: PersonalDataKind
) -> None:
    found = mask(f"문의: {text} 로")

    assert found.kept == without_resident_numbers(f"문의: {text} 로")
    assert not any(part in found.masked for part in text.split(" ")[-1:])
    assert found.kinds == (kind,)


@given(st.text(max_size=300))
def test_masking_twice_changes_nothing_more(text: str) -> None:
    once = mask(text)

    assert mask(once.masked).masked == once.masked
    assert without_resident_numbers(once.kept) == once.kept


# A mobile number as it is written, dictated or hidden from machines.
SPELT = dict(enumerate("공일이삼사오육칠팔구"))
WIDE = dict(enumerate("０１２３４５６７８９"))
DIGITS = st.lists(st.integers(0, 9), min_size=8, max_size=8)
ABROAD = ("+82 10", "82-10", "+82(0)10", "(+82) 10", "＋82 10", "+82 010")
BREAKS = st.sampled_from(["", " ", "-", ".", " - ", "－", "–", "_", "/", "~", "·", "에 "])


@st.composite
def mobile_numbers(draw: st.DrawFn) -> str:
    digits, gap = draw(DIGITS), draw(BREAKS)
    letters = draw(st.sampled_from([str, SPELT.__getitem__, WIDE.__getitem__]))
    start = "".join(map(letters, (0, 1, 0)))
    if letters is str and draw(st.booleans()) and gap != "에 ":
        start = draw(
            st.sampled_from(["+82 10", "82-10", "+82(0)10", "(+82) 10", "＋82 10", "+82 010"])
        )
    spoken = list(map(letters, digits))
    return gap.join((start, "".join(spoken[:4]), "".join(spoken[4:])))


@given(mobile_numbers())
def test_a_mobile_number_is_masked_however_it_is_written(number: str) -> None:
    found = mask(f"연락은 {number} 로 주세요")

    assert found.masked == "연락은 [전화번호 가림] 로 주세요"
    assert PersonalDataKind.PHONE in found.kinds


@given(st.integers(1000, 2099), st.integers(0, 9_999_999), st.sampled_from(["10", "20", "30"]))
def test_a_patent_number_is_never_personal(year: int, serial: int, kind: str) -> None:
    text = f"특허 {kind}-{year}-{serial:07d} 호와 {kind}-{serial:07d} 호를 쓰고 싶습니다"

    assert mask(text).masked == text


WORDS = st.sampled_from(
    [
        "담당", "김철수", "대표", "홍길동", "씨", "님", " ", ", ", ": ", "(", ")", "010", "1234",
        "-", "@", "naver.com", "계좌", "국민", "주민번호", "공일공", "드림", "저는", "라고 합니다",
        "박사", "My name is ", "Kim ", "[이름 가림]", "[전화번호 가림]",
    ]
)  # fmt: skip


@given(st.lists(WORDS, max_size=20).map("".join))
def test_masking_what_is_masked_changes_nothing(text: str) -> None:
    once = mask(text)

    assert mask(once.masked).masked == once.masked
    assert without_resident_numbers(once.kept) == once.kept


def test_a_long_text_without_anything_is_quick() -> None:
    for text in (
        "a" * 20000,
        "1" * 20000,
        "a@" * 10000,
        "010-" * 5000,
        "은행 1" * 5000,
        "공일공" * 5000,
        "주민번호 " * 3000,
    ):
        mask(text)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("담당 박정민 과장에게 전화 주세요", "담당 [이름 가림] 과장에게 전화 주세요"),
        ("(예금주 홍길동) 앞", "(예금주 [이름 가림]) 앞"),
        ("담당자는 연구소장 홍길동이고", "담당자는 연구소장 [이름 가림]이고"),
        ("제 이름은 최은영입니다.", "제 이름은 [이름 가림]입니다."),
        ("저는 이영희 부장입니다", "저는 [이름 가림] 부장입니다"),
        ("대표 남궁민수, 서울", "대표 [이름 가림], 서울"),
        ("저는 박민수라고 합니다", "저는 [이름 가림]라고 합니다"),
        ("신청인: 한가람", "신청인: [이름 가림]"),
        ("김철수씨와 박민수대리님", "[이름 가림]씨와 [이름 가림]대리님"),
        ("시험 조건은 이영희님께 드렸습니다", "시험 조건은 [이름 가림]님께 드렸습니다"),
        ("감사합니다. 홍길동 드림", "감사합니다. [이름 가림] 드림"),
        ("홍길동(연구소장) 앞으로", "[이름 가림](연구소장) 앞으로"),
        ("My name is Gildong Hong.", "My name is [이름 가림]."),
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
        "우주날씨 예보 자료, 연구원님과 공장장님, 전문가님께",
        "주조라고 합니다. 고장이라고 합니다",
    ],
)
def test_a_word_that_only_looks_like_a_name_stays(text: str) -> None:
    assert mask(text).masked == text
