"""Synonyms of a question."""

from matching.synonyms import Synonyms
from matching.text import terms_of


def test_what_a_question_means_besides_does_not_depend_on_the_ones_before() -> None:
    synonyms = Synonyms({"금형": ["몰드"], "금형 균열": ["몰드", "크랙"]})
    alone = synonyms.of(terms_of("금형"))

    together = synonyms.of(terms_of("금형 균열"))

    assert together == {"금형": ["몰드", "크랙"]}
    assert synonyms.of(terms_of("금형")) == alone == {"금형": ["몰드"]}
