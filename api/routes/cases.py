"""Cases: intake, the company's view and moves, the staff's lists."""

from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field

from api import (
    auth,
    case_updates,
    case_views,
    reviews,
    task_updates,
    task_views,
    tracking_codes,
)
from api.case_updates import CaseAnswer
from api.case_views import CompanyView, StaffView
from api.deps import (
    CallerIfAny,
    CaseStaff,
    CentreDep,
    CompanyCaller,
    CompanyOrDesk,
    CompanyOrStaff,
    IdempotencyKey,
    VersionIfGiven,
)
from api.intake import file_case
from api.pagination import DEFAULT_PAGE, Cursor, PageSize, decode_cursor, encode_cursor
from api.problems import responses
from api.task_updates import TaskAnswer
from api.task_views import CompanyTask
from infra.postgres import cases, journal
from infra.postgres.cases import CaseFilter
from schemas.base import (
    CaseNumber,
    Instant,
    InstituteCode,
    RequestModel,
    TaskId,
    WireModel,
    case_number_of,
)
from schemas.case import CaseOutcome, CaseStatus, Matter, Service
from schemas.company import IntakeRequest
from schemas.journal import JournalEntry
from schemas.outcome.fields import MAX_TEXT
from schemas.problem import ProblemType, Refused
from schemas.review import CaseReview
from workflows.policy.personal_data import PersonalDataKind

router = APIRouter(prefix="/api/v1/cases", tags=["cases"])

_LAST_ENTRY: Final = 2**63 - 1  # of PostgreSQL's bigint


class CaseReceipt(WireModel):
    """What a company keeps: number and tracking code open its case.

    Attributes:
        status: `pending` when the case was kept but could not be started yet.
        personal_data_found: Kinds of personal data in the texts; resident numbers were removed.
    """

    case_number: CaseNumber
    tracking_code: str | None
    status: Literal["received", "pending"]
    received_at: Instant
    personal_data_found: list[PersonalDataKind]
    links: dict[str, str]


@router.post(
    "",
    status_code=201,
    summary="File a difficulty",
    dependencies=[Depends(auth.PUBLIC)],
    responses=responses(
        ProblemType.INVALID_REQUEST,
        ProblemType.INVALID_BUSINESS_NUMBER,
        ProblemType.CONSENT_REQUIRED,
        ProblemType.CHANNEL_NOT_OPEN,
        ProblemType.IDEMPOTENCY_KEY_REUSED,
    )
    | {202: {"model": CaseReceipt, "description": "Kept; the procedure starts a little later."}},
)
async def create_case(
    intake: IntakeRequest,
    response: Response,
    centre: CentreDep,
    filed_by: CallerIfAny,
    key: IdempotencyKey,
) -> CaseReceipt:
    """File a difficulty; staff of the desk file for callers by their channels."""
    receipt = await file_case(centre, intake, filed_by=filed_by, key=key)
    number = receipt.case_number
    base = f"/api/v1/cases/{number}"
    response.headers["Location"] = base
    if receipt.pending:
        response.status_code = 202
    if receipt.replayed:
        response.headers["Idempotent-Replayed"] = "true"
    return CaseReceipt(
        case_number=number,
        tracking_code=receipt.tracking_code,
        status="pending" if receipt.pending else "received",
        received_at=receipt.received_at,
        personal_data_found=list(receipt.personal_data),
        links={"self": base, "tasks": f"{base}/tasks", "page": f"/cases/{number}"},
    )


class CaseLine(WireModel):
    """One line of the list of cases."""

    case_number: str
    status: CaseStatus
    step: str
    service: str | None
    channel: str
    region: str | None
    track: str | None
    lead_institute: str | None
    outcome: CaseOutcome | None
    title: str
    company_name: str
    received_at: Instant
    next_due_at: Instant | None
    overdue: bool
    closed_at: Instant | None


