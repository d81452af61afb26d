"""Walks a case as its people do: answers what is asked, lets time pass, and looks after each step.

Everybody fills forms in as in the simulated year, but decides what the walk says.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias

import asyncpg
from pydantic import TypeAdapter
from temporalio.client import WorkflowExecutionStatus, WorkflowHandle

from infra.postgres.calendar import public_office_holidays
from schemas.actor import Actor, Role
from schemas.calendar import HolidayTable
from schemas.case import CaseStatus, PromiseState
from schemas.outcome import Outcome, TaskKind
from schemas.record import CaseProjection
from schemas.selection import ApplicationState, RoundDecision
from schemas.task import HumanTask, TaskStatus
from tests.driver import CaseDriver, written
from tests.round_driver import GRACE
from tests.workflows.task_table import first_choice
from workers.simulation.people import Desk, People
from workflows.policy.business_calendar import BusinessCalendar
from workflows.policy.task_rules import text_fields
from workflows.support_case import SupportCase

Answer: TypeAlias = Mapping[str, object]
Act: TypeAlias = Callable[[CaseDriver, asyncpg.Pool], Awaitable[None]]

# Nobody answers.
SILENT: Final[Answer] = {"silent": True}
_INSTITUTES: Final = ("KITECH", "KIMS", "KIMM", "KERI", "KRISS")
_CENTRE: Final = (Role.TRIAGE, Role.COORDINATOR, Role.DIRECTOR, Role.SURVEY)
_AT_INSTITUTES: Final = (
    (Role.DEPT_HEAD, "head"), (Role.SUPPORT, "support"), (Role.RESEARCHER, "researcher"),
    (Role.TLO, "tlo"),
)  # fmt: skip
# Two of each, so that there is a colleague to give a task to.
STAFF: Final = tuple(
    Actor(id=f"acc-{role.value}{nth}", role=role) for role in _CENTRE for nth in ("", "-2")
) + tuple(
    Actor(id=f"acc-{institute.lower()}-{desk}{nth}", role=role, institute=institute)
    for institute in _INSTITUTES
    for role, desk in _AT_INSTITUTES
    for nth in ("", "-2")
)
_PEOPLE: Final = People(
    STAFF, (), BusinessCalendar(HolidayTable(version=1, holidays=public_office_holidays())), seed=1
)
_OUTCOME: Final[TypeAdapter[Outcome]] = TypeAdapter(Outcome)
# Reports on the way are asked for by timers that nothing shows, every month at most: in strides of
# half a month none is passed by before it is answered.
_STRIDE: Final = timedelta(days=15)
# The telephone call comes shortly before the survey is closed.
_BETWEEN_SURVEY_AND_CALL: Final = timedelta(days=1)
_MOST_STEPS: Final = 120
_MOST_ATTEMPTS: Final = 2
_PATIENCE_SECONDS: Final = 30.0


@dataclass(frozen=True)
class Way:
    """What people decide on the way to a task.

    Attributes:
        always: Answers to every task of a kind.
        first: Answers to the first tasks of a kind, in turn, in place of those.
        rounds: What selection rounds decide, in turn; later ones select.
        act: Done once when a task of the kind is open.
    """

    always: Mapping[TaskKind, Answer] = field(default_factory=dict[TaskKind, Answer])
    first: Mapping[TaskKind, tuple[Answer, ...]] = field(
        default_factory=dict[TaskKind, tuple[Answer, ...]]
    )
    rounds: tuple[str, ...] = ()
    act: tuple[TaskKind, Act] | None = None

    def then(self, other: "Way") -> "Way":
        """This way, and from where it forks the other."""
        return Way(
            {**self.always, **other.always},
            {**self.first, **other.first},
            other.rounds or self.rounds,
            other.act or self.act,
        )


class Stuck(AssertionError):
    """A case that nobody and nothing will move."""


async def settle(handle: WorkflowHandle[Any, Any]) -> None:
    """Wait until nothing is under way any more.

    Raises:
        Stuck: What is under way never ends, or fails again and again.
    """
    give_up_at = asyncio.get_running_loop().time() + _PATIENCE_SECONDS
    while True:
        described = await handle.describe()
        raw = described.raw_description
        if described.status is not WorkflowExecutionStatus.RUNNING:
            return
        if not (raw.HasField("pending_workflow_task") or raw.pending_activities):
            return
        attempt = raw.pending_workflow_task.attempt
        if attempt > _MOST_ATTEMPTS or asyncio.get_running_loop().time() > give_up_at:
            raise Stuck(f"never comes to rest: attempt {attempt}, {raw.pending_activities}")
        await asyncio.sleep(0.01)


Meets: TypeAlias = Callable[["CaseWalk", HumanTask], Awaitable[bool]]


class CaseWalk:
    """A case on its way.

    Attributes:
        way: What is decided; replaced once the way has been gone.
        otherwise: What is decided where the way says nothing.
        meets: Sees every task before it is answered; says whether nothing is left to do in it.
    """

    def __init__(
        self,
        case: CaseDriver,
        database: asyncpg.Pool,
        way: Way,
        otherwise: Mapping[TaskKind, Answer],
    ) -> None:
        self.case = case
        self.way = way
        self.otherwise = otherwise
        self.meets: Meets | None = None
        self._database = database
        self._has_acted = False
        self._heard = 0

    # -- looking --

    async def look(self) -> CaseProjection:
        """The case at rest.

        Raises:
            Stuck: It never comes to rest, or nothing that can be named will move it.
        """
        await settle(self.case.handle)
        found = await self.case.projection()
        if not waits_for(found):
            raise Stuck(f"waits for nothing: {where(found)}")
        return found

    # -- moving --

    async def reach(self, kind: TaskKind) -> tuple[HumanTask, CaseProjection]:
        """Go on until a task of that kind is open; the task, and the case with it."""
        for _ in range(_MOST_STEPS):
            found = await self.look()
            for task in open_tasks(found):
                if task.kind is kind:
                    return task, found
            if found.snapshot.status is CaseStatus.CLOSED:
                break
            await self._step(found)
        raise AssertionError(f"{kind.value} is never asked: {where(await self.look())}")

    async def finish(self) -> CaseProjection:
        """Go on until the case is closed."""
        for _ in range(_MOST_STEPS):
            found = await self.look()
            if found.snapshot.status is CaseStatus.CLOSED:
                return found
            await self._step(found)
        raise AssertionError(f"never closes: {where(await self.look())}")

    async def _step(self, found: CaseProjection) -> None:
        """Do one thing: act, hear, answer; else let time pass."""
        tasks = open_tasks(found)
        act = self.way.act
        if act is not None and not self._has_acted and any(t.kind is act[0] for t in tasks):
            self._has_acted = True
            await act[1](self.case, self._database)
            return
        if found.snapshot.waiting_for == "round":
            await self._hear(found)
            return
        for task in tasks:
            if self.decided(task) is not SILENT:
                if self.meets is None or not await self.meets(self, task):
                    await self.answer(task, found)
                return
        await self.case.pass_time_until(self._next_instant(found))

    async def _hear(self, found: CaseProjection) -> None:
        entry = found.snapshot.entry
        assert entry is not None
        told = self.way.rounds[self._heard] if self._heard < len(self.way.rounds) else "selected"
        self._heard += 1
        decision = RoundDecision(
            round_id=entry.round_id,
            case_number=self.case.handle.id,
            state=ApplicationState(told),
            reason=None if told == "selected" else "budget",
        )
        await self.case.handle.signal(SupportCase.round_decided, decision)

    def _next_instant(self, found: CaseProjection) -> datetime:
        """When something happens although nobody does anything."""
        case, now = found.snapshot, self.case.now
        instants = [now + _STRIDE, case.waiting_until, case.on_hold_until, case.reopen_until]
        instants += [
            promise.deadline.due_at
            for promise in case.promises
            if promise.state is PromiseState.RUNNING
        ]
        if case.status is CaseStatus.SURVEY:
            instants.append(now + _BETWEEN_SURVEY_AND_CALL)
        for task in open_tasks(found):
            instants += [task.deadline.due_at, task.deadline.l2_at, task.deadline.l3_at]
            if task.expires_at is not None:
                instants.append(task.expires_at + GRACE)
        return min(instant for instant in instants if instant is not None and instant > now)

    # -- answering --

    def decided(self, task: HumanTask) -> Answer:
        """What is decided in a task."""
        nth = int(task.task_id.rpartition(".")[2]) - 1
        first = self.way.first.get(task.kind, ())
        if nth < len(first):
            return first[nth]
        return self.way.always.get(task.kind, self.otherwise.get(task.kind, {}))

    async def answer(self, task: HumanTask, found: CaseProjection) -> None:
        """Answer a task on the way."""
        outcome, actor = self.filled_in(task, found, self.decided(task))
        await self.case.complete_task(task, outcome, actor)

    def filled_in(
        self, task: HumanTask, found: CaseProjection, decided: Answer
    ) -> tuple[Outcome, Actor]:
        """The form of a task with what is decided in it, and who hands it in."""
        actor = answerer(task)
        desk = Desk(task=task, arrival=None, case=found.snapshot, now=self.case.now)
        form = _PEOPLE.outcome(desk, actor, {**first_choice(task.kind), **decided})
        outcome = _OUTCOME.validate_python({"kind": task.kind.value, **form})
        texts = {
            name: written(str(text))
            for name in text_fields(outcome)
            if (text := getattr(outcome, name)) is not None
        }
        return outcome.model_copy(update=texts), actor


def answerer(task: HumanTask) -> Actor:
    """Who answers a task."""
    actor = _PEOPLE.answerer(task)
    assert actor is not None, f"nobody may answer {task.task_id}"
    return actor


def colleague(of: Actor) -> Actor:
    """Somebody else at the same desk."""
    return next(
        one for one in STAFF if (one.role, one.institute) == (of.role, of.institute) and one != of
    )


def open_tasks(found: CaseProjection) -> list[HumanTask]:
    """The tasks that wait for somebody, the oldest first."""
    return [task for task in found.tasks if task.status is TaskStatus.OPEN]


def waits_for(found: CaseProjection) -> list[str]:
    """What will move the case, by name."""
    case = found.snapshot
    names = [task.kind.value for task in open_tasks(found)]
    if case.waiting_for is not None and case.waiting_until is not None:
        names.append(case.waiting_for)
    if case.on_hold_until is not None:
        names.append("hold")
    if case.status is CaseStatus.CLOSED and case.reopen_until is not None:
        names.append("reopening window")
    return names


def where(found: CaseProjection) -> str:
    """A case in a line, for the message of a failure."""
    case = found.snapshot
    journal = [f"{entry.tag} {entry.detail}" for entry in found.journal[-6:]]
    return (
        f"{case.case_number} {case.status.value}/{case.step.value} {case.outcome} "
        f"{waits_for(found)}; {journal}"
    )
