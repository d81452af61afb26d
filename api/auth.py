"""Who calls, and whether they may: deny by default.

Every route names an `Access`; one without is refused at start-up (`api.app.check_access`). Staff
are known by a session (bearer token or cookie), the company of a case by its tracking code or by a
session that the code opened.
"""

import asyncio
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from fastapi import Request
from starlette.datastructures import UploadFile

from api import rate_limit
from api.centre import Centre, centre_of
from api.problems import CASE_UNKNOWN
from infra.postgres import access, accounts, intakes, sessions
from infra.postgres.accounts import Account
from infra.postgres.sessions import Session
from schemas.actor import CENTRE_ROLES, COMPANY, INSTITUTE_ROLES, Actor, Role
from schemas.base import CASE_NUMBER_PATTERN
from schemas.problem import ProblemType, Refused

SESSION_COOKIE: Final = "center1379_session"
CASE_COOKIE: Final = "center1379_case"
STAFF_SESSION: Final = timedelta(hours=10)
# Of a company: so long after its last page, and so long at the most.
CASE_SESSION: Final = timedelta(hours=2)
CASE_SESSION_AT_MOST: Final = timedelta(hours=12)
_WRITTEN_EVERY: Final = timedelta(minutes=5)
_CASE_NUMBER: Final = re.compile(CASE_NUMBER_PATTERN, re.ASCII)
_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_hasher: Final = PasswordHasher()
# Compared with when the username is unknown, so that both answers take the same time.
_NOBODYS_HASH: Final = _hasher.hash(secrets.token_urlsafe())

STAFF_ROLES: Final = frozenset(Role) - {Role.SME, Role.SYSTEM}


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Who sent the request.

    Attributes:
        actor: As workflows and journals know them.
        case_number: The one case that a company may see; None for staff.
        session: None for a company that sent its tracking code with the request.
    """

    actor: Actor
    case_number: str | None = None
    session: Session | None = None

    @property
    def display_name(self) -> str:
        """The name a page greets with; empty for companies."""
        account = None if self.session is None else self.session.account
        return "" if account is None else account.display_name


@dataclass(frozen=True)
class Access:
    """Who may call a route. Used as its dependency, it lets the caller in or refuses.

    Attributes:
        anyone: Nobody is asked who they are.
        company: The company of the case named in the path.
        roles: Staff with one of these roles.
    """

    anyone: bool = False
    company: bool = False
    roles: frozenset[Role] = field(default=frozenset())

    async def __call__(self, request: Request) -> Caller:
        """The caller, when they may go on.

        Raises:
            Refused: `not-signed-in`, `not-allowed`, `csrf-failed`, `too-many-attempts`, or
                `case-not-found` for a case that the caller may not know of.
        """
        _check_site(request)
        centre = centre_of(request)
        case_number = _case_in(request)
        if self.anyone:
            return Caller(actor=COMPANY)
        staff = await _staff_of(request, centre) if self.roles else None
        if (
            self.company
            and case_number is not None
            and (staff is None or "x-tracking-code" in request.headers)
        ):
            company = await _company_of(request, centre, case_number)
            if company is not None:
                return company
        if staff is None:
            raise Refused(
                ProblemType.NOT_SIGNED_IN,
                "Sign in at /api/v1/sessions, or send the case's X-Tracking-Code.",
            )
        if staff.actor.role not in self.roles:
            raise Refused(ProblemType.NOT_ALLOWED, "Your role does not include this.")
        if case_number is not None:
            await check_may_see(centre, staff.actor, case_number)
        return staff

    def __or__(self, other: "Access") -> "Access":
        """Whoever either of the two lets in."""
        return Access(
            anyone=self.anyone or other.anyone,
            company=self.company or other.company,
            roles=self.roles | other.roles,
        )


def staff(*roles: Role) -> Access:
    """Staff with one of `roles`."""
    return Access(roles=frozenset(roles))


PUBLIC: Final = Access(anyone=True)
COMPANY_OF_CASE: Final = Access(company=True)
ANY_STAFF: Final = Access(roles=STAFF_ROLES)
# Everybody who works on cases or checks them; the ministry sees figures only.
CASE_STAFF: Final = Access(roles=STAFF_ROLES - {Role.MINISTRY, Role.EVALUATOR})
DESKS: Final = Access(roles=CENTRE_ROLES | INSTITUTE_ROLES)
TASK_STAFF: Final = DESKS | staff(Role.EVALUATOR)
AUDIT: Final = staff(Role.AUDITOR, Role.COORDINATOR, Role.DIRECTOR)
# Those who handle cases and so may read what the company wrote and whom to call.
HANDLERS: Final = staff(
    Role.AGENT, Role.REGIONAL, Role.TRIAGE, Role.COORDINATOR, Role.DIRECTOR, Role.SURVEY,
    Role.COMPLAINT, Role.PRIVACY, Role.DEPT_HEAD, Role.SUPPORT,
)  # fmt: skip
ROUND_READERS: Final = Access(roles=CENTRE_ROLES | {Role.AUDITOR})
SUPERVISORS: Final = staff(Role.COORDINATOR, Role.DIRECTOR, Role.DEPT_HEAD)
COORDINATORS: Final = staff(Role.COORDINATOR, Role.DIRECTOR)
PROFILE_EDITORS: Final = staff(Role.COORDINATOR, Role.DIRECTOR, Role.DEPT_HEAD)
SYNONYM_EDITORS: Final = staff(Role.TRIAGE, Role.COORDINATOR, Role.DIRECTOR)
DESK: Final = staff(Role.AGENT, Role.REGIONAL, Role.TRIAGE, Role.COORDINATOR, Role.DIRECTOR)


@dataclass(frozen=True)
class CaseScope:
    """Which cases an actor may know of.

    Attributes:
        everything: All of them.
        institute: Else those that were offered to this institute; None for none at all.
    """

    everything: bool = False
    institute: str | None = None


def scope_of(actor: Actor) -> CaseScope:
    """The rows that `actor` may see: the centre and the auditor all, an institute its own."""
    if actor.role in CENTRE_ROLES or actor.role is Role.AUDITOR:
        return CaseScope(everything=True)
    if actor.role in INSTITUTE_ROLES:
        return CaseScope(institute=actor.institute)
    return CaseScope()


async def check_may_see(centre: Centre, actor: Actor, case_number: str) -> None:
    """Raise `case-not-found` for a case that does not exist or lies outside the actor's scope."""
    scope = scope_of(actor)
    if not await access.is_visible(
        centre.pool, case_number, everything=scope.everything, institute=scope.institute
    ):
        raise Refused(ProblemType.CASE_NOT_FOUND, CASE_UNKNOWN)


