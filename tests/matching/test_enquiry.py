"""Reading enquiries by words alone; the figures with the encoder stand in docs/matching.md."""

import pytest

from infra.reference_files import enquiry_kinds, institute_phrases, service_examples
from matching.enquiry import EnquiryKind, EnquiryReader
from matching.profiles import Phrase
from schemas.designation import FirstAction

READER = EnquiryReader(
    [Phrase(code, text) for code, _, text in institute_phrases()],
    [EnquiryKind(*kind) for kind in enquiry_kinds()],
    service_examples(),
    None,
)


@pytest.mark.parametrize(
    "text", ["", "도와주세요", "제품에 문제가 많습니다", "😀", "qwer asdf zxcv"]
)
def test_what_says_too_little_gets_one_question(text: str) -> None:
    read = READER.read(text)

    assert read.first_action is FirstAction.SUPPLEMENT_REQUEST
    assert read.service is None
    assert "vague" in read.flags
    assert read.question is not None
    assert read.question.count("?") == 1
    assert read.question_en


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("은행 대출 이자를 낮추고 보증서를 받고 싶습니다", "1357"),
        ("임금체불로 직원이 신고했는데 퇴직금을 어떻게 하나요", "1350"),
        ("외국인 직원의 취업 비자를 연장하고 싶습니다", "1345"),
    ],
)
def test_what_others_are_responsible_for_is_referred(text: str, told: str) -> None:
    read = READER.read(text)

    assert read.first_action is FirstAction.REFER_OUT
    assert read.service == "referral"
    assert "misfiled" in read.flags
    assert told in (read.referral or "")
    assert read.question is None


def test_a_technical_text_is_assigned_and_masked_first_when_it_names_people() -> None:
    text = "다이캐스팅 주물의 기공 불량을 줄이려고 금형 온도와 사출 조건을 바꿔 보고 있습니다"

    assert READER.read(text).first_action is FirstAction.ASSIGN
    personal = READER.read(text, has_personal_data=True)
    assert personal.first_action is FirstAction.MASK_PII_THEN_ASSIGN
    assert "personal_data" in personal.flags


@pytest.mark.parametrize(
    ("text", "service"),
    [
        ("무전해 도금 연구원을 공장에 두 달 파견받고 싶습니다", "exchange"),
        ("세라믹 필터 특허의 통상실시권을 받고 싶습니다", "transfer"),
        ("시장 규모를 조사해 주세요", "information"),
        ("내구 시험을 의뢰하고 성적서를 받고 싶습니다", "equipment"),
        ("고무 배합과 가교제를 바꾸는 쪽으로 조언을 듣고 싶습니다", "guidance"),
        ("용접부가 자꾸 갈라지고 기포도 납니다", "difficulty"),
    ],
)
def test_the_service_follows_from_what_is_wished(text: str, service: str) -> None:
    assert READER.read(text).service == service


def test_words_that_no_profile_has_tell_half_as_much() -> None:
    known = "도청을 막는 장비를 개발 중입니다"

    assert READER.read(known).first_action is FirstAction.SUPPLEMENT_REQUEST
    assert READER.read(f"회의실과 별장에서 {known}").first_action is FirstAction.ASSIGN
