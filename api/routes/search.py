"""The open databases as JSON: patents, equipment, laboratories and technologies for everybody.

Researchers are for staff, and are looked up in a way of their own: nothing that the public can ask
reads their table (R067).
"""

from collections.abc import Mapping
from typing import Annotated, Final, Generic, TypeVar

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from api import auth, finding
from api.centre import Centre
from api.deps import CentreDep
from api.finding import Asked
from infra.postgres import catalogue
from schemas.base import WireModel
from schemas.catalogue import (
    DataSetCount,
    EquipmentItem,
    Lab,
    OfferedTechnology,
    Patent,
    Researcher,
)
from schemas.search import OpenDatabase

router = APIRouter(prefix="/api/v1/search", tags=["search"])

_Row = TypeVar("_Row", bound=WireModel)
_MOST_WORDS: Final = 12

Words = Annotated[
    str,
    Query(
        alias="q",
        max_length=finding.MOST_LETTERS,
        description="Words that all have to occur, or some where no row has all of them; "
        "without any, everything is found, the newest first.",
    ),
]
Institute = Annotated[str | None, Query(pattern="^[A-Z]{2,10}$", description="Only this one's.")]
Status = Annotated[str | None, Query(max_length=60, description="Only with this status.")]
Location = Annotated[str | None, Query(max_length=200, description="Only at this place.")]
YearFrom = Annotated[
    int | None,
    Query(ge=finding.FIRST_YEAR, le=finding.LAST_YEAR, description="Filed in this year or later."),
]
YearTo = Annotated[
    int | None,
    Query(
        ge=finding.FIRST_YEAR, le=finding.LAST_YEAR, description="Filed in this year or earlier."
    ),
]
Limit = Annotated[int, Query(ge=1, le=100)]
Offset = Annotated[
    int,
    Query(
        alias="cursor",
        ge=0,
        le=finding.MOST_ROWS,
        description="`next_cursor` of the page before; leave out for the first.",
    ),
]
After = Annotated[
    str | None,
    Query(alias="cursor", pattern="^[ -~]{1,60}$", description="`next_cursor` of the page before."),
]


class Scored(WireModel):
    """What the search says of a row.

    Attributes:
        score: Between 0 and 1, comparable inside one answer only.
        terms: Words of the row that answer the question.
    """

    score: float = 0.0
    terms: tuple[str, ...] = ()


class FoundPatent(Patent, Scored):
    """A patent that was found."""


class FoundEquipment(EquipmentItem, Scored):
    """An item of equipment that was found."""


class FoundLab(Lab, Scored):
    """A laboratory that was found."""


class FoundTechnology(OfferedTechnology, Scored):
    """A technology that was found."""


class Found(WireModel, Generic[_Row]):
    """A page of rows, best first; `next_cursor` is None on the last one.

    Attributes:
        total: How many rows fit, of which `items` is a page.
        facets: By field, how many of all that fit have each value.
        corrected: The question as it was understood when a word was mistyped; None otherwise.
        every_word: False when no row has every word of the question; these rows have some.
        database: What the rows and the total come from.
    """

    items: list[_Row]
    next_cursor: str | None
    total: int
    facets: Mapping[str, Mapping[str, int]]
    corrected: str | None
    every_word: bool
    database: DataSetCount


class Listed(WireModel, Generic[_Row]):
    """A page of rows in the order of their ids; `next_cursor` is None on the last one."""

    items: list[_Row]
    next_cursor: str | None


class Suggestions(WireModel):
    """How what was typed could go on."""

    items: list[str] = Field(description="From public documents only.")


