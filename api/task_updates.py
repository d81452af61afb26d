"""What people do to tasks and cases: texts are stored first, then the case's workflow is told.

The JSON routes and the pages use the same functions.
"""

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final, Literal, TypeVar, cast
from uuid import UUID

from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from temporalio.client import WorkflowUpdateFailedError
from temporalio.service import RPCError, RPCStatusCode

from api.auth import Caller, scope_of
from api.centre import Centre, calling_temporal
from api.idempotency import Attempt, derived_id, once
from api.named import check_named, find_assignable
from infra.postgres import cases, documents, tasks
from infra.postgres.documents import Document
from schemas.actor import Actor, Role, groups_of, institute_group
from schemas.base import WireModel, case_number_of
from schemas.case import (
    CaseSnapshot,
    CaseStatus,
    HandlerChange,
    HoldRequest,
    ReopenRequest,
    Withdrawal,
)
from schemas.document import document_reference
from schemas.outcome import (
    OUTCOMES,
    Outcome,
    TaskKind,
)
from schemas.problem import ProblemType, Refused
from schemas.task import (
    HumanTask,
    TaskClaim,
    TaskComment,
    TaskCompletion,
    TaskExtension,
    TaskReassignment,
    TaskReceipt,
    TaskRelease,
)
from workflows.policy.personal_data import without_resident_numbers
from workflows.policy.task_rules import check_outcome, text_fields
from workflows.support_case import SupportCase

RPC_TIMEOUT: Final = timedelta(seconds=10)
PROJECTION_WAIT_SECONDS: Final = 1.5
_POLL_SECONDS: Final = 0.03

TASK_UNKNOWN: Final = "There is no such task for you."
AnswerT = TypeVar("AnswerT", bound=WireModel)


class TaskAnswer(WireModel):
    """A task after a change.

    Attributes:
        projection: `pending` while lists do not show the change yet.
    """

    task: HumanTask
    projection: Literal["done", "pending"]


class CaseAnswer(WireModel):
    """A case after a change."""

    case_number: str
    status: CaseStatus
    projection: Literal["done", "pending"]


@dataclass(frozen=True)
class Act:
    """One act of one caller, repeatable under its key.

    Attributes:
        operation: What is done, such as `complete`.
        subject: Id of the task or case it is done to.
    """

    caller: Caller
    operation: str
    subject: str
    key: str

    @property
    def scope(self) -> str:
        """Where the key is unique: another caller's same key is another key."""
        who = self.caller.actor.id
        return f"{self.operation}/{self.subject}/{who}"

    @property
    def update_id(self) -> str:
        """The id under which the workflow takes this act once."""
        return str(derived_id(self.scope, self.key))

    def attempt(self, body: str, answer: type[AnswerT]) -> Attempt[AnswerT]:
        """This act as a request that may be repeated."""
        return Attempt(scope=self.scope, key=self.key, body=body.encode(), answer=answer)


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
    await check_may_work_on(centre, caller.actor, task_id)
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
        receipt = await _update(centre, act, SupportCase.complete_task, completion, TaskReceipt)
    except WorkflowUpdateFailedError:
        # Refused by a rule. Other failures leave it `stored`: the workflow looks for those before
        # it lets a task expire.
        await documents.settle_submission(centre.pool, submission_id, taken=False)
        raise
    await documents.settle_submission(centre.pool, submission_id, taken=True)
    return await _task_answer(centre, receipt)


async def withdraw(
    centre: Centre, caller: Caller, case_number: str, reason: str | None, *, key: str
) -> CaseAnswer:
    """End a case at the company's wish."""
    act = Act(caller, "withdraw", case_number, key)

    async def act_now() -> CaseAnswer:
        reference = reason and await store_text(centre, act, "withdraw", reason)
        change = Withdrawal(
            actor_id=caller.actor.id, submitted_at=centre.clock(), reason=reference or None
        )
        snapshot = await _update(centre, act, SupportCase.withdraw, change, CaseSnapshot)
        return await _case_answer(centre, snapshot)

    return await once(centre, act.attempt(reason or "", CaseAnswer), act_now)


async def reopen(
    centre: Centre, caller: Caller, case_number: str, reason: str | None, *, key: str
) -> CaseAnswer:
    """Ask to take a closed case up again."""
    act = Act(caller, "reopen", case_number, key)

    async def act_now() -> CaseAnswer:
        reference = reason and await store_text(centre, act, "reopen", reason)
        change = ReopenRequest(
            actor_id=caller.actor.id, submitted_at=centre.clock(), reason=reference or None
        )
        snapshot = await _update(centre, act, SupportCase.reopen, change, CaseSnapshot)
        return await _case_answer(centre, snapshot)

    return await once(centre, act.attempt(reason or "", CaseAnswer), act_now)


