"""The start page, and the centre's figures: open to everybody."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from api import auth
from api.deps import CallerIfAny
from api.pages.rendering import PageRoute, VisitDep, page
from api.routes.statistics import FIRST_YEAR, get_statistics

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/", dependencies=[Depends(auth.PUBLIC)])
async def start(visit: VisitDep, caller: CallerIfAny) -> Response:
    """The two ways in, and the telephone."""
    return await page(visit, "start.html", caller=caller)


@router.get("/figures", dependencies=[Depends(auth.PUBLIC)])
async def figures(
    visit: VisitDep,
    caller: CallerIfAny,
    year: Annotated[int | None, Query(ge=FIRST_YEAR, le=2100)] = None,
) -> Response:
    """What the centre did in a year, as `/api/v1/statistics` gives it to the same reader."""
    found = await get_statistics(visit.centre, caller, year)
    this_year = visit.centre.korean_day(visit.centre.clock()).year
    return await page(
        visit,
        "figures.html",
        caller=caller,
        figures=found,
        years=range(this_year, FIRST_YEAR - 1, -1),
    )
