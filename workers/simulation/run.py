"""The loop of the simulated year: to the next instant with every case, then people act.

Intake and answers go through the functions that the API's routes call, so that a generated year
meets the same checks as a real one.
"""

import asyncio
import heapq
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from time import monotonic
from typing import Final

from fastapi.exceptions import RequestValidationError
from temporalio.client import WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.exceptions import ApplicationError

from api import case_updates, sheets, task_updates
from api.auth import Caller
from api.intake import file_case, start_case
from infra.postgres import accounts, calendar, intakes, policies, review, rounds
from infra.sample_catalogue import sample_catalogue
from schemas.actor import COMPANY, Actor, Role
from schemas.base import case_number_of
from schemas.company import ConsentText
from schemas.policy import Policy
from schemas.problem import ProblemType, Refused
from schemas.task import HumanTask
from workers.simulation.arrivals import SELF_SERVICE, Arrival, request_of, year_of_arrivals
from workers.simulation.draws import draw
from workers.simulation.figures import Figures, figures_of
from workers.simulation.people import HANDS_IN, Desk, People
from workers.simulation.proof import Proof, has_work, prove
from workers.simulation.world import World, YearIsPast, world
from workflows.policy.business_calendar import SEOUL, BusinessCalendar

# People act at the same instants, so that many cases go on together.
_BEAT: Final = timedelta(minutes=15)
# At these times of a working day somebody looks at what timers have opened meanwhile.
_LOOKS: Final = (time(9), time(13))
_AT_ONCE: Final = 8
_ATTEMPTS: Final = 3
_REPETITIONS: Final = 6
_DAY: Final = timedelta(days=1)

Shown = Callable[[float, str], None]


@dataclass(frozen=True, kw_only=True)
class YearPlan:
    """What is simulated.

    Attributes:
        scale: 1 is the year that the founding release announces.
        run_out_days: How long cases go on after the last arrival, in days.
        policy: Followed by every case; None for the default.
    """

    year: int
    scale: float
    seed: int
    run_out_days: int = 180
    policy: Policy | None = None


@dataclass(frozen=True, kw_only=True)
class YearResult:
    """What became of a simulated year.

    Attributes:
        policy_version: That every case followed.
        seconds: How long it took, starts and stops left out.
        refused: Answers that a rule refused, by kind of task and problem.
        ends_at: Where the simulated clock stood in the end.
    """

    policy_version: str
    arrivals: Sequence[Arrival]
    figures: Figures
    proof: Proof
    answers: int
    refused: Counter[str]
    seconds: float
    ends_at: datetime


async def simulate(plan: YearPlan, show: Shown = lambda _share, _what: None) -> YearResult:
    """Let a year pass on a centre of its own.

    Args:
        plan: What is simulated.
        show: Told the share that is done and what goes on.

    Raises:
        YearIsPast: The year has begun: simulated time starts now and runs forward only.
        CannotStart: PostgreSQL or the server can't run here.
    """
    starts_at = datetime.combine(date(plan.year, 1, 1), time(0), SEOUL)
    if starts_at <= datetime.now(UTC):
        raise YearIsPast(f"{plan.year} has begun. Choose a later year: simulated time starts now.")
    if plan.year + 1 + plan.run_out_days // 365 >= calendar.LAST_YEAR:
        raise YearIsPast(
            f"No holidays are known for all of it; they are up to {calendar.LAST_YEAR}."
        )
    async with world(plan.policy) as running:
        year = await _prepare(running, plan)
        began = monotonic()
        await year.pass_time(starts_at, show)
        proof = await prove(running.centre.temporal, year.filed, await year.begun_rounds())
        return YearResult(
            policy_version=year.policy_version,
            arrivals=year.arrivals,
            figures=await figures_of(running.centre.pool, year.days),
            proof=proof,
            answers=year.answers,
            refused=year.refused,
            seconds=monotonic() - began,
            ends_at=running.clock.now(),
        )


async def _prepare(running: World, plan: YearPlan) -> "_Year":
    pool = running.centre.pool
    days = BusinessCalendar(await calendar.holiday_table(pool))
    people = People(
        [account.actor for account in await accounts.all_accounts(pool)],
        [item for item in sample_catalogue().equipment if item.sme_available],
        days,
        plan.seed,
    )
    consents = await intakes.consent_texts(pool, date(plan.year, 1, 1))
    arrivals = year_of_arrivals(plan.year, plan.scale, plan.seed, days)
    ends_at = datetime.combine(date(plan.year + 1, 1, 1), time(0), SEOUL)
    return _Year(
        world=running,
        people=people,
        arrivals=arrivals,
        consents=consents,
        days=days,
        ends_at=ends_at + plan.run_out_days * _DAY,
        policy_version=await policies.current_policy_version(pool),
    )


