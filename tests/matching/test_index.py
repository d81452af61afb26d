"""Searching and scoring over one index."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.index import CatalogueIndex, highest
from schemas.search import DocumentKind, SearchResult
from tests.matching import catalogue
from tests.matching.catalogue import PUBLIC, asking


@pytest.fixture(scope="module", params=[True, False], ids=["words and meaning", "words only"])
def index(request: pytest.FixtureRequest) -> CatalogueIndex:
    return catalogue.index(dense=request.param)


def ids(result: SearchResult) -> list[str]:
    return [hit.id for hit in result.hits]


def test_every_word_has_to_occur(index: CatalogueIndex) -> None:
    assert ids(index.search(asking("용접 균열"))) == ["10-4"]
    assert set(ids(index.search(asking("균열")))) == {"10-4", "E-1"}


def test_when_nothing_has_every_word_any_word_will_do(index: CatalogueIndex) -> None:
    found = index.search(asking("도금 균열"))

    assert set(ids(found)) == {"10-4", "E-1", "L-1"}
    assert found.total == 3


def test_a_mistyped_word_is_understood_and_shown_as_it_was_understood(
    index: CatalogueIndex,
) -> None:
    found = index.search(asking("알루미눔 다이케스팅 기공"))

    assert ids(found)[0] == "10-1"
    assert found.corrected == "알루미늄 다이캐스팅 기공"
    assert index.search(asking("알루미늄 기공")).corrected is None


def test_a_word_that_only_a_researcher_has_is_unknown_to_the_public(index: CatalogueIndex) -> None:
    for query in ("무전해니켈", "피막비밀", "무전해니캘", "피막비말"):
        found = index.search(asking(query))
        assert "R-1" not in ids(found)
        assert found.corrected is None or "비밀" not in found.corrected
    assert index.complete("무전", (*PUBLIC, DocumentKind.RESEARCHER)) == []
    assert index.complete("표면처리", (*PUBLIC, DocumentKind.RESEARCHER)) == []
    assert ids(index.search(asking("무전해니켈", DocumentKind.RESEARCHER))) == ["R-1"]


def test_hidden_documents_change_no_public_score() -> None:
    with_hidden = catalogue.index()
    shown = with_hidden.search(asking("용접"))
    kept = [i for i, text in enumerate(catalogue.TEXTS) if text[0] is not DocumentKind.RESEARCHER]
    lexical = with_hidden.lexical.frequency("용접")

    assert lexical == sum("용접" in "".join(catalogue.TEXTS[i][3:]) for i in kept)
    assert shown.total == 1


def test_facets_count_everything_that_fits_not_only_the_page(index: CatalogueIndex) -> None:
    found = index.search(asking("", DocumentKind.PATENT, limit=1))

    assert len(found.hits) == 1
    assert found.total == 4
    assert found.facets["institute"] == {"KITECH": 2, "KERI": 1, "KIMM": 1}
    assert found.facets["year"] == {"2010": 1, "2011": 1, "2012": 1, "2013": 1}
    assert found.facets["status"] == {"registered": 2}


def test_an_empty_question_finds_everything_the_newest_first(index: CatalogueIndex) -> None:
    found = index.search(asking("  "))

    assert ids(found)[:4] == ["10-4", "10-3", "10-2", "10-1"]
    assert found.total == 6


def test_pages_follow_one_another_without_gaps(index: CatalogueIndex) -> None:
    whole = ids(index.search(asking("")))
    pages = [ids(index.search(asking("", offset=i, limit=2))) for i in (0, 2, 4)]

    assert [one for page in pages for one in page] == whole


def test_filters_narrow_what_is_found(index: CatalogueIndex) -> None:
    assert ids(index.search(asking("균열", institute="KRISS"))) == ["E-1"]
    assert ids(index.search(asking("", location="대전"))) == ["E-1"]
    assert set(ids(index.search(asking("", status="registered")))) == {"10-2", "10-4"}
    between = index.search(asking("", filed_from=date(2011, 1, 1), filed_to=date(2012, 12, 31)))
    assert set(ids(between)) == {"10-2", "10-3"}
    assert index.search(asking("균열", institute="ETRI")).total == 0


def test_hits_name_the_words_that_answer(index: CatalogueIndex) -> None:
    (hit,) = index.search(asking("레이저 용접 균열")).hits

    assert {"레이저", "용접", "균열"} <= set(hit.terms)
    assert 0 <= hit.score <= 1


def test_synonyms_are_found_without_being_asked_for() -> None:
    plain, knowing = catalogue.index(), catalogue.index(synonyms={"크랙": ["균열"]})

    assert plain.search(asking("크랙")).total == 0
    assert set(ids(knowing.search(asking("크랙")))) == {"10-4", "E-1"}
    assert plain.version != knowing.version


def test_the_index_completes_half_written_words_and_syllables(index: CatalogueIndex) -> None:
    assert "알루미늄" in index.complete("알루ㅁ", PUBLIC)
    assert "이차전지" in index.complete("이차전", PUBLIC)
    assert index.complete("", PUBLIC) == []
    assert index.complete("알루", (DocumentKind.LAB,)) == []
    assert len(index.complete("이", PUBLIC, limit=1)) <= 1


def test_scores_are_between_nothing_and_one_and_only_of_the_kinds_asked(
    index: CatalogueIndex,
) -> None:
    scores = index.score("용접부 균열이 생깁니다", (DocumentKind.PATENT,))
    best, score = scores.top(1)[0]

    assert index.documents.id[best] == "10-4"
    assert 0 < score <= 1
    kinds = index.documents.kind
    assert {kinds.values[int(kinds.codes[i])] for i, _ in scores.top(10)} == {"patent"}
    assert scores.fused.max() <= 1 + 1e-6


def test_nothing_asked_is_answered_by_nothing(index: CatalogueIndex) -> None:
    for text in ("", "  ", "😀😀", "?!"):
        assert index.score(text, PUBLIC).top(5) == []
    assert index.search(asking("😀")).total == 0


def test_a_document_without_a_vector_is_still_found_by_its_words() -> None:
    whole = catalogue.index()
    assert whole.dense is not None
    fewer = CatalogueIndex.build(
        whole.documents,
        [[*t[3].split()] for t in catalogue.TEXTS],
        None,
        encoder=catalogue.WordsAsVectors(),
    )
    assert fewer.version.split("/")[1] == "words-only"
    assert fewer.search(asking("레이저")).total == 1


def test_the_same_documents_give_the_same_version_and_others_another() -> None:
    assert catalogue.index().version == catalogue.index().version
    assert catalogue.index().version != catalogue.index(dense=False).version


@given(st.text(max_size=300))
@settings(max_examples=60, deadline=None)
def test_no_text_makes_searching_or_scoring_fail(index: CatalogueIndex, text: str) -> None:
    hostile = f"용접 {text} <b>'; DROP TABLE patent; --"
    found = index.search(asking(hostile))

    assert found.total == len(found.hits) > 0
    assert index.score(hostile, PUBLIC).top(3)
    assert all(0 <= hit.score <= 1 for hit in found.hits)
    index.search(asking(text))


def test_a_very_long_text_is_answered(index: CatalogueIndex) -> None:
    scores = index.score("레이저 용접 균열 " * 5000, PUBLIC)

    assert index.documents.id[scores.top(1)[0][0]] == "10-4"
    assert np.isfinite(scores.fused).all()


@given(
    st.integers(1, 5),
    st.integers(0, 3000),
    st.integers(0, 400),
    st.integers(0, 2**32 - 1),
)
def test_the_highest_scores_come_in_order_and_the_first_of_equal_ones(
    different: int, size: int, n: int, seed: int
) -> None:
    scores = np.random.default_rng(seed).integers(0, different, size).astype(np.float32)

    expected = np.lexsort((np.arange(size), -scores))[:n]

    assert highest(scores, n).tolist() == expected.tolist()


def test_the_highest_of_scores_in_order_are_found_too() -> None:
    rising = np.arange(100_000, dtype=np.int32)

    assert highest(rising, 3).tolist() == [99_999, 99_998, 99_997]
