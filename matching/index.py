"""The index: what institutes hold, ranked by the words it shares with a difficulty.

Version 1: BM25 over morphemes. Documents vote for their institute by rank, a vote counting less
the more an institute holds; an institute's own fields count as much as its documents.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import shorten
from typing import Any, Final, Protocol, cast

import bm25s  # pyright: ignore[reportMissingTypeStubs]  # the package has none
import numpy as np

from matching.text import words_of
from schemas.designation import CandidateInstitute, Evidence, EvidenceKind, Ranking

_METHOD: Final = "bm25-1"
_VOTERS: Final = 20
_EVIDENCE_EACH: Final = 3
_SIZE_EXPONENT: Final = 0.3
_PASSAGE: Final = 160
_K1: Final = 1.2
_B: Final = 0.75


@dataclass(frozen=True)
class Document:
    """Something an institute holds or says of itself."""

    kind: EvidenceKind
    id: str
    institute: str
    title: str
    text: str


@dataclass(frozen=True)
class ResearchField:
    """A researcher's field, without the researcher (R067)."""

    institute: str
    text: str


class Matcher(Protocol):
    """Ranks institutes for a text; a later engine takes this one's place."""

    @property
    def version(self) -> str:
        """Names the rows and the method, so that a ranking can be repeated."""
        ...

    def rank(self, text: str, top_k: int) -> Ranking:
        """The institutes that could help, best first."""
        ...


class MatchIndex:
    """A catalogue, ready to be searched. It never changes; a new catalogue needs a new index."""

    def __init__(self, documents: Sequence[Document], fields: Sequence[ResearchField]) -> None:
        self._documents = documents
        self._words = [words_of(f"{document.title} {document.text}") for document in documents]
        self._fields = [(field.institute, frozenset(words_of(field.text))) for field in fields]
        self._sizes = Counter(
            document.institute
            for document in documents
            if document.kind is not EvidenceKind.PROFILE
        )
        self._bm25: Any = bm25s.BM25(k1=_K1, b=_B)
        if documents:
            self._bm25.index([words or [""] for words in self._words], show_progress=False)
        content = repr((list(documents), list(fields)))
        self._version = f"{_METHOD}-{hashlib.sha256(content.encode()).hexdigest()[:12]}"

    @property
    def version(self) -> str:
        """Method and a hash of the rows."""
        return self._version

    def rank(self, text: str, top_k: int) -> Ranking:
        """The institutes that share the most telling words with `text`.

        Returns:
            An empty ranking with confidence 0 when nothing is shared.
        """
        query = words_of(text)
        scores = self._scores(query)
        totals = self._institute_scores(scores)
        order = sorted(totals, key=lambda institute: (-totals[institute], institute))[:top_k]
        best = totals[order[0]] if order else 1.0
        return Ranking(
            index_version=self._version,
            confidence=_confidence(sorted(totals.values(), reverse=True)),
            candidates=tuple(
                CandidateInstitute(
                    institute=institute,
                    rank=rank,
                    score=round(totals[institute] / best, 4),
                    evidence=self._evidence(institute, scores, query),
                    researchers=self._researchers(institute, query),
                )
                for rank, institute in enumerate(order, start=1)
            ),
        )

    def _scores(self, query: list[str]) -> list[float]:
        """BM25 of each document; nothing for words that no document has."""
        known = cast("dict[str, int]", self._bm25.vocab_dict) if self._documents else {}
        asked = [word for word in query if word in known]
        if not asked:
            return [0.0] * len(self._documents)
        return cast("list[float]", np.asarray(self._bm25.get_scores(asked)).tolist())

    def _institute_scores(self, scores: list[float]) -> dict[str, float]:
        """Votes of the best documents beside the profile's own score, each scaled to its best."""
        votes: defaultdict[str, float] = defaultdict(float)
        profiles: dict[str, float] = {}
        ranked = sorted(
            (i for i, score in enumerate(scores) if score > 0), key=lambda i: -scores[i]
        )
        voters = 0
        for i in ranked:
            document = self._documents[i]
            if document.kind is EvidenceKind.PROFILE:
                profiles[document.institute] = scores[i]
            elif voters < _VOTERS:
                voters += 1
                size = self._sizes[document.institute]
                votes[document.institute] += 1 / (voters * size**_SIZE_EXPONENT)
        most_votes = max(votes.values(), default=1.0)
        best_profile = max(profiles.values(), default=1.0)
        return {
            institute: votes.get(institute, 0.0) / most_votes
            + profiles.get(institute, 0.0) / best_profile
            for institute in votes.keys() | profiles.keys()
        }

    def _evidence(
        self, institute: str, scores: list[float], query: list[str]
    ) -> tuple[Evidence, ...]:
        own = [
            i
            for i, document in enumerate(self._documents)
            if document.institute == institute and scores[i] > 0
        ]
        own.sort(key=lambda i: -scores[i])
        return tuple(
            Evidence(
                kind=self._documents[i].kind,
                id=self._documents[i].id,
                title=self._documents[i].title,
                passage=shorten(self._documents[i].text, _PASSAGE, placeholder=" …"),
                terms=_shared(query, self._words[i]),
            )
            for i in own[:_EVIDENCE_EACH]
        )

    def _researchers(self, institute: str, query: list[str]) -> int:
        asked = frozenset(query)
        return sum(
            1 for own, words in self._fields if own == institute and not asked.isdisjoint(words)
        )


def _shared(query: list[str], words: list[str]) -> tuple[str, ...]:
    """Words of the query that a document has, each once, in the query's order."""
    there = frozenset(words)
    return tuple(dict.fromkeys(word for word in query if word in there))


def _confidence(totals: list[float]) -> float:
    """How sure the first place is: its lead over the second, from 0 to 1.

    Not a probability: decisions of coordinators will have to calibrate it.
    """
    if not totals:
        return 0.0
    second = totals[1] if len(totals) > 1 else 0.0
    return round((totals[0] - second) / totals[0], 3)
