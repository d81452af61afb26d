"""More time for a task: given once by the handler, once more with the company's consent."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from schemas.actor import COMPANY_GROUP, SYSTEM, Actor
    from schemas.outcome import ConsentExtension
    from schemas.task import HumanTask, TaskExtension, TaskStatus

from workflows.asking import Question, ask_until
from workflows.case_file import CaseFile


def extend(case: CaseFile, request: TaskExtension) -> HumanTask:
    """Ask for more time: given once by the handler, once more with the company's consent."""
    task = case.tasks.get(request.task_id)
    case.note("case:extension:asked", request.actor, task=task.task_id, document=request.reason)
    if task.extensions < case.policy.count("extension.self"):
        return _grant(case, task.task_id, request.actor)
    case.spawn(_ask_for_consent(case, task.task_id, request.reason))
    return task


def _grant(case: CaseFile, task_id: str, actor: Actor = SYSTEM) -> HumanTask:
    """Allow more time; whoever waits for the task counts its due date again."""
    task = case.tasks.get(task_id)
    granted = case.tasks.change(task, extensions=task.extensions + 1)
    case.record_task(granted, "task:work:extension_granted", actor, kind=task.kind.value)
    return granted


async def _ask_for_consent(case: CaseFile, task_id: str, reason: str) -> None:
    """A second extension needs the company's word; silence is none."""
    answer = await ask_until(
        case,
        Question(
            ConsentExtension,
            COMPANY_GROUP,
            due="extension.consent",
            announce="extension_consent",
            documents={"reason": reason},
        ),
    )
    # Meanwhile the task may have been done, or taken back.
    is_open = case.tasks.get(task_id).status is TaskStatus.OPEN
    if answer is not None and answer.decision == "agree" and is_open:
        _grant(case, task_id)
    case.note(
        "case:extension:answered", task=task_id, decision=answer.decision if answer else "silent"
    )
