"""The start page."""

from fastapi import APIRouter, Depends, Request, Response

from api import auth
from api.pages.rendering import PageRoute, page

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/", dependencies=[Depends(auth.PUBLIC)])
async def start(request: Request) -> Response:
    """The two ways in, and the telephone."""
    return await page(request, "start.html")
