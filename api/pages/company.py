"""A case in the company's hands: it follows, answers, writes, pauses and withdraws."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Response

from api import case_updates, case_views, task_updates, task_views
from api.auth import Caller
from api.deps import CompanyCaller
from api.pages.forms import (
    Field,
    answer_from,
    by_field,
    by_name,
    errors_in,
    fields_of,
    typed_in,
)
from api.pages.languages import Words
from api.pages.posted import (
    CORRECTABLE,
    PostedForm,
    Sent,
    answered,
    checked,
    file_in,
    key_after,
    key_in,
    new_key,
    text_in,
)
from api.pages.rendering import PageRoute, Visit, VisitDep, institute_names, page, see
from api.problems import problem_of
from api.routes.cases import OutcomeBody, ReasonBody, complete_company_task
from api.routes.documents import (
    MAX_FILE_BYTES,
    MEDIA_TYPES,
    MessageBody,
    add_attachment,
    add_message,
)
from api.routes.effects import report_effects
from api.task_views import CompanyTask
from infra.postgres import catalogue
from schemas.base import CaseNumber, TaskId
from schemas.case import RESOLVED, CaseStatus
from schemas.effect import EffectReport
from schemas.outcome import (
    TaskKind,
)
from schemas.outcome.fields import MAX_TEXT
from schemas.problem import ProblemType, Refused
from schemas.task import (
    TaskStatus,
)

router = APIRouter(route_class=PageRoute, include_in_schema=False)

_EFFECTS: Final = EffectReport.model_json_schema()
# Parameters of tasks that a company reads, in this order.
_OFFERED: Final = ("equipment", "starts_on", "start_hour", "hours", "fee_krw")
# The way of a case in five stages, as a company thinks of it.
STAGES: Final[tuple[tuple[str, frozenset[CaseStatus]], ...]] = (
    (
        "review",
        frozenset(
            {
                CaseStatus.RECEIVED, CaseStatus.SCREENING, CaseStatus.SUPPLEMENT,
                CaseStatus.REFERRED_OUT, CaseStatus.TRIAGE,
            }
        ),
    ),
    (
        "designation",
        frozenset(
            {
                CaseStatus.MATCHING, CaseStatus.ASSIGNING, CaseStatus.NO_MATCH, CaseStatus.OFFERED,
            }
        ),
    ),
    (
        "support",
        frozenset({CaseStatus.ACCEPTED, CaseStatus.UNREACHABLE, CaseStatus.IN_SERVICE}),
    ),
    ("confirmation", frozenset({CaseStatus.RESULT_CONFIRM})),
    ("closing", frozenset({CaseStatus.SURVEY, CaseStatus.CLOSED})),
)  # fmt: skip


@router.get("/cases/{case_number}")
async def case_page(
    case_number: CaseNumber,
    visit: VisitDep,
    caller: CompanyCaller,
    done: str = "",
) -> Response:
    """What is expected of the company, what it was promised, and what happened."""
    return await _case_page(visit, caller, case_number, done=done)


async def _case_page(
    visit: Visit, caller: Caller, case_number: str, *, done: str = "", sent: Sent | None = None
) -> Response:
    view = await case_views.company_view(visit.centre, case_number)
    asked = await task_views.company_tasks(visit.centre, case_number)
    sent = sent or Sent()
    forms = _forms(visit.words, sent)
    return await page(
        visit,
        "case.html",
        caller=caller,
        status=sent.status,
        case=view,
        forms=forms,
        linked=by_name(forms.get(sent.form, ())),
        sent=sent,
        accepted=",".join(MEDIA_TYPES),
        most_bytes=MAX_FILE_BYTES,
        asked=[task for task in asked if task.status is TaskStatus.OPEN],
        stages=_stages(view.status),
        resolved=view.outcome in RESOLVED,
        may_reopen=view.reopen_until is not None and visit.centre.clock() < view.reopen_until,
        institutes=await institute_names(visit),
        done=done,
    )


def _forms(words: Words, sent: Sent) -> dict[str, list[Field]]:
    """The fields of the page's forms, each by what is done with it."""
    reason = Field(
        name="reason",
        label=words.text("Reason"),
        widget="textarea",
        optional=True,
        max_length=MAX_TEXT,
    )
    forms = {
        "effects": fields_of(_EFFECTS, words, leave_out=("nth",)),
        "message": [
            Field(name="text", label=words.text("Message"), widget="textarea", max_length=MAX_TEXT),
            Field(name="file", label=words.text("File"), widget="file", optional=True),
        ],
        **{wish: [reason] for wish in ("hold", "withdraw", "reopen")},
    }
    return {form: [sent.drawn(form, field) for field in fields] for form, fields in forms.items()}


