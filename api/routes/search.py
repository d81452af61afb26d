"""The open databases: patents, equipment and laboratories for everybody; researchers for staff."""

from typing import Annotated, Final, Generic, TypeVar

from fastapi import APIRouter, Depends, Query

from api import auth
from api.deps import CentreDep
from infra.postgres import catalogue
from schemas.base import WireModel
from schemas.catalogue import EquipmentItem, Lab, Patent, Researcher

router = APIRouter(prefix="/api/v1/search", tags=["search"])

_Row = TypeVar("_Row", bound=WireModel)
_MOST_WORDS: Final = 12

Words = Annotated[
    str, Query(alias="q", max_length=200, description="Words that all have to occur.")
]
Institute = Annotated[str | None, Query(pattern="^[A-Z]{2,10}$", description="Only this one's.")]
Limit = Annotated[int, Query(ge=1, le=100)]
After = Annotated[
    str | None,
    Query(alias="cursor", pattern="^[ -~]{1,60}$", description="`next_cursor` of the page before."),
]


class Found(WireModel, Generic[_Row]):
    """A page of rows; `next_cursor` is None on the last one."""

    items: list[_Row]
    next_cursor: str | None


@router.get("/patents", summary="Search patents", dependencies=[Depends(auth.PUBLIC)])
async def search_patents(
    centre: CentreDep,
    words: Words = "",
    institute: Institute = None,
    limit: Limit = 20,
    after: After = None,
) -> Found[Patent]:
    """Published bibliographic data; inventors' names lead to no researcher (R064, C27)."""
    rows = await catalogue.search_patents(centre.pool, _split(words), institute, limit + 1, after)
    return _page(rows, limit, [row.application_number for row in rows])


@router.get("/equipment", summary="Search equipment", dependencies=[Depends(auth.PUBLIC)])
async def search_equipment(
    centre: CentreDep,
    words: Words = "",
    institute: Institute = None,
    limit: Limit = 20,
    after: After = None,
) -> Found[EquipmentItem]:
    """Only equipment that companies may use (R066)."""
    rows = await catalogue.search_equipment(centre.pool, _split(words), institute, limit + 1, after)
    return _page(rows, limit, [row.equipment_id for row in rows])


@router.get("/labs", summary="Search laboratories", dependencies=[Depends(auth.PUBLIC)])
async def search_labs(
    centre: CentreDep,
    words: Words = "",
    institute: Institute = None,
    limit: Limit = 20,
    after: After = None,
) -> Found[Lab]:
    """Laboratories that companies may use (R068)."""
    rows = await catalogue.search_labs(centre.pool, _split(words), institute, limit + 1, after)
    return _page(rows, limit, [row.lab_id for row in rows])


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
) -> Found[Researcher]:
    """Departments and fields, never names; closed to the public (R067)."""
    rows = await catalogue.search_researchers(
        centre.pool, _split(words), institute, limit + 1, after
    )
    return _page(rows, limit, [row.researcher_id for row in rows])


def _split(words: str) -> list[str]:
    return words.replace("\0", " ").split()[:_MOST_WORDS]


def _page(rows: list[_Row], limit: int, keys: list[str]) -> Found[_Row]:
    """One row more than asked for tells that there is a next page."""
    return Found(items=rows[:limit], next_cursor=keys[limit - 1] if len(rows) > limit else None)
