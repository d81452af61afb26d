"""Services are told apart by examples: by wording alone, or with an encoder that is foretold."""

import pytest

from infra.reference_files import service_examples
from matching.encoder import Encoder
from matching.profiles import Asked
from matching.wishes import BACKGROUND, Wishes
from schemas.case import Service
from tests.matching.catalogue import WordsAsVectors

EXAMPLES = service_examples()
FOLDS = 6


def asked_of(text: str, encoder: Encoder | None = None) -> str:
    return Wishes(EXAMPLES, encoder).service_of(Asked.of(text, encoder))


def test_every_service_has_examples_of_the_same_fields() -> None:
    lines = {service: len(own) for service, own in EXAMPLES.items() if service != BACKGROUND}

    assert set(lines) == set(Service) - {Service.ENQUIRY}
    assert len(set(lines.values())) == 1
    assert all(len(set(own)) == len(own) for own in EXAMPLES.values())


def test_services_are_told_apart_in_fields_that_no_example_has() -> None:
    right: list[bool] = []
    for fold in range(FOLDS):
        wishes = Wishes(
            {
                service: [text for n, text in enumerate(own) if n % FOLDS != fold]
                for service, own in EXAMPLES.items()
            },
            None,
        )
        right += [
            wishes.service_of(Asked.of(text, None)) == service
            for service, own in EXAMPLES.items()
            if service != BACKGROUND
            for text in own[fold::FOLDS]
        ]

    # By chance it would be a sixth; with the encoder it is 0.91 (docs/matching.md).
    assert sum(right) / len(right) > 0.75


@pytest.mark.parametrize("encoder", [None, WordsAsVectors()])
def test_the_sentence_that_asks_counts_wherever_it_stands(encoder: Encoder | None) -> None:
    trouble = "주조품 안쪽에 기포가 생겨서 납품이 밀리고 있습니다."
    wish = "연구원 한 분을 석 달 동안 파견받고 싶습니다."
    thanks = "바쁘신 중에 읽어 주셔서 감사합니다."

    assert asked_of(f"{trouble} {wish} {thanks}", encoder) == "exchange"
    assert asked_of(f"{wish} {trouble} {thanks}", encoder) == "exchange"
    assert asked_of(f"{trouble} {thanks}", encoder) == "difficulty"


@pytest.mark.parametrize("text", ["", "저희는 직원 열두 명의 회사입니다.", "ㅁㄴㅇㄹ"])
def test_what_tells_no_wish_is_taken_for_a_difficulty(text: str) -> None:
    assert asked_of(text) == "difficulty"