@dataclass(frozen=True)
class Stage:
    """One stage of the way: `done`, `current` or `ahead`."""

    name: str
    state: str


def _stages(status: CaseStatus) -> list[Stage]:
    current = next(place for place, (_, holds) in enumerate(STAGES) if status in holds)
    return [
        Stage(
            name,
            "done"
            if place < current or status is CaseStatus.CLOSED
            else "current"
            if place == current
            else "ahead",
        )
        for place, (name, _) in enumerate(STAGES)
    ]


@router.get("/cases/{case_number}/tasks/{task_id}")
async def task_page(
    case_number: CaseNumber,
    task_id: TaskId,
    visit: VisitDep,
    caller: CompanyCaller,
) -> Response:
    """The form of what the company is asked."""
    task = await _asked(visit, case_number, task_id)
    return await _task_page(visit, caller, case_number, task, key=new_key())


@router.post("/cases/{case_number}/tasks/{task_id}")
async def answer_task(  # a route's parameters
    case_number: CaseNumber,
    task_id: TaskId,
    visit: VisitDep,
    caller: CompanyCaller,
    posted: PostedForm,
) -> Response:
    """Take the company's answer; what is wrong with it stands beside the fields."""
    task = await _asked(visit, case_number, task_id)
    key = key_in(posted)
    try:
        outcome = OutcomeBody(outcome=answer_from(task.form, posted))
        await complete_company_task(case_number, task_id, outcome, caller, visit.centre, key, None)
    except CORRECTABLE as error:
        problem = problem_of(visit.request, error)
        return await _task_page(
            visit, caller, case_number, task,
            key=key_after(problem, posted), typed=typed_in(posted), problem=problem,
        )  # fmt: skip
    return see(f"/cases/{case_number}?{urlencode({'done': task.kind.value})}")


async def _asked(visit: Visit, case_number: str, task_id: str) -> CompanyTask:
    for task in await task_views.company_tasks(visit.centre, case_number):
        if task.task_id == task_id:
            return task
    raise Refused(ProblemType.TASK_NOT_FOUND, task_updates.TASK_UNKNOWN)


async def _task_page(  # noqa: PLR0913  # what the page is made of
    visit: Visit,
    caller: Caller,
    case_number: str,
    task: CompanyTask,
    *,
    key: str,
    typed: Mapping[str, str] | None = None,
    problem: Mapping[str, Any] | None = None,
) -> Response:
    errors = errors_in(problem, visit.words, inside="outcome") if problem else []
    fields = fields_of(
        task.form,
        visit.words,
        typed=typed,
        errors=by_field(errors),
        leave_out=_not_asked(task),
    )
    return await page(
        visit,
        "company_task.html",
        caller=caller,
        status=problem["status"] if problem else 200,
        case_number=case_number,
        task=task,
        fields=fields,
        linked=by_name(fields),
        errors=errors,
        key=key,
        facts=await _facts(visit, task),
    )


async def _facts(visit: Visit, task: CompanyTask) -> dict[str, str]:
    """What is offered in codes and numbers, with an instrument by its name."""
    facts = {name: task.parameters[name] for name in _OFFERED if name in task.parameters}
    if "equipment" in facts:
        named = await catalogue.equipment_name(visit.centre.pool, facts["equipment"])
        facts["equipment"] = named or facts["equipment"]
    return facts