class CasePage(WireModel):
    """A page of cases; `next_cursor` is null on the last one."""

    items: list[CaseLine]
    next_cursor: str | None


@router.get("", summary="List cases", responses=responses(ProblemType.NOT_SIGNED_IN))
async def list_cases(
    caller: CaseStaff,
    centre: CentreDep,
    status: CaseStatus | None = None,
    institute: InstituteCode | None = None,
    service: Service | None = None,
    overdue: bool | None = None,  # noqa: FBT001  # a query parameter
    review_due: bool = False,  # noqa: FBT001, FBT002  # a query parameter
    q: Annotated[str | None, Query(max_length=100)] = None,
    cursor: Cursor = None,
    limit: PageSize = DEFAULT_PAGE,
) -> CasePage:
    """Cases within the caller's scope, the latest first."""
    scope = auth.scope_of(caller.actor)
    rows = await cases.page(
        centre.pool,
        CaseFilter(
            everything=scope.everything,
            within=scope.institute,
            status=status,
            institute=institute,
            service=service,
            overdue=overdue,
            review_due=review_due,
            search=clean(q),
            after=decode_cursor(cursor),
            limit=limit,
        ),
    )
    shown = rows[:limit]
    return CasePage(
        items=[CaseLine.model_validate(row, from_attributes=True) for row in shown],
        next_cursor=(
            encode_cursor(shown[-1].received_at, shown[-1].case_number)
            if len(rows) > limit
            else None
        ),
    )


@router.get(
    "/{case_number}",
    summary="See a case",
    responses=responses(ProblemType.CASE_NOT_FOUND, ProblemType.TOO_MANY_ATTEMPTS),
)
async def get_case(
    case_number: CaseNumber, caller: CompanyOrStaff, centre: CentreDep
) -> CompanyView | StaffView:
    """The company's view with `X-Tracking-Code`, the staff's with a session."""
    if caller.case_number is None:
        return await case_views.staff_view(centre, caller, case_number)
    return await case_views.company_view(centre, case_number)


class CompanyTasks(WireModel):
    """What is and was asked of the company, the latest first."""

    items: list[CompanyTask]


@router.get(
    "/{case_number}/tasks",
    summary="What is expected of the company",
    responses=responses(ProblemType.CASE_NOT_FOUND),
)
async def list_company_tasks(
    case_number: CaseNumber, _caller: CompanyCaller, centre: CentreDep
) -> CompanyTasks:
    """The company's tasks with their forms and the texts to read."""
    return CompanyTasks(items=await task_views.company_tasks(centre, case_number))


class OutcomeBody(RequestModel):
    """An answer by the form of the task; `kind` may be left out."""

    outcome: dict[str, object] = Field(examples=[{"decision": "confirm"}])


@router.post(
    "/{case_number}/tasks/{task_id}/complete",
    summary="Answer as the company",
    responses=responses(
        ProblemType.TASK_NOT_FOUND, ProblemType.TASK_NOT_OPEN, ProblemType.OUTCOME_INCOMPLETE
    ),
)
async def complete_company_task(
    case_number: CaseNumber,
    task_id: TaskId,
    body: OutcomeBody,
    caller: CompanyCaller,
    centre: CentreDep,
    key: IdempotencyKey,
    seen: VersionIfGiven,
) -> TaskAnswer:
    """Answer a task of the company's; no version is needed, nobody else answers it."""
    if case_number_of(task_id) != case_number:
        raise Refused(ProblemType.TASK_NOT_FOUND, task_updates.TASK_UNKNOWN)
    return await task_updates.complete(
        centre, caller, task_id, body.outcome, expected=seen, key=key
    )


class ReasonBody(RequestModel):
    """Why; it need not be said."""

    reason: str | None = Field(default=None, max_length=MAX_TEXT)


