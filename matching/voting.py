"""Institutes by the documents that answer a difficulty: each of the best ones votes for its owner.

A vote counts less the more an institute holds, or the largest would always win; what an institute
says of itself counts as much as its documents.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from matching.index import CatalogueIndex, Scores
from schemas.search import DocumentKind

EVIDENCE_KINDS: Final = (
    DocumentKind.PROFILE,
    DocumentKind.PATENT,
    DocumentKind.EQUIPMENT,
    DocumentKind.LAB,
)
_VOTERS: Final = 20
_SIZE_EXPONENT: Final = 0.3
_EVIDENCE_EACH: Final = 3


@dataclass(frozen=True)
class InstituteVote:
    """An institute that could help.

    Attributes:
        score: Share of the best possible score, 0 to 1.
        evidence: Positions of its best documents, the best first.
        researchers: How many of its researchers work in the field.
    """

    institute: str
    score: float
    evidence: tuple[int, ...]
    researchers: int


def vote(index: CatalogueIndex, text: str, top_k: int) -> list[InstituteVote]:
    """The institutes whose documents answer `text` best; none when nothing answers it."""
    scores = index.score(text, EVIDENCE_KINDS)
    totals = _totals(index, scores)
    order = sorted(totals, key=lambda institute: (-totals[institute], institute))[:top_k]
    working = _researchers(index, text)
    return [
        InstituteVote(
            institute=institute,
            score=round(totals[institute] / totals[order[0]], 4),
            evidence=_evidence(index, scores, institute),
            researchers=working[institute],
        )
        for institute in order
    ]


def confidence(votes: Sequence[InstituteVote]) -> float:
    """How far the first is ahead of the second, 0 to 1; not a probability."""
    if not votes:
        return 0.0
    return round(1 - (votes[1].score if len(votes) > 1 else 0.0), 3)


def _totals(index: CatalogueIndex, scores: Scores) -> dict[str, float]:
    institute = index.documents.institute
    profile = index.documents.kind.where(DocumentKind.PROFILE.value)
    sizes = np.bincount(institute.codes[~profile], minlength=len(institute.values))
    votes: defaultdict[str, float] = defaultdict(float)
    profiles: dict[str, float] = {}
    voters = 0
    for position, score in scores.top(len(institute.values) + _VOTERS):
        owner = int(institute.codes[position])
        if profile[position]:
            profiles[institute.values[owner]] = score
        elif voters < _VOTERS:
            voters += 1
            votes[institute.values[owner]] += 1 / (voters * float(sizes[owner]) ** _SIZE_EXPONENT)
    most = max(votes.values(), default=1.0)
    best = max(profiles.values(), default=1.0)
    return {
        code: votes.get(code, 0.0) / most + profiles.get(code, 0.0) / best
        for code in votes.keys() | profiles.keys()
    }


def _evidence(index: CatalogueIndex, scores: Scores, institute: str) -> tuple[int, ...]:
    own = np.flatnonzero(index.documents.institute.where(institute) & (scores.fused > 0))
    best = own[np.argsort(-scores.fused[own], kind="stable")]
    return tuple(int(position) for position in best[:_EVIDENCE_EACH])


def _researchers(index: CatalogueIndex, text: str) -> defaultdict[str, int]:
    """By institute, how many researchers' fields share a word with the text; never who (R067)."""
    found: defaultdict[str, int] = defaultdict(int)
    institute = index.documents.institute
    for position in np.flatnonzero(index.score(text, (DocumentKind.RESEARCHER,)).lexical > 0):
        found[institute.values[int(institute.codes[position])]] += 1
    return found