def _not_asked(task: CompanyTask) -> tuple[str, ...]:
    """The short form of the survey has two questions."""
    short = task.kind is TaskKind.ANSWER_SURVEY and task.parameters.get("form") == "short"
    return ("ease", "speed", "competence", "result") if short else ()


@router.post("/cases/{case_number}/messages")
async def send_message(  # a route's parameters
    case_number: CaseNumber,
    visit: VisitDep,
    caller: CompanyCaller,
    posted: PostedForm,
) -> Response:
    """Keep a message, and a file when one was chosen, for the handlers."""
    key = key_in(posted)

    async def write() -> None:
        text, file = text_in(posted, "text"), file_in(posted, "file")
        if text is None and file is None:
            raise Refused(
                ProblemType.INVALID_REQUEST, "Write a message or choose a file.", field="/text"
            )
        # Both or neither: what is wrong with the text is said before the file is stored.
        message = None if text is None else checked(MessageBody, {"text": text})
        if file is not None:
            await add_attachment(case_number, file, caller, visit.centre, key)
        if message is not None:
            await add_message(case_number, message, caller, visit.centre, key)

    return await _after(write, "message", visit, caller, case_number, posted)


async def _after(  # noqa: PLR0913, PLR0917  # what a form is answered from
    act: Callable[[], Awaitable[object]],
    done: str,
    visit: Visit,
    caller: Caller,
    case_number: str,
    posted: PostedForm,
) -> Response:
    """Act, and lead back to the case."""

    async def again(sent: Sent) -> Response:
        return await _case_page(visit, caller, case_number, sent=sent)

    back = f"/cases/{case_number}?{urlencode({'done': done})}"
    return await answered(act, visit, posted, done, back=back, again=again)


def _reason_in(posted: PostedForm) -> str | None:
    return checked(ReasonBody, {"reason": text_in(posted, "reason")}).reason


@router.post("/cases/{case_number}/withdraw")
async def withdraw(
    case_number: CaseNumber, visit: VisitDep, caller: CompanyCaller, posted: PostedForm
) -> Response:
    """End the case at the company's wish."""

    async def end() -> None:
        reason = _reason_in(posted)
        await case_updates.withdraw(visit.centre, caller, case_number, reason, key=key_in(posted))

    return await _after(end, "withdraw", visit, caller, case_number, posted)


@router.post("/cases/{case_number}/hold")
async def hold(
    case_number: CaseNumber, visit: VisitDep, caller: CompanyCaller, posted: PostedForm
) -> Response:
    """Pause the case."""

    async def pause() -> None:
        reason = _reason_in(posted)
        await case_updates.hold(visit.centre, caller, case_number, reason, key=key_in(posted))

    return await _after(pause, "hold", visit, caller, case_number, posted)


@router.post("/cases/{case_number}/go-on")
async def end_hold(
    case_number: CaseNumber, visit: VisitDep, caller: CompanyCaller, posted: PostedForm
) -> Response:
    """Let the paused case go on."""

    async def go_on() -> None:
        await case_updates.end_hold(visit.centre, caller, case_number, key=key_in(posted))

    return await _after(go_on, "go_on", visit, caller, case_number, posted)


@router.post("/cases/{case_number}/reopen")
async def reopen(
    case_number: CaseNumber, visit: VisitDep, caller: CompanyCaller, posted: PostedForm
) -> Response:
    """Ask to take the case up again."""

    async def ask() -> None:
        reason = _reason_in(posted)
        await case_updates.reopen(visit.centre, caller, case_number, reason, key=key_in(posted))

    return await _after(ask, "reopen", visit, caller, case_number, posted)


@router.post("/cases/{case_number}/effects")
async def effects(
    case_number: CaseNumber, visit: VisitDep, caller: CompanyCaller, posted: PostedForm
) -> Response:
    """Keep what the company says its result brought."""

    async def report() -> None:
        effect = checked(EffectReport, answer_from(_EFFECTS, posted))
        await report_effects(case_number, effect, caller, visit.centre, key_in(posted))

    return await _after(report, "effects", visit, caller, case_number, posted)
