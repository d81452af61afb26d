"""What the open databases are asked, and what they find."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field

from schemas.base import InstituteCode, WireModel


class DocumentKind(StrEnum):
    """What can be found. Researchers are found by staff only, and past cases by nobody (R067)."""

    PROFILE = "profile"
    PATENT = "patent"
    EQUIPMENT = "equipment"
    LAB = "lab"
    TECHNOLOGY = "technology"
    RESEARCHER = "researcher"
    CASE = "case"


class OpenDatabase(StrEnum):
    """A database that is open to the public, as addresses name it. Researchers have none (R067)."""

    PATENTS = "patents"
    EQUIPMENT = "equipment"
    LABS = "labs"
    TECHNOLOGIES = "technologies"

    @property
    def kind(self) -> DocumentKind:
        """What is in it."""
        return _KINDS[self]

    @classmethod
    def of(cls, kind: str) -> "OpenDatabase | None":
        """The database with documents of a kind; None for a kind that is not open."""
        return next((database for database in cls if database.kind.value == kind), None)


_KINDS: Final = {
    OpenDatabase.PATENTS: DocumentKind.PATENT,
    OpenDatabase.EQUIPMENT: DocumentKind.EQUIPMENT,
    OpenDatabase.LABS: DocumentKind.LAB,
    OpenDatabase.TECHNOLOGIES: DocumentKind.TECHNOLOGY,
}


class SearchQuery(WireModel):
    """A question to the databases.

    Attributes:
        text: Words or a sentence; empty finds everything, newest first.
        kinds: What may be found.
        offset: How many hits of the whole order to leave out.
    """

    text: str = ""
    kinds: tuple[DocumentKind, ...]
    institute: InstituteCode | None = None
    status: str | None = None
    location: str | None = None
    filed_from: date | None = None
    filed_to: date | None = None
    limit: Annotated[int, Field(ge=1, le=1000)] = 20
    offset: Annotated[int, Field(ge=0, le=10_000)] = 0


class SearchHit(WireModel):
    """One document that was found.

    Attributes:
        score: Between 0 and 1, comparable inside one answer only.
        terms: Words of the document that answer the question, to be marked.
    """

    kind: DocumentKind
    id: str
    institute: InstituteCode
    score: float
    terms: tuple[str, ...] = ()


class SearchResult(WireModel):
    """What was found.

    Attributes:
        total: How many documents fit, of which `hits` is a page.
        facets: By field (`institute`, `status`, `year`, `location`), how many of all that fit have
            each value.
        every_word: False when no document has every word: `hits` have some of them then.
        corrected: The question as it was understood, when a word was mistyped; None otherwise.
        index_version: Names the rows and the method.
    """

    total: int
    hits: tuple[SearchHit, ...]
    facets: Mapping[str, Mapping[str, int]]
    corrected: str | None = None
    every_word: bool = True
    index_version: str
