"""What staff are shown of a task, all that its work needs, and a company of what it is asked."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from api.asked_items import AskedItem, item_of_case
from api.auth import Caller, CaseScope, scope_of
from api.centre import Centre
from api.reading import PromiseView, find_case, promises_of, snapshot_of, texts_of
from infra.postgres import bookings, documents, match_runs, support_calls, tasks
from schemas.actor import COMPANY_GROUP
from schemas.base import WireModel, is_round
from schemas.booking import BookedTime
from schemas.case import CaseStatus, Service
from schemas.catalogue import SupportCall
from schemas.designation import CandidateInstitute, EnquiryProposal, PastCase
from schemas.document import document_reference
from schemas.outcome import OUTCOMES, TaskKind
from schemas.task import HumanTask, TaskStatus
from workflows.policy.personal_data import mask
from workflows.policy.task_rules import text_fields

# Tasks in which it helps to know how the enquiry reads.
_AT_THE_DESK: frozenset[TaskKind] = frozenset(
    {TaskKind.SCREEN_CASE, TaskKind.REFER_CASE, TaskKind.TRIAGE_CASE}
)
# Answers that whoever works on the case afterwards has to know.
_PASSED_ON: frozenset[TaskKind] = frozenset(
    {
        TaskKind.SUPPLY_INFORMATION, TaskKind.TRIAGE_CASE, TaskKind.ACCEPT_CASE,
        TaskKind.VOLUNTEER, TaskKind.JOIN_CASE, TaskKind.ANSWER_CONTACT,
    }
)  # fmt: skip
_CALLS_SHOWN: Final = 30
_BOOKINGS_SHOWN: Final = 100


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


class PassedOn(WireModel):
    """A text of an answer that was given earlier in the case; personal data of companies is masked.

    Attributes:
        purpose: The task and the field in which it was written: `<task kind>.<field>`.
    """

    purpose: str
    written_at: datetime
    text: str


class TaskView(WireModel):
    """A task with all that its work needs.

    Attributes:
        form: JSON Schema of the outcome; `x-kind` and `x-needed-when` say how to ask.
        case: None for a selection round's task.
        evidence: The institutes that matching proposed, each with why; checkable in the catalogue.
        texts: Texts to read, by their name in `documents`, and the comments.
        passed_on: What the company and others answered before, the oldest first.
        enquiry: How the enquiry reads, for the desk that receives it.
        calls: For the finder of a call: those of partners that are open, the first to close first.
        booked: For who offers an instrument: when the institute's are taken, the earliest first.
    """

    task: HumanTask
    etag: str
    form: dict[str, Any]
    case: CaseSummary | None
    evidence: list[CandidateInstitute]
    texts: dict[str, str]
    comments: list[str]
    passed_on: tuple[PassedOn, ...] = ()
    match: MatchView | None = None
    enquiry: EnquiryProposal | None = None
    calls: tuple[SupportCall, ...] = ()
    booked: tuple[BookedTime, ...] = ()


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


async def task_view(centre: Centre, caller: Caller, task: HumanTask) -> TaskView:
    """A task with its form, its case and the evidence, for a caller who may see it."""
    if is_round(task.case_number):
        return await _round_task_view(centre, task)
    stored = await find_case(centre, task.case_number)
    snapshot = snapshot_of(stored)
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
            promises=promises_of(snapshot),
            item=await item_of_case(centre, task.case_number),
        ),
        evidence=[] if ranking is None else list(ranking.candidates),
        match=ranking and MatchView.model_validate(ranking, from_attributes=True),
        texts=await texts_of(centre, task.documents),
        comments=list(comments.values()),
        passed_on=await _passed_on(centre, scope, task.case_number),
        enquiry=await match_runs.reading_of(centre.pool, task.case_number)
        if task.kind in _AT_THE_DESK
        else None,
        calls=await _open_calls(centre) if task.kind is TaskKind.FIND_CALL else (),
        booked=await bookings.of_institute(
            centre.pool, snapshot.lead_institute or "", centre.clock(), most=_BOOKINGS_SHOWN
        )
        if task.kind is TaskKind.CHECK_EQUIPMENT
        else (),
    )


async def _passed_on(centre: Centre, scope: CaseScope, case_number: str) -> tuple[PassedOn, ...]:
    readable = {
        document_reference(document.document_id.hex, document.body): document
        for document in await documents.of_case(centre.pool, case_number, scope.institute)
        if document.body is not None
    }
    answered = [
        (task, getattr(task.outcome, name))
        for task in reversed(await tasks.of_case(centre.pool, case_number))
        if task.kind in _PASSED_ON and task.outcome is not None
        for name in text_fields(task.outcome)
    ]
    return tuple(
        PassedOn(
            purpose=document.purpose,
            written_at=document.written_at,
            text=mask(document.body or "").masked
            if task.candidate_group == COMPANY_GROUP
            else document.body or "",
        )
        for task, reference in answered
        if (document := readable.get(reference)) is not None
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


def etag(task: HumanTask) -> str:
    """The ETag of a task: its version."""
    return f'"{task.version}"'