@dataclass(frozen=True)
class SignedIn:
    """A new session: the only moment at which its token is known."""

    token: str
    caller: Caller
    session: Session


async def sign_in(centre: Centre, username: str, password: str, address: str) -> SignedIn:
    """Open a session for a member of staff.

    Raises:
        Refused: `wrong-credentials`, or `too-many-attempts` when this account was tried too often
            from this address.
    """
    limit = rate_limit.SIGN_IN.keyed(centre, f"{username.lower()}|{address}")
    await limit.check()
    found = await accounts.find_credentials(centre.pool, username)
    stored = _NOBODYS_HASH if found is None else found[1]
    matches = await asyncio.to_thread(_verify, stored, password)
    now = centre.clock()
    if found is None or not matches or not found[0].works_on(centre.korean_day(now)):
        await limit.count_failure()
        raise Refused(
            ProblemType.WRONG_CREDENTIALS, "Username and password do not fit. Check both."
        )
    account = found[0]
    if _hasher.check_needs_rehash(stored):
        renewed = await asyncio.to_thread(_hasher.hash, password)
        await accounts.replace_password(centre.pool, account.account_id, stored, renewed)
    return await _open_session(centre, now + STAFF_SESSION, account, None)


async def open_case(centre: Centre, case_number: str, tracking_code: str, address: str) -> SignedIn:
    """Open a session for the company of a case, so that its pages need the code only once.

    Raises:
        Refused: `case-not-found` for an unknown number and for a wrong code alike.
    """
    await check_tracking_code(centre, case_number, tracking_code, address)
    return await open_company_session(centre, case_number)


async def open_company_session(centre: Centre, case_number: str) -> SignedIn:
    """Open a session for a company that showed its code, or has just filed its case."""
    return await _open_session(centre, centre.clock() + CASE_SESSION, None, case_number)


async def check_tracking_code(
    centre: Centre, case_number: str, tracking_code: str, address: str
) -> None:
    """Raise `case-not-found` unless the code opens the case.

    An unknown number and a wrong code take the same way through this function and get the same
    answer: nobody finds out which numbers exist.
    """
    limit = rate_limit.TRACKING.keyed(centre, f"{case_number}|{address}", address)
    await limit.check()
    given = centre.secrets.tracking_code_hash(normal_tracking_code(tracking_code))
    held = await intakes.tracking_code(centre.pool, case_number)
    if not hmac.compare_digest(bytes(len(given)) if held is None else held.code_hash, given):
        await limit.count_failure()
        raise Refused(ProblemType.CASE_NOT_FOUND, CASE_UNKNOWN)


