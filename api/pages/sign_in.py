"""Where staff sign in and out."""

from typing import Final

from fastapi import APIRouter, Depends, Response

from api import auth
from api.auth import SESSION_COOKIE
from api.deps import AnyStaff
from api.pages.forms import errors_in
from api.pages.posted import PostedForm, text_in
from api.pages.rendering import PageRoute, VisitDep, page, see
from api.problems import problem_of
from api.routes.sessions import set_cookie
from schemas.actor import Role
from schemas.problem import Refused

router = APIRouter(route_class=PageRoute, include_in_schema=False)

_HOME: Final = "/worklist"
_HOMES: Final = {Role.AUDITOR: "/staff/cases", Role.MINISTRY: "/figures"}


@router.get("/sign-in", dependencies=[Depends(auth.PUBLIC)])
async def sign_in_form(visit: VisitDep, next: str = "") -> Response:  # noqa: A002  # the name in the query
    """Asks for username and password."""
    return await page(visit, "sign_in.html", next=next[:300], username="", errors=[])


@router.post("/sign-in", dependencies=[Depends(auth.PUBLIC)])
async def sign_in(visit: VisitDep, posted: PostedForm) -> Response:
    """Open a session and lead to where the reader wanted to go."""
    username = text_in(posted, "username") or ""
    password = posted.get("password")
    wanted = text_in(posted, "next") or ""
    try:
        signed_in = await auth.sign_in(
            visit.centre,
            username[:100],
            password if isinstance(password, str) else "",
            auth.address_of(visit.request),
        )
    except Refused as error:
        problem = problem_of(visit.request, error)
        return await page(
            visit,
            "sign_in.html",
            status=problem["status"],
            next=wanted[:300],
            username=username[:100],
            errors=errors_in(problem, visit.words),
        )
    home = _HOMES.get(signed_in.caller.actor.role, _HOME)
    answer = see(wanted if _is_ours(wanted) and wanted != _HOME else home)
    set_cookie(answer, visit.centre, SESSION_COOKIE, signed_in)
    return answer


def _is_ours(address: str) -> bool:
    """Whether an address is a path here: a link must not lead to another site after signing in."""
    return address.startswith("/") and not address.startswith(("//", "/\\"))


@router.post("/sign-out")
async def sign_out(_caller: AnyStaff, visit: VisitDep) -> Response:
    """End the session."""
    await auth.sign_out(visit.centre, visit.request)
    answer = see("/sign-in")
    answer.delete_cookie(SESSION_COOKIE)
    return answer
