"""What is written for a case: messages and files of the company, and everything handlers wrote."""

import hashlib
from pathlib import PurePath
from typing import Annotated, Final, Literal
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Depends, File, Form, Header, Path, Response, UploadFile
from pydantic import Field

from api import acts, auth, reading
from api.acts import Act
from api.arrivals import tell_case
from api.centre import Centre
from api.deps import CentreDep, CompanyOrDesk, IdempotencyKey
from api.idempotency import Attempt, derived_id, once
from api.problems import responses
from api.reading import Original
from infra.postgres import cases, documents
from infra.postgres.documents import Document
from schemas.actor import Role
from schemas.base import CaseNumber, Instant, RequestModel, WireModel
from schemas.case import CaseStatus
from schemas.outcome.fields import MAX_TEXT
from schemas.problem import ProblemType, Refused
from schemas.record import Arrival

router = APIRouter(prefix="/api/v1/cases", tags=["cases"])

MAX_FILE_BYTES: Final = 5 * 1024 * 1024
MAX_FILES_BYTES: Final = 50 * 1024 * 1024
# What may be handed in, by the end of its name. What browsers say of a file depends on what is
# installed there: few know Hangul documents, and Excel claims every CSV.
MEDIA_TYPES: Final = {
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".txt": "text/plain",
    ".csv": "text/csv",
    ".doc": "application/msword",
    ".xls": "application/vnd.ms-excel",
    ".ppt": "application/vnd.ms-powerpoint",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".hwp": "application/x-hwp",
    ".hwpx": "application/vnd.hancom.hwpx",
}


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
    responses=responses(ProblemType.CASE_NOT_FOUND, ProblemType.CASE_CLOSED),
)
async def add_message(
    case_number: CaseNumber,
    body: MessageBody,
    caller: CompanyOrDesk,
    centre: CentreDep,
    key: IdempotencyKey,
) -> DocumentReceipt:
    """Store a message; those who handle the case are told that it came."""
    act = Act(caller, "message", case_number, key)

    async def store() -> DocumentReceipt:
        await _check_still_runs(centre, case_number)
        reference = await acts.store_text(centre, act, "message", body.text)
        _, document_id, digest = reference.split(":")
        await _tell(centre, act, "message", document_id)
        return DocumentReceipt(document_id=document_id, sha256=digest)

    return await once(centre, act.attempt(body.text, DocumentReceipt), store)


@router.post(
    "/{case_number}/attachments",
    status_code=201,
    summary="Hand a file in",
    responses=responses(
        ProblemType.CASE_NOT_FOUND, ProblemType.CASE_CLOSED, ProblemType.PAYLOAD_TOO_LARGE
    ),
)
async def add_attachment(
    case_number: CaseNumber,
    file: Annotated[
        UploadFile, File(description=f"At most 5 MB; its name ends in {', '.join(MEDIA_TYPES)}.")
    ],
    caller: CompanyOrDesk,
    centre: CentreDep,
    key: IdempotencyKey,
    csrf_token: Annotated[str | None, Form(include_in_schema=False)] = None,  # noqa: ARG001  # read by the access check
) -> DocumentReceipt:
    """Store a file with the case; those who handle it are told that it came."""
    content = await file.read(MAX_FILE_BYTES + 1)
    name = _name_of(file)
    media_type = MEDIA_TYPES.get(PurePath(name).suffix.lower())
    if media_type is None or not content:
        raise Refused(
            ProblemType.INVALID_REQUEST,
            "Send a PDF, a picture (PNG, JPEG), a text or an office document that is not empty.",
            field="/file",
        )
    await _check_size(centre, case_number, content)
    act = Act(caller, "attachment", case_number, key)
    document_id = derived_id(act.scope, act.key)
    digest = hashlib.sha256(content).hexdigest()

    async def store() -> DocumentReceipt:
        await _check_still_runs(centre, case_number)
        await documents.add(
            centre.pool,
            Document(
                document_id=document_id,
                case_number=case_number,
                purpose="attachment",
                content=content,
                sha256=digest,
                media_type=media_type,
                file_name=name,
                written_by=caller.actor.id,
                written_at=centre.clock(),
            ),
        )
        await _tell(centre, act, "attachment", document_id.hex)
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


DocumentId = Annotated[str, Path(pattern="^[0-9a-f]{32}$")]
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
    """Texts and names of files; the read is recorded. An institute reads what is for it."""
    _check_reason(caller, reason)
    await reading.record_access(centre, caller.actor, case_number, "documents", reason)
    found = await documents.of_case(centre.pool, case_number, auth.scope_of(caller.actor).institute)
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
    | {
        200: {
            "content": {name: {} for name in sorted(set(MEDIA_TYPES.values()))},
            "description": "The file.",
        }
    },
)
async def get_document(
    case_number: CaseNumber,
    document_id: DocumentId,
    caller: Handler,
    centre: CentreDep,
    reason: AccessReason,
) -> Response:
    """One text or file, to be saved and never shown in place; the read is recorded."""
    _check_reason(caller, reason)
    document = await documents.find(
        centre.pool, UUID(hex=document_id), auth.scope_of(caller.actor).institute
    )
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


def _check_reason(caller: auth.Caller, reason: str) -> None:
    """An auditor does not handle cases, so reads personal data for a stated reason only."""
    if caller.actor.role is Role.AUDITOR and reason == "handling":
        raise Refused(
            ProblemType.NOT_ALLOWED,
            "Say why in X-Access-Reason: audit, complaint or legal_duty. It is recorded.",
        )


async def _check_size(centre: Centre, case_number: str, content: bytes) -> None:
    if len(content) > MAX_FILE_BYTES:
        raise Refused(
            ProblemType.PAYLOAD_TOO_LARGE, "A file may have at most 5 MB. Send less.", field="/file"
        )
    if await documents.size_of_files(centre.pool, case_number) + len(content) > MAX_FILES_BYTES:
        raise Refused(
            ProblemType.PAYLOAD_TOO_LARGE,
            "The files of a case may have 50 MB together. Write a message instead.",
            field="/file",
        )


def _name_of(file: UploadFile) -> str:
    """The name a file was sent with, without the folder and what cannot be printed."""
    name = "".join(filter(str.isprintable, file.filename or "")).replace("\\", "/")
    return name.rpartition("/")[2][-200:] or "file"


async def _check_still_runs(centre: Centre, case_number: str) -> None:
    """Refuse what nobody would read: the case is over, and cannot be reopened any more."""
    stored = await cases.find(centre.pool, case_number)
    snapshot = None if stored is None else stored.snapshot
    if snapshot is None or snapshot.status is not CaseStatus.CLOSED:
        return
    if snapshot.reopen_until is None or snapshot.reopen_until < centre.clock():
        raise Refused(
            ProblemType.CASE_CLOSED,
            "The case has ended, and the time to reopen it has passed. File a new one.",
        )


async def _tell(
    centre: Centre, act: Act, purpose: Literal["message", "attachment"], document_id: str
) -> None:
    arrival = Arrival(document=document_id, purpose=purpose, actor=act.caller.actor)
    await tell_case(centre.pool, centre.temporal, act.subject, arrival, centre.clock())
