"""Asks a person something and waits: reminds, escalates, expires, as the task's ladder says."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from schemas.actor import COMPANY_GROUP, SYSTEM, Role, centre_group
    from schemas.base import WireModel
    from schemas.case import CaseOutcome
    from schemas.outcome import EndHold, ResolveOverdue, TaskKind
    from schemas.policy import Deadline, Period
    from schemas.record import SubmissionQuery
    from schemas.task import (
        HumanTask,
        TaskStatus,
    )
    from workflows.policy.ladder import Rung, Step, next_rung

from workflows import activity_stubs
from workflows.proceeding import Ended, Proceeding
from workflows.task_acts import complete

_Outcome = TypeVar("_Outcome", bound=WireModel)


@dataclass(frozen=True)
class Question(Generic[_Outcome]):
    """What a person is asked.

    Attributes:
        outcome: The outcome model; it names the kind of task.
        group: Candidate group that may answer.
        due: Policy key of the period for the answer.
        expiry: Policy key of the period after which the task expires, where that is longer than
            `due`; only `ask_until` lets a task expire.
        period: A period agreed for this case, in place of the policy's.
        start: When the period begins; when it is asked by default.
        not_before: An instant before which the task is not due.
        due_at: A fixed date, such as a round's cut-off, in place of a period that is counted.
        assignee: Account that handles the case already, if any.
        excluded: Accounts that may not answer, besides those that the case excludes.
        reminders: Policy key of the reminders.
        announce: Template of the message that the task is there; None for an offer that needs no
            answer, which is not reminded of either.
        remind: Template of its reminders.
        documents: Texts to be read, by name; absent ones are left out.
        parameters: Codes that the page shows.
    """

    outcome: type[_Outcome]
    group: str
    due: str
    expiry: str | None = None
    period: Period | None = None
    start: datetime | None = None
    not_before: datetime | None = None
    due_at: datetime | None = None
    assignee: str | None = None
    excluded: tuple[str, ...] = ()
    reminders: str | None = "ladder.remind_at"
    announce: str | None = "task_assigned"
    remind: str = "task_reminder"
    documents: Mapping[str, str | None] = field(default_factory=dict[str, str | None])
    parameters: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def kind(self) -> TaskKind:
        """The kind of task that has this outcome."""
        return TaskKind(self.outcome.model_fields["kind"].default)

    @property
    def escalates(self) -> bool:
        """Superiors hear of a delay, except of the company's own."""
        return self.group != COMPANY_GROUP


async def ask(case: Proceeding, question: Question[_Outcome]) -> _Outcome:
    """Ask, and wait for the answer however long it takes; superiors hear of a delay.

    Raises:
        Ended: The case ended first.
    """
    answer = await _Inquiry(case, question, expires=False).answer()
    if answer is None:
        raise Ended(CaseOutcome.NOT_SOLVED, "task_expired")
    return answer


async def ask_until(case: Proceeding, question: Question[_Outcome]) -> _Outcome | None:
    """Ask, and go on without an answer when its time is over.

    Returns:
        The answer; None when the task expired, after the policy's grace and a last look for an
        answer that was submitted in time.

    Raises:
        Ended: The case ended first.
    """
    return await _Inquiry(case, question, expires=True).answer()


