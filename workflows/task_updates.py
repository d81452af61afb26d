"""The updates by which people work on tasks: the same for cases and for rounds."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from schemas.task import (
        HumanTask,
        TaskClaim,
        TaskComment,
        TaskCompletion,
        TaskReassignment,
        TaskReceipt,
        TaskRelease,
    )
    from workflows.policy import task_rules

from workflows import task_acts
from workflows.proceeding import Proceeding
from workflows.refusals import refusals


class TaskUpdates:
    """Claim, release, reassign, comment, complete. A wrong move is refused before it is history.

    Attributes:
        proceeding: Whose tasks are worked on.
    """

    proceeding: Proceeding

    @workflow.update(description="Claim a task")
    def claim_task(self, request: TaskClaim) -> TaskReceipt:
        with refusals():
            return self.receipt(task_acts.claim(self.proceeding, request))

    @claim_task.validator
    def _refuse_claim(self, request: TaskClaim) -> None:
        with refusals():
            self.proceeding.tasks.check_claim(request)

    @workflow.update(description="Put a task back into its queue")
    def release_task(self, request: TaskRelease) -> TaskReceipt:
        with refusals():
            return self.receipt(task_acts.release(self.proceeding, request))

    @release_task.validator
    def _refuse_release(self, request: TaskRelease) -> None:
        with refusals():
            self.proceeding.tasks.check_release(request)

    @workflow.update(description="Give a task to somebody else")
    def reassign_task(self, request: TaskReassignment) -> TaskReceipt:
        with refusals():
            return self.receipt(task_acts.reassign(self.proceeding, request))

    @reassign_task.validator
    def _refuse_reassignment(self, request: TaskReassignment) -> None:
        with refusals():
            self.proceeding.tasks.check_reassignment(request)

    @workflow.update(description="Comment on a task")
    def comment_task(self, request: TaskComment) -> TaskReceipt:
        with refusals():
            return self.receipt(task_acts.comment(self.proceeding, request))

    @comment_task.validator
    def _refuse_comment(self, request: TaskComment) -> None:
        with refusals():
            self.proceeding.tasks.check_comment(request)

    @workflow.update(description="Complete a task; what waits for it goes on at once")
    def complete_task(self, completion: TaskCompletion) -> TaskReceipt:
        with refusals():
            self.check_completion(completion)
            before = self.proceeding.tasks.get(completion.task_id)
            task = task_acts.complete(self.proceeding, completion)
        self.completed(before, completion)
        return self.receipt(task)

    @complete_task.validator
    def _refuse_completion(self, completion: TaskCompletion) -> None:
        with refusals():
            self.check_completion(completion)
            self.check_new(completion)

    # -- what each kind of proceeding adds --

    def check_completion(self, completion: TaskCompletion) -> None:
        """Raise `Refused` unless an answer may be taken as things stand."""
        task_rules.check_completion(self.proceeding.tasks.get(completion.task_id), completion)

    def check_new(self, completion: TaskCompletion) -> None:
        """Raise `Refused` by rules that must not be asked again of answers in histories."""

    def completed(self, before: HumanTask, completion: TaskCompletion) -> None:
        """An answer was taken; `before` is its task as it was."""

    def receipt(self, task: HumanTask) -> TaskReceipt:
        """What an update answers."""
        return TaskReceipt(task=task, case_version=self.proceeding.version)
