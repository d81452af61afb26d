"""What people do to tasks: claim, release, reassign, comment, extend, complete."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final, Literal, cast
from uuid import UUID

from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from temporalio.client import WorkflowUpdateFailedError

from api.acts import Act, ArgumentT, Change, is_projected, store_text, update
from api.auth import Caller, scope_of
from api.centre import Centre
from api.idempotency import once
from api.named import check_named, find_assignable
from infra.postgres import documents, tasks
from schemas.actor import Actor, groups_of
from schemas.base import WireModel, is_round
from schemas.outcome import OUTCOMES, Outcome, TaskKind
from schemas.problem import ProblemType, Refused
from schemas.task import (
    ConflictDeclaration,
    HumanTask,
    TaskClaim,
    TaskComment,
    TaskCompletion,
    TaskExtension,
    TaskReassignment,
    TaskReceipt,
    TaskRelease,
)
from workflows.policy.task_rules import check_outcome, text_fields
from workflows.support_case import SupportCase

TASK_UNKNOWN: Final = "There is no such task for you."


class TaskAnswer(WireModel):
    """A task after a change.

    Attributes:
        projection: `pending` while lists do not show the change yet.
    """

    task: HumanTask
    projection: Literal["done", "pending"]


async def claim(
    centre: Centre, caller: Caller, task_id: str, *, expected: int | None, key: str
) -> TaskAnswer:
    """Take a task over from its group."""
    await check_may_work_on(centre, caller.actor, task_id)
    claim = TaskClaim(task_id=task_id, actor=caller.actor, expected_version=expected)
    return await _change_task(
        centre, Act(caller, "claim", task_id, key), SupportCase.claim_task, claim
    )


async def release(
    centre: Centre, caller: Caller, task_id: str, *, expected: int | None, key: str
) -> TaskAnswer:
    """Put a claimed task back into its group's queue."""
    await check_may_work_on(centre, caller.actor, task_id)
    release = TaskRelease(task_id=task_id, actor=caller.actor, expected_version=expected)
    return await _change_task(
        centre, Act(caller, "release", task_id, key), SupportCase.release_task, release
    )


async def reassign(  # noqa: PLR0913  # each is named at the call
    centre: Centre,
    caller: Caller,
    task_id: str,
    *,
    assignee: str | None,
    expected: int | None,
    key: str,
) -> TaskAnswer:
    """Give a task to somebody else of its group, by account id, or back to the queue."""
    task = await find_visible(centre, caller.actor, task_id)
    chosen = (
        None
        if assignee is None
        else await find_assignable(centre, assignee, task.candidate_group, field="/assignee")
    )
    change = TaskReassignment(
        task_id=task_id, actor=caller.actor, assignee=chosen, expected_version=expected
    )
    return await _change_task(
        centre, Act(caller, "reassign", task_id, key), SupportCase.reassign_task, change
    )


async def comment(
    centre: Centre, caller: Caller, task_id: str, text: str, *, key: str
) -> TaskAnswer:
    """Write a comment that whoever works on the task will read."""
    await check_may_work_on(centre, caller.actor, task_id)
    act = Act(caller, "comment", task_id, key)
    reference = await store_text(centre, act, "comment", text)
    change = TaskComment(task_id=task_id, actor=caller.actor, document=reference)
    return await _change_task(centre, act, SupportCase.comment_task, change)


async def declare_conflict(centre: Centre, caller: Caller, task_id: str, *, key: str) -> TaskAnswer:
    """Keep out of the task's case, because one has an interest in it."""
    task = await check_may_work_on(centre, caller.actor, task_id)
    if is_round(task.case_number):
        raise Refused(
            ProblemType.NOT_ALLOWED,
            "Declare it for each application on the score sheet, or say that you cannot review.",
        )
    declaration = ConflictDeclaration(task_id=task_id, actor=caller.actor)
    return await _change_task(
        centre, Act(caller, "conflict", task_id, key), SupportCase.declare_conflict, declaration
    )


async def extend(  # noqa: PLR0913  # each is named at the call
    centre: Centre,
    caller: Caller,
    task_id: str,
    reason: str,
    *,
    expected: int | None,
    key: str,
) -> TaskAnswer:
    """Ask for more time for a task; the company is told, or asked for its consent."""
    task = await check_may_work_on(centre, caller.actor, task_id)
    if is_round(task.case_number):
        raise Refused(
            ProblemType.EXTENSION_REFUSED,
            "Others wait for this answer, so it cannot be extended. Complete it, or release it.",
        )
    act = Act(caller, "extend", task_id, key)
    reference = await store_text(centre, act, "extension", reason)
    change = TaskExtension(
        task_id=task_id, actor=caller.actor, expected_version=expected, reason=reference
    )
    return await _change_task(centre, act, SupportCase.extend_task, change)


async def complete(  # noqa: PLR0913  # each is named at the call
    centre: Centre,
    caller: Caller,
    task_id: str,
    outcome: Mapping[str, Any],
    *,
    expected: int | None,
    key: str,
) -> TaskAnswer:
    """Answer a task: check the whole answer, store its texts and the answer, tell the case.

    Raises:
        RequestValidationError: The outcome does not have the form of the task's kind.
        Refused: A rule of the task says no.
    """
    task = await check_may_work_on(centre, caller.actor, task_id)
    checked = parse_outcome(task.kind, outcome)
    check_outcome(checked)
    act = Act(caller, "complete", task_id, key)

    async def act_now() -> TaskAnswer:
        await check_named(centre, caller.actor, task, checked)
        return await _submit(centre, act, checked, expected)

    return await once(centre, act.attempt(checked.model_dump_json(), TaskAnswer), act_now)