async def change_handler(  # noqa: PLR0913  # each is named at the call
    centre: Centre,
    caller: Caller,
    case_number: str,
    *,
    account_id: str | None,
    reason: str | None,
    key: str,
) -> CaseAnswer:
    """Name who handles a case at its lead institute, by account id, or nobody in particular."""
    stored = await cases.find(centre.pool, case_number)
    lead = None if stored is None or stored.snapshot is None else stored.snapshot.lead_institute
    desk = institute_group(lead or "", Role.SUPPORT)
    handler = (
        None
        if account_id is None
        else await find_assignable(centre, account_id, desk, field="/handler")
    )
    act = Act(caller, "handler", case_number, key)

    async def act_now() -> CaseAnswer:
        reference = reason and await store_text(centre, act, "handler", reason)
        change = HandlerChange(actor=caller.actor, handler=handler, reason=reference or None)
        snapshot = await _update(centre, act, SupportCase.change_handler, change, CaseSnapshot)
        return await _case_answer(centre, snapshot)

    return await once(centre, act.attempt(f"{account_id}\n{reason}", CaseAnswer), act_now)


async def hold(
    centre: Centre, caller: Caller, case_number: str, reason: str | None, *, key: str
) -> CaseAnswer:
    """Pause a case at the company's wish."""
    return await _hold(centre, Act(caller, "hold", case_number, key), SupportCase.hold, reason)


async def end_hold(centre: Centre, caller: Caller, case_number: str, *, key: str) -> CaseAnswer:
    """Let a paused case go on."""
    return await _hold(centre, Act(caller, "end_hold", case_number, key), SupportCase.end_hold)


async def _hold(
    centre: Centre,
    act: Act,
    update: Any,  # noqa: ANN401  # one of SupportCase's updates
    reason: str | None = None,
) -> CaseAnswer:
    async def act_now() -> CaseAnswer:
        reference = reason and await store_text(centre, act, act.operation, reason)
        change = HoldRequest(
            actor_id=act.caller.actor.id, submitted_at=centre.clock(), reason=reference or None
        )
        snapshot = await _update(centre, act, update, change, CaseSnapshot)
        return await _case_answer(centre, snapshot)

    return await once(centre, act.attempt(reason or "", CaseAnswer), act_now)


async def store_text(centre: Centre, act: Act, purpose: str, text: str) -> str:
    """Store a text that belongs to an act, and return its reference.

    Resident registration numbers are removed before the first write.
    """
    kept = without_resident_numbers(text)
    document_id = derived_id(act.scope, act.key, purpose)
    await documents.add(
        centre.pool,
        Document(
            document_id=document_id,
            case_number=case_number_of(act.subject),
            purpose=purpose,
            body=kept,
            sha256=hashlib.sha256(kept.encode()).hexdigest(),
            written_by=act.caller.actor.id,
            written_at=centre.clock(),
        ),
    )
    return document_reference(document_id.hex, kept)


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


async def is_projected(centre: Centre, case_number: str, version: int) -> bool:
    """Whether the read model reached `version`, after a short wait if need be."""
    loop = asyncio.get_running_loop()
    until = loop.time() + PROJECTION_WAIT_SECONDS
    while True:
        if (await cases.version(centre.pool, case_number) or 0) >= version:
            return True
        if loop.time() >= until:
            return False
        await asyncio.sleep(_POLL_SECONDS)


async def _update(
    centre: Centre,
    act: Act,
    update: Any,  # noqa: ANN401  # one of SupportCase's updates
    argument: WireModel,
    answer_type: type[AnswerT],  # one of SupportCase's updates
) -> AnswerT:
    case_number = case_number_of(act.subject)
    handle = centre.temporal.get_workflow_handle_for(SupportCase.run, case_number)
    try:
        with calling_temporal():
            answer = await handle.execute_update(
                update, argument, id=act.update_id, rpc_timeout=RPC_TIMEOUT, result_type=answer_type
            )
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        raise await _not_running(centre, case_number) from error
    return cast("AnswerT", answer)


async def _not_running(centre: Centre, case_number: str) -> Refused:
    """Why a case that exists has no running workflow."""
    stored = await cases.find(centre.pool, case_number)
    snapshot = None if stored is None else stored.snapshot
    if snapshot is not None and snapshot.status is CaseStatus.CLOSED:
        return Refused(
            ProblemType.CASE_CLOSED,
            "The case has ended, and the time to reopen it has passed. File a new one.",
        )
    return Refused(
        ProblemType.TEMPORARILY_UNAVAILABLE,
        "The case was received and starts in a moment. Repeat the request then.",
    )


async def _change_task(
    centre: Centre,
    act: Act,
    update: Any,  # noqa: ANN401  # one of SupportCase's updates
    argument: WireModel,  # one of SupportCase's updates
) -> TaskAnswer:
    async def act_now() -> TaskAnswer:
        receipt = await _update(centre, act, update, argument, TaskReceipt)
        return await _task_answer(centre, receipt)

    return await once(centre, act.attempt(argument.model_dump_json(), TaskAnswer), act_now)


async def _task_answer(centre: Centre, receipt: TaskReceipt) -> TaskAnswer:
    done = await is_projected(centre, receipt.task.case_number, receipt.case_version)
    return TaskAnswer(task=receipt.task, projection="done" if done else "pending")


async def _case_answer(centre: Centre, snapshot: CaseSnapshot) -> CaseAnswer:
    done = await is_projected(centre, snapshot.case_number, snapshot.version)
    return CaseAnswer(
        case_number=snapshot.case_number,
        status=snapshot.status,
        projection="done" if done else "pending",
    )
