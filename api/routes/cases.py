"""Cases: intake, the company's view and moves, the staff's lists."""

import hashlib
from typing import Annotated, Final, Literal
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Depends, File, Form, Header, Path, Query, Response, UploadFile
from pydantic import Field

from api import auth, reading, task_updates
from api.centre import Centre
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
from api.idempotency import Attempt, once
from api.intake import file_case
from api.pagination import DEFAULT_PAGE, Cursor, PageSize, decode_cursor, encode_cursor
from api.problems import responses
from api.reading import CompanyTask, CompanyView, Original, StaffView
from api.task_updates import Act, CaseAnswer, TaskAnswer
from infra.postgres import cases, documents, journal
from infra.postgres.cases import CaseFilter
from infra.postgres.documents import Document
from schemas.actor import Role
from schemas.base import (
    CaseNumber,
    Instant,
    InstituteCode,
    RequestModel,
    TaskId,
    WireModel,
    case_number_of,
)
from schemas.case import CaseOutcome, CaseStatus, Service
from schemas.company import IntakeRequest
from schemas.journal import JournalEntry
from schemas.problem import ProblemType, Refused
from schemas.task import MAX_TEXT
from workflows.policy.personal_data import PersonalDataKind

router = APIRouter(prefix="/api/v1/cases", tags=["cases"])

_LAST_ENTRY: Final = 2**63 - 1  # of PostgreSQL's bigint
MAX_FILE_BYTES: Final = 5 * 1024 * 1024
MAX_FILES_BYTES: Final = 50 * 1024 * 1024
MEDIA_TYPES: Final = frozenset(
    {
        "application/pdf", "image/png", "image/jpeg", "text/plain", "text/csv",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "application/x-hwp", "application/haansofthwp", "application/vnd.hancom.hwpx",
    }
)  # fmt: skip


class CaseReceipt(WireModel):
    """What a company keeps: number and tracking code open its case.

    Attributes:
        status: `pending` when the case was kept but could not be started yet.
        personal_data_found: Kinds of personal data in the texts; resident numbers were removed.
    """

    case_number: CaseNumber
    tracking_code: str
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
        return await reading.staff_view(centre, caller, case_number)
    return await reading.company_view(centre, case_number)


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
    return CompanyTasks(items=await reading.company_tasks(centre, case_number))


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
    return await task_updates.withdraw(centre, caller, case_number, reason, key=key)


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
    return await task_updates.reopen(centre, caller, case_number, reason, key=key)


class MessageBody(RequestModel):
    """A message to whoever works on the case."""

    text: str = Field(min_length=1, max_length=MAX_TEXT)


class DocumentView(WireModel):
    """A text or file that belongs to a case; `text` is null for a file."""

    document_id: str
    purpose: str
    text: str | None
    file_name: str | None
    media_type: str
    sha256: str
    written_by: str
    written_at: Instant


class DocumentReceipt(WireModel):
    """A text or file was stored."""

    document_id: str
    sha256: str


@router.post(
    "/{case_number}/messages",
    status_code=201,
    summary="Write to the handlers",
    responses=responses(ProblemType.CASE_NOT_FOUND),
)
async def add_message(
    case_number: CaseNumber,
    body: MessageBody,
    caller: CompanyOrDesk,
    centre: CentreDep,
    key: IdempotencyKey,
) -> DocumentReceipt:
    """Store a message; the handlers find it among the case's documents."""
    act = Act(caller, "message", case_number, key)

    async def store() -> DocumentReceipt:
        reference = await task_updates.store_text(centre, act, "message", body.text)
        _, document_id, digest = reference.split(":")
        await _note_arrival(centre, act, "case:message:received", document_id)
        return DocumentReceipt(document_id=document_id, sha256=digest)

    return await once(centre, act.attempt(body.text, DocumentReceipt), store)


@router.post(
    "/{case_number}/attachments",
    status_code=201,
    summary="Hand a file in",
    responses=responses(ProblemType.CASE_NOT_FOUND, ProblemType.PAYLOAD_TOO_LARGE),
)
async def add_attachment(
    case_number: CaseNumber,
    file: Annotated[UploadFile, File(description="At most 5 MB; documents and pictures.")],
    caller: CompanyOrDesk,
    centre: CentreDep,
    key: IdempotencyKey,
    csrf_token: Annotated[str | None, Form(include_in_schema=False)] = None,  # noqa: ARG001  # read by the access check
) -> DocumentReceipt:
    """Store a file with the case."""
    content = await file.read(MAX_FILE_BYTES + 1)
    await _check_file(centre, case_number, file, content)
    act = Act(caller, "attachment", case_number, key)
    document_id = task_updates.derived_id(act.scope, act.key)
    digest = hashlib.sha256(content).hexdigest()

    async def store() -> DocumentReceipt:
        await documents.add(
            centre.pool,
            Document(
                document_id=document_id,
                case_number=case_number,
                purpose="attachment",
                content=content,
                sha256=digest,
                media_type=_media_type_of(file),
                file_name=_name_of(file),
                written_by=caller.actor.id,
                written_at=centre.clock(),
            ),
        )
        await _note_arrival(centre, act, "case:attachment:received", document_id.hex)
        return DocumentReceipt(document_id=document_id.hex, sha256=digest)

    attempt = Attempt(scope=act.scope, key=key, body=content, answer=DocumentReceipt)
    return await once(centre, attempt, store)


