"""What an index of the catalogue is built of, handed from where it is kept to where it is searched.

Plain data classes: a catalogue has up to a million documents, and they never travel.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from schemas.search import DocumentKind


class StoredText(NamedTuple):
    """A text of the catalogue, under the key that everything computed of it is kept under."""

    key: str
    title: str
    body: str


@dataclass(frozen=True, slots=True)
class IndexedDocument:
    """Something that can be found.

    Attributes:
        text_key: Names title and body; what was computed of them is kept under it.
        is_public: Whether everybody may find it.
    """

    kind: DocumentKind
    id: str
    institute: str
    title: str
    text_key: str
    published_on: date | None = None
    status: str | None = None
    location: str | None = None
    is_public: bool = True


@dataclass(frozen=True)
class CatalogueReading:
    """The catalogue and what was computed of its texts, as they were at one instant.

    Attributes:
        generation: The catalogue's, of the same instant.
        terms: By text key, what an analysis found.
        vectors: By text key, one after the other, numbers of half precision, little-endian.
        synonyms: By word of a company, words of the documents.
    """

    generation: int
    documents: Sequence[IndexedDocument]
    terms: Mapping[str, Sequence[str]]
    vectors: Mapping[str, bytes]
    synonyms: Mapping[str, Sequence[str]]