def normal_tracking_code(typed: str) -> str:
    """A tracking code as people type it: small letters, spaces and hyphens are forgiven."""
    return "".join(character for character in typed.upper() if character.isalnum())


async def sign_out(centre: Centre, request: Request) -> None:
    """End the session that came with the request, if any."""
    for token in (_bearer_of(request), *map(request.cookies.get, (SESSION_COOKIE, CASE_COOKIE))):
        if token is not None:
            await sessions.end(centre.pool, _token_hash(token))


def address_of(request: Request) -> str:
    """The address the request came from, as the server in front reports it."""
    return "unknown" if request.client is None else request.client.host


async def caller_if_any(request: Request) -> Caller | None:
    """The member of staff who is signed in, for routes that anyone may call."""
    return await _staff_of(request, centre_of(request))


async def _open_session(
    centre: Centre, expires_at: datetime, account: Account | None, case_number: str | None
) -> SignedIn:
    token = secrets.token_urlsafe(32)
    session = Session(
        account=account,
        case_number=case_number,
        csrf_token=secrets.token_urlsafe(32),
        expires_at=expires_at,
    )
    await sessions.add(centre.pool, _token_hash(token), session, centre.clock())
    actor = COMPANY if account is None else account.actor
    return SignedIn(token, Caller(actor=actor, case_number=case_number, session=session), session)


async def _staff_of(request: Request, centre: Centre) -> Caller | None:
    bearer = _bearer_of(request)
    token = bearer or request.cookies.get(SESSION_COOKIE)
    if token is None:
        return None
    session = await sessions.find(centre.pool, _token_hash(token), centre.clock())
    if session is None or session.account is None:
        return None
    if not session.account.works_on(centre.korean_day(centre.clock())):
        return None
    if bearer is None:
        await _check_csrf(request, session)
    return Caller(actor=session.account.actor, session=session)


async def _company_of(request: Request, centre: Centre, case_number: str) -> Caller | None:
    code = request.headers.get("x-tracking-code")
    if code is not None:
        await check_tracking_code(centre, case_number, code, address_of(request))
        return Caller(actor=COMPANY, case_number=case_number)
    token = request.cookies.get(CASE_COOKIE)
    if token is None:
        return None
    session = await sessions.find(centre.pool, _token_hash(token), centre.clock())
    if session is None or session.case_number != case_number:
        return None
    await _check_csrf(request, session)
    await _prolong(centre, token, session)
    return Caller(actor=COMPANY, case_number=case_number, session=session)


async def _prolong(centre: Centre, token: str, session: Session) -> None:
    """Count from the last page: who fills in a form must not lose it. Written once a while."""
    wanted = centre.clock() + CASE_SESSION
    if wanted - session.expires_at > _WRITTEN_EVERY:
        await sessions.prolong(centre.pool, _token_hash(token), wanted, CASE_SESSION_AT_MOST)


def _check_site(request: Request) -> None:
    """Refuse changes that a page of another site makes a browser send."""
    if request.method in _SAFE_METHODS:
        return
    if request.headers.get("sec-fetch-site") == "cross-site":
        raise Refused(ProblemType.CSRF_FAILED, "Open the page of the centre itself and repeat it.")


async def _check_csrf(request: Request, session: Session) -> None:
    """Refuse a change that came with a cookie but without the session's own token.

    A browser adds cookies by itself, so a cookie does not show that the person meant it. A JSON
    body does: no page of another site can make a browser send one, because that needs a
    permission (CORS) which this application gives to nobody.
    """
    content_type = request.headers.get("content-type", "")
    if request.method in _SAFE_METHODS or content_type.startswith("application/json"):
        return
    given = request.headers.get("x-csrf-token")
    if given is None and content_type.startswith(
        ("application/x-www-form-urlencoded", "multipart/form-data")
    ):
        sent = (await request.form()).get("csrf_token")
        given = None if isinstance(sent, UploadFile) else sent
    if given is None or not hmac.compare_digest(given.encode(), session.csrf_token.encode()):
        raise Refused(
            ProblemType.CSRF_FAILED, "Reload the page and send the form again, signed in as before."
        )


def _case_in(request: Request) -> str | None:
    """The case in the path; asked for before the path itself is checked."""
    case_number = request.path_params.get("case_number")
    if case_number is None:
        return None
    if not _CASE_NUMBER.fullmatch(str(case_number)):
        raise Refused(ProblemType.CASE_NOT_FOUND, CASE_UNKNOWN)
    return str(case_number)


def _bearer_of(request: Request) -> str | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


def _token_hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _verify(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False
