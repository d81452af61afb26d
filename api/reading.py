"""What callers are shown of cases and tasks: the company's view, the staff's view."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from api.asked_items import AskedItem, item_of_case
from api.auth import Caller, scope_of
from api.centre import Centre
from api.problems import CASE_UNKNOWN
from infra.postgres import (
    cases,
    companies,
    documents,
    effects,
    journal,
    match_runs,
    support_calls,
    tasks,
)  # fmt: skip
from infra.postgres.cases import StoredCase
from schemas.actor import Actor
from schemas.base import WireModel, is_round
from schemas.case import (
    Assignment,
    CaseOutcome,
    CaseSnapshot,
    CaseStatus,
    CaseStep,
    PromiseState,
    Service,
)
from schemas.catalogue import SupportCall
from schemas.designation import CandidateInstitute, EnquiryProposal, PastCase
from schemas.document import document_id_of, is_document_reference
from schemas.journal import JournalEntry
from schemas.outcome import (
    OUTCOMES,
    TaskKind,
)
from schemas.policy import Reasoning
from schemas.problem import ProblemType, Refused
from schemas.task import (
    HumanTask,
    TaskStatus,
)

# What a company is told of its case's journal; the rest is about who did what inside.
_TOLD: frozenset[str] = frozenset(
    {
        "case:status:changed", "case:promise:made", "case:promise:kept", "case:promise:broken",
        "case:promise:moved", "case:promise:void", "case:clock:paused", "case:clock:resumed",
        "case:work:closed", "case:work:withdrawn", "case:work:reopened",
        "case:message:received", "case:attachment:received", "case:hold:begun", "case:hold:ended",
    }
)  # fmt: skip
# Tasks in which it helps to know how the enquiry reads.
_AT_THE_DESK: frozenset[TaskKind] = frozenset(
    {TaskKind.SCREEN_CASE, TaskKind.REFER_CASE, TaskKind.TRIAGE_CASE}
)
_CALLS_SHOWN = 30


class PromiseView(WireModel):
    """Something the company was told would happen by a date, and why by then."""

    kind: str
    due_at: datetime
    state: PromiseState
    ended_at: datetime | None
    reasoning: Reasoning


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


class CaseSummary(WireModel):
    """What somebody who works on a task must know of its case."""

    case_number: str
    status: CaseStatus
    service: Service | None
    company_name: str
    title: str
    description: str
    region: str | None
    received_at: datetime
    promises: list[PromiseView]
    item: AskedItem | None = None


class MatchView(WireModel):
    """What is said of a ranking as a whole, beside its institutes.

    Attributes:
        confidence: How likely it is that the first institute can help, 0 to 1.
        low_confidence: The person decides; the order is of little help.
        enquiry: How the text reads: what is missing, who else may be responsible.
        similar_cases: Closed cases like this one, and how they ended.
    """

    confidence: float
    low_confidence: bool
    index_version: str
    enquiry: EnquiryProposal | None
    similar_cases: tuple[PastCase, ...]


class TaskView(WireModel):
    """A task with all that its work needs.

    Attributes:
        form: JSON Schema of the outcome; `x-kind` and `x-needed-when` say how to ask.
        case: None for a selection round's task.
        evidence: The institutes that matching proposed, each with why; checkable in the catalogue.
        texts: Texts to read, by their name in `documents`, and the comments.
        enquiry: How the enquiry reads, for the desk that receives it.
        calls: For the finder of a call: those of partners that are open, the first to close first.
    """

    task: HumanTask
    etag: str
    form: dict[str, Any]
    case: CaseSummary | None
    evidence: list[CandidateInstitute]
    texts: dict[str, str]
    comments: list[str]
    match: MatchView | None = None
    enquiry: EnquiryProposal | None = None
    calls: tuple[SupportCall, ...] = ()


class CompanyTask(WireModel):
    """What the company of a case is asked."""

    task_id: str
    kind: TaskKind
    status: TaskStatus
    opened_at: datetime
    due_at: datetime
    expires_at: datetime | None
    form: dict[str, Any]
    parameters: dict[str, str]
    texts: dict[str, str]


class Original(WireModel):
    """What the company wrote and whom to call: for handlers, and every read is recorded."""

    case_number: str
    company_name: str
    business_registration_number: str
    contact_name: str | None
    email: str | None
    phone: str | None
    title: str
    description: str
    details: dict[str, Any]


async def find_case(centre: Centre, case_number: str) -> StoredCase:
    """The case, for a caller whose access was checked.

    Raises:
        Refused: `case-not-found`.
    """
    stored = await cases.find(centre.pool, case_number)
    if stored is None:
        raise Refused(ProblemType.CASE_NOT_FOUND, CASE_UNKNOWN)
    return stored


async def company_view(centre: Centre, case_number: str) -> CompanyView:
    """What the company of a case sees of it."""
    stored = await find_case(centre, case_number)
    snapshot = _snapshot_of(stored)
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
        promises=_promises(snapshot),
        waiting_for=snapshot.waiting_for,
        waiting_until=snapshot.waiting_until,
        on_hold_until=snapshot.on_hold_until,
        effect_asked=await effects.open_question(centre.pool, case_number),
        timeline=[_line(entry) for entry in entries if entry.tag in _TOLD],
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
    snapshot = _snapshot_of(stored)
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
        promises=_promises(snapshot),
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


async def task_view(centre: Centre, caller: Caller, task: HumanTask) -> TaskView:
    """A task with its form, its case and the evidence, for a caller who may see it."""
    if is_round(task.case_number):
        return await _round_task_view(centre, task)
    stored = await find_case(centre, task.case_number)
    snapshot = _snapshot_of(stored)
    scope = scope_of(caller.actor)
    ranking = (
        None
        if snapshot.match_run is None
        else await match_runs.ranking_of(
            centre.pool,
            UUID(snapshot.match_run),
            only=None if scope.everything else scope.institute,
        )
    )
    comments = await texts_of(centre, {str(n): text for n, text in enumerate(task.comments)})
    return TaskView(
        task=task,
        etag=etag(task),
        form=OUTCOMES[task.kind].model_json_schema(),
        case=CaseSummary(
            case_number=task.case_number,
            status=snapshot.status,
            service=snapshot.service,
            company_name=stored.company_name,
            title=stored.title_masked,
            description=stored.description_masked,
            region=snapshot.region,
            received_at=snapshot.received_at,
            promises=_promises(snapshot),
            item=await item_of_case(centre, task.case_number),
        ),
        evidence=[] if ranking is None else list(ranking.candidates),
        match=ranking and MatchView.model_validate(ranking, from_attributes=True),
        texts=await texts_of(centre, task.documents),
        comments=list(comments.values()),
        enquiry=await match_runs.reading_of(centre.pool, task.case_number)
        if task.kind in _AT_THE_DESK
        else None,
        calls=await _open_calls(centre) if task.kind is TaskKind.FIND_CALL else (),
    )


async def _open_calls(centre: Centre) -> tuple[SupportCall, ...]:
    day = centre.korean_day(centre.clock())
    return tuple(await support_calls.closing_next(centre.pool, day, _CALLS_SHOWN))


async def _round_task_view(centre: Centre, task: HumanTask) -> TaskView:
    comments = await texts_of(centre, {str(n): text for n, text in enumerate(task.comments)})
    return TaskView(
        task=task,
        etag=etag(task),
        form=OUTCOMES[task.kind].model_json_schema(),
        case=None,
        evidence=[],
        texts=await texts_of(centre, task.documents),
        comments=list(comments.values()),
    )


async def company_tasks(centre: Centre, case_number: str) -> list[CompanyTask]:
    """What is and was asked of a company, the latest first."""
    asked = await tasks.of_company(centre.pool, case_number)
    return [
        CompanyTask(
            task_id=task.task_id,
            kind=task.kind,
            status=task.status,
            opened_at=task.opened_at,
            due_at=task.deadline.due_at,
            expires_at=task.expires_at,
            form=OUTCOMES[task.kind].model_json_schema(),
            parameters=task.parameters,
            texts=await texts_of(centre, task.documents),
        )
        for task in asked
    ]


async def original(centre: Centre, caller: Caller, case_number: str, reason: str) -> Original:
    """What the company wrote and whom to call; the read is recorded in the access journal first.

    An institute learns the contact only when the company agreed to that.
    """
    await record_access(centre, caller.actor, case_number, "original", reason)
    found = await companies.find_contact(centre.pool, case_number)
    if found is None:
        raise Refused(ProblemType.CASE_NOT_FOUND, CASE_UNKNOWN)
    may_know = scope_of(caller.actor).everything or await companies.allows_institutes(
        centre.pool, case_number
    )
    return Original(
        case_number=case_number,
        company_name=found.company_name,
        business_registration_number=found.business_registration_number,
        contact_name=found.contact_name if may_know else None,
        email=found.email if may_know else None,
        phone=found.phone if may_know else None,
        title=found.title,
        description=found.description,
        details=found.details,
    )


async def record_access(
    centre: Centre, actor: Actor, case_number: str, what: str, reason: str
) -> None:
    """Record a read of restricted data: who read what of which case and why, in codes."""
    await journal.append(
        centre.pool,
        "access",
        centre.clock(),
        actor,
        f"case:{what}:read",
        {"case": case_number, "reason": reason},
    )


async def texts_of(centre: Centre, references: dict[str, str]) -> dict[str, str]:
    """The texts behind references, by the same names; destroyed ones are left out."""
    ids = {
        name: UUID(hex=document_id_of(reference))
        for name, reference in references.items()
        if is_document_reference(reference)
    }
    found = await documents.bodies(centre.pool, list(ids.values())) if ids else {}
    return {name: found[document_id] for name, document_id in ids.items() if document_id in found}


def etag(task: HumanTask) -> str:
    """The ETag of a task: its version."""
    return f'"{task.version}"'


def _snapshot_of(stored: StoredCase) -> CaseSnapshot:
    """The case's state; before the first transition, what intake knows."""
    return stored.snapshot or CaseSnapshot(
        case_number=stored.case_number,
        service=stored.intake.service,
        channel=stored.intake.channel,
        region=stored.intake.region,
        received_at=stored.intake.received_at,
        registered_at=stored.intake.registered_at,
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
    return (entry.tag in _TOLD or entry.actor.institute == institute) and named in {
        None, institute,
    }  # fmt: skip


def _promises(snapshot: CaseSnapshot) -> list[PromiseView]:
    return [
        PromiseView(
            kind=promise.kind,
            due_at=promise.deadline.due_at,
            state=promise.state,
            ended_at=promise.ended_at,
            reasoning=promise.deadline.reasoning,
        )
        for promise in snapshot.promises
    ]


def _line(entry: JournalEntry) -> TimelineEntry:
    who = entry.actor.institute or entry.actor.role.value
    return TimelineEntry(at=entry.at, event=entry.tag, by=who, detail=entry.detail)
