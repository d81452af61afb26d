"""Signing in and out."""

from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field

from api import auth
from api.auth import CASE_SESSION_AT_MOST, SESSION_COOKIE, SignedIn
from api.centre import Centre
from api.deps import AnyStaff, CentreDep
from api.problems import responses
from schemas.actor import Role
from schemas.base import Instant, RequestModel, WireModel
from schemas.problem import ProblemType

router = APIRouter(prefix="/api/v1/sessions", tags=["sessions"])


class Credentials(RequestModel):
    """Username and password of a local account."""

    username: str = Field(min_length=1, max_length=100, examples=["coordinator"])
    password: str = Field(min_length=1, max_length=200, examples=["a long pass phrase"])


class Who(WireModel):
    """The member of staff who is signed in."""

    account_id: str
    role: Role
    institute: str | None
    display_name: str
    expires_at: Instant


class NewSession(Who):
    """A session; send `token` as `Authorization: Bearer …`, or keep the cookie.

    Attributes:
        csrf_token: Sent back in `X-CSRF-Token` with every change made by cookie.
    """

    token: str
    token_type: str
    csrf_token: str


@router.post(
    "",
    status_code=201,
    summary="Sign in",
    dependencies=[Depends(auth.PUBLIC)],
    responses=responses(ProblemType.WRONG_CREDENTIALS, ProblemType.TOO_MANY_ATTEMPTS),
)
async def sign_in(
    credentials: Credentials, request: Request, response: Response, centre: CentreDep
) -> NewSession:
    """Sign in with a local account; also sets the session cookie."""
    signed_in = await auth.sign_in(
        centre, credentials.username, credentials.password, auth.address_of(request)
    )
    set_cookie(response, centre, SESSION_COOKIE, signed_in)
    return NewSession(
        token=signed_in.token,
        token_type="Bearer",  # noqa: S106  # the scheme's name
        csrf_token=signed_in.session.csrf_token,
        account_id=signed_in.caller.actor.id,
        role=signed_in.caller.actor.role,
        institute=signed_in.caller.actor.institute,
        display_name=signed_in.caller.display_name,
        expires_at=signed_in.session.expires_at,
    )


@router.get("/current", summary="Who is signed in", responses=responses(ProblemType.NOT_SIGNED_IN))
async def current(caller: AnyStaff) -> Who:
    """The account and role of the session, and when it ends."""
    session = caller.session
    if session is None:
        raise RuntimeError("staff without a session")
    return Who(
        account_id=caller.actor.id,
        role=caller.actor.role,
        institute=caller.actor.institute,
        display_name=caller.display_name,
        expires_at=session.expires_at,
    )


@router.delete(
    "", status_code=204, summary="Sign out", responses=responses(ProblemType.NOT_SIGNED_IN)
)
async def sign_out(
    _caller: AnyStaff, request: Request, response: Response, centre: CentreDep
) -> None:
    """End the session that came with the request."""
    await auth.sign_out(centre, request)
    response.delete_cookie(SESSION_COOKIE)


def set_cookie(response: Response, centre: Centre, name: str, signed_in: SignedIn) -> None:
    """Put a session into a cookie that scripts cannot read and other sites do not send along."""
    lasts = signed_in.session.expires_at - centre.clock()
    if signed_in.session.account is None:
        # A company's session is prolonged with its use; the cookie only has to be there as long.
        lasts = CASE_SESSION_AT_MOST
    response.set_cookie(
        name,
        signed_in.token,
        max_age=int(lasts.total_seconds()),
        httponly=True,
        secure=centre.secure_cookies,
        samesite="lax",
    )
