"""Five hundred applications and nine reviewers: the history stays small, and kills change nothing.

The moments of the kills are drawn from a seed, which is printed: `CHAOS_SEED=… pytest` repeats a
run.
"""

import asyncio
import json
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import asyncpg
import pytest
from temporalio.client import WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from bench import cost_of_a_case
from infra.postgres import rounds
from infra.postgres.calendar import load_holidays
from infra.postgres.migrate import migrate
from infra.postgres.policies import add_policy
from infra.postgres.pool import open_pool
from schemas.base import case_number, round_id
from schemas.case import CaseIntake, CaseStep, RoundEntry, Service
from schemas.outcome import TaskKind
from schemas.selection import (
    ApplicationRequest,
    ApplicationState,
    Place,
    PlannedRound,
    RoundIntake,
    RoundProgramme,
    RoundState,
)
from tests.conftest import NewDatabase
from tests.round_driver import GRACE, RoundDriver, name_reviewer
from tests.workflows.applicants import Applicant
from workers.policy_files import default_policy
from workflows.selection_round import SelectionRound

ROOT = Path(__file__).parents[2]
TASK_QUEUE = "large-round"
APPLICATIONS, REVIEWERS = 500, 9
# A history is warned of at 10,240 events, and ended at 51,200 events or 50 MB.
MOST_EVENTS, MOST_BYTES = 300, 500_000
# Kills while: closing the list, each sheet is handed in, the ranking is confirmed, a place is
# given up, the round ends.
KILLS: dict[str, int] = {"list": 1, "sheet 1": 1, "sheet 5": 1, "sheet 9": 1, "decision": 3,
                         "place": 2, "end": 1}  # fmt: skip
_Answer = TypeVar("_Answer")


@dataclass
class Worker:
    """A worker process that can be killed at moments drawn from a seed."""

    command: Sequence[str]
    chance: random.Random
    kills: int = 0
    _process: "subprocess.Popen[bytes] | None" = field(default=None, init=False)

    def start(self) -> None:
        self._process = subprocess.Popen(self.command, cwd=ROOT)  # noqa: S603  # our own command

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    async def killed(self, times: int, work: Awaitable[_Answer]) -> _Answer:
        """Do something while the worker is killed so many times, and started again."""
        doing = asyncio.ensure_future(work)
        for _ in range(times):
            await asyncio.sleep(self.chance.uniform(0.05, 1.5))
            self.kill()
            self.kills += 1
            self.start()
        return await doing


@pytest.fixture(scope="module")
async def large_database(new_database: NewDatabase) -> AsyncIterator[tuple[str, asyncpg.Pool]]:
    """A database whose panel has nine reviewers, and its URL."""
    url = await new_database("large_round")
    await migrate(url)
    pool = await open_pool(url)
    await load_holidays(pool)
    await add_policy(pool, default_policy())
    for nth in range(1, REVIEWERS + 1):
        await name_reviewer(pool, f"acc-evaluator{nth}")
    yield url, pool
    await pool.close()


@pytest.fixture
async def worker(
    temporal: WorkflowEnvironment, large_database: tuple[str, asyncpg.Pool]
) -> AsyncIterator[Worker]:
    seed = int(os.environ.get("CHAOS_SEED", str(random.SystemRandom().randrange(10**6))))
    print(f"CHAOS_SEED={seed}")  # noqa: T201  # to repeat the run
    target = temporal.client.service_client.config.target_host
    command = [
        sys.executable, "-m", "tests.workflows.applicants", target, large_database[0], TASK_QUEUE,
    ]  # fmt: skip
    process = Worker(command, random.Random(seed))  # noqa: S311  # repeatable on purpose
    process.start()
    yield process
    process.kill()


async def eventually(is_so: Callable[[], Awaitable[bool]]) -> None:
    """Wait until something is so; a worker that was killed needs a while to come back."""
    give_up_at = asyncio.get_running_loop().time() + 300
    while not await is_so():
        assert asyncio.get_running_loop().time() < give_up_at, is_so.__name__
        await asyncio.sleep(0.1)


