"""A case in progress: where it stands, what it waits for, and what is recorded about it.

Procedures speak to a `CaseFile` in the centre's words: `move` to a status, `ask` somebody, `tell`
somebody, `promise` something. Tasks, timers, journal entries and rows follow from that.
"""

import asyncio
from collections.abc import Coroutine, Generator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.common import SearchAttributeKey

with workflow.unsafe.imports_passed_through():
    from schemas import search_attributes
    from schemas.actor import Role, centre_group
    from schemas.actor import institute_group as group_at
    from schemas.case import (
        CaseIntake,
        CaseSnapshot,
        CaseStatus,
        CaseStep,
        Promise,
        PromiseState,
    )
    from schemas.journal import JournalEntry
    from schemas.policy import Deadline, Pause
    from schemas.record import CaseProjection, CaseWrite, Message
    from schemas.task import (
        HumanTask,
    )

from workflows import activity_stubs
from workflows.proceeding import Ended, Proceeding, abandon

_CASE_STATE = SearchAttributeKey.for_keyword(search_attributes.CASE_STATE)
_LEAD_INSTITUTE = SearchAttributeKey.for_keyword(search_attributes.LEAD_INSTITUTE)
_TRACK = SearchAttributeKey.for_keyword(search_attributes.TRACK)
_NEXT_DUE_AT = SearchAttributeKey.for_datetime(search_attributes.NEXT_DUE_AT)
_OVERDUE = SearchAttributeKey.for_bool(search_attributes.OVERDUE)

_First = TypeVar("_First")
_Second = TypeVar("_Second")
_CONTACT_RETENTION = "privacy.contact.retention_after_close"


