"""The human tasks of one case: open, claim, release, reassign, comment, complete, end."""

from collections.abc import Iterator

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from schemas.actor import Actor
    from schemas.base import Instant, task_id
    from schemas.outcome import (
        TaskKind,
    )
    from schemas.policy import Deadline
    from schemas.problem import ProblemType, Refused
    from schemas.task import (
        HumanTask,
        TaskClaim,
        TaskComment,
        TaskCompletion,
        TaskReassignment,
        TaskRelease,
        TaskStatus,
    )
    from workflows.policy import task_rules


class HumanTasks:
    """Tasks by id, in the order they were opened. Each change gives the task a new version."""

    def __init__(self, case_number: str) -> None:
        self._case_number = case_number
        self._tasks: dict[str, HumanTask] = {}

    def __iter__(self) -> Iterator[HumanTask]:
        return iter(self._tasks.values())

    def __getitem__(self, task_id: str) -> HumanTask:
        return self._tasks[task_id]

    @property
    def open_ones(self) -> list[HumanTask]:
        """Tasks that wait for somebody."""
        return [task for task in self._tasks.values() if task.status is TaskStatus.OPEN]

    def get(self, task: str) -> HumanTask:
        """The task of that id.

        Raises:
            Refused: This case has no such task.
        """
        if task not in self._tasks:
            raise Refused(ProblemType.TASK_NOT_FOUND, "There is no such task.")
        return self._tasks[task]

    def answered(self, kind: TaskKind) -> HumanTask:
        """The task of a kind that was answered last; there is one."""
        return [
            task
            for task in self._tasks.values()
            if task.kind is kind and task.status is TaskStatus.COMPLETED
        ][-1]

    def open(  # noqa: PLR0913  # a task has this many properties
        self,
        kind: TaskKind,
        group: str,
        deadline: Deadline,
        *,
        opened_at: Instant,
        expires_at: Instant | None,
        assignee: str | None,
        excluded: tuple[str, ...],
        parameters: dict[str, str],
        documents: dict[str, str],
    ) -> HumanTask:
        """Open a task; its number counts the tasks of its kind in this case."""
        nth = 1 + sum(task.kind is kind for task in self._tasks.values())
        task = HumanTask(
            task_id=task_id(self._case_number, kind.value, nth),
            case_number=self._case_number,
            kind=kind,
            candidate_group=group,
            assignee=assignee,
            opened_at=opened_at,
            deadline=deadline,
            expires_at=expires_at,
            excluded=excluded,
            parameters=parameters,
            documents=documents,
        )
        self._tasks[task.task_id] = task
        return task

    def change(self, task: HumanTask, **changes: object) -> HumanTask:
        """Replace a task by a changed one with the next version."""
        changed = task.model_copy(update={**changes, "version": task.version + 1})
        self._tasks[task.task_id] = changed
        return changed

    def check_claim(self, claim: TaskClaim) -> None:
        """Raise `Refused` unless the claim may be made."""
        task_rules.check_claim(self.get(claim.task_id), claim.actor, claim.expected_version)

    def claim(self, claim: TaskClaim) -> HumanTask:
        """Take a task over; claiming one's own task again changes nothing."""
        self.check_claim(claim)
        task = self.get(claim.task_id)
        if task.assignee == claim.actor.id:
            return task
        return self.change(task, assignee=claim.actor.id)

    def check_release(self, release: TaskRelease) -> None:
        """Raise `Refused` unless the release may be made."""
        task_rules.check_release(self.get(release.task_id), release.actor, release.expected_version)

    def release(self, release: TaskRelease) -> HumanTask:
        """Put a task back into its group's queue."""
        self.check_release(release)
        return self.change(self.get(release.task_id), assignee=None)

    def check_reassignment(self, request: TaskReassignment) -> None:
        """Raise `Refused` unless the reassignment may be made."""
        task_rules.check_reassignment(
            self.get(request.task_id), request.actor, request.assignee, request.expected_version
        )

    def reassign(self, request: TaskReassignment) -> HumanTask:
        """Give a task to somebody else, or back to the queue."""
        self.check_reassignment(request)
        assignee = request.assignee.id if request.assignee is not None else None
        return self.change(self.get(request.task_id), assignee=assignee)

    def check_comment(self, comment: TaskComment) -> None:
        """Raise `Refused` unless the comment may be made."""
        task = self.get(comment.task_id)
        task_rules.check_may_work_on(task, comment.actor)
        task_rules.check_open(task)

    def comment(self, comment: TaskComment) -> HumanTask:
        """Add a comment, by reference."""
        self.check_comment(comment)
        task = self.get(comment.task_id)
        return self.change(task, comments=(*task.comments, comment.document))

    def complete(self, completion: TaskCompletion) -> HumanTask:
        """Complete a task; the caller has checked the completion."""
        task = self.get(completion.task_id)
        return self.change(
            task,
            status=TaskStatus.COMPLETED,
            assignee=completion.actor.id,
            completed_by=completion.actor,
            completed_at=completion.submitted_at,
            outcome=completion.outcome,
        )

    def end(self, task: HumanTask, status: TaskStatus, *, actor: Actor, at: Instant) -> HumanTask:
        """End a task without an answer: expired or cancelled."""
        return self.change(
            self._tasks[task.task_id], status=status, completed_by=actor, completed_at=at
        )
