"""What a company is shown of its case, and staff of the cases within their scope."""

from datetime import datetime
from typing import Literal

from api.asked_items import AskedItem, item_of_case
from api.auth import Caller, scope_of
from api.centre import Centre
from api.reading import PromiseView, find_case, promises_of, snapshot_of, texts_of
from infra.postgres import documents, effects, journal, tasks
from schemas.base import WireModel
from schemas.case import Assignment, CaseOutcome, CaseSnapshot, CaseStatus, CaseStep, Service
from schemas.journal import JournalEntry
from schemas.task import HumanTask, TaskStatus

# What a company is told of its case's journal; the rest is about who did what inside.
TOLD: frozenset[str] = frozenset(
    {
        "case:status:changed", "case:promise:made", "case:promise:kept", "case:promise:broken",
        "case:promise:moved", "case:promise:void", "case:clock:paused", "case:clock:resumed",
        "case:work:closed", "case:work:withdrawn", "case:work:reopened",
        "case:message:received", "case:attachment:received", "case:hold:begun", "case:hold:ended",
    }
)  # fmt: skip


class TimelineEntry(WireModel):
    """One thing that happened; institutes are named, people are not."""

    at: datetime
    event: str
    by: str
    detail: dict[str, str]


class CompanyView(WireModel):
    """A case as its company sees it.

    Attributes:
        projection: `pending` while the case was received but its procedure has not begun.
        waiting_for: What is waited for while nobody has to act, such as `appointment`.
        effect_asked: Which question about the effects of the result waits for an answer.
        open_tasks: What is expected of the company now.
    """

    case_number: str
    status: CaseStatus
    step: CaseStep
    service: Service | None
    title: str
    received_at: datetime
    institute: str | None
    promises: list[PromiseView]
    waiting_for: str | None
    waiting_until: datetime | None
    on_hold_until: datetime | None
    effect_asked: int | None
    timeline: list[TimelineEntry]
    open_tasks: int
    outcome: CaseOutcome | None
    outcome_reason: str | None
    outcome_text: str | None
    closed_at: datetime | None
    reopen_until: datetime | None
    projection: Literal["done", "pending"]
    links: dict[str, str]


class Arrival(WireModel):
    """A message or file that came in; what is in it is a read of its own, which is recorded."""

    document_id: str
    purpose: str
    written_by: str
    written_at: datetime
    link: str


class StaffView(WireModel):
    """A case as staff see it: texts without personal data; the original is a read of its own.

    Attributes:
        messages: Messages and files, the latest first.
        item: What of the open databases the company asked for.
    """

    case_number: str
    version: int
    status: CaseStatus
    step: CaseStep
    snapshot: CaseSnapshot | None
    company_name: str
    title: str
    description: str
    personal_data: list[str]
    promises: list[PromiseView]
    assignments: list[Assignment]
    timeline: list[TimelineEntry]
    tasks: list[HumanTask]
    messages: list[Arrival]
    projection: Literal["done", "pending"]
    links: dict[str, str]
    item: AskedItem | None = None


async def company_view(centre: Centre, case_number: str) -> CompanyView:
    """What the company of a case sees of it."""
    stored = await find_case(centre, case_number)
    snapshot = snapshot_of(stored)
    entries = await journal.entries_of(centre.pool, case_number)
    asked = await tasks.of_company(centre.pool, case_number)
    outcome_text = await texts_of(
        centre, {"outcome": snapshot.outcome_document} if snapshot.outcome_document else {}
    )
    base = f"/api/v1/cases/{case_number}"
    return CompanyView(
        case_number=case_number,
        status=snapshot.status,
        step=snapshot.step,
        service=snapshot.service,
        title=stored.title,
        received_at=snapshot.received_at,
        institute=snapshot.lead_institute,
        promises=promises_of(snapshot),
        waiting_for=snapshot.waiting_for,
        waiting_until=snapshot.waiting_until,
        on_hold_until=snapshot.on_hold_until,
        effect_asked=await effects.open_question(centre.pool, case_number),
        timeline=[_line(entry) for entry in entries if entry.tag in TOLD],
        open_tasks=sum(task.status is TaskStatus.OPEN for task in asked),
        outcome=snapshot.outcome,
        outcome_reason=snapshot.outcome_reason,
        outcome_text=outcome_text.get("outcome"),
        closed_at=snapshot.closed_at,
        reopen_until=snapshot.reopen_until,
        projection="pending" if stored.snapshot is None else "done",
        links={
            "self": base,
            "tasks": f"{base}/tasks",
            "withdraw": f"{base}/withdraw",
            "messages": f"{base}/messages",
            "attachments": f"{base}/attachments",
            "hold": f"{base}/hold",
            "effects": f"{base}/effects",
            "reopen": f"{base}/reopen",
        },
    )


async def staff_view(centre: Centre, caller: Caller, case_number: str) -> StaffView:
    """What a member of staff within whose scope the case lies sees of it.

    An institute sees offers to itself only: who else was asked, and why they declined, is the
    centre's business.
    """
    stored = await find_case(centre, case_number)
    snapshot = snapshot_of(stored)
    scope = scope_of(caller.actor)
    if not scope.everything:
        snapshot = _seen_by(snapshot, scope.institute)
    all_tasks = await tasks.of_case(centre.pool, case_number)
    entries = await journal.entries_of(centre.pool, case_number)
    base = f"/api/v1/cases/{case_number}"
    return StaffView(
        case_number=case_number,
        version=snapshot.version,
        status=snapshot.status,
        step=snapshot.step,
        snapshot=None if stored.snapshot is None else snapshot,
        company_name=stored.company_name,
        title=stored.title_masked,
        description=stored.description_masked,
        personal_data=list(stored.personal_data),
        promises=promises_of(snapshot),
        assignments=list(snapshot.assignments),
        timeline=[
            _line(entry)
            for entry in entries
            if scope.everything or _concerns(entry, scope.institute)
        ],
        tasks=[
            task
            for task in all_tasks
            if scope.everything or task.candidate_group.startswith(f"institute:{scope.institute}:")
        ],
        messages=[
            Arrival(
                document_id=document.document_id.hex,
                purpose=document.purpose,
                written_by=document.written_by,
                written_at=document.written_at,
                link=f"{base}/documents/{document.document_id.hex}",
            )
            for document in reversed(await documents.of_case(centre.pool, case_number))
            if document.purpose in {"message", "attachment"}
        ],
        projection="pending" if stored.snapshot is None else "done",
        links={
            "self": base,
            "history": f"{base}/history",
            "journal": f"{base}/journal",
            "original": f"{base}/original",
            "documents": f"{base}/documents",
        },
        item=await item_of_case(centre, case_number),
    )


def _seen_by(snapshot: CaseSnapshot, institute: str | None) -> CaseSnapshot:
    return snapshot.model_copy(
        update={
            "assignments": tuple(a for a in snapshot.assignments if a.institute == institute),
            "candidates": tuple(c for c in snapshot.candidates if c.institute == institute),
        }
    )


def _concerns(entry: JournalEntry, institute: str | None) -> bool:
    """Whether an institute may read an entry: what the company is told, and its own acts."""
    named = entry.detail.get("institute")
    return (entry.tag in TOLD or entry.actor.institute == institute) and named in {
        None, institute,
    }  # fmt: skip


def _line(entry: JournalEntry) -> TimelineEntry:
    who = entry.actor.institute or entry.actor.role.value
    return TimelineEntry(at=entry.at, event=entry.tag, by=who, detail=entry.detail)