@router.post(
    "/{case_number}/withdraw",
    summary="Withdraw a case",
    responses=responses(ProblemType.CASE_NOT_FOUND, ProblemType.CASE_CLOSED),
)
async def withdraw_case(
    case_number: CaseNumber,
    caller: CompanyCaller,
    centre: CentreDep,
    key: IdempotencyKey,
    body: ReasonBody | None = None,
) -> CaseAnswer:
    """End the case at the company's wish."""
    reason = None if body is None else body.reason
    return await case_updates.withdraw(centre, caller, case_number, reason, key=key)


class NewCode(WireModel):
    """A case's tracking code, to be read out; the one before opens nothing any more."""

    case_number: str
    tracking_code: str


@router.post(
    "/{case_number}/tracking-code",
    summary="Give a case another tracking code",
    responses=responses(ProblemType.CASE_NOT_FOUND),
)
async def replace_tracking_code(
    case_number: CaseNumber,
    caller: Annotated[auth.Caller, Depends(auth.DESK)],
    centre: CentreDep,
    key: IdempotencyKey,
) -> NewCode:
    """For a company that lost its code and was recognised on the telephone; it is recorded."""
    code = await tracking_codes.replace(centre, caller, case_number, key=key)
    return NewCode(case_number=case_number, tracking_code=code)


class HandlerBody(RequestModel):
    """Account that handles the case from now on; null leaves it to the department."""

    handler: str | None = Field(max_length=100, examples=["acc-kitech-support"])
    reason: str | None = Field(default=None, max_length=MAX_TEXT)


@router.post(
    "/{case_number}/handler",
    summary="Name who handles the case",
    responses=responses(
        ProblemType.CASE_NOT_FOUND, ProblemType.CASE_CLOSED, ProblemType.NOT_ALLOWED
    ),
)
async def change_handler(
    case_number: CaseNumber,
    body: HandlerBody,
    caller: Annotated[auth.Caller, Depends(auth.SUPERVISORS)],
    centre: CentreDep,
    key: IdempotencyKey,
) -> CaseAnswer:
    """For the department's head, and for coordinators; open tasks go along."""
    return await case_updates.change_handler(
        centre, caller, case_number, account_id=body.handler, reason=body.reason, key=key
    )


class PartnerBody(RequestModel):
    """The institute that is asked to take part."""

    institute: InstituteCode


@router.post(
    "/{case_number}/partners",
    summary="Ask an institute to take part",
    responses=responses(
        ProblemType.CASE_NOT_FOUND,
        ProblemType.CASE_CLOSED,
        ProblemType.NOT_ALLOWED,
        ProblemType.OUTCOME_MISMATCH,
    ),
)
async def invite_partner(
    case_number: CaseNumber,
    body: PartnerBody,
    caller: Annotated[auth.Caller, Depends(auth.SUPERVISORS)],
    centre: CentreDep,
    key: IdempotencyKey,
) -> CaseAnswer:
    """For the lead's head and for coordinators; the case goes on whatever is answered."""
    return await case_updates.invite_partner(centre, caller, case_number, body.institute, key=key)


class MatterBody(RequestModel):
    """What is raised, and why."""

    matter: Matter = Field(examples=["company_status"])
    reason: str = Field(min_length=1, max_length=MAX_TEXT)


@router.post(
    "/{case_number}/matters",
    summary="Put a matter to the coordinators",
    responses=responses(
        ProblemType.CASE_NOT_FOUND, ProblemType.CASE_CLOSED, ProblemType.NOT_ALLOWED
    ),
)
async def raise_matter(
    case_number: CaseNumber,
    body: MatterBody,
    caller: Annotated[auth.Caller, Depends(auth.HANDLERS)],
    centre: CentreDep,
    key: IdempotencyKey,
) -> CaseAnswer:
    """The company changed, institutes disagree, or the lead cannot go on: a coordinator decides."""
    return await case_updates.raise_matter(
        centre, caller, case_number, body.matter, body.reason, key=key
    )


