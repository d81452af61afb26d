"""What runs in a workflow and is worked by people: its tasks, its journal, its clocks, its records.

A case is one (`workflows.case_file`), a selection round another (`workflows.round_file`).
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Generator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any, TypeVar

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from schemas.actor import COMPANY_GROUP, SYSTEM, Actor
    from schemas.case import CaseOutcome
    from schemas.journal import JournalEntry
    from schemas.policy import Deadline, DeadlineRequest, Pause, Period, PolicyValues
    from schemas.record import Message
    from schemas.task import HumanTask, TaskStatus

from workflows import activity_stubs
from workflows.human_tasks import HumanTasks

_TURNS_OF_THE_PROCEDURE = 3
_Answer = TypeVar("_Answer")


class Ended(Exception):
    """The case ends here, whatever was going on.

    Attributes:
        outcome: How it ends.
        reason: A code, such as `closed_by_coordinator`.
        document: Reference of the text that says why, told to the company.
    """

    def __init__(
        self, outcome: CaseOutcome, reason: str | None = None, document: str | None = None
    ) -> None:
        super().__init__(outcome.value)
        self.outcome = outcome
        self.reason = reason
        self.document = document


class LeadGone(Ended):
    """Not the case ends, but the lead institute's part in it: the handling begins again.

    Attributes:
        successor: The partner that leads from now on; None to search anew.
    """

    def __init__(self, successor: str | None) -> None:
        super().__init__(CaseOutcome.NOT_SOLVED, "lead_gone")
        self.successor = successor


class Proceeding(ABC):
    """Something that takes its course before the centre, one transition recorded after another.

    Attributes:
        number: Of the case, or the id of the round; the workflow's id too.
        excluded: Accounts that may not work on its tasks.
        clock_changes: How often everything had to be counted again.
    """

    def __init__(self, number: str, policy_version: str) -> None:
        self.number = number
        self.policy = PolicyValues(version=policy_version)
        self.tasks = HumanTasks(number)
        self.journal: list[JournalEntry] = []
        self.pauses: tuple[Pause, ...] = ()
        self.clock_changes: int = 0
        self.excluded: tuple[str, ...] = ()
        self._ending: Ended | None = None
        self._background: list[asyncio.Task[None]] = []
        self._unsaved_tasks: dict[str, HumanTask] = {}
        self._unsaved_messages: list[Message] = []
        self._saved_journal = 0
        self._saved_version = 0
        self._unfinished_transitions = 0

    # -- what each kind of proceeding adds --

    @property
    @abstractmethod
    def version(self) -> int:
        """Rises with every change; rows only move to a higher one."""

    @abstractmethod
    def change(self, **changes: object) -> None:
        """Change the snapshot; the read model follows by itself."""

    @abstractmethod
    async def save(
        self,
        tasks: tuple[HumanTask, ...],
        journal: tuple[JournalEntry, ...],
        messages: tuple[Message, ...],
    ) -> None:
        """Write the snapshot with what was added since the last write, as it is now."""

    @property
    def is_on_hold(self) -> bool:
        """Whether it stands still at somebody's wish."""
        return False

    @property
    def institute(self) -> str | None:
        """Whose closing days stop its clocks too."""
        return None

    # -- what happens --

    def note(self, tag: str, actor: Actor = SYSTEM, /, **detail: str | None) -> None:
        """Add a journal entry; details are ids and codes, and absent ones are left out."""
        self.journal.append(
            JournalEntry(
                seq=len(self.journal) + 1,
                at=workflow.now(),
                actor=actor,
                tag=tag,
                detail={name: value for name, value in detail.items() if value is not None},
            )
        )
        self.change()

    def tell(self, template: str, audience: str = COMPANY_GROUP, /, **parameters: str) -> None:
        """Send a message, once, when this transition is recorded."""
        key = f"{self.number}/{len(self.journal)}/{template}/{audience}"
        if all(message.key != key for message in self._unsaved_messages):
            self._unsaved_messages.append(
                Message(
                    key=key,
                    case_number=self.number,
                    template=template,
                    audience=audience,
                    parameters=parameters,
                )
            )
        self.change()

    def record_task(
        self, task: HumanTask, tag: str, actor: Actor = SYSTEM, /, **detail: str
    ) -> None:
        """Record that a task changed."""
        self._unsaved_tasks[task.task_id] = task
        self.note(tag, actor, task=task.task_id, **detail)

    def cancel_task(self, task: HumanTask) -> None:
        """Take a task back: its answer is not needed any more."""
        cancelled = self.tasks.end(task, TaskStatus.CANCELLED, actor=SYSTEM, at=workflow.now())
        self.record_task(cancelled, "task:work:cancelled", kind=task.kind.value)

    def end(self, ended: Ended) -> None:
        """End it from outside its procedure: every wait raises `ended`."""
        self._ending = ended

    @property
    def is_ending(self) -> bool:
        """Whether it was ended from outside its procedure."""
        return self._ending is not None

    def resume(self) -> None:
        """Let it wait again, after an ending was dealt with."""
        self._ending = None

    # -- waiting --

    async def wait(
        self, condition: Callable[[], bool], until: datetime | None = None, summary: str = ""
    ) -> bool:
        """Wait for `condition`, at most until `until`.

        Returns:
            Whether the condition holds; False when the time came first.

        Raises:
            Ended: The case was ended meanwhile.
        """

        def is_over() -> bool:
            return self._ending is not None or condition()

        if until is None:
            await workflow.wait_condition(is_over)
        elif until > workflow.now():
            with suppress(TimeoutError):
                await workflow.wait_condition(
                    is_over, timeout=until - workflow.now(), timeout_summary=summary
                )
            _stop_if_stopped()
        if self._ending is not None:
            raise self._ending
        return condition()

    async def unless(
        self, condition: Callable[[], bool], work: Coroutine[Any, Any, _Answer]
    ) -> _Answer | None:
        """What `work` comes to; None when `condition` makes it unnecessary first.

        Raises:
            Ended: The case was ended meanwhile.
        """
        working = asyncio.create_task(work)
        try:
            await self.wait(lambda: working.done() or condition())
            return await working if working.done() else None
        finally:
            abandon(working)

    def spawn(self, work: Coroutine[Any, Any, object]) -> None:
        """Let something go on beside the procedure; it ends with the case at the latest."""

        async def until_the_end() -> None:
            try:
                await work
            except Ended as ended:
                self._ending = self._ending or ended

        self._background = [task for task in self._background if not task.done()]
        self._background.append(asyncio.create_task(until_the_end()))

    def stop_background(self) -> None:
        """Stop what goes on beside the procedure, and take back every open task."""
        for work in self._background:
            abandon(work)
        self._background = []
        for task in self.tasks.open_ones:
            self.cancel_task(task)

    # -- time --

    async def deadline(  # noqa: PLR0913  # what a due date depends on
        self,
        key: str,
        *,
        start: datetime | None = None,
        reminders: str | None = None,
        extensions: tuple[str, ...] = (),
        not_before: datetime | None = None,
        period: Period | None = None,
        due_at: datetime | None = None,
    ) -> Deadline:
        """A due date of this case's policy, counted from `start` or from now.

        Args:
            key: Policy key of the period.
            start: When it begins; now by default.
            reminders: Policy key of its reminders, or None.
            extensions: Policy keys of periods added to it.
            not_before: A date that was already told; due dates only move later.
            period: A period agreed for this case, in place of the policy's.
            due_at: A fixed date in place of a period.
        """
        deadline = await activity_stubs.compute_deadline(
            DeadlineRequest(
                policy_version=self.policy.version,
                key=key,
                start=start or workflow.now(),
                reminders=reminders,
                pauses=self.pauses,
                extensions=extensions,
                institute=self.institute,
                not_before=not_before,
                period=period,
                due_at=due_at,
            )
        )
        self.count_with(deadline.calendar_version)
        return deadline

    @abstractmethod
    def count_with(self, calendar_version: int) -> None:
        """Take note of the table of holidays that a due date was counted with."""

    # -- records --

    @contextmanager
    def transition(self) -> Generator[None]:
        """Record what happens inside as one, so that no record shows a case waiting for nothing."""
        self._unfinished_transitions += 1
        try:
            yield
        finally:
            self._unfinished_transitions -= 1

    async def keep_records(self) -> None:
        """Write one transition after the other, for as long as it runs."""
        while True:
            await workflow.wait_condition(
                lambda: self.version > self._saved_version and self._unfinished_transitions == 0
            )
            # The procedure woke at the same instant: it goes first, so that an answer and what
            # follows from it are one record and one event.
            for _ in range(_TURNS_OF_THE_PROCEDURE):
                await asyncio.sleep(0)
            if self._unfinished_transitions:
                continue
            tasks, messages = tuple(self._unsaved_tasks.values()), tuple(self._unsaved_messages)
            journal, version = tuple(self.journal[self._saved_journal :]), self.version
            self._unsaved_tasks = {}
            self._unsaved_messages = []
            self._saved_journal = len(self.journal)
            await self.save(tasks, journal, messages)
            self._saved_version = version

    async def records_are_kept(self) -> None:
        """Wait until everything that happened is written."""
        await workflow.wait_condition(lambda: self.version <= self._saved_version)


def _stop_if_stopped() -> None:
    """Raise `CancelledError` in a wait that was abandoned.

    Up to Python 3.11 a wait with a timeout forgets that it was cancelled when what it waits for is
    there at the same moment. It went on then, without an answer, in a case that had ended.
    """
    current = asyncio.current_task()
    if current is not None and current.cancelling() and workflow.patched("abandoned-waits-end"):
        raise asyncio.CancelledError


def abandon(work: asyncio.Task[Any]) -> None:
    """Stop a wait that nobody needs any more; what it would have raised is not wanted either."""
    work.cancel()
    work.add_done_callback(lambda done: done.cancelled() or done.exception())
