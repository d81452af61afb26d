"""Closed cases whose difficulty was like a new one."""

from collections import Counter
from collections.abc import Sequence
from math import log
from typing import Final

from matching.text import terms_of

_SHOWN: Final = 3
_LEAST: Final = 0.15


def nearest(text: str, others: Sequence[str]) -> list[tuple[int, float]]:
    """Which of some texts are most like `text`: position and nearness, the nearest first.

    Nearness is the share of the text's words that another has too, rare words counting more
    (idf over the texts given), from 0 to 1. At most three, and none that shares little.
    """
    words = [frozenset(terms_of(other)) for other in others]
    frequency = Counter(word for own in words for word in own)
    asked = {
        word: log(1 + (len(others) + 1) / (max(frequency[word], 1) + 0.5))
        for word in set(terms_of(text))
    }
    whole = sum(asked.values())
    if not whole:
        return []
    found = [
        (number, round(sum(asked[word] for word in own & asked.keys()) / whole, 3))
        for number, own in enumerate(words)
    ]
    found.sort(key=lambda one: (-one[1], one[0]))
    return [one for one in found[:_SHOWN] if one[1] >= _LEAST]