class _Inquiry(Generic[_Outcome]):
    """One question on its way: its task, how far up the ladder it is, what answers it."""

    def __init__(self, case: Proceeding, question: Question[_Outcome], *, expires: bool) -> None:
        self._case = case
        self._question = question
        self._expires = expires
        self._extensions: tuple[str, ...] = ()
        self._climbed: Rung | None = None
        self._clock_changes = case.clock_changes
        self._task_id = ""
        self._resolving_id: str | None = None
        self._granted = 0

    @property
    def _task(self) -> HumanTask:
        return self._case.tasks[self._task_id]

    @property
    def _is_over(self) -> bool:
        return self._task.status is not TaskStatus.OPEN

    async def answer(self) -> _Outcome | None:
        try:
            await self._open()
            while not self._is_over:
                await self._climb()
        except (asyncio.CancelledError, Ended):
            # The case ended, or something else made the answer unnecessary. Not `finally`: a
            # worker that evicts the case from its cache closes this coroutine too.
            if self._task_id and not self._is_over:
                self._case.cancel_task(self._task)
            self._take_back_resolving()
            raise
        self._take_back_resolving()
        outcome = self._task.outcome
        return outcome if isinstance(outcome, self._question.outcome) else None

    async def _open(self) -> None:
        case, question = self._case, self._question
        opened_at = workflow.now()
        with case.transition():
            deadline = await self._deadline(opened_at)
            expires_at = None
            if self._expires:
                expires_at = deadline.due_at
            if question.expiry is not None:
                longer = await case.deadline(question.expiry, start=question.start or opened_at)
                expires_at = longer.due_at
            documents = {name: ref for name, ref in question.documents.items() if ref is not None}
            task = case.tasks.open(
                question.kind,
                question.group,
                deadline,
                opened_at=opened_at,
                expires_at=expires_at,
                assignee=question.assignee,
                excluded=((*case.excluded, *question.excluded) if question.escalates else ()),
                parameters=dict(question.parameters),
                documents=documents,
            )
            self._task_id = task.task_id
            case.record_task(task, "task:work:opened", kind=task.kind.value)
            if question.announce is not None:
                self._tell(question.announce)

    async def _climb(self) -> None:
        """Wait for an answer until the next rung; then climb it."""
        if self._stands_still:
            await self._case.wait(lambda: self._is_over or not self._stands_still)
            return
        rung = next_rung(self._task, self._climbed, escalates=self._question.escalates)
        interrupted = await self._case.wait(
            lambda: (
                self._is_over
                or self._clock_changes != self._case.clock_changes
                or self._resolution is not None
                or self._stands_still
                or self._task.extensions > self._granted
            ),
            until=rung.at if rung is not None else None,
            summary=f"{self._question.kind.value}: {rung.step.name.lower() if rung else 'answer'}",
        )
        if self._is_over:
            return
        if self._clock_changes != self._case.clock_changes:
            await self._count_again()
        elif self._resolution is not None:
            await self._resolve(self._resolution)
        elif self._task.extensions > self._granted:
            await self._extend()
        elif rung is not None and not interrupted:
            self._climbed = rung
            await self._reach(rung)

    async def _reach(self, rung: Rung) -> None:
        case, task = self._case, self._task
        kind = task.kind.value
        match rung.step:
            case Step.REMIND:
                case.record_task(task, "task:work:reminded", kind=kind)
                self._tell(self._question.remind)
            case Step.OVERDUE:
                task = case.tasks.change(task, level=1)
                case.record_task(task, "task:work:overdue", kind=kind)
                self._tell("task_overdue", to=_superior(task.candidate_group))
            case Step.COORDINATOR:
                await self._open_resolving()
            case Step.DIRECTOR:
                task = case.tasks.change(task, level=3)
                case.record_task(task, "task:work:escalated", kind=kind, level="3")
                self._tell("task_escalated_director", to=centre_group(Role.DIRECTOR))
            case Step.EXPIRE:
                await self._expire()

    async def _expire(self) -> None:
        case = self._case
        grace = timedelta(seconds=case.policy.count("expiry.grace_seconds"))
        if await case.wait(
            lambda: self._is_over, until=workflow.now() + grace, summary="grace before expiry"
        ):
            return
        expires_at = self._task.expires_at or self._task.deadline.due_at
        found = await activity_stubs.find_submission(
            SubmissionQuery(task_id=self._task_id, submitted_by=expires_at)
        )
        if self._is_over:
            return
        if found.completion is not None:
            complete(case, found.completion)
            return
        task = case.tasks.end(self._task, TaskStatus.EXPIRED, actor=SYSTEM, at=workflow.now())
        case.record_task(task, "task:work:expired", kind=task.kind.value)

    async def _count_again(self) -> None:
        """The calendar or a pause changed: count the due date again; it only moves later."""
        self._clock_changes = self._case.clock_changes
        told = self._task.deadline
        with self._case.transition():
            deadline = await self._deadline(told.start, not_before=told.due_at)
            if self._is_over:
                return
            expires_at = self._task.expires_at
            if expires_at is not None:
                expires_at = max(expires_at, deadline.due_at)
            task = self._case.tasks.change(self._task, deadline=deadline, expires_at=expires_at)
            self._case.record_task(task, "task:work:recounted", kind=task.kind.value)
            if deadline.due_at != told.due_at and not self._question.escalates:
                self._tell("deadline_moved")

    @property
    def _stands_still(self) -> bool:
        """A case on hold asks nobody for anything but whether it goes on."""
        return self._case.is_on_hold and self._question.outcome is not EndHold

    async def _extend(self) -> None:
        """Give the handlers as much time again as they had; the company is told why."""
        case = self._case
        self._granted = self._task.extensions
        self._extensions = (*self._extensions, self._question.due)
        with case.transition():
            deadline = await self._deadline(self._task.deadline.start)
            if self._is_over:
                return
            task = case.tasks.change(self._task, deadline=deadline, level=0)
            case.record_task(task, "task:work:extended", kind=task.kind.value)
            case.tell(
                "deadline_extended",
                due_at=deadline.due_at.isoformat(),
                task_kind=task.kind.value,
            )

    async def _deadline(self, start: datetime, not_before: datetime | None = None) -> Deadline:
        question = self._question
        return await self._case.deadline(
            question.due,
            start=question.start or start,
            reminders=question.reminders,
            extensions=self._extensions,
            not_before=not_before or question.not_before,
            period=question.period,
            due_at=question.due_at,
        )

    # -- level 2: the coordinator decides on an overdue task --

    @property
    def _resolution(self) -> ResolveOverdue | None:
        if self._resolving_id is None:
            return None
        outcome = self._case.tasks[self._resolving_id].outcome
        return outcome if isinstance(outcome, ResolveOverdue) else None

    async def _open_resolving(self) -> None:
        case = self._case
        with case.transition():
            deadline = await case.deadline("ladder.l2_after")
            if self._is_over:
                return
            task = case.tasks.change(self._task, level=2)
            case.record_task(task, "task:work:escalated", kind=task.kind.value, level="2")
            group = centre_group(
                Role.DIRECTOR
                if task.candidate_group == centre_group(Role.COORDINATOR)
                else Role.COORDINATOR
            )
            resolving = case.tasks.open(
                TaskKind.RESOLVE_OVERDUE,
                group,
                deadline,
                opened_at=workflow.now(),
                expires_at=None,
                assignee=None,
                excluded=(),
                parameters={"overdue_task": task.task_id, "overdue_kind": task.kind.value},
                documents={},
            )
            self._resolving_id = resolving.task_id
            case.record_task(resolving, "task:work:opened", kind=resolving.kind.value)
            self._tell("task_escalated", to=group)

    async def _resolve(self, resolution: ResolveOverdue) -> None:
        """Do what the coordinator decided."""
        case = self._case
        self._resolving_id = None
        if resolution.decision == "close_case":
            ended = Ended(CaseOutcome.NOT_SOLVED, "closed_by_coordinator", resolution.reason)
            case.end(ended)
            raise ended
        with case.transition():
            task = self._task
            if resolution.decision == "extend":
                self._extensions = (*self._extensions, self._question.due)
                deadline = await self._deadline(task.deadline.start)
                tag = "task:work:extended"
            else:
                second = await case.deadline("ladder.l2_after")
                third = await case.deadline("ladder.l3_after")
                deadline = task.deadline.model_copy(
                    update={"l2_at": second.due_at, "l3_at": third.due_at}
                )
                tag = "task:work:reminded"
            if self._is_over:
                return
            changes: dict[str, object] = {"deadline": deadline, "level": 0}
            if resolution.decision == "reassign":
                changes["assignee"] = resolution.assignee
                tag = "task:work:reassigned"
            task = case.tasks.change(task, **changes)
            case.record_task(task, tag, kind=task.kind.value)
            self._tell("task_assigned" if tag == "task:work:reassigned" else "task_reminder")

    def _take_back_resolving(self) -> None:
        if self._resolving_id is not None:
            resolving = self._case.tasks[self._resolving_id]
            if resolving.status is TaskStatus.OPEN:
                self._case.cancel_task(resolving)

    def _tell(self, template: str, *, to: str | None = None) -> None:
        task = self._task
        audience = to or (f"account:{task.assignee}" if task.assignee else task.candidate_group)
        self._case.tell(
            template,
            audience,
            task=task.task_id,
            task_kind=task.kind.value,
            due_at=task.deadline.due_at.isoformat(),
        )


def _superior(group: str) -> str:
    """Who hears first that a task of `group` is overdue."""
    if group.startswith("institute:") and not group.startswith("institute:*"):
        return f"{group.rpartition(':')[0]}:{Role.DEPT_HEAD.value}"
    return centre_group(Role.COORDINATOR)
