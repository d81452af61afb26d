"""Simple systems to compare with: BM25 over words as they are written."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from matching.lexical import LexicalIndex, Postings

_DEPTH: Final = 100


class WhitespaceBm25:
    """BM25 over what stands between spaces, in lower case."""

    def __init__(self, documents: Mapping[str, str]) -> None:
        """Index documents by id."""
        self._ids = list(documents)
        self._index = LexicalIndex(
            Postings.of(text.lower().split() for text in documents.values()),
            np.ones(len(documents), dtype=np.bool_),
        )

    def rank(self, text: str) -> Sequence[str]:
        """The ids of the documents that share a word, the best first, at most 100."""
        scores = self._index.score(dict.fromkeys(text.lower().split(), 1.0))
        best = np.argsort(-scores, kind="stable")[:_DEPTH]
        return [self._ids[int(i)] for i in best if scores[i] > 0]
