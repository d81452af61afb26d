"""Every task of a selection round: declined, expired, reassigned, answered late."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final, TypeAlias
from uuid import uuid4

import pytest
from temporalio.client import WorkflowUpdateFailedError

from schemas.actor import Actor
from schemas.outcome import (
    DecideRound,
    Outcome,
    ResolveOverdue,
    ScoreApplications,
    TaskKind,
)
from schemas.selection import RoundProjection, RoundState
from schemas.task import HumanTask, TaskClaim, TaskCompletion, TaskReassignment, TaskStatus
from tests.driver import COORDINATOR, DIRECTOR, refusal_of, written
from tests.round_driver import GRACE, RoundDriver, StartRound, reviewer, spare_reviewer
from tests.workflows.task_table import ROUND, Event, Notes, Row, declines, excluded, rows
from tests.workflows.walking import Stuck, settle
from workflows.selection_round import SelectionRound

ROUND_ROWS: Final = [row for row in rows() if row.procedure == ROUND]
_OVER: Final = frozenset({RoundState.CLOSED, RoundState.EMPTY})
_MOST_STEPS: Final = 20
_MOMENT: Final = timedelta(seconds=1)
_POINTS: Final = 80


async def look(held: RoundDriver) -> RoundProjection:
    """The round at rest; somebody or some instant will move it."""
    await settle(held.handle)
    found = await held.projection()
    snapshot = found.snapshot
    if not (open_tasks(found) or snapshot.next_due_at or snapshot.state in _OVER):
        raise Stuck(f"waits for nothing: {snapshot}")
    return found


def open_tasks(found: RoundProjection) -> list[HumanTask]:
    return [task for task in found.tasks if task.status is TaskStatus.OPEN]


def task_in(found: RoundProjection, task: HumanTask) -> HumanTask:
    return next(one for one in found.tasks if one.task_id == task.task_id)


async def reach(held: RoundDriver, kind: TaskKind) -> HumanTask:
    """Go on until a task of that kind is open."""
    await held.pass_time_until((await held.snapshot()).cutoff_at + GRACE)
    if kind is not TaskKind.SCORE_APPLICATIONS:
        # Of the last application there is one score: whoever decides may admit it.
        sheets = await held.open_tasks(TaskKind.SCORE_APPLICATIONS, at_least=3)
        for points, sheet in zip((_POINTS, -1, -1), sheets, strict=True):
            await held.hand_in(sheet, {held.cases[0]: _POINTS, held.cases[-1]: points})
    if kind is TaskKind.RESOLVE_OVERDUE:
        [ranking] = await held.open_tasks(TaskKind.DECIDE_ROUND)
        await held.pass_time_until(ranking.deadline.l2_at or ranking.deadline.due_at)
    return (await held.open_tasks(kind))[0]


async def to_the_end(held: RoundDriver) -> None:
    """The round can be brought to its end; it ends once, and leaves nothing behind."""
    for _ in range(_MOST_STEPS):
        found = await look(held)
        if found.snapshot.state in _OVER:
            break
        tasks = {task.kind: task for task in open_tasks(found)}
        if (sheet := tasks.get(TaskKind.SCORE_APPLICATIONS)) is not None:
            await held.hand_in(sheet, dict.fromkeys(held.cases, _POINTS))
        elif TaskKind.DECIDE_ROUND in tasks:
            await held.confirm()
        else:
            due = found.snapshot.next_due_at
            assert due is not None
            await held.pass_time_until(due)
    closed = await held.handle.result()
    found = await held.projection()
    moves = [entry.detail for entry in found.journal if entry.tag == "round:state:changed"]
    assert (closed.state, open_tasks(found)) == (RoundState.CLOSED, [])
    assert moves.count({"state": RoundState.CLOSED.value}) == 1


def effect(before: RoundProjection, after: RoundProjection) -> str:
    """What followed, in a word."""
    known = {task.task_id for task in open_tasks(before)}
    asked = {task.kind.value for task in open_tasks(after) if task.task_id not in known}
    return " and ".join(sorted(asked)) or "goes on"


def form(kind: TaskKind, decision: str | None = None) -> Outcome:
    """An answer that goes on, or that decides what is said."""
    reason = written("사유")
    match kind:
        case TaskKind.SCORE_APPLICATIONS:
            return ScoreApplications(decision="cannot_review", reason=reason)
        case TaskKind.DECIDE_ROUND:
            return DecideRound.model_validate(
                {"decision": decision or "confirm", "budget_krw": 25_000_000, "reason": reason}
            )
        case _:
            return ResolveOverdue.model_validate(
                {"decision": decision or "remind", "reason": reason}
            )


def whose(task: HumanTask) -> Actor:
    """Who answers a task of a round."""
    if task.assignee is not None:
        return reviewer(task.assignee)
    return DIRECTOR if task.kind is TaskKind.RESOLVE_OVERDUE else COORDINATOR


async def refused(held: RoundDriver, completion: TaskCompletion) -> str:
    with pytest.raises(WorkflowUpdateFailedError) as failed:
        await held.handle.execute_update(SelectionRound.complete_task, completion, id=uuid4().hex)
    return refusal_of(failed.value)


Walk: TypeAlias = Callable[[Notes, Row, RoundDriver, HumanTask], Awaitable[None]]


async def decides_otherwise(notes: Notes, row: Row, held: RoundDriver, task: HumanTask) -> None:
    """Everybody who was asked decides the same."""
    for decision in declines(row):
        before = await look(held)
        answer = form(row.kind, decision)
        try:
            async with spare_reviewer(held.database):
                for one in await held.open_tasks(row.kind):
                    await held.complete(one, answer, whose(one))
                followed = effect(before, await look(held))
        except WorkflowUpdateFailedError as failed:
            followed = f"refused ({refusal_of(failed)})"
        notes.add(Event.DECLINES, row, f"{decision}: {followed}")


async def is_reassigned(notes: Notes, row: Row, held: RoundDriver, task: HumanTask) -> None:
    """It goes back to its queue, then to a colleague; who had it before is refused."""
    before = whose(task)
    after = before.model_copy(update={"id": f"{before.id}-2"})

    async def give(assignee: Actor | None) -> HumanTask:
        request = TaskReassignment(task_id=task.task_id, actor=DIRECTOR, assignee=assignee)
        await held.handle.execute_update(SelectionRound.reassign_task, request, id=uuid4().hex)
        return task_in(await look(held), task)

    if task.assignee is None:
        claim = TaskClaim(task_id=task.task_id, actor=before)
        await held.handle.execute_update(SelectionRound.claim_task, claim, id=uuid4().hex)
    assert (await give(None)).assignee is None
    given = await give(after)
    old = TaskCompletion(
        task_id=task.task_id, actor=before, submitted_at=held.now, outcome=form(row.kind)
    )
    assert await refused(held, old) == "task-not-yours"
    if given.kind is TaskKind.SCORE_APPLICATIONS:
        await held.hand_in(given, dict.fromkeys(held.cases, _POINTS))
    else:
        await held.complete(given, form(row.kind), after)
    assert task_in(await look(held), task).completed_by == after
    notes.add(Event.REASSIGNED, row, "the new one answers, the old one is refused")


async def is_left_alone(notes: Notes, row: Row, held: RoundDriver, task: HumanTask) -> None:
    """Nobody answers until the time for it has passed; then somebody does."""
    before = await look(held)
    ends = task.expires_at or task.deadline.l3_at or task.deadline.due_at
    await held.pass_time_until(ends + GRACE)
    after = await look(held)
    now = task_in(after, task)
    late = TaskCompletion(
        task_id=task.task_id, actor=whose(task), submitted_at=held.now, outcome=form(row.kind)
    )
    if now.status is TaskStatus.EXPIRED:
        notes.add(Event.EXPIRES, row, f"expires: {effect(before, after)}")
        in_time = late.model_copy(update={"submitted_at": ends - _MOMENT})
        notes.add(
            Event.LATE,
            row,
            f"refused ({await refused(held, late)}), sent in time but seen too late: "
            f"refused ({await refused(held, in_time)})",
        )
        return
    is_ladder = row.kind is TaskKind.RESOLVE_OVERDUE
    assert (now.status, now.level) == (TaskStatus.OPEN, 0 if is_ladder else 3)
    stays = "stays open" if is_ladder else "stays open, level 3, resolve_overdue"
    notes.add(Event.EXPIRES, row, stays)
    await held.complete(now, form(row.kind), whose(now))
    answered = [
        entry
        for entry in (await look(held)).journal
        if entry.tag == "task:work:completed" and entry.detail["task"] == task.task_id
    ]
    assert [entry.detail.get("late") for entry in answered] == ["true"]
    notes.add(Event.LATE, row, "taken, marked as late")


@pytest.mark.parametrize(
    ("walk", "events"),
    [
        (decides_otherwise, (Event.DECLINES,)),
        (is_reassigned, (Event.REASSIGNED,)),
        (is_left_alone, (Event.EXPIRES, Event.LATE)),
    ],
)
async def test_a_round_comes_to_its_end_whatever_becomes_of_its_tasks(
    start_round: StartRound, walk: Walk, events: tuple[Event, ...]
) -> None:
    notes = Notes()
    for row in ROUND_ROWS:
        held = await start_round(20, 20)
        await walk(notes, row, held, await reach(held, row.kind))
        await to_the_end(held)
    for event in events:
        notes.compare(event, ROUND_ROWS)


def test_what_becomes_of_the_tasks_of_a_round_is_all_walked() -> None:
    walked = {Event.DECLINES, Event.REASSIGNED, Event.EXPIRES, Event.LATE}

    left = {event for event in Event for row in ROUND_ROWS if excluded(row, event) is None}

    assert left == walked
