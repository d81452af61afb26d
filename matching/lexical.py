"""BM25 over an inverted index in plain arrays: what each word adds to each document's score.

Scores are computed when the index is built (Robertson's BM25 with the idf of Lucene), so a question
only adds up the columns of its words.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from math import log1p
from typing import Final

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float32]
Positions = npt.NDArray[np.int32]

# Lower than usual: a summary says its subject once. Measured: docs/benchmarks.md.
_K1: Final = 0.8
_B: Final = 0.75


@dataclass(frozen=True)
class Postings:
    """Terms of documents as numbers, one after the other.

    Attributes:
        vocabulary: Number of each term.
        terms: The terms of all documents, document by document.
        lengths: How many of them each document has.
    """

    vocabulary: Mapping[str, int]
    terms: npt.NDArray[np.int32]
    lengths: npt.NDArray[np.int32]

    @classmethod
    def of(cls, documents: Iterable[Sequence[str]]) -> "Postings":
        """Number the terms of documents in the order in which they come."""
        vocabulary: dict[str, int] = {}
        lengths: list[int] = []

        def numbers() -> Iterable[int]:
            for terms in documents:
                lengths.append(len(terms))
                yield from [vocabulary.setdefault(term, len(vocabulary)) for term in terms]

        terms = np.fromiter(chain(numbers()), dtype=np.int32)
        return cls(vocabulary, terms, np.asarray(lengths, dtype=np.int32))


class LexicalIndex:
    """An inverted index. It never changes.

    Attributes:
        vocabulary: Column of each term.
        frequencies: How many counted documents have each term.
    """

    def __init__(self, postings: Postings, counted: npt.NDArray[np.bool_]) -> None:
        """Compute what each term adds to each document.

        Args:
            postings: The documents' terms.
            counted: Documents that frequencies and lengths are taken from; the others are scored by
                them. What is not public must not show in the scores of what is.
        """
        self.vocabulary = postings.vocabulary
        documents, columns, times = _counts(postings)
        self._documents = documents
        self._starts = np.concatenate(
            ([0], np.cumsum(np.bincount(columns, minlength=len(self.vocabulary))))
        )
        self.frequencies = np.bincount(
            columns, weights=counted[documents], minlength=len(self.vocabulary)
        ).astype(np.int64)
        how_many = self._how_many = max(int(counted.sum()), 1)
        mean = max(float(postings.lengths[counted].mean()) if counted.any() else 1.0, 1.0)
        idf = np.log1p((how_many - self.frequencies + 0.5) / (self.frequencies + 0.5))
        relative = (_K1 * (1 - _B + _B * postings.lengths / mean)).astype(np.float32)
        times = times.astype(np.float32)
        self._impacts = (
            np.repeat(idf, np.diff(self._starts)) * times / (times + relative[self._documents])
        ).astype(np.float32)
        self._size = len(postings.lengths)

    def score(self, weights: Mapping[str, float]) -> Scores:
        """The score of every document for weighted terms; terms that nobody has add nothing."""
        scores = np.zeros(self._size, dtype=np.float32)
        for term, weight in weights.items():
            column = self.vocabulary.get(term)
            if column is not None:
                here = slice(self._starts[column], self._starts[column + 1])
                # A document occurs once in a column, so nothing is added over another.
                scores[self._documents[here]] += np.float32(weight) * self._impacts[here]
        return scores

    def most(self, weights: Mapping[str, float]) -> float:
        """What a document would score that had every term very often, unknown ones included."""
        return sum(
            weight * log1p((self._how_many - found + 0.5) / (found + 0.5))
            for term, weight in weights.items()
            for found in (self.frequency(term),)
        )

    def having(self, term: str) -> Positions:
        """The documents that have a term, in ascending order."""
        column = self.vocabulary.get(term)
        if column is None:
            return np.empty(0, dtype=np.int32)
        return self._documents[self._starts[column] : self._starts[column + 1]]

    def frequency(self, term: str) -> int:
        """How many counted documents have a term."""
        column = self.vocabulary.get(term)
        return 0 if column is None else int(self.frequencies[column])

    @property
    def nbytes(self) -> int:
        """Memory of the arrays."""
        return self._documents.nbytes + self._impacts.nbytes + self._starts.nbytes


def _counts(
    postings: Postings,
) -> tuple[Positions, npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Document, column and number of times of each pair that occurs, column by column."""
    size = max(len(postings.lengths), 1)
    pairs = postings.terms.astype(np.int64) * size
    pairs += np.repeat(np.arange(len(postings.lengths), dtype=np.int32), postings.lengths)
    pairs.sort()
    edges = np.flatnonzero(np.diff(pairs, prepend=-1))
    times = np.diff(np.append(edges, len(pairs))).astype(np.int32)
    unique = pairs[edges]
    return (unique % size).astype(np.int32), (unique // size).astype(np.int32), times
