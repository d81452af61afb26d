"""What the catalogue holds, from where and as of when; calls, and projects for staff."""

from typing import Annotated, Final, Generic, TypeVar

from fastapi import APIRouter, Depends, Query, Request, Response

from api import auth
from api.deps import CentreDep
from infra.postgres import support_calls
from infra.postgres.catalogue_counts import data_set_counts
from schemas.base import WireModel
from schemas.catalogue import DataSetCount, ResearchProject, SupportCall

router = APIRouter(prefix="/api/v1/catalogue", tags=["catalogue"])

_Row = TypeVar("_Row", bound=WireModel)
_MOST_WORDS: Final = 12

Words = Annotated[
    str, Query(alias="q", max_length=200, description="Words that all have to occur.")
]
Limit = Annotated[int, Query(ge=1, le=100)]
After = Annotated[
    str | None,
    Query(alias="cursor", pattern="^[ -~]{1,60}$", description="`next_cursor` of the page before."),
]


class CatalogueCounts(WireModel):
    items: list[DataSetCount]


class CataloguePage(WireModel, Generic[_Row]):
    """A page of rows; `next_cursor` is None on the last one."""

    items: list[_Row]
    next_cursor: str | None


@router.get("", summary="What the databases hold", dependencies=[Depends(auth.PUBLIC)])
async def list_counts(request: Request, response: Response, centre: CentreDep) -> CatalogueCounts:
    """By data set: how much is loaded, from which sources, as of when, and of how much.

    Researchers and projects are counted for signed-in staff only (R067, C27).
    """
    # What staff see must not be kept for others.
    response.headers["Cache-Control"] = "private, no-store"
    caller = await auth.caller_if_any(request)
    staff = caller is not None and caller.actor.role in auth.CASE_STAFF.roles
    return CatalogueCounts(items=await data_set_counts(centre.pool, internal=staff))


@router.get("/calls", summary="Open calls", dependencies=[Depends(auth.PUBLIC)])
async def list_calls(
    centre: CentreDep, words: Words = "", limit: Limit = 20, after: After = None
) -> CataloguePage[SupportCall]:
    """Calls of ministries and regions that can still be applied to: what long R&D needs."""
    day = centre.korean_day(centre.clock())
    rows = await support_calls.open_calls(centre.pool, _split(words), day, limit + 1, after)
    return _page(rows, limit, [row.call_id for row in rows])


@router.get("/projects", summary="Search funded projects", dependencies=[Depends(auth.DESKS)])
async def list_projects(
    centre: CentreDep,
    words: Words = "",
    institute: Annotated[str | None, Query(pattern="^[A-Z]{2,10}$")] = None,
    limit: Limit = 20,
    after: After = None,
) -> CataloguePage[ResearchProject]:
    """Projects that public money pays for already, to look at against double funding."""
    rows = await support_calls.search_projects(
        centre.pool, _split(words), institute, limit + 1, after
    )
    return _page(rows, limit, [row.project_number for row in rows])


def _split(words: str) -> list[str]:
    return words.replace("\0", " ").split()[:_MOST_WORDS]


def _page(rows: list[_Row], limit: int, keys: list[str]) -> CataloguePage[_Row]:
    """One row more than asked for tells that there is a next page."""
    return CataloguePage(
        items=rows[:limit], next_cursor=keys[limit - 1] if len(rows) > limit else None
    )