class Documents(WireModel):
    """Everything written for a case, oldest first."""

    items: list[DocumentView]


def reason_of_access(
    reason: Annotated[
        Literal["handling", "audit", "complaint", "legal_duty"],
        Header(
            alias="X-Access-Reason", description="Why you read restricted data; it is recorded."
        ),
    ] = "handling",
) -> str:
    """The reason a reader gives."""
    return reason


AccessReason = Annotated[str, Depends(reason_of_access)]
Handler = Annotated[auth.Caller, Depends(auth.HANDLERS | auth.staff(Role.AUDITOR))]


@router.get(
    "/{case_number}/documents",
    summary="Read what was written for a case",
    responses=responses(ProblemType.CASE_NOT_FOUND, ProblemType.NOT_ALLOWED),
)
async def list_documents(
    case_number: CaseNumber, caller: Handler, centre: CentreDep, reason: AccessReason
) -> Documents:
    """Texts and names of files; the read is recorded."""
    _check_reason(caller, reason)
    await reading.record_access(centre, caller.actor, case_number, "documents", reason)
    found = await documents.of_case(centre.pool, case_number)
    return Documents(
        items=[
            DocumentView(
                document_id=document.document_id.hex,
                purpose=document.purpose,
                text=document.body,
                file_name=document.file_name,
                media_type=document.media_type,
                sha256=document.sha256,
                written_by=document.written_by,
                written_at=document.written_at,
            )
            for document in found
        ]
    )


@router.get(
    "/{case_number}/documents/{document_id}",
    summary="Fetch a file that was handed in",
    response_class=Response,
    responses=responses(ProblemType.CASE_NOT_FOUND, ProblemType.NOT_ALLOWED)
    | {200: {"content": {name: {} for name in sorted(MEDIA_TYPES)}, "description": "The file."}},
)
async def get_document(
    case_number: CaseNumber,
    document_id: Annotated[str, Path(pattern="^[0-9a-f]{32}$")],
    caller: Handler,
    centre: CentreDep,
    reason: AccessReason,
) -> Response:
    """One text or file, to be saved and never shown in place; the read is recorded."""
    _check_reason(caller, reason)
    document = await documents.find(centre.pool, UUID(hex=document_id))
    if document is None or document.case_number != case_number:
        raise Refused(ProblemType.NOT_FOUND, "The case has no such document. List them first.")
    await reading.record_access(centre, caller.actor, case_number, "document", reason)
    name = quote(document.file_name or f"{document.purpose}.txt")
    return Response(
        document.content if document.content is not None else document.body,
        media_type=document.media_type,
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{name}",
            "Content-Security-Policy": "default-src 'none'; sandbox",
        },
    )


@router.get(
    "/{case_number}/original",
    summary="Read the original text and the contact",
    responses=responses(ProblemType.CASE_NOT_FOUND, ProblemType.NOT_ALLOWED),
)
async def get_original(
    case_number: CaseNumber, caller: Handler, centre: CentreDep, reason: AccessReason
) -> Original:
    """For those who handle the case; the read is recorded. Auditors say why."""
    _check_reason(caller, reason)
    return await reading.original(centre, caller, case_number, reason)


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


def _check_reason(caller: auth.Caller, reason: str) -> None:
    """An auditor does not handle cases, so reads personal data for a stated reason only."""
    if caller.actor.role is Role.AUDITOR and reason == "handling":
        raise Refused(
            ProblemType.NOT_ALLOWED,
            "Say why in X-Access-Reason: audit, complaint or legal_duty. It is recorded.",
        )


async def _check_file(centre: Centre, case_number: str, file: UploadFile, content: bytes) -> None:
    if len(content) > MAX_FILE_BYTES:
        raise Refused(
            ProblemType.PAYLOAD_TOO_LARGE, "A file may have at most 5 MB. Send less.", field="/file"
        )
    if _media_type_of(file) not in MEDIA_TYPES or not content:
        raise Refused(
            ProblemType.INVALID_REQUEST,
            "Send a PDF, a picture (PNG, JPEG), a text or an office document that is not empty.",
            field="/file",
        )
    if await documents.size_of_files(centre.pool, case_number) + len(content) > MAX_FILES_BYTES:
        raise Refused(
            ProblemType.PAYLOAD_TOO_LARGE,
            "The files of a case may have 50 MB together. Write a message instead.",
            field="/file",
        )


def _media_type_of(file: UploadFile) -> str:
    """What the sender says it is; nobody relies on that, so it is never shown in place."""
    return (file.content_type or "").partition(";")[0].strip().lower()


def _name_of(file: UploadFile) -> str:
    """The name a file was sent with, without the folder and what cannot be printed."""
    name = "".join(filter(str.isprintable, file.filename or "")).replace("\\", "/")
    return name.rpartition("/")[2][-200:] or "file"


async def _note_arrival(centre: Centre, act: Act, tag: str, document_id: str) -> None:
    """Record that something came in; the case's own journal belongs to its workflow."""
    await journal.append(
        centre.pool,
        "centre",
        centre.clock(),
        act.caller.actor,
        tag,
        {"case": act.subject, "document": document_id},
    )
