"""The index: everything that can be found, ranked by words and by meaning together.

Both signals are brought between 0 and 1 and added (convex combination): a rank fusion would throw
away how far the first is ahead. How much words count depends on how completely the best document
answers them. Where it has nearly all of them it is what was asked for; where companies use words of
their own, meaning decides. Documents are Korean, so words count for the Korean part only.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from matching.completion import CompletionsByKind
from matching.correction import Corrector
from matching.dense import DenseIndex, StoredVectors, dense_index
from matching.documents import Documents, Mask
from matching.encoder import Encoder
from matching.lexical import LexicalIndex, Postings
from matching.question import Question, understand
from matching.synonyms import NO_SYNONYMS, Synonyms
from matching.text import ANALYSER
from schemas.search import DocumentKind, SearchHit, SearchQuery, SearchResult

_METHOD: Final = "convex-4"
# Share of the words in the sum, where the best document reaches the part `answered` of the best
# possible score: a line between two bounds. Measured: docs/benchmarks.md.
_STEEPNESS: Final = 2.0
_START: Final = -0.3
_SMALLEST_SHARE: Final = 0.3
_LARGEST_SHARE: Final = 0.8
_ALSO: Final = 1000
_MANY_WORDS: Final = 50_000
# One score in so many is looked at to guess which are the highest, and so many of those at least.
_SAMPLED: Final = 64
_AT_LEAST: Final = 16

_Scores = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Scores:
    """How well each document of an index answers a question, by position.

    Attributes:
        fused: Between 0 and 1; -1 for documents of kinds that were not asked.
        lexical: Share of the best score by words, 0 to 1.
        dense: Nearness in meaning between that of the farthest documents (0) and the nearest (1);
            NaN for documents without a vector, and for distant ones in a large index.
        question: The question as it was understood.
    """

    fused: _Scores
    lexical: _Scores
    dense: _Scores
    question: Question

    def top(self, n: int) -> list[tuple[int, float]]:
        """Position and score of the best documents that have anything to do with it."""
        return [(int(i), float(self.fused[i])) for i in highest(self.fused, n) if self.fused[i] > 0]


class CatalogueIndex:
    """A catalogue, ready to be searched. It never changes; a new catalogue needs a new index.

    Attributes:
        documents: What is known of each document, by position.
        version: Names the documents and the method, so that a ranking can be repeated.
        lexical: The inverted index.
        dense: The vectors; None without encoder or vectors.
    """

    def __init__(
        self,
        documents: Documents,
        lexical: LexicalIndex,
        dense: DenseIndex | None,
        encoder: Encoder | None,
        synonyms: Synonyms,
    ) -> None:
        self.documents = documents
        self.lexical = lexical
        self.dense = dense
        self.synonyms = synonyms
        self.encoder = encoder if dense is not None else None
        self.version = self._name()

    @classmethod
    def build(
        cls,
        documents: Documents,
        terms: Iterable[Sequence[str]] | Postings,
        vectors: StoredVectors | None = None,
        *,
        encoder: Encoder | None = None,
        synonyms: Mapping[str, Sequence[str]] = NO_SYNONYMS,
    ) -> "CatalogueIndex":
        """Build the index of documents whose texts were analysed and encoded before.

        Args:
            documents: By column.
            terms: `terms_of` of each document's text, in the same order.
            vectors: Of their passages; documents without any are found by words.
            encoder: The one that made the vectors; without it they are not used.
            synonyms: By word of a company, words of the documents.
        """
        postings = terms if isinstance(terms, Postings) else Postings.of(terms)
        usable = vectors is not None and encoder is not None and len(vectors.owners) > 0
        return cls(
            documents,
            LexicalIndex(postings, documents.is_public),
            dense_index(vectors) if vectors is not None and usable else None,
            encoder,
            Synonyms(synonyms),
        )

    def score(self, text: str, kinds: Iterable[DocumentKind]) -> Scores:
        """How well every document of some kinds answers a text.

        Args:
            text: Any text; an empty one is answered by nothing.
            kinds: Researchers are scored only when they are named here.
        """
        asked = frozenset(kinds)
        return self._score(self._understand(text, asked), self.documents.of_kinds(asked))

    def search(self, query: SearchQuery) -> SearchResult:
        """The documents that have every word, or any word when none has all; the best first.

        A question that says nothing (an empty one) is answered by everything, the newest first.
        """
        allowed = self._allowed(query)
        question = self._understand(query.text, frozenset(query.kinds))
        every_word = True
        last = query.offset + query.limit
        if not query.text.strip():
            fitting = np.flatnonzero(allowed)
            scores = np.zeros(len(self.documents), dtype=np.float32)
            best = highest(self.documents.published[fitting], last)
        else:
            fitting, every_word = self._fitting(question, allowed)
            scores = self._score(question, allowed).fused
            best = highest(scores[fitting], last)
        page = fitting[best[query.offset :]]
        return SearchResult(
            total=len(fitting),
            hits=tuple(self._hit(int(position), scores, question) for position in page),
            facets={
                "institute": self.documents.institute.count(fitting),
                "status": self.documents.status.count(fitting),
                "year": self.documents.year.count(fitting),
                "location": self.documents.location.count(fitting),
            },
            corrected=question.corrected,
            every_word=every_word,
            index_version=self.version,
        )

    def complete(self, prefix: str, kinds: Iterable[DocumentKind], limit: int = 8) -> list[str]:
        """Words and titles of public documents that begin so."""
        return self._completions.starting_with(prefix, kinds, limit)

    def _understand(self, text: str, kinds: frozenset[DocumentKind]) -> Question:
        """Words that only hidden documents have are unknown to whoever may not see these."""
        if DocumentKind.RESEARCHER in kinds:
            return understand(text, self._frequency_of_all, self._corrector_of_all, self.synonyms)
        return understand(text, self.lexical.frequency, self._corrector, self.synonyms)

    def _score(self, question: Question, allowed: Mask) -> Scores:
        lexical = self.lexical.score(question.weights)
        lexical[~allowed] = 0
        best = float(lexical.max(initial=0))
        if best > 0:
            lexical /= best
        if self.dense is None or self.encoder is None or not question.has_letters:
            nothing = np.full(len(lexical), np.nan, dtype=np.float32)
            return Scores(np.where(allowed, lexical, -1), lexical, nothing, question)
        vector = self.encoder.encode_question(question.text)
        dense = self.dense.score(vector, highest(lexical, _ALSO))
        floor = self.dense.floor(vector)
        nearest = np.nanmax(dense, initial=floor, where=allowed)
        dense = ((dense - floor) / max(nearest - floor, 1e-6)).clip(0)
        answered = best / max(self.lexical.most(question.asked), 1e-6)
        share = min(max(_START + _STEEPNESS * answered, _SMALLEST_SHARE), _LARGEST_SHARE)
        share *= question.hangul
        # What has no vector yet, or a distant one, is judged by its words alone.
        fused = share * lexical + (1 - share) * np.where(np.isnan(dense), share * lexical, dense)
        return Scores(np.where(allowed, fused, -1).astype(np.float32), lexical, dense, question)

    def _allowed(self, query: SearchQuery) -> Mask:
        documents = self.documents
        allowed = documents.of_kinds(query.kinds)
        for column, wanted in (
            (documents.institute, query.institute),
            (documents.status, query.status),
            (documents.location, query.location),
        ):
            if wanted is not None:
                allowed &= column.where(wanted)
        if query.filed_from is not None:
            allowed &= documents.published >= query.filed_from.toordinal()
        if query.filed_to is not None:
            allowed &= (documents.published <= query.filed_to.toordinal()) & (
                documents.published > 0
            )
        return allowed

    def _fitting(self, question: Question, allowed: Mask) -> tuple[npt.NDArray[np.intp], bool]:
        """All words, else any word; without any word that could be required, everything.

        Returns:
            The positions, and whether they have every word.
        """
        if not question.groups:
            everything = np.flatnonzero(allowed)
            return (everything if question.has_letters else everything[:0]), True
        every = allowed.copy()
        some = np.zeros_like(allowed)
        for group in question.groups:
            has = np.zeros_like(allowed)
            for way in group.ways:
                columns = [self.lexical.having(term) for term in way]
                there = columns[0]
                for column in columns[1:]:
                    there = np.intersect1d(there, column, assume_unique=True)
                has[there] = True
            every &= has
            some |= has
        fitting = np.flatnonzero(every)
        return (fitting, True) if len(fitting) else (np.flatnonzero(some & allowed), False)

    def _hit(self, position: int, scores: _Scores, question: Question) -> SearchHit:
        documents = self.documents
        terms = dict.fromkeys(term for group in question.groups for term in group.terms)
        return SearchHit(
            kind=DocumentKind(documents.kind.values[int(documents.kind.codes[position])]),
            id=documents.id[position],
            institute=documents.institute.values[int(documents.institute.codes[position])],
            score=round(float(np.clip(scores[position], 0, 1)), 4),
            terms=tuple(term for term in terms if self.has(position, term)),
        )

    def position_of(self, kind: str, key: str) -> int | None:
        """Where a document stands; None when it is not here."""
        return self._positions.get((kind, key))

    def has(self, position: int, term: str) -> bool:
        """Whether a document has a term."""
        column = self.lexical.having(term)
        place = int(np.searchsorted(column, position))
        return place < len(column) and int(column[place]) == position

    @cached_property
    def _positions(self) -> dict[tuple[str, str], int]:
        kinds = self.documents.kind
        return {
            (kinds.values[code], key): position
            for position, (code, key) in enumerate(
                zip(kinds.codes.tolist(), self.documents.id, strict=True)
            )
        }

    @cached_property
    def _corrector(self) -> Corrector:
        return self._corrector_over(self.lexical.frequency)

    @cached_property
    def _corrector_of_all(self) -> Corrector:
        return self._corrector_over(self._frequency_of_all)

    def _corrector_over(self, frequency: Callable[[str], int]) -> Corrector:
        counted = {term: frequency(term) for term in self.lexical.vocabulary}
        # In many words one that occurs once is likelier mistyped itself than meant.
        least = 2 if len(counted) > _MANY_WORDS else 1
        return Corrector({term: count for term, count in counted.items() if count >= least})

    def _frequency_of_all(self, term: str) -> int:
        return len(self.lexical.having(term))

    @cached_property
    def _completions(self) -> CompletionsByKind:
        documents = self.documents
        titles: dict[DocumentKind, Sequence[str]] = {
            DocumentKind(kind): [
                documents.title[int(i)]
                for i in np.flatnonzero(documents.kind.where(kind) & documents.is_public)
            ]
            for kind in documents.kind.values
        }
        known = [term for term in self.lexical.vocabulary if self.lexical.frequency(term)]
        return CompletionsByKind({kind: own for kind, own in titles.items() if own}, known)

    def _name(self) -> str:
        content = hashlib.sha256()
        for column in (self.documents.id, self.documents.text_key):
            content.update("\n".join(column).encode("utf-8", "replace"))
        content.update(self.documents.published.tobytes())
        content.update(repr(self.synonyms.content).encode("utf-8", "replace"))
        dense = self.dense.method if self.dense is not None else "none"
        model = self.encoder.name if self.encoder is not None else "words-only"
        content.update(f"{ANALYSER} {dense}".encode())
        return f"{_METHOD}/{model}/{content.hexdigest()[:12]}"


def highest(scores: _Scores | npt.NDArray[np.int32], n: int) -> npt.NDArray[np.int32]:
    """The positions of the highest scores, in order; the first of equal ones, so that pages fit."""
    n = min(n, len(scores))
    if n == 0:
        return np.empty(0, dtype=np.int32)
    least = _nth_highest(scores, n)
    above = np.flatnonzero(scores > least)
    some = np.concatenate((above, np.flatnonzero(scores == least)[: n - len(above)]))
    return some[np.lexsort((some, -scores[some]))].astype(np.int32)


def _nth_highest(scores: _Scores | npt.NDArray[np.int32], n: int) -> float:
    """The n-th highest score, by way of a guess from a sample.

    `np.partition` takes a tenth of a second for a million scores of which most are alike.
    """
    sample = np.sort(scores[::_SAMPLED])
    guess = sample[-min(2 * n // _SAMPLED + _AT_LEAST, len(sample))]
    above = scores[scores > guess]
    if len(above) >= n:
        return float(np.sort(above)[len(above) - n])
    if np.count_nonzero(scores >= guess) >= n:
        return float(guess)
    return float(np.sort(scores)[len(scores) - n])
