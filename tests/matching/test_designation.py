"""Designation by words alone: what is under test is how factors and reasons come together."""

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.reference_files import institute_names, institute_phrases
from matching.calibration import lead
from matching.designation import Circumstances, Designator, Weights
from matching.naming import InstituteNames
from matching.past_cases import nearest
from matching.profiles import Phrase, Profiles
from schemas.designation import DesignationFactor

PROFILES = Profiles([Phrase(code, text) for code, _, text in institute_phrases()], None)
NAMES_OF_ALL = institute_names()
NAMES = InstituteNames(NAMES_OF_ALL)


def designator(weights: Weights | None = None) -> Designator:
    return Designator(None, PROFILES, None, NAMES, weights)


def test_a_plain_difficulty_reaches_its_institute_with_a_reason_in_both_languages() -> None:
    ranking = designator().rank("전동차 팬터그래프 집전판에서 불꽃이 튀고 빨리 닳습니다", 3)

    best = ranking.candidates[0]
    assert best.institute == "KRRI"
    assert "팬터그래프" in best.why
    assert best.why.endswith("다.")
    assert best.why_en
    assert best.evidence[0].terms
    assert best.factors[DesignationFactor.PROFILE] > 0
    assert [candidate.rank for candidate in ranking.candidates] == [1, 2, 3]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("한국재료연구원에 문의했던 건입니다", "KIMS"),
        ("재료연구소와 상담하고 싶습니다", "KIMS"),
        ("한국핵융합에너지연구원에 묻습니다", "NFRI"),
        ("KISTI 자료를 받고 싶어요", "KISTI"),
        ("에트리 기술을 이전받고 싶습니다", "ETRI"),
    ],
)
def test_an_institute_is_recognised_by_any_name_it_has_or_had(text: str, code: str) -> None:
    assert NAMES.named_in(text) == (code,)
    assert designator().rank(text, 3).candidates[0].institute == code


@pytest.mark.parametrize("text", ["신재료연구를 합니다", "진단 KIT를 만듭니다", "스키스트립"])
def test_a_word_that_only_contains_a_name_names_nobody(text: str) -> None:
    assert NAMES.named_in(text) == ()


def test_the_longer_name_wins_over_the_shorter_inside_it() -> None:
    assert NAMES.named_in("한국과학기술정보연구원") == ("KISTI",)


def test_each_circumstance_counts_by_its_weight_and_shows() -> None:
    busy = Circumstances(workload={"KRRI": 1.0}, success={"KICT": 0.5}, region={"KICT": 1.0})
    text = "지하철 승강장 바닥 콘크리트가 갈라집니다"
    factors = {
        candidate.institute: candidate.factors
        for candidate in designator(Weights(workload=0.2)).rank(text, 25, busy).candidates
    }

    assert factors["KRRI"][DesignationFactor.WORKLOAD] == -0.2
    assert factors["KICT"][DesignationFactor.SUCCESS] == 0.015
    assert factors["KICT"][DesignationFactor.REGION] == 0.02
    assert DesignationFactor.WORKLOAD not in factors["KICT"]


def test_a_factor_of_weight_nothing_changes_nothing() -> None:
    text = "주물에 구멍이 생깁니다"
    off = Weights(workload=0, success=0, region=0)
    busy = Circumstances({"KITECH": 1.0}, {"KIMS": 1.0}, {"KIMM": 1.0})

    assert designator(off).order(text, busy) == designator(off).order(text)


def test_nobody_is_sure_of_institutes_that_more_speaks_against_than_for() -> None:
    busy = Circumstances(dict.fromkeys(NAMES_OF_ALL, 1.0), {}, {})

    ranking = designator(Weights(workload=2)).rank("주물에 구멍이 생깁니다", 5, busy)

    assert ranking.low_confidence
    assert [candidate.score for candidate in ranking.candidates] == [0.0] * 5


@pytest.mark.parametrize(
    ("totals", "share"),
    [([0.8], 1), ([0.8, 0.6], 0.25), ([0.1, -1.5], 1), ([0.0, -1.5], 0), ([-0.5], 0)],
)
def test_the_lead_is_a_share_whatever_the_weights(totals: list[float], share: float) -> None:
    assert lead(totals) == pytest.approx(share)


def test_circumstances_alone_propose_nobody() -> None:
    around: Mapping[str, float] = {"KITECH": 1.0}

    for text in ("", "   ", "😀😀😀", "?!"):
        ranking = designator().rank(text, 5, Circumstances({}, around, around))
        assert ranking.candidates == ()
        assert ranking.confidence == 0
        assert ranking.low_confidence


@given(text=st.text(max_size=300))
@settings(max_examples=40, deadline=None)
def test_no_text_makes_it_fail(text: str) -> None:
    ranking = designator().rank(f"알루미늄 {text} <b>'; DROP TABLE patent; --", 5)

    assert 0 < len(ranking.candidates) <= 5
    assert 0 <= ranking.confidence <= 1


def test_past_cases_that_share_rare_words_come_first_and_strange_ones_not_at_all() -> None:
    others = [
        "김치 봉지가 부풉니다",
        "다이캐스팅 기공 불량이 많습니다",
        "다이캐스팅 금형이 깨집니다",
    ]

    found = nearest("알루미늄 다이캐스팅 기공", others)

    assert found[0][0] == 1
    assert 0 not in [number for number, _ in found]
