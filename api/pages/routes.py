"""The start page."""

from fastapi import APIRouter, Depends, Response

from api import auth
from api.pages.rendering import PageRoute, VisitDep, page

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/", dependencies=[Depends(auth.PUBLIC)])
async def start(visit: VisitDep) -> Response:
    """The two ways in, and the telephone."""
    return await page(visit, "start.html")