@router.post(
    "/{case_number}/reviews",
    status_code=201,
    summary="Record the monthly review",
    responses=responses(ProblemType.CASE_NOT_FOUND, ProblemType.TASK_NOT_FOUND),
)
async def review_case(
    case_number: CaseNumber,
    body: CaseReview,
    caller: Annotated[auth.Caller, Depends(auth.COORDINATORS)],
    centre: CentreDep,
    key: IdempotencyKey,
) -> reviews.ReviewReceipt:
    """Every month a coordinator looks at each case that an institute has."""
    return await reviews.review(centre, caller, case_number, body, key=key)


@router.post(
    "/{case_number}/successor",
    summary="Move a case to its institute's successor",
    responses=responses(
        ProblemType.CASE_NOT_FOUND,
        ProblemType.CASE_CLOSED,
        ProblemType.NOT_ALLOWED,
        ProblemType.OUTCOME_MISMATCH,
    ),
)
async def follow_institute(
    case_number: CaseNumber,
    caller: Annotated[auth.Caller, Depends(auth.COORDINATORS)],
    centre: CentreDep,
    key: IdempotencyKey,
    body: ReasonBody | None = None,
) -> CaseAnswer:
    """With its open tasks, when the institute that has it was renamed, merged or left."""
    reason = None if body is None else body.reason
    return await case_updates.follow_institute(centre, caller, case_number, reason, key=key)


@router.post(
    "/{case_number}/hold",
    summary="Pause a case",
    responses=responses(
        ProblemType.CASE_NOT_FOUND, ProblemType.CASE_CLOSED, ProblemType.HOLD_REFUSED
    ),
)
async def hold_case(
    case_number: CaseNumber,
    caller: CompanyOrDesk,
    centre: CentreDep,
    key: IdempotencyKey,
    body: ReasonBody | None = None,
) -> CaseAnswer:
    """Let the case stand still at the company's wish; it is asked again after a while."""
    reason = None if body is None else body.reason
    return await case_updates.hold(centre, caller, case_number, reason, key=key)


@router.delete(
    "/{case_number}/hold",
    summary="Let a paused case go on",
    responses=responses(ProblemType.CASE_NOT_FOUND, ProblemType.HOLD_REFUSED),
)
async def end_hold(
    case_number: CaseNumber, caller: CompanyOrDesk, centre: CentreDep, key: IdempotencyKey
) -> CaseAnswer:
    """End the pause; every due date is counted again without the time it lasted."""
    return await case_updates.end_hold(centre, caller, case_number, key=key)


@router.post(
    "/{case_number}/reopen",
    summary="Ask to reopen a case",
    responses=responses(ProblemType.CASE_OPEN, ProblemType.REOPEN_REFUSED),
)
async def reopen_case(
    case_number: CaseNumber,
    caller: CompanyOrDesk,
    centre: CentreDep,
    key: IdempotencyKey,
    body: ReasonBody | None = None,
) -> CaseAnswer:
    """Take a closed case up again inside its window."""
    reason = None if body is None else body.reason
    return await case_updates.reopen(centre, caller, case_number, reason, key=key)


class Journal(WireModel):
    """The case's journal, in order."""

    items: list[JournalEntry]


@router.get(
    "/{case_number}/journal",
    summary="Read the journal",
    responses=responses(ProblemType.CASE_NOT_FOUND, ProblemType.NOT_ALLOWED),
)
async def get_journal(
    case_number: CaseNumber,
    _caller: Annotated[auth.Caller, Depends(auth.AUDIT)],
    centre: CentreDep,
    after: Annotated[int, Query(ge=0, le=_LAST_ENTRY)] = 0,
) -> Journal:
    """Who did what and when, by ids and codes."""
    return Journal(items=await journal.entries_of(centre.pool, case_number, after=after))


def clean(text: str | None) -> str | None:
    """A search text, or None for one that holds nothing a database can look for."""
    stripped = (text or "").replace("\0", "").strip()
    return stripped or None
