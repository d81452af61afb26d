"""What people do to tasks: each act changes the task, and is recorded."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from schemas.actor import Role, centre_group, groups_of, institute_group
    from schemas.case import HandlerChange, InstituteSuccession
    from schemas.task import (
        ConflictDeclaration,
        HumanTask,
        TaskClaim,
        TaskComment,
        TaskCompletion,
        TaskReassignment,
        TaskRelease,
    )
    from workflows.policy import task_rules

from workflows.case_file import CaseFile
from workflows.proceeding import Proceeding


def check_completion(case: CaseFile, completion: TaskCompletion, *, short_survey: bool) -> None:
    """Raise `Refused` unless `completion` may complete its task as the case stands."""
    task = case.tasks.get(completion.task_id)
    task_rules.check_completion(task, completion)
    task_rules.check_against_case(completion.outcome, case.snapshot, short_survey=short_survey)


def complete(case: Proceeding, completion: TaskCompletion) -> HumanTask:
    """Take an answer; whoever waits for it goes on."""
    task = case.tasks.complete(completion)
    outcome = completion.outcome
    decided = getattr(outcome, "decision", None) or getattr(outcome, "goal", None)
    late = {} if task_rules.is_in_time(task, completion.submitted_at) else {"late": "true"}
    case.record_task(
        task,
        "task:work:completed",
        completion.actor,
        kind=task.kind.value,
        submitted_at=completion.submitted_at.isoformat(),
        **({"decision": decided} if decided else {}),
        **late,
    )
    return task


def claim(case: Proceeding, request: TaskClaim) -> HumanTask:
    """Take a task over."""
    before = case.tasks.get(request.task_id)
    task = case.tasks.claim(request)
    if task is not before:
        case.record_task(task, "task:work:claimed", request.actor, kind=task.kind.value)
    return task


def release(case: Proceeding, request: TaskRelease) -> HumanTask:
    """Put a task back into the queue."""
    task = case.tasks.release(request)
    case.record_task(task, "task:work:released", request.actor, kind=task.kind.value)
    return task


def reassign(case: Proceeding, request: TaskReassignment) -> HumanTask:
    """Give a task to somebody else; they are told."""
    task = case.tasks.reassign(request)
    case.record_task(
        task,
        "task:work:reassigned",
        request.actor,
        kind=task.kind.value,
        **({"assignee": task.assignee} if task.assignee else {}),
    )
    if task.assignee is not None:
        case.tell(
            "task_assigned",
            f"account:{task.assignee}",
            task=task.task_id,
            task_kind=task.kind.value,
            due_at=task.deadline.due_at.isoformat(),
        )
    return task


def hand_over(case: CaseFile, change: HandlerChange) -> None:
    """Another handler takes the case, with the open tasks of the one before (U14)."""
    before = case.snapshot.handler
    handler = None if change.handler is None else change.handler.id
    case.change(handler=handler)
    case.note("case:handler:changed", change.actor, handler=handler, document=change.reason)
    for task in case.tasks.open_ones:
        if before is not None and task.assignee == before:
            moved = case.tasks.change(task, assignee=handler)
            case.record_task(
                moved, "task:work:reassigned", change.actor, kind=task.kind.value,
                **({"assignee": handler} if handler else {}),
            )  # fmt: skip
    case.tell("handler_changed")
    if handler is not None:
        case.tell("case_handed_over", f"account:{handler}")


def move_to_successor(case: CaseFile, succession: InstituteSuccession) -> None:
    """The institute that followed the lead has the case, with its open tasks (U32)."""
    former = case.snapshot.lead_institute or ""
    moved_to = succession.successor
    prefix = institute_group(former, Role.SUPPORT).removesuffix(Role.SUPPORT.value)
    lead = case.snapshot.lead_assignment
    case.change(
        lead_institute=moved_to,
        handler=None,
        assignments=tuple(
            offer.model_copy(update={"institute": moved_to, "named_staff": None})
            if offer is lead
            else offer
            for offer in case.snapshot.assignments
        ),
    )
    case.note(
        "case:lead:succeeded",
        succession.actor,
        institute=moved_to,
        former=former,
        document=succession.reason,
    )
    for task in case.tasks.open_ones:
        if task.candidate_group.startswith(prefix):
            role = Role(task.candidate_group.removeprefix(prefix))
            moved = case.tasks.change(
                task, candidate_group=institute_group(moved_to, role), assignee=None
            )
            case.record_task(moved, "task:work:reassigned", succession.actor, kind=task.kind.value)
    case.tell("institute_changed", institute=moved_to)
    case.tell("case_handed_over", case.lead_group(Role.DEPT_HEAD))


def declare_conflict(case: CaseFile, declaration: ConflictDeclaration) -> HumanTask:
    """Keep who has an interest in the case out of it; the superiors find somebody else (U34)."""
    actor = declaration.actor
    case.excluded = (*case.excluded, actor.id)
    case.note("case:conflict:declared", actor)
    if case.snapshot.handler == actor.id:
        case.change(handler=None)
    for task in case.tasks.open_ones:
        if task.candidate_group in groups_of(actor) or task.assignee == actor.id:
            kept_out = case.tasks.change(
                task,
                excluded=(*task.excluded, actor.id),
                assignee=None if task.assignee == actor.id else task.assignee,
            )
            case.record_task(kept_out, "task:work:released", actor, kind=task.kind.value)
    case.tell("conflict_declared", centre_group(Role.COORDINATOR), task=declaration.task_id)
    if actor.institute is not None:
        head = institute_group(actor.institute, Role.DEPT_HEAD)
        case.tell("conflict_declared", head, task=declaration.task_id)
    return case.tasks.get(declaration.task_id)


def comment(case: Proceeding, request: TaskComment) -> HumanTask:
    """Add a comment to a task, by reference."""
    task = case.tasks.comment(request)
    case.record_task(
        task, "task:work:commented", request.actor, kind=task.kind.value, document=request.document
    )
    return task
