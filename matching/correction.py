"""Mistyped words: the nearest word that the catalogue has, compared letter by letter.

Hangul is compared by its letters (jamo), because a slip of the finger changes one letter of a
syllable: 알루미눔 differs from 알루미늄 in one of eleven.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from rapidfuzz import process
from rapidfuzz.distance import OSA

_SHORTEST: Final = 4
_LETTERS_A_SLIP: Final = 5
_MOST_SLIPS: Final = 3
_BEST_OF: Final = 8
_KEPT: Final = 4096


def letters(word: str) -> str:
    """A word as its letters: syllables taken apart, accents apart from their letters."""
    return unicodedata.normalize("NFKD", word)


class Corrector:
    """Knows the words of a catalogue; never changes."""

    def __init__(self, frequencies: Mapping[str, int]) -> None:
        """Prepare words for comparison.

        Args:
            frequencies: Words that may be proposed, with the number of documents that have them.
        """
        self._frequencies = frequencies
        by_length: defaultdict[int, tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
        for word in frequencies:
            if not any(c.isdigit() for c in word):
                apart = letters(word)
                for column, value in zip(by_length[len(apart)], (apart, word), strict=True):
                    column.append(value)
        self._by_length = dict(by_length)
        self.nearest = lru_cache(_KEPT)(self._nearest)

    def _nearest(self, word: str) -> str | None:
        """The word that was probably meant; None when nothing is near enough.

        One slip is forgiven in up to nine letters, two in up to fourteen; of several words at the
        same distance the most frequent is taken.
        """
        asked = letters(word)
        if len(asked) < _SHORTEST or any(c.isdigit() for c in word):
            return None
        most = min(max(len(asked) // _LETTERS_A_SLIP, 1), _MOST_SLIPS)
        found: list[tuple[int, int, str]] = []
        for length in range(len(asked) - most, len(asked) + most + 1):
            apart, words = self._by_length.get(length, ((), ()))
            near = process.extract(
                asked, apart, scorer=OSA.distance, score_cutoff=most, limit=_BEST_OF
            )
            found += [(int(slips), -self._frequencies[words[i]], words[i]) for _, slips, i in near]
        return min(found)[2] if found else None
