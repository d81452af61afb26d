"""Texts become words that can be compared, however they were written."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.text import LONGEST, analyse, normal_form, terms_of, with_spaces, words_of


def test_particles_and_words_of_asking_are_left_out() -> None:
    assert words_of("저희 회사는 도금한 표면이 벗겨지는 문제를 해결하고 싶습니다") == [
        "도금",
        "표면",
        "벗겨지",
    ]


@pytest.mark.parametrize(
    "written", ["10㎛", "10 um", "10um", "10μm", "10µm", "10마이크로미터", "10 마이크로미터의"]
)
def test_a_quantity_is_the_same_term_in_every_spelling(written: str) -> None:
    assert "10um" in terms_of(f"두께 {written} 코팅")


def test_a_number_keeps_its_decimals_and_loses_its_commas() -> None:
    assert "1200c" in terms_of("섭씨 1,200도 이상")
    assert "0.5mm" in terms_of("0.5 밀리미터 간격")


def test_degrees_of_an_angle_are_no_temperature() -> None:
    assert "30c" not in terms_of("30도 기울인다")


def test_a_compound_is_found_written_as_one_word_or_as_several() -> None:
    assert "이차전지" in terms_of("이차전지 전해질")
    assert "사출성형" in terms_of("사출 성형")
    assert "사출성형" in terms_of("사출성형")


def test_english_is_compared_in_lower_case() -> None:
    assert {"led", "heat", "sink"} <= set(words_of("LED용 Heat Sink 설계"))


def test_a_text_without_spaces_gets_them_back() -> None:
    spaced = with_spaces("플라스틱사출성형시제품표면에기포가생기는데어떻게해야하나요")

    assert spaced.count(" ") >= 5
    assert {"플라스틱", "기포", "표면"} <= set(words_of(spaced.replace(" ", "")))


def test_a_text_with_spaces_is_left_alone() -> None:
    text = "도금한 표면이 자꾸 벗겨집니다"
    assert with_spaces(text) == text


def test_markup_is_no_text() -> None:
    assert words_of("<b>용접</b><script src='x'>") == ["용접"]
    assert "5um" in terms_of("두께가 <5 um 이고 >3 um 인")


def test_what_is_too_long_is_cut() -> None:
    assert len(normal_form("가 " * LONGEST)) <= LONGEST
    assert "용접" not in words_of("가" * LONGEST + " 용접")


def test_runs_tell_what_was_written_as_one() -> None:
    (run,) = analyse("다이캐스팅을").runs

    assert run.surface == "다이캐스팅"
    assert run.compound == "다이캐스팅"
    assert run.words == ("다이", "캐스팅")


@given(st.text(max_size=200))
@settings(max_examples=100, deadline=None)
def test_any_text_can_be_analysed(text: str) -> None:
    analysis = analyse(text)

    assert all(term == term.lower() and term.strip() for term in analysis.terms)
    assert all(
        analysis.text[run.start : run.start + len(run.surface)] == run.surface
        for run in analysis.runs
    )
