"""How probable it is that an acceptable institute stands first."""

from collections.abc import Sequence
from math import exp
from typing import Final

# Logistic regression on the lead of the first over the second, fitted by bench/calibrate.py on the
# development part of our own difficulties; docs/matching.md gives the error on the test part.
_INTERCEPT: Final = 1.23
_PER_LEAD: Final = 5.88


def probability_of_right(totals: Sequence[float]) -> float:
    """The probability that the first institute of a ranking is an acceptable one.

    Args:
        totals: Of the institutes, the best first; at least one.
    """
    return round(1 / (1 + exp(-(_INTERCEPT + _PER_LEAD * lead(totals)))), 3)


def lead(totals: Sequence[float]) -> float:
    """How far the first is ahead of the second, as share of the first's total; from 0 to 1.

    What speaks against an institute may outweigh what speaks for it: a first one of which that is
    true is ahead of nobody, and a second one of which it is true leads nobody further than one of
    which nothing is known.
    """
    if totals[0] <= 0:
        return 0.0
    second = totals[1] if len(totals) > 1 else 0.0
    return (totals[0] - max(second, 0.0)) / totals[0]