@router.get("/patents", summary="Search patents", dependencies=[Depends(auth.PUBLIC)])
async def search_patents(
    centre: CentreDep,
    words: Words = "",
    institute: Institute = None,
    status: Status = None,
    year_from: YearFrom = None,
    year_to: YearTo = None,
    limit: Limit = 20,
    offset: Offset = 0,
) -> Found[FoundPatent]:
    """Published bibliographic data; inventors' names are no words of it and lead nowhere (C27)."""
    asked = Asked(
        text=words, institute=institute, status=status, year_from=year_from, year_to=year_to
    )
    return await _found(centre, OpenDatabase.PATENTS, FoundPatent, asked, limit, offset)


@router.get("/equipment", summary="Search equipment", dependencies=[Depends(auth.PUBLIC)])
async def search_equipment(
    centre: CentreDep,
    words: Words = "",
    institute: Institute = None,
    location: Location = None,
    limit: Limit = 20,
    offset: Offset = 0,
) -> Found[FoundEquipment]:
    """Only equipment that companies may use (R066)."""
    asked = Asked(text=words, institute=institute, location=location)
    return await _found(centre, OpenDatabase.EQUIPMENT, FoundEquipment, asked, limit, offset)


@router.get("/labs", summary="Search laboratories", dependencies=[Depends(auth.PUBLIC)])
async def search_labs(
    centre: CentreDep,
    words: Words = "",
    institute: Institute = None,
    location: Location = None,
    limit: Limit = 20,
    offset: Offset = 0,
) -> Found[FoundLab]:
    """Laboratories that companies may use (R068)."""
    asked = Asked(text=words, institute=institute, location=location)
    return await _found(centre, OpenDatabase.LABS, FoundLab, asked, limit, offset)


@router.get("/technologies", summary="Search technologies", dependencies=[Depends(auth.PUBLIC)])
async def search_technologies(
    centre: CentreDep,
    words: Words = "",
    institute: Institute = None,
    limit: Limit = 20,
    offset: Offset = 0,
) -> Found[FoundTechnology]:
    """Technologies that institutes offer for transfer (R093)."""
    asked = Asked(text=words, institute=institute)
    return await _found(centre, OpenDatabase.TECHNOLOGIES, FoundTechnology, asked, limit, offset)


@router.get("/suggest", summary="Complete what was typed", dependencies=[Depends(auth.PUBLIC)])
async def suggest(
    centre: CentreDep,
    words: Words = "",
    database: Annotated[
        OpenDatabase, Query(alias="kind", description="The database that is searched.")
    ] = OpenDatabase.PATENTS,
    limit: Annotated[int, Query(ge=1, le=20)] = 8,
) -> Suggestions:
    """Words and titles of public documents, for a search field while one types."""
    return Suggestions(items=await finding.complete(centre, words, database, limit))


@router.get(
    "/researchers",
    summary="Search researchers, for staff",
    dependencies=[Depends(auth.DESKS)],
)
async def search_researchers(
    centre: CentreDep,
    words: Words = "",
    institute: Institute = None,
    limit: Limit = 20,
    after: After = None,
) -> Listed[Researcher]:
    """Departments and fields, never names; closed to the public (R067)."""
    split = words.replace("\0", " ").split()[:_MOST_WORDS]
    rows = await catalogue.search_researchers(centre.pool, split, institute, limit + 1, after)
    # One row more than asked for tells that there is a next page.
    return Listed(
        items=rows[:limit],
        next_cursor=rows[limit - 1].researcher_id if len(rows) > limit else None,
    )


async def _found(  # a route's parameters
    centre: Centre,
    database: OpenDatabase,
    model: type[_Row],
    asked: Asked,
    limit: int,
    offset: int,
) -> Found[_Row]:
    found = await finding.find(centre, database, asked, limit=limit, offset=offset)
    return Found(
        items=[
            model.model_validate(
                {**row.item.model_dump(), "score": row.hit.score, "terms": row.hit.terms}
            )
            for row in found.items
        ],
        next_cursor=None if found.next_offset is None else str(found.next_offset),
        total=found.result.total,
        facets=found.result.facets,
        corrected=found.result.corrected,
        every_word=found.result.every_word,
        database=(await finding.loaded(centre))[database],
    )
