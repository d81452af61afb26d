"""The columns of an index: what is known of each document besides its words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from schemas.indexing import IndexedDocument
from schemas.search import DocumentKind

Codes = npt.NDArray[np.int32]
Mask = npt.NDArray[np.bool_]

NOTHING: Final = -1
"""The code of a missing value, and the day of a document without a date."""


@dataclass(frozen=True)
class Coded:
    """A column of few different values.

    Attributes:
        values: The different values, in order.
        codes: Index into `values` of each document, or `NOTHING`.
    """

    values: tuple[str, ...]
    codes: Codes

    @classmethod
    def of(cls, given: Iterable[str | None]) -> "Coded":
        """Number the different values of a column."""
        column = list(given)
        values = tuple(sorted({value for value in column if value is not None}))
        code_of: dict[str | None, int] = {value: code for code, value in enumerate(values)}
        return cls(values, np.fromiter((code_of.get(v, NOTHING) for v in column), np.int32))

    def where(self, value: str) -> Mask:
        """The documents that have a value."""
        if value not in self.values:
            return np.zeros(len(self.codes), dtype=np.bool_)
        return self.codes == self.values.index(value)

    def count(self, positions: npt.NDArray[np.integer]) -> dict[str, int]:
        """How many of some documents have each value, the most frequent first."""
        codes = self.codes[positions]
        counts = np.bincount(codes[codes != NOTHING], minlength=len(self.values))
        order = sorted(np.flatnonzero(counts), key=lambda i: (-counts[i], self.values[i]))
        return {self.values[i]: int(counts[i]) for i in order}


@dataclass(frozen=True)
class Documents:
    """Documents by column; a document is its position.

    Attributes:
        published: Days since the first of January of year 1, or `NOTHING`.
    """

    kind: Coded
    id: Sequence[str]
    institute: Coded
    title: Sequence[str]
    text_key: Sequence[str]
    published: Codes
    status: Coded
    location: Coded
    year: Coded
    is_public: Mask

    def __len__(self) -> int:
        """How many documents there are."""
        return len(self.id)

    @classmethod
    def of(cls, documents: Sequence[IndexedDocument]) -> "Documents":
        """Take documents apart into columns."""
        days = [d.published_on.toordinal() if d.published_on else NOTHING for d in documents]
        return cls(
            kind=Coded.of(document.kind.value for document in documents),
            id=[document.id for document in documents],
            institute=Coded.of(document.institute for document in documents),
            title=[document.title for document in documents],
            text_key=[document.text_key for document in documents],
            published=np.asarray(days, dtype=np.int32),
            status=Coded.of(document.status for document in documents),
            location=Coded.of(document.location for document in documents),
            year=Coded.of(
                f"{document.published_on.year:04d}" if document.published_on else None
                for document in documents
            ),
            is_public=np.fromiter((d.is_public for d in documents), np.bool_, len(documents)),
        )

    def of_kinds(self, kinds: Iterable[DocumentKind]) -> Mask:
        """The documents of some kinds; those that are not public only when asked for by kind."""
        mask = np.zeros(len(self), dtype=np.bool_)
        for kind in kinds:
            mask |= self.kind.where(kind.value)
        return mask
