"""Chance that repeats: every draw has a name, so that it does not depend on what else was drawn.

Two policies are compared over the same companies and people because the same question gets the
same draw in both runs, whatever happened in between.
"""

from collections.abc import Mapping
from random import Random
from typing import TypeVar

_Choice = TypeVar("_Choice")


def draw(seed: int, *names: object) -> Random:
    """The source of chance for one question, the same each time for the same names."""
    return Random("/".join(str(name) for name in (seed, *names)))  # noqa: S311  # no secret


def choose(random: Random, weights: Mapping[_Choice, float]) -> _Choice:
    """One of the keys, as often as its weight says."""
    return random.choices(list(weights), list(weights.values()))[0]


def shared_out(total: int, shares: Mapping[str, float], rest: str) -> list[str]:
    """`total` names in the proportions of `shares`, exact but for rounding.

    What the shares leave open goes to `rest`. Drawn one by one instead, a small year would have
    proportions of its own.
    """
    whole = {**shares, rest: 1 - sum(shares.values())}
    exact = {name: total * share for name, share in whole.items()}
    counts = {name: int(count) for name, count in exact.items()}
    by_remainder = sorted(exact, key=lambda name: counts[name] - exact[name])
    for name in by_remainder[: total - sum(counts.values())]:
        counts[name] += 1
    return [name for name, count in counts.items() for _ in range(count)]