async def _submit(centre: Centre, act: Act, checked: WireModel, expected: int | None) -> TaskAnswer:
    references = {
        name: await store_text(centre, act, f"{kind_of(act.subject)}.{name}", value)
        for name in text_fields(checked)
        if (value := getattr(checked, name)) is not None
    }
    completion = TaskCompletion(
        task_id=act.subject,
        actor=act.caller.actor,
        expected_version=expected,
        submitted_at=centre.clock(),
        outcome=cast("Outcome", checked.model_copy(update=references)),
    )
    submission_id = UUID(act.update_id)
    submitted_at = await documents.add_submission(centre.pool, submission_id, completion)
    completion = completion.model_copy(update={"submitted_at": submitted_at})
    try:
        receipt = await update(centre, act, SupportCase.complete_task, completion)
    except WorkflowUpdateFailedError:
        # Refused by a rule. Other failures leave it `stored`: the workflow looks for those before
        # it lets a task expire.
        await documents.settle_submission(centre.pool, submission_id, taken=False)
        raise
    await documents.settle_submission(centre.pool, submission_id, taken=True)
    return await _task_answer(centre, receipt)


def kind_of(task_id: str) -> TaskKind:
    """The kind in a task's id.

    Raises:
        Refused: `task-not-found` for an id that no task can have.
    """
    name = task_id.split(".")[1]
    for kind in TaskKind:
        if kind.value == name:
            return kind
    raise Refused(ProblemType.TASK_NOT_FOUND, TASK_UNKNOWN)


def parse_outcome(kind: TaskKind, outcome: Mapping[str, Any]) -> WireModel:
    """The outcome as the model of the task's kind; `kind` itself may be left out.

    Raises:
        Refused: `outcome-mismatch` for an outcome of another kind.
        RequestValidationError: A field is unknown, missing or has a value it cannot have.
    """
    model = OUTCOMES[kind]
    if outcome.get("kind", kind.value) != kind.value:
        raise Refused(
            ProblemType.OUTCOME_MISMATCH,
            f"This task needs an outcome of kind “{kind.value}”.",
            field="/outcome/kind",
        )
    errors: list[dict[str, Any]] = [
        {"loc": ("body", "outcome", name), "type": fault}
        for name, value in outcome.items()
        if (fault := _fault_of(model, name, value)) is not None
    ]
    try:
        checked = model.model_validate({**outcome, "kind": kind.value})
    except ValidationError as error:
        errors += [
            {"loc": ("body", "outcome", *item["loc"]), "type": item["type"]}
            for item in error.errors(include_input=False, include_context=False)
        ]
        raise RequestValidationError(errors) from None
    if errors:
        raise RequestValidationError(errors)
    return checked


def _fault_of(model: type[WireModel], name: str, value: object) -> str | None:
    """What is wrong with a field that histories must be able to hold, but nobody may send."""
    field = model.model_fields.get(name)
    if field is None:
        return "extra_forbidden"
    if not isinstance(value, str):
        return None
    if "\0" in value:
        return "unstorable_text"
    marks = cast("dict[str, Any]", field.json_schema_extra or {})
    return "date_parsing" if marks.get("format") == "date" and not _is_day(value) else None


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


async def find_visible(centre: Centre, actor: Actor, task_id: str) -> HumanTask:
    """A task of the actor's groups, or any task for the centre's coordinators and auditors.

    Raises:
        Refused: `task-not-found`, for a task that does not exist and for others' tasks alike.
    """
    task = await tasks.find(centre.pool, task_id)
    if task is None or not _may_see(actor, task):
        raise Refused(ProblemType.TASK_NOT_FOUND, TASK_UNKNOWN)
    return task


async def check_may_work_on(centre: Centre, actor: Actor, task_id: str) -> HumanTask:
    """The task, when it belongs to the actor's groups; asked before anything is stored.

    Raises:
        Refused: `task-not-found`.
    """
    task = await tasks.find(centre.pool, task_id)
    if task is None or task.candidate_group not in groups_of(actor):
        raise Refused(ProblemType.TASK_NOT_FOUND, TASK_UNKNOWN)
    return task


def _may_see(actor: Actor, task: HumanTask) -> bool:
    return task.candidate_group in groups_of(actor) or scope_of(actor).everything


async def _change_task(
    centre: Centre,
    act: Act,
    change: Change[ArgumentT, TaskReceipt],
    argument: ArgumentT,
) -> TaskAnswer:
    async def act_now() -> TaskAnswer:
        receipt = await update(centre, act, change, argument)
        return await _task_answer(centre, receipt)

    return await once(centre, act.attempt(argument.model_dump_json(), TaskAnswer), act_now)


async def _task_answer(centre: Centre, receipt: TaskReceipt) -> TaskAnswer:
    done = await is_projected(centre, receipt.task.case_number, receipt.case_version)
    return TaskAnswer(task=receipt.task, projection="done" if done else "pending")
