"""Matching v1 over the sample catalogue."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from activities.matching import build_index
from infra.postgres.catalogue import Catalogue, InstituteProfile
from infra.sample_catalogue import sample_catalogue
from matching.index import MatchIndex

ROOT = Path(__file__).parents[2]
LABELLED = ROOT / "tests" / "data" / "difficulties_ko.json"


def catalogue() -> Catalogue:
    institutes: list[dict[str, Any]] = json.loads(
        (ROOT / "infra" / "reference" / "institutes.json").read_text("utf-8")
    )
    sample = sample_catalogue()
    return Catalogue(
        profiles=tuple(
            InstituteProfile(
                row["code"], (row["name_ko"], row["name_en"], *row["aliases"]), tuple(row["fields"])
            )
            for row in institutes
        ),
        patents=sample.patents,
        equipment=tuple(item for item in sample.equipment if item.sme_available),
        labs=sample.labs,
        researchers=sample.researchers,
    )


@pytest.fixture(scope="module")
def index() -> MatchIndex:
    return build_index(catalogue())


def test_the_sample_covers_every_institute_with_rows_that_cannot_be_real() -> None:
    rows = catalogue()

    assert len(rows.patents) >= 300
    assert len(rows.equipment) >= 100
    assert len(rows.labs) >= 60
    assert len(rows.researchers) >= 150
    assert {patent.institute for patent in rows.patents} == {p.code for p in rows.profiles}
    assert all(patent.application_number.startswith("10-0000-") for patent in rows.patents)


def test_the_same_rows_give_the_same_version_and_others_another(index: MatchIndex) -> None:
    rows = catalogue()
    fewer = Catalogue(rows.profiles, rows.patents, rows.equipment, rows.labs, rows.researchers[1:])

    assert build_index(rows).version == index.version
    assert build_index(fewer).version != index.version


def test_evidence_names_words_that_the_difficulty_has(index: MatchIndex) -> None:
    ranking = index.rank("알루미늄 주조 제품에 기공 결함이 생깁니다", 5)

    best = ranking.candidates[0]
    assert best.institute == "KITECH"
    assert best.researchers > 0
    assert {"알루미늄", "기공"} & {term for item in best.evidence for term in item.terms}


def test_english_words_are_found_too(index: MatchIndex) -> None:
    assert index.rank("rechargeable battery materials", 3).candidates


def test_what_says_nothing_gives_an_empty_ranking(index: MatchIndex) -> None:
    for text in ("", "   ", "😀😀😀", "?!"):
        ranking = index.rank(text, 5)
        assert ranking.candidates == ()
        assert ranking.confidence == 0


@given(text=st.text(max_size=300))
@settings(max_examples=60, deadline=None)
def test_no_text_makes_it_fail(index: MatchIndex, text: str) -> None:
    ranking = index.rank(f"알루미늄 {text} <b>'; DROP TABLE patent; --", 5)

    assert 0 < len(ranking.candidates) <= 5
    assert [c.rank for c in ranking.candidates] == list(range(1, len(ranking.candidates) + 1))
    assert 0 <= ranking.confidence <= 1


def test_a_very_long_text_is_cut_and_ranked(index: MatchIndex) -> None:
    assert index.rank("다이캐스팅 기공 " * 20_000, 5).candidates[0].institute == "KITECH"


def test_the_demonstration_difficulties_reach_an_institute_that_can_help(
    index: MatchIndex,
) -> None:
    """A smoke test: the sample's topics and these texts are not independent of each other."""
    difficulties = json.loads(LABELLED.read_text("utf-8"))
    first = third = 0
    for difficulty in difficulties:
        good = {*difficulty["primary"], *difficulty["acceptable"]}
        ranked = [c.institute for c in index.rank(difficulty["text"], 3).candidates]
        first += bool(ranked) and ranked[0] in good
        third += not good.isdisjoint(ranked)

    assert first >= 0.8 * len(difficulties)
    assert third >= 0.95 * len(difficulties)
