"""Speaks to one running case as its users do, and lets its time pass."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import TypeAlias
from uuid import uuid4

import asyncpg
from temporalio.client import WorkflowHandle, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment

from schemas.actor import COMPANY, Actor, Role
from schemas.case import CaseSnapshot, ReopenRequest, Withdrawal
from schemas.document import document_reference
from schemas.outcome import (
    AcceptCase,
    AssignInstitute,
    ContactCompany,
    Outcome,
    ScreenCase,
    TaskKind,
    TriageCase,
)
from schemas.problem import ProblemType
from schemas.record import CaseProjection
from schemas.task import (
    HumanTask,
    TaskCompletion,
    TaskReceipt,
    TaskStatus,
)
from workflows.support_case import SupportCase

TRIAGE = Actor(id="acc-triage", role=Role.TRIAGE)
COORDINATOR = Actor(id="acc-coordinator", role=Role.COORDINATOR)
DIRECTOR = Actor(id="acc-director", role=Role.DIRECTOR)
SURVEY_DESK = Actor(id="acc-survey", role=Role.SURVEY)

_PATIENCE_SECONDS = 20.0


def head_of(institute: str) -> Actor:
    return Actor(id=f"acc-{institute.lower()}-head", role=Role.DEPT_HEAD, institute=institute)


def support_of(institute: str) -> Actor:
    return Actor(id=f"acc-{institute.lower()}-support", role=Role.SUPPORT, institute=institute)


def licensing_of(institute: str) -> Actor:
    return Actor(id=f"acc-{institute.lower()}-tlo", role=Role.TLO, institute=institute)


def written(text: str) -> str:
    """A text as workflows see it: stored elsewhere, referred to here."""
    return document_reference(uuid4().hex, text)


class CaseDriver:
    """One case. Each wait is bounded; what does not happen fails the test with what there is."""

    def __init__(
        self, env: WorkflowEnvironment, handle: WorkflowHandle[SupportCase, CaseSnapshot]
    ) -> None:
        self._env = env
        self.handle = handle
        self._skipped = timedelta()

    @property
    def now(self) -> datetime:
        """The case's own time."""
        return datetime.now(UTC) + self._skipped

    async def projection(self) -> CaseProjection:
        return await self.handle.query(
            SupportCase.projection, rpc_timeout=timedelta(seconds=_PATIENCE_SECONDS)
        )

    async def snapshot(self) -> CaseSnapshot:
        return (await self.projection()).snapshot

    async def tags(self) -> list[str]:
        return [entry.tag for entry in (await self.projection()).journal]

    async def open_kinds(self) -> list[TaskKind]:
        tasks = (await self.projection()).tasks
        return [task.kind for task in tasks if task.status is TaskStatus.OPEN]

    async def open_task(self, kind: TaskKind) -> HumanTask:
        """The open task of that kind, as soon as there is one."""
        give_up_at = asyncio.get_running_loop().time() + _PATIENCE_SECONDS
        while True:
            projection = await self.projection()
            for task in projection.tasks:
                if task.kind is kind and task.status is TaskStatus.OPEN:
                    return task
            if asyncio.get_running_loop().time() > give_up_at:
                case = projection.snapshot
                open_kinds = [t.kind for t in projection.tasks if t.status is TaskStatus.OPEN]
                msg = f"no open {kind}; {case.status}/{case.step}/{case.outcome}: {open_kinds}"
                raise AssertionError(msg)
            await asyncio.sleep(0.02)

    async def complete(
        self, outcome: Outcome, by: Actor, *, submitted_at: datetime | None = None
    ) -> TaskReceipt:
        """Answer the open task whose outcome this is."""
        task = await self.open_task(TaskKind(outcome.kind))
        try:
            return await self.complete_task(task, outcome, by, submitted_at=submitted_at)
        except WorkflowUpdateFailedError as failed:
            msg = f"{task.task_id} refused: {failed.cause}"
            raise AssertionError(msg) from failed

    async def complete_task(
        self,
        task: HumanTask,
        outcome: Outcome,
        by: Actor,
        *,
        submitted_at: datetime | None = None,
        key: str | None = None,
    ) -> TaskReceipt:
        return await self.handle.execute_update(
            SupportCase.complete_task,
            TaskCompletion(
                task_id=task.task_id,
                actor=by,
                expected_version=task.version,
                submitted_at=submitted_at or self.now,
                outcome=outcome,
            ),
            id=key or uuid4().hex,
        )

    async def refused(
        self, task: HumanTask, outcome: Outcome, by: Actor, *, submitted_at: datetime | None = None
    ) -> str:
        """The problem type with which an answer is refused."""
        try:
            await self.complete_task(task, outcome, by, submitted_at=submitted_at)
        except WorkflowUpdateFailedError as failed:
            return refusal_of(failed)
        raise AssertionError("the answer was taken")

    async def withdraw(self) -> CaseSnapshot:
        return await self.handle.execute_update(
            SupportCase.withdraw,
            Withdrawal(actor_id=COMPANY.id, submitted_at=self.now),
            id=uuid4().hex,
        )

    async def reopen(self, submitted_at: datetime | None = None) -> CaseSnapshot:
        return await self.handle.execute_update(
            SupportCase.reopen,
            ReopenRequest(actor_id=COMPANY.id, submitted_at=submitted_at or self.now),
            id=uuid4().hex,
        )

    async def pass_time(self, duration: timedelta) -> None:
        """Let the case's clock run; whatever falls due on the way happens."""
        await self._env.fast_forward(self.handle, duration)
        self._skipped += duration

    async def pass_time_until(self, instant: datetime) -> None:
        """Let the case's clock run to an instant, plus a moment for what happens then."""
        await self.pass_time(max(instant - self.now, timedelta()) + timedelta(seconds=2))

    async def settle(self, database: asyncpg.Pool) -> None:
        """Wait until the read model has caught up with the case."""
        give_up_at = asyncio.get_running_loop().time() + _PATIENCE_SECONDS
        version = (await self.snapshot()).version
        while asyncio.get_running_loop().time() < give_up_at:
            written = await database.fetchval(
                "SELECT version FROM support_case WHERE case_number = $1", self.handle.id
            )
            if written is not None and written >= version:
                return
            await asyncio.sleep(0.02)
        raise AssertionError(f"the read model never reached version {version}")

    # -- the usual way through the front part --

    async def get_triaged(self, triage: TriageCase) -> None:
        await self.complete(ScreenCase(decision="proceed"), TRIAGE)
        await self.complete(triage, TRIAGE)

    async def get_accepted(self, triage: TriageCase, institute: str = "KITECH") -> None:
        await self.get_triaged(triage)
        await self.complete(AssignInstitute(decision="assign", institute=institute), COORDINATOR)
        await self.complete(
            AcceptCase(decision="accept", named_staff=support_of(institute).id),
            head_of(institute),
        )

    async def get_contacted(self, triage: TriageCase, institute: str = "KITECH") -> None:
        await self.get_accepted(triage, institute)
        await self.complete(
            ContactCompany(decision="contacted", channel="phone", summary=written("통화함")),
            support_of(institute),
        )


StartCase: TypeAlias = Callable[..., Awaitable[CaseDriver]]


def refusal_of(failed: WorkflowUpdateFailedError) -> str:
    """The problem type that an update was refused with."""
    assert isinstance(failed.cause, ApplicationError)
    assert failed.cause.type is not None
    return ProblemType(failed.cause.type).value