class LargeRound:
    """A round of five hundred, the same in every year but for its numbers."""

    def __init__(
        self,
        held: RoundDriver,
        applicants: Sequence[WorkflowHandle[Applicant, str]],
        worker: Worker,
        kills: dict[str, int],
    ) -> None:
        self.held = held
        self.applicants = applicants
        self._worker = worker
        self._kills = kills
        self._opinions = random.Random(1379)  # noqa: S311  # the same sheets in every run

    async def run(self) -> None:
        """From the cut-off to the last letter."""
        held, worker, kills = self.held, self._worker, self._kills
        cutoff = (await held.snapshot()).cutoff_at
        await worker.killed(kills.get("list", 0), held.pass_time_until(cutoff + GRACE))
        sheets = await held.open_tasks(TaskKind.SCORE_APPLICATIONS, at_least=REVIEWERS)
        for nth, task in enumerate(sheets, 1):
            await worker.killed(kills.get(f"sheet {nth}", 0), held.hand_in(task, self._sheet()))
        await worker.killed(kills.get("decision", 0), self._decide())
        await worker.killed(kills.get("place", 0), self._give_the_dearest_place_up())
        ends = (await held.snapshot()).places_until
        assert ends is not None
        await worker.killed(kills.get("end", 0), held.pass_time_until(ends + GRACE))
        assert (await held.handle.result()).state is RoundState.CLOSED

    def _sheet(self) -> dict[str, int]:
        return {
            number: -1 if self._opinions.random() < 0.02 else self._opinions.randint(40, 95)
            for number in self.held.cases
        }

    async def _decide(self) -> None:
        await self.held.confirm()
        await self.held.until(RoundState.OBJECTION)
        await eventually(self._everybody_is_told)

    async def _give_the_dearest_place_up(self) -> None:
        held = self.held
        rows = await held.rows()
        selected = [row for row in rows.values() if row.state is ApplicationState.SELECTED]
        # The dearest, so that whoever comes next on the list can be paid for from it.
        number = max(selected, key=lambda row: (row.budget_krw, row.case_number)).case_number
        assert await rounds.give_up(held.database, held.handle.id, number)
        await held.handle.signal(
            SelectionRound.place_given_up,
            Place(round_id=held.handle.id, case_number=number, at=held.now),
        )
        await eventually(self._somebody_moved_up)
        await eventually(self._everybody_is_told)

    async def _somebody_moved_up(self) -> bool:
        return "moved_up" in {row.reason for row in (await self.held.rows()).values()}

    async def _everybody_is_told(self) -> bool:
        return not await rounds.untold(self.held.database, self.held.handle.id)

    async def decision(self) -> list[tuple[str, int | None, float | None]]:
        """What became of the first application, of the second, and so on."""
        rows = await self.held.rows()
        listed = [rows[number] for number in self.held.cases]
        return [(row.state.value, row.rank, row.score) for row in listed]

    async def letters(self) -> dict[str, Counter[str]]:
        """By template, how many letters each company got."""
        await asyncio.gather(*(applicant.result() for applicant in self.applicants))
        written = await self.held.database.fetch(
            "SELECT case_number, template FROM notification "
            "WHERE case_number = ANY($1) AND audience = 'company'",
            self.held.cases,
        )
        found: dict[str, Counter[str]] = {}
        for row in written:
            found.setdefault(row["template"], Counter())[row["case_number"]] += 1
        return found


async def hold(
    temporal: WorkflowEnvironment,
    database: asyncpg.Pool,
    worker: Worker,
    year: int,
    kills: dict[str, int],
) -> LargeRound:
    """Open a round of that year, with five hundred cases that wait for it."""
    opened, version = datetime.now(UTC), default_policy().version
    planned = PlannedRound(
        round_id=round_id("short_monthly", f"{year}-01"),
        programme=RoundProgramme.SHORT_MONTHLY,
        period=f"{year}-01",
        opens_at=opened,
        cutoff_at=opened + timedelta(days=20),
    )
    await rounds.plan(database, planned, version)
    handle = await temporal.client.start_workflow(
        SelectionRound.run,
        RoundIntake(planned=planned, policy_version=version),
        id=planned.round_id,
        task_queue=TASK_QUEUE,
    )
    numbers = [case_number(year, nth) for nth in range(1, APPLICATIONS + 1)]

    async def apply(nth: int, number: str) -> WorkflowHandle[Applicant, str]:
        request = ApplicationRequest(
            case_number=number,
            programme=planned.programme,
            policy_version=version,
            submitted_at=opened + timedelta(minutes=nth),
            institute="KITECH",
            months=3,
            # Every tenth asks for more than the programme gives.
            budget_krw=(31 if nth % 10 == 0 else 5 + nth % 25) * 1_000_000,
        )
        assert await rounds.apply(database, planned.round_id, request)
        intake = CaseIntake(
            case_number=number,
            service=Service.DIFFICULTY,
            channel="web",
            received_at=opened,
            registered_at=opened,
            policy_version=version,
        )
        entry = RoundEntry(round_id=planned.round_id, cutoff_at=planned.cutoff_at)
        return await temporal.client.start_workflow(
            Applicant.run, args=[intake, entry], id=number, task_queue=TASK_QUEUE
        )

    applicants = [await apply(nth, number) for nth, number in enumerate(numbers, 1)]

    async def all_have_applied() -> bool:
        waiting = await database.fetchval(
            "SELECT count(*) FROM support_case WHERE case_number = ANY($1) AND step = $2",
            numbers,
            CaseStep.ROUND_DECISION.value,
        )
        return waiting == APPLICATIONS

    await eventually(all_have_applied)
    held = RoundDriver(temporal, handle, database, numbers)
    return LargeRound(held, applicants, worker, kills)


@pytest.mark.timeout(1500)
async def test_a_large_round_is_cheap_and_survives_ten_kills(
    temporal: WorkflowEnvironment, large_database: tuple[str, asyncpg.Pool], worker: Worker
) -> None:
    _, database = large_database
    undisturbed = await hold(temporal, database, worker, 2101, {})
    await undisturbed.run()
    disturbed = await hold(temporal, database, worker, 2102, KILLS)
    await disturbed.run()

    assert worker.kills == sum(KILLS.values()) == 10
    decision = await undisturbed.decision()
    assert await disturbed.decision() == decision
    tally = Counter(state for state, *_ in decision)
    assert tally["ineligible"] == APPLICATIONS // 10
    assert tally["given_up"] == 1
    assert tally["selected"] > 20
    for one in (undisturbed, disturbed):
        letters = await one.letters()
        assert all(times == 1 for told in letters.values() for times in told.values())
        told = Counter(number for counts in letters.values() for number in counts)
        assert set(told) == set(one.held.cases)
        # Those on the reserve list hear that, and then what became of it.
        assert {number for number, times in told.items() if times == 2} == set(
            letters["round_reserve"]
        )

    history = json.loads((await undisturbed.held.handle.fetch_history()).to_json())
    spent = sum(step.events for step in cost_of_a_case.steps_of(history))
    assert spent <= MOST_EVENTS
    assert len(json.dumps(history)) <= MOST_BYTES
    if not cost_of_a_case.ROUND.exists():
        cost_of_a_case.ROUND.write_text(json.dumps(history), "utf-8")
