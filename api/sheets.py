"""Score sheets of a round: each reviewer reads and writes their own, blind of the others'."""

from collections.abc import Mapping

from api import task_updates
from api.auth import Caller
from api.centre import Centre
from api.reading import texts_of
from infra.postgres import rounds
from schemas.base import CaseNumber, Instant, Krw, WireModel
from schemas.outcome import TaskKind
from schemas.problem import ProblemType, Refused
from schemas.sheet import Assessment, ScoreSheet
from schemas.task import HumanTask, TaskStatus


class SheetLine(WireModel):
    """An application as its reviewers see it, with this reviewer's assessment."""

    case_number: CaseNumber
    title: str
    institute: str
    months: float | None
    budget_krw: Krw
    submitted_at: Instant
    application: str | None
    partners: str | None
    assessment: Assessment


class SheetView(WireModel):
    """A reviewer's sheet.

    Attributes:
        sheet: Its SHA-256, named when it is handed in.
        complete: Whether every application is assessed.
    """

    task_id: str
    round_id: str
    lines: list[SheetLine]
    sheet: str
    complete: bool


async def view(centre: Centre, caller: Caller, task_id: str) -> SheetView:
    """The caller's sheet as it was saved last, over every application that takes part.

    Raises:
        Refused: `task-not-found` for a task that is no sheet of the caller's.
    """
    task = await _own_task(centre, caller, task_id)
    saved = await rounds.latest_sheet(centre.pool, task_id) or ScoreSheet()
    return await _view(centre, task, saved)


async def save(
    centre: Centre, caller: Caller, task_id: str, assessments: Mapping[str, Assessment]
) -> SheetView:
    """Save a sheet, complete or not; it counts when its task is answered with its hash.

    Raises:
        Refused: `task-not-found`, `task-not-open`, or `invalid-request` for an application that
            does not take part, or one with a conflict of interest and scores.
    """
    task = await _own_task(centre, caller, task_id)
    if task.status is not TaskStatus.OPEN:
        raise Refused(ProblemType.TASK_NOT_OPEN, "The sheet was handed in, or its time is over.")
    listed = await rounds.taking_part(centre.pool, task.case_number)
    for case_number, assessment in assessments.items():
        field = f"/assessments/{case_number}"
        if case_number not in listed:
            raise Refused(
                ProblemType.INVALID_REQUEST,
                "This application does not take part in the round.",
                field=field,
            )
        if assessment.conflict and assessment != Assessment(conflict=True):
            raise Refused(
                ProblemType.INVALID_REQUEST,
                "Who declares a conflict of interest gives no scores. Remove one of the two.",
                field=field,
            )
    sheet = ScoreSheet(assessments=dict(assessments))
    await rounds.save_sheet(
        centre.pool, task_id, task.case_number, sheet, caller.actor.id, centre.clock()
    )
    return await _view(centre, task, sheet)


async def _own_task(centre: Centre, caller: Caller, task_id: str) -> HumanTask:
    task = await task_updates.check_may_work_on(centre, caller.actor, task_id)
    if task.kind is not TaskKind.SCORE_APPLICATIONS or task.assignee != caller.actor.id:
        raise Refused(ProblemType.TASK_NOT_FOUND, task_updates.TASK_UNKNOWN)
    return task


async def _view(centre: Centre, task: HumanTask, sheet: ScoreSheet) -> SheetView:
    listed = await rounds.taking_part(centre.pool, task.case_number)
    references = {
        f"{number}/{name}": reference
        for number, row in listed.items()
        for name, reference in (("plan", row.application.plan), ("by", row.application.partners))
        if reference is not None
    }
    texts = await texts_of(centre, references)
    return SheetView(
        task_id=task.task_id,
        round_id=task.case_number,
        lines=[
            SheetLine(
                case_number=number,
                title=row.title,
                institute=row.application.institute,
                months=row.application.months,
                budget_krw=row.budget_krw,
                submitted_at=row.submitted_at,
                application=texts.get(f"{number}/plan"),
                partners=texts.get(f"{number}/by"),
                assessment=sheet.assessments.get(number, Assessment()),
            )
            for number, row in sorted(listed.items())
        ],
        sheet=sheet.sha256,
        complete=sheet.assesses(listed),
    )
