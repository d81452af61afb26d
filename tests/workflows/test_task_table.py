"""Every task of every procedure: declined, expired, withdrawn from, reassigned, answered late.

What happens is compared with what was noted; `RECORD=1` notes it anew. Cases are walked many at
once, and one case may meet several tasks on its way where what happens to them does not end it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from contextlib import suppress
from datetime import timedelta
from itertools import count
from typing import Any, Final, TypeAlias
from uuid import uuid4

import asyncpg
import pytest
from temporalio.client import WorkflowExecutionStatus, WorkflowUpdateFailedError
from temporalio.service import RPCError

from schemas.actor import COMPANY_GROUP
from schemas.case import CaseStatus
from schemas.outcome import TaskKind
from schemas.record import CaseProjection
from schemas.task import HumanTask, TaskClaim, TaskReassignment, TaskStatus
from tests.driver import DIRECTOR, StartCase, refusal_of
from tests.round_driver import GRACE
from tests.workflows.task_table import (
    PAGE,
    ROUND,
    Event,
    Notes,
    Row,
    choices,
    declines,
    excluded,
    may_expire,
    observed,
    page,
    rows,
)
from tests.workflows.test_equipment import add_equipment
from tests.workflows.walking import (
    SILENT,
    Answer,
    CaseWalk,
    Way,
    colleague,
    open_tasks,
    waits_for,
    where,
)
from tests.workflows.ways import DETAILS, ENDING, GOING_ON, way_to
from workflows.support_case import SupportCase

# Minutes on a quiet machine of two cores; several times that beside other work.
pytestmark = pytest.mark.timeout(1500)
_AT_ONCE: Final = 10
_ATTEMPTS: Final = 5
_PATIENCE_SECONDS: Final = 20.0
_BLINK_SECONDS: Final = 0.05
# The director was told.
_TOP: Final = 3
_OVER: Final = frozenset({CaseStatus.SURVEY, CaseStatus.CLOSED})
_MOMENT: Final = timedelta(seconds=1)
_INSTRUMENTS: Final = count(1)


class Walks:
    """Starts walks, as many at once as the machine bears, and keeps what they saw."""

    def __init__(self, start_case: StartCase, database: asyncpg.Pool) -> None:
        self._start_case = start_case
        self._database = database
        self._limit = asyncio.Semaphore(_AT_ONCE)
        self.notes = Notes()

    async def begin(self, row: Row) -> CaseWalk:
        """A case that was just filed, and that will come to the task of a row."""
        way = way_to(row)
        if row.procedure == "Equipment":
            equipment = f"EQ-WALK-{next(_INSTRUMENTS)}"
            await add_equipment(self._database, equipment)
            way = way.then(Way({TaskKind.CHECK_EQUIPMENT: {"equipment_id": equipment}}))
        return CaseWalk(await self._start_case(), self._database, way, GOING_ON)

    async def all(self, walks: Iterable[tuple[str, Coroutine[Any, Any, None]]]) -> None:
        """Every walk to its end; what went wrong is said together."""

        async def one(name: str, walk: Coroutine[Any, Any, None]) -> str | None:
            async with self._limit:
                try:
                    await walk
                except (AssertionError, RPCError, WorkflowUpdateFailedError) as failed:
                    return f"{name}: {failed!r} {_cause_of(failed)}"
                return None

        failures = await asyncio.gather(*(one(name, walk) for name, walk in walks))
        if any(failures):
            pytest.fail("\n".join(failure for failure in failures if failure), pytrace=False)


def _cause_of(failed: BaseException) -> str:
    """What is behind a failure: the refusal of an update says nothing itself."""
    cause = failed.__cause__
    return "" if cause is None else f"({cause}) {_cause_of(cause)}"


Check: TypeAlias = Callable[[Callable[[Walks], Awaitable[None]]], Awaitable[None]]


@pytest.fixture
def check(start_case: StartCase, database: asyncpg.Pool) -> Check:
    """Walks, and if something was not as it should be, all of it once more.

    A busy machine loses a request or shows a case in the middle of a step; what is wrong with a
    procedure is wrong again.
    """

    async def twice_at_most(walk: Callable[[Walks], Awaitable[None]]) -> None:
        try:
            await walk(Walks(start_case, database))
        except (AssertionError, pytest.fail.Exception) as seen:
            print(f"walked once more: {seen}")  # noqa: T201  # shown with the second failure
            await walk(Walks(start_case, database))

    return twice_at_most


CASE_ROWS: Final = [row for row in rows() if row.procedure != ROUND]


async def to_the_end(walk: CaseWalk) -> None:
    """The case can be brought to its end; it ends once, and leaves nothing behind."""
    walk.way, walk.otherwise = Way(), ENDING
    found = await walk.finish()
    tags = [entry.tag for entry in found.journal]
    assert open_tasks(found) == [], where(found)
    assert tags.count("case:work:closed") == 1 + tags.count("case:work:reopened"), where(found)
    until = found.snapshot.reopen_until
    assert until is not None
    # A busy server loses a request now and then, or repeats one that has ended the case already.
    for _ in range(_ATTEMPTS):
        if (await walk.case.handle.describe()).status is WorkflowExecutionStatus.RUNNING:
            with suppress(RPCError):
                await walk.case.pass_time_until(until)
    assert (await walk.case.handle.result()).status is CaseStatus.CLOSED


def effect(before: CaseProjection, after: CaseProjection) -> str:
    """What followed, in a word."""
    case = after.snapshot
    if case.status in _OVER and before.snapshot.status not in _OVER and case.outcome is not None:
        return f"ends as {case.outcome.value}"
    known = {task.task_id for task in open_tasks(before)}
    asked = {task.kind.value for task in open_tasks(after) if task.task_id not in known}
    asked -= {TaskKind.RESOLVE_OVERDUE.value}
    if asked:
        return " and ".join(sorted(asked))
    if not open_tasks(after):
        return f"waits for the {', '.join(waits_for(after))}"
    return "goes on"


def task_in(found: CaseProjection, task: HumanTask) -> HumanTask:
    """A task as it is now."""
    return next(one for one in found.tasks if one.task_id == task.task_id)


def is_late(found: CaseProjection, task: HumanTask) -> bool:
    """Whether the journal says that a task was answered late."""
    return any(
        entry.tag == "task:work:completed"
        and entry.detail.get("task") == task.task_id
        and entry.detail.get("late") == "true"
        for entry in found.journal
    )


def going_on_with(walk: CaseWalk, task: HumanTask) -> Answer:
    """What the way says, or the way on in a task that nobody answers on the way."""
    decided = walk.decided(task)
    return walk.way.always.get(task.kind, {}) if decided is SILENT else decided


# -- declines --


async def walk_decision(walks: Walks, row: Row, decision: str) -> None:
    walk = await walks.begin(row)
    task, before = await walk.reach(row.kind)
    field, _ = choices(row.kind) or ("", ())
    details = DETAILS.get((row.kind, decision), {})
    answer = {**going_on_with(walk, task), field: decision, **details}
    outcome, actor = walk.filled_in(task, before, answer)
    try:
        await walk.case.complete_task(task, outcome, actor)
    except WorkflowUpdateFailedError as failed:
        followed = f"refused ({refusal_of(failed)})"
    else:
        followed = effect(before, await walk.look())
    walks.notes.add(Event.DECLINES, row, f"{decision}: {followed}")
    await to_the_end(walk)


async def test_whatever_is_decided_the_case_goes_on_or_ends_once(check: Check) -> None:
    async def decide_everything(walks: Walks) -> None:
        await walks.all(
            (f"{row}, {decision}", walk_decision(walks, row, decision))
            for row in CASE_ROWS
            for decision in declines(row)
        )
        walks.notes.compare(Event.DECLINES, CASE_ROWS)

    await check(decide_everything)


# -- withdraws --


async def walk_withdrawal(walks: Walks, row: Row) -> None:
    walk = await walks.begin(row)
    task, before = await walk.reach(row.kind)
    if before.snapshot.status in _OVER:
        with pytest.raises(WorkflowUpdateFailedError) as refused:
            await walk.case.withdraw()
        assert task_in(await walk.look(), task).status is TaskStatus.OPEN
        walks.notes.add(Event.WITHDRAWS, row, f"refused ({refusal_of(refused.value)})")
    else:
        await walk.case.withdraw()
        after = await walk.look()
        assert task_in(after, task).status is TaskStatus.CANCELLED, where(after)
        walks.notes.add(Event.WITHDRAWS, row, f"cancelled, {effect(before, after)}")
    await to_the_end(walk)


async def test_a_company_withdraws_whatever_is_asked(check: Check) -> None:
    async def withdraw_everywhere(walks: Walks) -> None:
        await walks.all((str(row), walk_withdrawal(walks, row)) for row in CASE_ROWS)
        walks.notes.compare(Event.WITHDRAWS, CASE_ROWS)

    await check(withdraw_everywhere)


# -- is reassigned --


async def reassign(walk: CaseWalk, task: HumanTask) -> str:
    """Take a task from who has it, and let somebody else do it.

    Returns:
        What became of it.
    """
    found = await walk.look()
    outcome, before = walk.filled_in(task, found, going_on_with(walk, task))

    async def give(assignee: Any) -> None:
        await walk.case.handle.execute_update(
            SupportCase.reassign_task,
            TaskReassignment(task_id=task.task_id, actor=DIRECTOR, assignee=assignee),
            id=uuid4().hex,
        )

    if task.candidate_group == COMPANY_GROUP:
        with pytest.raises(WorkflowUpdateFailedError) as refused:
            await give(DIRECTOR)
        await walk.case.complete_task(task, outcome, before)
        return f"refused ({refusal_of(refused.value)})"
    if task.assignee is None:
        await walk.case.handle.execute_update(
            SupportCase.claim_task, TaskClaim(task_id=task.task_id, actor=before), id=uuid4().hex
        )
    await give(None)
    assert task_in(await walk.look(), task).assignee is None
    after = colleague(before)
    await give(after)
    given = task_in(await walk.look(), task)
    assert await walk.case.refused(given, outcome, before) == "task-not-yours"
    await walk.case.complete_task(given, outcome, after)
    assert task_in(await walk.case.projection(), task).completed_by == after
    return "the new one answers, the old one is refused"


async def reassigned(walks: Walks, row: Row, walk: CaseWalk, task: HumanTask) -> None:
    walks.notes.add(Event.REASSIGNED, row, await reassign(walk, task))


async def test_a_task_is_done_by_who_it_was_given_to_and_nobody_else(check: Check) -> None:
    async def reassign_everything(walks: Walks) -> None:
        await walks.all(
            (f"{procedure}, reassigned", Tour(walks, left, reassigned).walk())
            for procedure, left in by_procedure(CASE_ROWS).items()
        )
        walks.notes.compare(Event.REASSIGNED, CASE_ROWS)

    await check(reassign_everything)


# -- expires, and is answered late --


async def outlast(walk: CaseWalk, task: HumanTask) -> CaseProjection:
    """Let all the time pass that a task has, with nobody answering anything."""
    deadline = task.deadline
    ends = task.expires_at or deadline.l3_at or deadline.due_at
    await walk.case.pass_time_until(ends + GRACE)
    # On a busy machine a timer fires a moment after its time was skipped.
    give_up_at = asyncio.get_running_loop().time() + _PATIENCE_SECONDS
    while True:
        found = await walk.look()
        is_through = has_no_ladder(task) or task_in(found, task).level == _TOP
        if task_in(found, task).status is not TaskStatus.OPEN:
            return found
        if task.expires_at is None and is_through:
            return found
        if asyncio.get_running_loop().time() > give_up_at:
            raise AssertionError(f"neither expires nor escalates: {where(found)}")
        await asyncio.sleep(_BLINK_SECONDS)


def has_no_ladder(task: HumanTask) -> bool:
    """Nobody is told of what the company leaves undone, nor of a decision on the ladder itself."""
    return task.candidate_group == COMPANY_GROUP or task.kind is TaskKind.RESOLVE_OVERDUE


async def left_alone(walks: Walks, row: Row, walk: CaseWalk, task: HumanTask) -> None:
    """Nobody answers until the ladder has ended; then somebody does."""
    before = await walk.look()
    after = await outlast(walk, task)
    now = task_in(after, task)
    if now.status is not TaskStatus.OPEN:
        walks.notes.add(Event.EXPIRES, row, expiry(before, after, now))
        walks.notes.add(Event.LATE, row, await answer_expired(walk, now, after))
        return
    if has_no_ladder(task):
        assert now.level == 0, where(after)
        walks.notes.add(Event.EXPIRES, row, "stays open")
    else:
        asked = {one.parameters.get("overdue_task") for one in open_tasks(after)}
        assert (now.level, task.task_id in asked) == (_TOP, True), where(after)
        walks.notes.add(Event.EXPIRES, row, "stays open, level 3, resolve_overdue")
    outcome, actor = walk.filled_in(now, after, going_on_with(walk, now))
    await walk.case.complete_task(now, outcome, actor)
    assert is_late(await walk.look(), task), where(await walk.look())
    walks.notes.add(Event.LATE, row, "taken, marked as late")


def expiry(before: CaseProjection, after: CaseProjection, task: HumanTask) -> str:
    """How a task ended that nobody did."""
    beside = [
        one.kind.value
        for one in open_tasks(before)
        if one.expires_at is not None and one.task_id != task.task_id
    ]
    if beside:
        # Weekends and holidays say which of them comes first.
        return f"expires, or is cancelled with {', '.join(beside)}"
    assert task.status is TaskStatus.EXPIRED, where(after)
    return f"expires: {effect(before, after)}"


async def answer_expired(walk: CaseWalk, task: HumanTask, found: CaseProjection) -> str:
    """Answer a task that is over: late, and as if the answer had been on its way since before."""
    outcome, actor = walk.filled_in(task, found, going_on_with(walk, task))
    late = await walk.case.refused(task, outcome, actor)
    in_time = (task.expires_at or task.deadline.due_at) - _MOMENT
    try:
        await walk.case.complete_task(task, outcome, actor, submitted_at=in_time)
    except WorkflowUpdateFailedError as failed:
        return f"refused ({late}), sent in time but seen too late: refused ({refusal_of(failed)})"
    after = await walk.look()
    ended_since = task.opened_at < (found.snapshot.closed_at or task.opened_at)
    assert ended_since, f"takes back an ending it did not cause: {where(after)}"
    assert after.snapshot.reopen_seq == found.snapshot.reopen_seq, where(after)
    assert after.snapshot.status not in _OVER, where(after)
    return (
        f"refused ({late}), sent in time but seen too late: "
        f"the ending is taken back, {effect(found, after)}"
    )


async def walk_until_expiry(walks: Walks, row: Row) -> None:
    walk = await walks.begin(row)
    task, _ = await walk.reach(row.kind)
    await left_alone(walks, row, walk, task)
    await to_the_end(walk)
    if task.expires_at is not None and task.expires_at > task.deadline.due_at:
        await walk_between(walks, row)


async def walk_between(walks: Walks, row: Row) -> None:
    """Answer when a task is overdue, and does not expire yet."""
    walk = await walks.begin(row)
    task, _ = await walk.reach(row.kind)
    await walk.case.pass_time_until(task.deadline.due_at)
    found = await walk.look()
    now = task_in(found, task)
    outcome, actor = walk.filled_in(now, found, going_on_with(walk, now))
    await walk.case.complete_task(now, outcome, actor)
    assert is_late(await walk.look(), task), where(await walk.look())
    await to_the_end(walk)


async def test_a_task_that_nobody_does_stays_or_expires_and_a_late_answer_counts_as_such(
    check: Check,
) -> None:
    expiring = [row for row in CASE_ROWS if may_expire(row.kind)]
    staying = [row for row in CASE_ROWS if not may_expire(row.kind)]

    async def leave_everything(walks: Walks) -> None:
        await walks.all(
            [
                *(
                    (f"{procedure}, left alone", Tour(walks, left, left_alone).walk())
                    for procedure, left in by_procedure(staying).items()
                ),
                *((f"{row}, left alone", walk_until_expiry(walks, row)) for row in expiring),
            ]
        )
        walks.notes.compare(Event.EXPIRES, CASE_ROWS)
        walks.notes.compare(Event.LATE, CASE_ROWS)

    await check(leave_everything)


Met: TypeAlias = Callable[[Walks, Row, CaseWalk, HumanTask], Awaitable[None]]


class Tour:
    """One case after another, until every task of a procedure was met.

    What happens to a task does not end the case, so that the others on its way are met too.
    """

    def __init__(self, walks: Walks, left: list[Row], met: Met) -> None:
        self._walks = walks
        self._left = left
        self._met = met

    async def walk(self) -> None:
        while self._left:
            row = self._left[-1]
            walk = await self._walks.begin(row)
            walk.meets = self._meet
            task, _ = await walk.reach(row.kind)
            self._left.remove(row)
            await self._met_by(row, walk, task)
            walk.meets = None
            await to_the_end(walk)

    async def _meet(self, walk: CaseWalk, task: HumanTask) -> bool:
        row = next((row for row in self._left if row.kind is task.kind), None)
        if row is None or (task.expires_at is not None and self._met is left_alone):
            return False
        self._left.remove(row)
        await self._met_by(row, walk, task)
        return True

    async def _met_by(self, row: Row, walk: CaseWalk, task: HumanTask) -> None:
        try:
            await self._met(self._walks, row, walk, task)
        except (AssertionError, WorkflowUpdateFailedError) as failed:
            raise AssertionError(f"{row}: {failed}") from failed


def by_procedure(among: Iterable[Row]) -> dict[str, list[Row]]:
    """Rows of each procedure, in the order in which they are asked for."""
    found: dict[str, list[Row]] = {}
    for row in among:
        found.setdefault(row.procedure, []).append(row)
    return found


# -- the page --


def test_every_kind_of_task_is_in_the_table() -> None:
    assert {row.kind for row in rows()} == set(TaskKind)


def test_every_cell_was_walked_or_says_why_not() -> None:
    noted = observed()
    missing = [
        f"{row}, {event.value}"
        for event in Event
        for row in rows()
        if (str(row) in noted[event]) == (excluded(row, event) is not None)
    ]

    assert missing == []


def test_the_page_of_task_events_is_up_to_date() -> None:
    assert PAGE.read_text("utf-8") == page()