_Act = Callable[[], Awaitable[None]]


@dataclass(kw_only=True)
class _Year:
    """A year on its way.

    Attributes:
        filed: The arrival behind each case number.
        seen: The version at which each open task was last looked at.
        planned: Tasks that somebody will answer.
    """

    world: World
    people: People
    arrivals: Sequence[Arrival]
    consents: list[ConsentText]
    days: BusinessCalendar
    ends_at: datetime
    policy_version: str
    filed: dict[str, Arrival] = field(default_factory=dict[str, Arrival])
    seen: dict[str, int] = field(default_factory=dict[str, int])
    planned: set[str] = field(default_factory=set[str])
    answers: int = 0
    refused: Counter[str] = field(default_factory=Counter[str])
    _agenda: list[tuple[datetime, int, _Act]] = field(
        default_factory=list[tuple[datetime, int, _Act]]
    )
    _order: "count[int]" = field(default_factory=count)

    async def pass_time(self, starts_at: datetime, show: Shown) -> None:
        """Live through the year and what follows."""
        for arrival in self.arrivals:
            self._plan(arrival.at, lambda arrival=arrival: self._file(arrival))
        clock = self.world.clock
        clock.is_busy = self._is_busy
        await clock.forward_to(starts_at)
        while (now := clock.now()) < self.ends_at:
            instant = self._next_instant(now)
            await clock.forward_to(instant)
            await self._act_until(instant)
            await clock.settle()
            await self._look()
            done = (clock.now() - starts_at) / (self.ends_at - starts_at)
            show(min(done, 1.0), self._what_goes_on())
        show(1.0, self._what_goes_on())

    async def _is_busy(self) -> bool:
        """Whether any case or round has work under way."""
        return await has_work(self.world.centre.temporal, [*self.filed, *await self.begun_rounds()])

    async def begun_rounds(self) -> list[str]:
        """Ids of the selection rounds that opened so far."""
        return [one.round_id for one in await rounds.latest(self.world.centre.pool)]

    def _what_goes_on(self) -> str:
        day = self.world.clock.now().astimezone(SEOUL).date()
        return f"{day}  {len(self.filed)} cases  {len(self.seen)} open tasks"

    def _plan(self, at: datetime, act: _Act) -> None:
        heapq.heappush(self._agenda, (_on_the_beat(at), next(self._order), act))

    def _next_instant(self, now: datetime) -> datetime:
        """When somebody acts next, or looks at their tasks."""
        instants = [self._next_look(now), self.ends_at]
        if self._agenda:
            instants.append(self._agenda[0][0])
        return min(instants)

    def _next_look(self, now: datetime) -> datetime:
        day = now.astimezone(SEOUL).date()
        while True:
            day = self.days.next_working_day(day)
            for look in _LOOKS:
                at = datetime.combine(day, look, SEOUL)
                if at > now:
                    return at
            day += _DAY

    async def _act_until(self, instant: datetime) -> None:
        """Everything that is planned up to an instant, some of it at once."""
        due: list[_Act] = []
        while self._agenda and self._agenda[0][0] <= instant:
            due.append(heapq.heappop(self._agenda)[2])
        limit = asyncio.Semaphore(_AT_ONCE)

        async def one(act: _Act) -> None:
            async with limit:
                await act()

        async with asyncio.TaskGroup() as group:
            for act in due:
                group.create_task(one(act))

    # -- companies --

    async def _file(self, arrival: Arrival) -> None:
        """File a request, as the company itself or as the desk for a caller."""
        centre = self.world.centre
        agent = Caller(actor=Actor(id="acc-agent", role=Role.AGENT))
        receipt = await file_case(
            centre,
            request_of(arrival, self.consents),
            filed_by=None if arrival.channel in SELF_SERVICE else agent,
            key=f"simulated-{arrival.nth}",
        )
        number = receipt.case_number
        self.filed[number] = arrival
        if receipt.pending:
            # A busy machine did not answer in time; the sweeper's work is done here.
            stored = await intakes.find_by_key(centre.pool, f"simulated-{arrival.nth}")
            if stored is not None:
                await start_case(centre.temporal, stored.intake)
        if arrival.withdraws_at is not None:
            self._plan(arrival.withdraws_at, lambda: self._withdraw(number))
        if arrival.pauses_at is not None:
            self._plan(arrival.pauses_at, lambda: self._pause(number))

    async def _withdraw(self, number: str) -> None:
        caller = Caller(actor=COMPANY, case_number=number)
        centre = self.world.centre
        await self._unasked(lambda: case_updates.withdraw(centre, caller, number, None, key=number))

    async def _pause(self, number: str) -> None:
        caller = Caller(actor=COMPANY, case_number=number)
        centre = self.world.centre
        await self._unasked(lambda: case_updates.hold(centre, caller, number, None, key=number))

    async def _unasked(self, act: Callable[[], Awaitable[object]]) -> None:
        """Do something if the case still allows it; many have ended by then."""
        with suppress(Refused, WorkflowUpdateFailedError):
            await _repeated(act)

    # -- whoever has tasks --

    async def _look(self) -> None:
        """Find the tasks that were opened or changed, and plan when they are answered."""
        pool = self.world.centre.pool
        versions = await review.open_versions(pool)
        changed = [task for task, version in versions.items() if self.seen.get(task) != version]
        self.planned &= versions.keys()
        for task in await review.tasks(pool, changed):
            pushed = task.task_id in self.seen
            if task.task_id not in self.planned:
                self._consider(task, pushed=pushed)
        self.seen = versions

    def _consider(self, task: HumanTask, *, pushed: bool, attempt: int = 1) -> None:
        desk = self._desk(task, attempt)
        at = self.people.answers_at(desk, pushed=pushed)
        if at is not None:
            self.planned.add(task.task_id)
            self._plan(at, lambda: self._answer(task.task_id, attempt))

    def _desk(self, task: HumanTask, attempt: int) -> Desk:
        return Desk(
            task=task,
            arrival=self.filed.get(case_number_of(task.task_id)),
            case=None,
            now=self.world.clock.now(),
            attempt=attempt,
        )

    async def _answer(self, task_id: str, attempt: int) -> None:
        """Answer a task as it stands now, unless it is over."""
        centre = self.world.centre
        self.planned.discard(task_id)
        found = await review.tasks(centre.pool, [task_id])
        task = next((task for task in found if task.status.value == "open"), None)
        actor = None if task is None else self.people.answerer(task)
        if task is None or actor is None:
            return
        number = case_number_of(task_id)
        cases = await review.snapshots(centre.pool, [number])
        desk = Desk(
            task=task,
            arrival=self.filed.get(number),
            case=cases.get(number),
            now=centre.clock(),
            attempt=attempt,
        )
        caller = Caller(actor=actor, case_number=number if actor is COMPANY else None)
        outcome = self.people.outcome(desk, actor)
        key = f"{task_id}-{task.version}-{attempt}"
        try:
            if outcome.get("decision") == HANDS_IN:
                outcome["sheet"] = await self._fill_sheet(caller, desk)
            await _repeated(
                lambda: task_updates.complete(
                    centre, caller, task_id, outcome, expected=task.version, key=key
                )
            )
        except (Refused, RequestValidationError, WorkflowUpdateFailedError) as refusal:
            self._refuse(task, attempt, _problem_of(refusal))
        else:
            self.answers += 1

    async def _fill_sheet(self, caller: Caller, desk: Desk) -> str:
        """Score every application of a round; returns the sheet's hash."""
        centre, task_id = self.world.centre, desk.task.task_id
        blank = await sheets.view(centre, caller, task_id)
        scored = self.people.assessments(desk, [line.case_number for line in blank.lines])
        return (await sheets.save(centre, caller, task_id, scored)).sheet

    def _refuse(self, task: HumanTask, attempt: int, problem: str) -> None:
        """Think a refused answer over, unless the task is not there any more."""
        if problem in {ProblemType.TASK_NOT_OPEN, ProblemType.CASE_CLOSED}:
            return
        self.refused[f"{task.kind.value}: {problem}"] += 1
        if attempt < _ATTEMPTS:
            self._consider(task, pushed=True, attempt=attempt + 1)


def _on_the_beat(at: datetime) -> datetime:
    """The next instant at which people act together.

    Not at full quarters: timers that were set then fire then, and an answer that reaches a case in
    the very moment of a timer keeps the test server waiting for ten seconds.
    """
    seconds = _BEAT.total_seconds()
    beat = -(-at.timestamp() // seconds)
    return datetime.fromtimestamp((beat + draw(0, "beat", beat).random()) * seconds, UTC)


async def _repeated(act: Callable[[], Awaitable[object]]) -> None:
    """Do something again while it is not answered in time, as callers with a key do."""
    for _ in range(_REPETITIONS):
        try:
            await act()
        except WorkflowUpdateRPCTimeoutOrCancelledError:
            continue
        return
    raise TimeoutError("a case did not answer")


def _problem_of(refusal: Exception) -> str:
    """The problem type of whatever refused."""
    match refusal:
        case Refused():
            return refusal.problem.value
        case WorkflowUpdateFailedError(cause=ApplicationError() as cause):
            return cause.type or "unknown"
        case RequestValidationError():
            return "invalid-request"
        case _:
            return type(refusal).__name__
