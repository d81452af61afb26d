"""Speaks to one running selection round as its reviewers and the centre do."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TypeAlias
from uuid import uuid4

import asyncpg
from temporalio.client import WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import WorkflowEnvironment

from activities.rounds import RoundActivities
from infra.postgres import rounds
from infra.postgres.rounds import ApplicationRow
from schemas.actor import Actor, Role
from schemas.outcome import DecideRound, Outcome, ScoreApplications, TaskKind
from schemas.selection import RoundProjection, RoundSnapshot, RoundState
from schemas.sheet import Assessment, ScoreSheet
from schemas.task import HumanTask, TaskCompletion, TaskStatus
from tests.driver import COORDINATOR
from workflows.selection_round import SelectionRound

PANEL = tuple(f"acc-evaluator{nth}" for nth in range(1, 4))
# A little more than the policy gives to what is on its way.
GRACE = timedelta(minutes=11)
_PATIENCE_SECONDS = 60


def activities_of(temporal: WorkflowEnvironment, database: asyncpg.Pool) -> RoundActivities:
    """As a worker has them."""

    async def leave_to_the_sweeper(_keys: Sequence[str]) -> None:
        """Delivery has tests of its own."""

    return RoundActivities(database, temporal.client, leave_to_the_sweeper)


def reviewer(account: str) -> Actor:
    return Actor(id=account, role=Role.EVALUATOR)


async def name_reviewer(database: asyncpg.Pool, account: str) -> None:
    """Let somebody review from now on."""
    await database.execute(
        """
        INSERT INTO account (account_id, username, role, institute, display_name, email,
                             password_hash, valid_from)
        VALUES ($1, $1, 'evaluator', NULL, '데모', 'panel@center1379.example', 'x', '2013-01-01')
        ON CONFLICT (account_id) DO UPDATE SET active = true
        """,
        account,
    )


@asynccontextmanager
async def spare_reviewer(database: asyncpg.Pool) -> AsyncGenerator[str]:
    """Somebody who may review meanwhile, and is in no panel yet."""
    account = "acc-spare"
    await name_reviewer(database, account)
    try:
        yield account
    finally:
        await database.execute("UPDATE account SET active = false WHERE account_id = $1", account)


class RoundDriver:
    """One round with applications of cases that do not run."""

    def __init__(
        self,
        env: WorkflowEnvironment,
        handle: WorkflowHandle[SelectionRound, RoundSnapshot],
        database: asyncpg.Pool,
        cases: list[str],
    ) -> None:
        self._env = env
        self._skipped = timedelta()
        self.handle = handle
        self.database = database
        self.cases = cases

    @property
    def now(self) -> datetime:
        return datetime.now(UTC) + self._skipped

    async def projection(self) -> RoundProjection:
        """What the round says of itself, as soon as there is a worker that lets it speak."""
        give_up_at = asyncio.get_running_loop().time() + _PATIENCE_SECONDS
        while True:
            try:
                return await self.handle.query(
                    SelectionRound.projection, rpc_timeout=timedelta(seconds=_PATIENCE_SECONDS)
                )
            except RPCError as error:
                worker_is_away = error.status is RPCStatusCode.FAILED_PRECONDITION
                if not worker_is_away or asyncio.get_running_loop().time() > give_up_at:
                    raise
            await asyncio.sleep(0.2)

    async def snapshot(self) -> RoundSnapshot:
        return (await self.projection()).snapshot

    async def tags(self) -> list[str]:
        return [entry.tag for entry in (await self.projection()).journal]

    async def open_tasks(self, kind: TaskKind, *, at_least: int = 1) -> list[HumanTask]:
        give_up_at = asyncio.get_running_loop().time() + _PATIENCE_SECONDS
        while True:
            projection = await self.projection()
            found = [
                task
                for task in projection.tasks
                if task.kind is kind and task.status is TaskStatus.OPEN
            ]
            if len(found) >= at_least:
                return found
            assert asyncio.get_running_loop().time() < give_up_at, projection.snapshot
            await asyncio.sleep(0.02)

    async def until(self, state: RoundState) -> RoundSnapshot:
        give_up_at = asyncio.get_running_loop().time() + _PATIENCE_SECONDS
        while (found := await self.snapshot()).state is not state:
            assert asyncio.get_running_loop().time() < give_up_at, found
            await asyncio.sleep(0.02)
        return found

    async def complete(self, task: HumanTask, outcome: Outcome, by: Actor) -> None:
        await self.handle.execute_update(
            SelectionRound.complete_task,
            TaskCompletion(task_id=task.task_id, actor=by, submitted_at=self.now, outcome=outcome),
            id=uuid4().hex,
        )

    async def hand_in(self, task: HumanTask, totals: dict[str, int]) -> None:
        """A reviewer's sheet; a total of -1 is a conflict of interest."""
        assert task.assignee is not None
        sheet = ScoreSheet(
            assessments={
                number: Assessment(conflict=True)
                if total < 0
                else Assessment(
                    need=min(total, 30),
                    technology=min(max(total - 30, 0), 40),
                    feasibility=max(total - 70, 0),
                )
                for number, total in totals.items()
            }
        )
        await rounds.save_sheet(
            self.database, task.task_id, self.handle.id, sheet, task.assignee, self.now
        )
        answer = ScoreApplications(decision="hand_in", sheet=sheet.sha256)
        await self.complete(task, answer, reviewer(task.assignee))

    async def confirm(self) -> None:
        [task] = await self.open_tasks(TaskKind.DECIDE_ROUND)
        await self.complete(task, DecideRound(decision="confirm"), COORDINATOR)

    async def pass_time(self, duration: timedelta) -> None:
        await self._env.fast_forward(self.handle, duration)
        self._skipped += duration

    async def pass_time_until(self, instant: datetime) -> None:
        await self.pass_time(max(instant - self.now, timedelta()) + timedelta(seconds=2))

    async def rows(self) -> dict[str, ApplicationRow]:
        found = await rounds.applications(self.database, self.handle.id)
        return {row.case_number: row for row in found}

    async def states(self) -> list[str]:
        rows = await self.rows()
        return [rows[number].state.value for number in self.cases]


StartRound: TypeAlias = Callable[..., Awaitable[RoundDriver]]
