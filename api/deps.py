"""What routes ask for in their parameters."""

from typing import Annotated, TypeAlias
from uuid import uuid4

from fastapi import Depends, Header

from api import auth
from api.auth import Caller
from api.centre import Centre, centre_of
from schemas.problem import ProblemType, Refused

CentreDep: TypeAlias = Annotated[Centre, Depends(centre_of)]

CompanyCaller: TypeAlias = Annotated[Caller, Depends(auth.COMPANY_OF_CASE)]
CompanyOrStaff: TypeAlias = Annotated[Caller, Depends(auth.COMPANY_OF_CASE | auth.CASE_STAFF)]
CompanyOrDesk: TypeAlias = Annotated[Caller, Depends(auth.COMPANY_OF_CASE | auth.DESK)]
AnyStaff: TypeAlias = Annotated[Caller, Depends(auth.ANY_STAFF)]
CaseStaff: TypeAlias = Annotated[Caller, Depends(auth.CASE_STAFF)]
TaskStaff: TypeAlias = Annotated[Caller, Depends(auth.TASK_STAFF)]
CallerIfAny: TypeAlias = Annotated[Caller | None, Depends(auth.caller_if_any)]


def idempotency_key(
    key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            pattern="^[ -~]{1,200}$",
            description="Makes a repeated request harmless. Send a new one (a UUID) with every "
            "new request, and the same one when you repeat it.",
        ),
    ] = None,
) -> str:
    """The caller's key; a request without one cannot be repeated safely and gets its own."""
    return str(uuid4()) if key is None else key


IdempotencyKey: TypeAlias = Annotated[str, Depends(idempotency_key)]


def version_if_given(
    if_match: Annotated[
        str | None,
        Header(alias="If-Match", max_length=40, description="The task's ETag, as last seen."),
    ] = None,
) -> int | None:
    """The version in `If-Match`; None when the header is missing or `*`.

    Raises:
        Refused: `stale-version` for an ETag that was never one of ours.
    """
    if if_match is None or if_match.strip() == "*":
        return None
    digits = if_match.strip().removeprefix("W/").strip('"')
    if not digits.isascii() or not digits.isdigit():
        raise Refused(
            ProblemType.STALE_VERSION, "If-Match is not the ETag of this task. Load the task again."
        )
    return int(digits)


VersionIfGiven: TypeAlias = Annotated[int | None, Depends(version_if_given)]


def version(
    seen: VersionIfGiven,
    if_match: Annotated[str | None, Header(alias="If-Match", include_in_schema=False)] = None,
) -> int | None:
    """The version in `If-Match`, which must be sent; None for `*`, any version.

    Raises:
        Refused: `version-required` without the header.
    """
    if if_match is None:
        raise Refused(
            ProblemType.VERSION_REQUIRED,
            "Send the task's ETag in If-Match, so that nobody's change is overwritten.",
        )
    return seen


Version: TypeAlias = Annotated[int | None, Depends(version)]