class CaseFile(Proceeding):
    """One case inside its running workflow."""

    def __init__(self, intake: CaseIntake) -> None:
        super().__init__(intake.case_number, intake.policy_version)
        self.intake = intake
        self.snapshot = CaseSnapshot(
            case_number=intake.case_number,
            version=1,
            service=intake.service,
            channel=intake.channel,
            region=intake.region,
            received_at=intake.received_at,
            registered_at=intake.registered_at,
            policy_version=intake.policy_version,
            linked_case=intake.linked_case,
            language=intake.language,
        )
        # How the first of two services ended, once it did.
        self.first_service: Ended | None = None
        self._shown: tuple[object, ...] = ()

    @property
    def version(self) -> int:
        return self.snapshot.version

    @property
    def institute(self) -> str | None:
        return self.snapshot.lead_institute

    # -- what happens --

    def change(self, **changes: object) -> None:
        """Change the snapshot; the read model follows by itself."""
        open_tasks = self.tasks.open_ones
        snapshot = self.snapshot.model_copy(update=changes)
        dues = [task.deadline.due_at for task in open_tasks]
        dues += [at for at in (snapshot.waiting_until, snapshot.on_hold_until) if at is not None]
        dues += [
            promise.deadline.due_at
            for promise in snapshot.promises
            if promise.state is PromiseState.RUNNING
        ]
        self.snapshot = snapshot.model_copy(
            update={
                "version": self.snapshot.version + 1,
                "next_due_at": min(dues, default=None),
                "overdue": any(task.level > 0 for task in open_tasks),
            }
        )

    def move(self, status: CaseStatus, step: CaseStep = CaseStep.NONE, **changes: object) -> None:
        """Go on to the next status, and step within it."""
        moved = (status, step) != (self.snapshot.status, self.snapshot.step)
        self.change(status=status, step=step, **changes)
        if moved:
            self.note("case:status:changed", status=status.value, step=step.value or None)

    def lead_group(self, role: Role) -> str:
        """The candidate group of `role` at the lead institute."""
        if self.snapshot.lead_institute is None:
            raise ValueError("the case has no lead institute yet")
        return group_at(self.snapshot.lead_institute, role)

    @property
    def handlers(self) -> str:
        """The candidate group that answers the company: at the lead institute, else at the desk."""
        if self.snapshot.lead_institute is None:
            return centre_group(Role.TRIAGE)
        return self.lead_group(Role.SUPPORT)

    # -- waiting --

    @contextmanager
    def waiting_for(self, what: str, until: datetime) -> Generator[None]:
        """Say what is waited for while nobody has to act, so that the case is not taken as stuck.

        Args:
            what: A code, such as `appointment`.
            until: When it comes.
        """
        self.change(waiting_for=what, waiting_until=until)
        try:
            yield
        finally:
            self.change(waiting_for=None, waiting_until=None)

    def stop_background(self) -> None:
        self.void_promises()
        super().stop_background()

    # -- time --

    @property
    def is_on_hold(self) -> bool:
        """Whether the company asked to pause the case."""
        return self.snapshot.on_hold_until is not None

    @property
    def is_paused(self) -> bool:
        """Whether the centre's clocks stand still because the company has to answer first."""
        return bool(self.pauses) and self.pauses[-1].ended_at is None

    def pause_clocks(self) -> None:
        """Stop the clocks of the centre's promises, as for a supplement."""
        if not self.is_paused:
            self.pauses = (*self.pauses, Pause(started_at=workflow.now()))
            self.note("case:clock:paused")

    def resume_clocks(self, at: datetime) -> None:
        """Let the clocks run again from `at`, the arrival of what was waited for."""
        if self.is_paused:
            last = self.pauses[-1].model_copy(update={"ended_at": at})
            self.pauses = (*self.pauses[:-1], last)
            self.clock_changes += 1
            self.note("case:clock:resumed")

    def count_with(self, calendar_version: int) -> None:
        if self.snapshot.calendar_version == 0:
            self.change(calendar_version=calendar_version)
        self.change_calendar(calendar_version)

    def change_calendar(self, version: int) -> None:
        """Count again: the table of holidays changed (U30)."""
        if version > self.snapshot.calendar_version:
            self.clock_changes += 1
            self.change(calendar_version=version)
            self.note("case:calendar:changed", calendar_version=str(version))

    # -- promises --

    async def promise(
        self, kind: str, key: str, *, start: datetime, reminders: str | None = None
    ) -> None:
        """Promise the company something by a date, and watch over it beside the procedure."""
        with self.transition():
            deadline = await self.deadline(key, start=start, reminders=reminders)
            kept = tuple(p for p in self.snapshot.promises if p.kind != kind)
            self.change(promises=(*kept, Promise(kind=kind, deadline=deadline)))
            self.note("case:promise:made", promise=kind, due_at=deadline.due_at.isoformat())
        self.spawn(self._watch_promise(kind, reminders))

    def promise_of(self, kind: str) -> Promise | None:
        """The promise of that kind, if one was made."""
        return next((p for p in self.snapshot.promises if p.kind == kind), None)

    def is_running(self, kind: str) -> bool:
        """Whether a promise was made and is neither kept, broken nor void."""
        promise = self.promise_of(kind)
        return promise is not None and promise.state is PromiseState.RUNNING

    def end_promise(self, kind: str, state: PromiseState, at: datetime) -> None:
        """A promise was kept, broken, or does not matter any more."""
        promise = self.promise_of(kind)
        if promise is None or promise.state is not PromiseState.RUNNING:
            return
        if state is PromiseState.KEPT and at > promise.deadline.due_at:
            state = PromiseState.BROKEN
        self._replace_promise(promise.model_copy(update={"state": state, "ended_at": at}))
        self.note(f"case:promise:{state.value}", promise=kind)

    def void_promises(self) -> None:
        """What was promised of work that is over does not matter any more."""
        for promise in self.snapshot.promises:
            self.end_promise(promise.kind, PromiseState.VOID, workflow.now())

    def _replace_promise(self, promise: Promise) -> None:
        self.change(
            promises=tuple(promise if p.kind == promise.kind else p for p in self.snapshot.promises)
        )

    async def _watch_promise(self, kind: str, reminders: str | None) -> None:
        seen = self.clock_changes
        reminded = workflow.now()
        while (promise := self.promise_of(kind)) and promise.state is PromiseState.RUNNING:
            deadline = promise.deadline
            if self.is_paused:
                await self.wait(lambda: not self.is_paused or not self.is_running(kind))
            elif seen != self.clock_changes:
                seen = self.clock_changes
                await self._move_promise(promise, reminders)
            else:
                reminder = next((at for at in deadline.reminders if at > reminded), None)
                interrupted = await self.wait(
                    partial(self._is_interrupted, kind, seen),
                    until=reminder or deadline.due_at,
                    summary=f"promise {kind}",
                )
                if interrupted:
                    continue
                if reminder is not None:
                    reminded = reminder
                    self._remind_of_promise(kind, deadline)
                else:
                    self.end_promise(kind, PromiseState.BROKEN, workflow.now())
                    self._tell_of_broken_promise(kind)

    def _is_interrupted(self, kind: str, clock_changes: int) -> bool:
        return self.is_paused or clock_changes != self.clock_changes or not self.is_running(kind)

    def _tell_of_broken_promise(self, kind: str) -> None:
        self.tell("agreement_late" if kind == "agreement" else "delay_notice", promise=kind)
        self.tell("promise_broken", centre_group(Role.COORDINATOR), promise=kind)
        if self.snapshot.lead_institute is not None:
            self.tell("promise_broken", self.lead_group(Role.DEPT_HEAD), promise=kind)

    def _remind_of_promise(self, kind: str, deadline: Deadline) -> None:
        self.note("case:promise:reminded", promise=kind)
        due_at = deadline.due_at.isoformat()
        self.tell(f"{kind}_reminder", promise=kind, due_at=due_at)
        if self.snapshot.lead_institute is not None:
            self.tell(f"{kind}_reminder", self.lead_group(Role.SUPPORT), due_at=due_at)

    async def _move_promise(self, promise: Promise, reminders: str | None) -> None:
        told = promise.deadline
        with self.transition():
            deadline = await self.deadline(
                told.key, start=told.start, reminders=reminders, not_before=told.due_at
            )
            if not self.is_running(promise.kind):
                return
            self._replace_promise(promise.model_copy(update={"deadline": deadline}))
            if deadline.due_at != told.due_at:
                due_at = deadline.due_at.isoformat()
                self.note("case:promise:moved", promise=promise.kind, due_at=due_at)
                self.tell("deadline_moved", promise=promise.kind, due_at=due_at)

    # -- records --

    def projection(self) -> CaseProjection:
        """Everything the read model holds of this case."""
        return CaseProjection(
            snapshot=self.snapshot, tasks=tuple(self.tasks), journal=tuple(self.journal)
        )

    async def save(
        self,
        tasks: tuple[HumanTask, ...],
        journal: tuple[JournalEntry, ...],
        messages: tuple[Message, ...],
    ) -> None:
        write = CaseWrite(
            at=workflow.now(),
            keep_contact_for=self.policy.period(_CONTACT_RETENTION).length,
            snapshot=self.snapshot,
            tasks=tasks,
            journal=journal,
            messages=messages,
        )
        self._show()
        await activity_stubs.save_case(write)

    def _show(self) -> None:
        """Bring the search attributes up to date if one of them changed; that is one event."""
        case = self.snapshot
        shown = (case.status, case.lead_institute, case.track, case.next_due_at, case.overdue)
        if shown == self._shown:
            return
        self._shown = shown
        workflow.upsert_search_attributes(
            [
                _CASE_STATE.value_set(case.status.value),
                _OVERDUE.value_set(case.overdue),
                _LEAD_INSTITUTE.value_set(case.lead_institute)
                if case.lead_institute
                else _LEAD_INSTITUTE.value_unset(),
                _TRACK.value_set(case.track.value) if case.track else _TRACK.value_unset(),
                _NEXT_DUE_AT.value_set(case.next_due_at)
                if case.next_due_at
                else _NEXT_DUE_AT.value_unset(),
            ]
        )


async def both(
    first: Coroutine[Any, Any, _First], second: Coroutine[Any, Any, _Second]
) -> tuple[_First, _Second]:
    """Two waits side by side; the first failure ends both."""
    one, other = asyncio.create_task(first), asyncio.create_task(second)
    try:
        await asyncio.gather(one, other)
        return one.result(), other.result()
    finally:
        abandon(one)
        abandon(other)
