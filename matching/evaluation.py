"""Figures over labelled difficulties, with intervals: how good rankings and proposals are."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import log2
from typing import Final

import numpy as np
import numpy.typing as npt

from schemas.designation import EnquiryProposal, FirstAction

Values = npt.NDArray[np.float64]

_RESAMPLES: Final = 2000
_SEED: Final = 1379
_DEPTH: Final = 10
_BINS: Final = 5
_FLAGS: Final = frozenset({"vague", "misfiled", "personal_data"})


@dataclass(frozen=True)
class Labelled:
    """A difficulty and what would be right; what a form does not tell is None.

    Attributes:
        relevance: By institute or document how relevant it is, above 0: 2 primary, 1 acceptable.
        services: Right services, the expected one first; a None among them means undecided.
        flags: Flags that ought to be raised.
        personal_data: Exact texts that masking must remove.
    """

    id: str
    text: str
    relevance: Mapping[str, int]
    services: tuple[str | None, ...] | None = None
    first_action: FirstAction | None = None
    flags: frozenset[str] | None = None
    personal_data: tuple[str, ...] = ()


@dataclass(frozen=True)
class Answer:
    """What a system said to a difficulty.

    Attributes:
        ranked: Institutes or documents, the best first.
        confidence: That the first is acceptable, 0 to 1; None for systems that do not say.
        seconds: How long it took.
        masked: The text as it would be indexed.
    """

    ranked: Sequence[str]
    seconds: float
    confidence: float | None = None
    enquiry: EnquiryProposal | None = None
    masked: str | None = None


@dataclass(frozen=True)
class Figure:
    """A mean with its bootstrap interval of 95 %.

    Attributes:
        values: One for each difficulty that tells, in the order of the file.
    """

    values: Values
    mean: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Figure | None":
        """The figure over some values; None without any."""
        if not values:
            return None
        array = np.asarray(values, dtype=np.float64)
        means = _resampled_means(array)
        low, high = np.quantile(means, (0.025, 0.975))
        return cls(array, float(array.mean()), float(low), float(high))


@dataclass(frozen=True)
class Report:
    """All figures of one system over one file."""

    figures: Mapping[str, Figure | None]
    calibration_error: float | None
    reliability: tuple[tuple[float, float, int], ...]
    latencies_ms: Values


def evaluate(labelled: Sequence[Labelled], answers: Sequence[Answer]) -> Report:
    """Compare answers with labels; difficulties without a label for a figure leave it alone."""
    pairs = list(zip(labelled, answers, strict=True))
    ranked = [(label, answer) for label, answer in pairs if label.relevance]
    primary = [(label, answer) for label, answer in ranked if 2 in label.relevance.values()]  # noqa: PLR2004

    def over(
        chosen: Sequence[tuple[Labelled, Answer]], value: Callable[[Labelled, Answer], float]
    ) -> Figure | None:
        return Figure.of([value(label, answer) for label, answer in chosen])

    def told(
        has: Callable[[Labelled, Answer], bool], value: Callable[[Labelled, EnquiryProposal], bool]
    ) -> Figure | None:
        return Figure.of(
            [
                float(value(label, answer.enquiry))
                for label, answer in pairs
                if answer.enquiry is not None and has(label, answer)
            ]
        )

    errors = _calibration(ranked)
    return Report(
        figures={
            "lead_acceptable": over(ranked, lambda le, a: _first_is(le, a, 1)),
            "lead_primary": over(primary, lambda le, a: _first_is(le, a, 2)),
            "top3_acceptable": over(ranked, _in_three),
            "ndcg10": over(ranked, _ndcg),
            "mrr": over(ranked, _reciprocal),
            "service_accuracy": told(
                lambda le, _: le.services is not None,
                lambda le, e: e.service in (le.services or ()),
            ),
            "first_action_accuracy": told(
                lambda le, _: le.first_action is not None,
                lambda le, e: e.first_action == le.first_action,
            ),
            "flag_accuracy": told(
                lambda le, _: le.flags is not None,
                lambda le, e: (le.flags or frozenset()) == _FLAGS.intersection(e.flags),
            ),
            "masking_recall": Figure.of(
                [
                    float(secret not in answer.masked)
                    for label, answer in pairs
                    if answer.masked is not None
                    for secret in label.personal_data
                ]
            ),
        },
        calibration_error=errors[0],
        reliability=errors[1],
        latencies_ms=np.asarray([answer.seconds * 1000 for answer in answers]),
    )


def difference(ours: Figure, theirs: Figure) -> tuple[float, float, float]:
    """Mean difference of two figures over the same difficulties, with its paired interval."""
    apart = ours.values - theirs.values
    low, high = np.quantile(_resampled_means(apart), (0.025, 0.975))
    return float(apart.mean()), float(low), float(high)


def _resampled_means(values: Values) -> Values:
    random = np.random.default_rng(_SEED)
    return values[random.integers(0, len(values), (_RESAMPLES, len(values)))].mean(axis=1)


def _first_is(label: Labelled, answer: Answer, at_least: int) -> float:
    return float(bool(answer.ranked) and label.relevance.get(answer.ranked[0], 0) >= at_least)


def _in_three(label: Labelled, answer: Answer) -> float:
    return float(any(found in label.relevance for found in answer.ranked[:3]))


def _ndcg(label: Labelled, answer: Answer) -> float:
    gained = sum(
        label.relevance.get(found, 0) / log2(place + 1)
        for place, found in enumerate(answer.ranked[:_DEPTH], start=1)
    )
    ideal = sorted(label.relevance.values(), reverse=True)[:_DEPTH]
    return gained / sum(gain / log2(place + 1) for place, gain in enumerate(ideal, start=1))


def _reciprocal(label: Labelled, answer: Answer) -> float:
    return next(
        (1 / n for n, found in enumerate(answer.ranked, start=1) if found in label.relevance), 0.0
    )


def _calibration(
    ranked: Sequence[tuple[Labelled, Answer]],
) -> tuple[float | None, tuple[tuple[float, float, int], ...]]:
    """The expected calibration error over bins of equal width, and what each said and was."""
    said = [
        (answer.confidence, _first_is(label, answer, 1))
        for label, answer in ranked
        if answer.confidence is not None
    ]
    if not said:
        return None, ()
    bins: list[tuple[float, float, int]] = []
    for number in range(_BINS):
        own = [(p, true) for p, true in said if min(int(p * _BINS), _BINS - 1) == number]
        if own:
            bins.append(
                (float(np.mean([p for p, _ in own])), float(np.mean([t for _, t in own])), len(own))
            )
    return sum(abs(p - t) * n for p, t, n in bins) / len(said), tuple(bins)
