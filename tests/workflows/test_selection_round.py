"""A round over its real durations: list, panel, quorum, ranking, decision, places."""

import asyncio
import os
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.testing import WorkflowEnvironment

from activities.rounds import RoundActivities
from infra.postgres import rounds
from infra.postgres.calendar import declare_holiday
from infra.postgres.pool import transaction
from infra.postgres.sweeps import behind_calendar
from schemas.outcome import (
    DecideRound,
    ResolveOverdue,
    ScoreApplications,
    TaskKind,
)
from schemas.selection import (
    ApplicationState,
    Place,
    RoundSnapshot,
    RoundState,
    Vacancy,
)
from schemas.sheet import Assessment, ScoreSheet
from schemas.task import HumanTask, TaskStatus
from tests.driver import COORDINATOR, DIRECTOR, refusal_of, written
from tests.round_driver import (
    GRACE,
    PANEL,
    RoundDriver,
    StartRound,
    activities_of,
    reviewer,
    spare_reviewer,
)
from workers.rebuild import rebuild
from workflows.policy.business_calendar import SEOUL
from workflows.selection_round import SelectionRound

HISTORIES = Path(__file__).parent.parent / "histories"


@pytest.fixture
def activities(temporal: WorkflowEnvironment, database: asyncpg.Pool) -> RoundActivities:
    """Called here as often as an interrupted attempt would be."""
    return activities_of(temporal, database)


async def to_the_panel(held: RoundDriver, reviewers: int = 3) -> list[HumanTask]:
    await held.pass_time_until((await held.snapshot()).cutoff_at + GRACE)
    return await held.open_tasks(TaskKind.SCORE_APPLICATIONS, at_least=reviewers)


async def decided(held: RoundDriver, *totals: int) -> None:
    """Everybody gives the same scores, and the ranking is confirmed."""
    for task in await to_the_panel(held):
        await held.hand_in(task, dict(zip(held.cases, totals, strict=True)))
    await held.confirm()
    await held.until(RoundState.OBJECTION)


async def test_a_round_without_applications_is_empty(start_round: StartRound) -> None:
    held = await start_round()
    await held.pass_time(timedelta(days=21))

    assert (await held.handle.result()).state is RoundState.EMPTY


async def test_applications_are_checked_scored_ranked_and_decided(start_round: StartRound) -> None:
    held = await start_round(20, 20, 31, 20)
    tasks = await to_the_panel(held)
    first, second, third = tasks
    number = dict(enumerate(held.cases))
    await held.hand_in(first, {number[0]: 90, number[1]: 50, number[3]: 80})
    await held.hand_in(second, {number[0]: 80, number[1]: 40, number[3]: -1})
    await held.hand_in(third, {number[0]: -1, number[1]: 60, number[3]: 100})
    await held.confirm()
    await held.until(RoundState.OBJECTION)

    rows = await held.rows()
    assert await held.states() == ["selected", "not_selected", "ineligible", "selected"]
    assert [rows[case].rank for case in held.cases] == [2, 3, None, 1]
    assert rows[number[0]].score == 85
    assert rows[number[2]].reason == "budget_outside_programme"
    ranking = (await held.snapshot()).ranking
    assert (ranking.selected, ranking.granted_krw) == (2, 40_000_000)
    assert {task.assignee for task in tasks} == set(PANEL)


async def test_reviewers_are_blind_of_each_other(start_round: StartRound) -> None:
    held = await start_round(20)
    first, second, _ = await to_the_panel(held)
    assert second.assignee is not None
    answer = ScoreApplications(decision="cannot_review", reason=written("출장"))

    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await held.complete(first, answer, reviewer(second.assignee))

    assert refusal_of(refused.value) == "conflict-of-interest"


async def test_silent_reviewers_are_asked_again_until_there_is_a_quorum(
    start_round: StartRound,
) -> None:
    held = await start_round(20)
    [first, *_] = await to_the_panel(held)
    await held.hand_in(first, {held.cases[0]: 70})
    due = (await held.snapshot()).decide_by
    assert due is not None
    await held.pass_time_until(due + GRACE)
    again = await held.open_tasks(TaskKind.SCORE_APPLICATIONS, at_least=2)
    assert first.assignee not in {task.assignee for task in again}
    await held.hand_in(again[0], {held.cases[0]: 80})
    later = (await held.snapshot()).decide_by
    assert later is not None
    await held.pass_time_until(later + GRACE)
    await held.confirm()
    await held.until(RoundState.OBJECTION)

    assert await held.states() == ["selected"]
    assert (await held.tags()).count("round:quorum:missed") == 1


async def test_who_cannot_review_is_replaced_and_not_asked_again(start_round: StartRound) -> None:
    held = await start_round(20)
    for task in await to_the_panel(held):
        assert task.assignee is not None
        # A sheet beside it, as the page used to send it, is none that was handed in.
        answer = ScoreApplications(decision="cannot_review", reason=written("출장"), sheet="0" * 64)
        await held.complete(task, answer, reviewer(task.assignee))
    await held.pass_time(timedelta(seconds=2))
    nobody = await held.projection()
    assert nobody.snapshot.decide_by is not None
    async with spare_reviewer(held.database) as account:
        await held.pass_time_until(nobody.snapshot.decide_by)
        [spare] = await held.open_tasks(TaskKind.SCORE_APPLICATIONS)
    await held.hand_in(spare, {held.cases[0]: 80})
    await held.confirm()
    await held.until(RoundState.OBJECTION)

    assert not [task for task in nobody.tasks if task.status is TaskStatus.OPEN]
    assert nobody.snapshot.next_due_at == nobody.snapshot.decide_by
    assert spare.assignee == account
    assert (await held.snapshot()).panel == (account,)
    assert await held.states() == ["selected"]


async def test_where_nobody_else_is_there_those_who_can_review_decide(
    start_round: StartRound,
) -> None:
    held = await start_round(20)
    first, *others = await to_the_panel(held)
    for task in others:
        assert task.assignee is not None
        answer = ScoreApplications(decision="cannot_review", reason=written("출장"))
        await held.complete(task, answer, reviewer(task.assignee))
    await held.hand_in(first, {held.cases[0]: 80})
    [ranking] = await held.open_tasks(TaskKind.DECIDE_ROUND)
    await held.confirm()
    await held.until(RoundState.OBJECTION)

    # Who decides sees on how little it rests.
    assert (ranking.parameters["sheets"], ranking.parameters["fewest_scores"]) == ("1", "1")
    assert (await held.snapshot()).panel == (first.assignee,)
    assert await held.states() == ["selected"]


async def test_the_centre_lets_what_few_could_score_count(start_round: StartRound) -> None:
    held = await start_round(20, 20, 20)
    number = held.cases
    for task, total in zip(await to_the_panel(held), (90, -1, -1), strict=True):
        await held.hand_in(task, {number[0]: total, number[1]: 70, number[2]: -1})
    [first] = await held.open_tasks(TaskKind.DECIDE_ROUND)
    admit = DecideRound(decision="admit", reason=written("두 위원의 이해충돌"))
    await held.complete(first, admit, COORDINATOR)
    await held.pass_time(timedelta(seconds=2))
    [again] = await held.open_tasks(TaskKind.DECIDE_ROUND)
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await held.complete(again, admit, COORDINATOR)
    await held.confirm()
    await held.until(RoundState.OBJECTION)

    shown = ("sheets", "fewest_scores", "few_scores", "unscored", "selected")
    assert [first.parameters[name] for name in shown] == ["3", "2", "2", "1", "1"]
    assert [again.parameters[name] for name in shown] == ["3", "1", "1", "1", "2"]
    assert refusal_of(refused.value) == "outcome-mismatch"
    assert await held.states() == ["selected", "selected", "not_selected"]
    assert (await held.rows())[number[2]].reason == "too_few_scores"


async def test_a_cut_budget_ranks_anew(start_round: StartRound) -> None:
    held = await start_round(20, 20)
    for task in await to_the_panel(held):
        await held.hand_in(task, {held.cases[0]: 90, held.cases[1]: 80})
    [task] = await held.open_tasks(TaskKind.DECIDE_ROUND)
    assert task.parameters["selected"] == "2"
    cut = DecideRound(decision="change_budget", budget_krw=25_000_000, reason=written("예산 삭감"))
    await held.complete(task, cut, COORDINATOR)
    await held.confirm()
    await held.until(RoundState.OBJECTION)

    assert await held.states() == ["selected", "reserve"]


async def test_a_place_that_is_given_up_goes_to_the_next_reserve(start_round: StartRound) -> None:
    held = await start_round(*[30] * 22)
    totals = [99 - nth for nth in range(22)]
    await decided(held, *totals)
    states = await held.states()
    assert states == ["selected"] * 20 + ["reserve"] * 2
    assert await rounds.give_up(held.database, held.handle.id, held.cases[3])
    place = Place(round_id=held.handle.id, case_number=held.cases[3], at=held.now)
    await held.handle.signal(SelectionRound.place_given_up, place)
    for _ in range(200):
        if (await held.states())[20] == "selected":
            break
        await asyncio.sleep(0.02)
    final = (await held.snapshot()).places_until
    assert final is not None
    await held.pass_time_until(final + GRACE)
    closed = await held.handle.result()

    assert closed.state is RoundState.CLOSED
    states = await held.states()
    assert (states[3], states[20], states[21]) == ("given_up", "selected", "not_selected")
    assert (await held.rows())[held.cases[21]].reason == "no_place_left"


async def test_reserves_wait_until_late_agreements_are_decided(start_round: StartRound) -> None:
    held = await start_round(20)
    await decided(held, 90)
    told = await held.until(RoundState.OBJECTION)

    assert told.places_until is not None
    # Two months at the least, two weeks more, and the coordinator decides before and after those.
    assert told.places_until > held.now + timedelta(days=59 + 14)


async def test_who_withdraws_while_reserves_move_up_gives_a_place_up(
    start_round: StartRound, activities: RoundActivities
) -> None:
    held = await start_round(*[30] * 21)
    await decided(held, *[99 - nth for nth in range(21)])
    last = held.cases[20]
    await rounds.give_up(held.database, held.handle.id, held.cases[0])
    vacancy = Vacancy(round_id=held.handle.id, budget_krw=600_000_000)
    async with transaction(held.database) as db:
        assert not await rounds.give_up(db, held.handle.id, last)
        filling = asyncio.ensure_future(activities.fill_places(vacancy))
        await asyncio.sleep(0.5)
        assert not filling.done()
    await filling

    assert (await held.rows())[last].state is ApplicationState.WITHDRAWN


async def test_an_overdue_ranking_is_pushed_and_never_closes_the_round(
    start_round: StartRound,
) -> None:
    held = await start_round(20)
    for task in await to_the_panel(held):
        await held.hand_in(task, {held.cases[0]: 90})
    [ranking] = await held.open_tasks(TaskKind.DECIDE_ROUND)
    assert ranking.deadline.l2_at is not None
    await held.pass_time_until(ranking.deadline.l2_at)
    [overdue] = await held.open_tasks(TaskKind.RESOLVE_OVERDUE)
    close = ResolveOverdue(decision="close_case", reason=written("사유"))

    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await held.complete(overdue, close, DIRECTOR)

    assert refusal_of(refused.value) == "outcome-mismatch"
    await held.complete(overdue, ResolveOverdue(decision="remind"), DIRECTOR)
    await held.confirm()
    assert (await held.until(RoundState.OBJECTION)).ranking.selected == 1


async def test_a_place_is_given_up_once_though_the_round_could_not_be_told_at_first(
    start_round: StartRound, activities: RoundActivities
) -> None:
    held = await start_round(*[30] * 21)
    await decided(held, *[99 - nth for nth in range(21)])
    place = Place(round_id=held.handle.id, case_number=held.cases[3], at=held.now)
    # As if the worker had been killed between the row and the signal.
    await rounds.give_up(held.database, held.handle.id, held.cases[3])

    await activities.give_up(place)
    await activities.give_up(place)
    for _ in range(200):
        if (await held.states())[20] == "selected":
            break
        await asyncio.sleep(0.02)

    assert (await held.states())[20] == "selected"
    assert (await held.tags()).count("round:place:given_up") == 1


async def test_who_moved_up_is_told_though_the_first_attempt_was_lost(
    start_round: StartRound, activities: RoundActivities
) -> None:
    held = await start_round(*[30] * 21)
    await decided(held, *[99 - nth for nth in range(21)])
    for _ in range(200):
        if "round:cases:told" in await held.tags():
            break
        await asyncio.sleep(0.02)
    await rounds.give_up(held.database, held.handle.id, held.cases[0])
    vacancy = Vacancy(round_id=held.handle.id, budget_krw=600_000_000)

    assert [await activities.fill_places(vacancy) for _ in range(2)] == [1, 1]


async def test_the_sheet_that_was_saved_last_is_shown_though_it_was_saved_before(
    start_round: StartRound,
) -> None:
    held = await start_round(20)
    [task, *_] = await to_the_panel(held)
    first = ScoreSheet(assessments={held.cases[0]: Assessment(need=1)})
    second = ScoreSheet(assessments={held.cases[0]: Assessment(need=2)})
    for nth, sheet in enumerate((first, second, first, first)):
        at = held.now + timedelta(seconds=nth)
        await rounds.save_sheet(held.database, task.task_id, held.handle.id, sheet, "x", at)

    assert await rounds.latest_sheet(held.database, task.task_id) == first


async def test_the_rows_of_a_round_are_rebuilt(
    start_round: StartRound, temporal: WorkflowEnvironment
) -> None:
    held = await start_round(20)
    await to_the_panel(held)
    before = await rows_of(held, await held.snapshot())
    await held.database.execute("DELETE FROM human_task WHERE case_number = $1", held.handle.id)
    await held.database.execute(
        "UPDATE selection_round SET version = 0, snapshot = NULL, state = 'open' "
        "WHERE round_id = $1",
        held.handle.id,
    )

    rebuilt = await rebuild(temporal.client, held.database)

    assert held.handle.id not in rebuilt.left_out
    assert await rows_of(held, await held.snapshot()) == before


async def rows_of(held: RoundDriver, snapshot: RoundSnapshot) -> list[tuple[object, ...]]:
    """The round's row and its tasks, once they have reached this version."""
    for _ in range(200):
        if await rounds.version(held.database, held.handle.id) == snapshot.version:
            break
        await asyncio.sleep(0.02)
    found = await held.database.fetch(
        """
        SELECT r.state, r.version, r.snapshot, h.task_id, h.version, h.task
          FROM selection_round AS r
          JOIN human_task AS h ON h.case_number = r.round_id
         WHERE r.round_id = $1
         ORDER BY h.task_id
        """,
        held.handle.id,
    )
    return [tuple(row) for row in found]


async def test_a_holiday_declared_while_the_panel_scores_moves_its_date_later(
    start_round: StartRound, database: asyncpg.Pool
) -> None:
    held = await start_round(20)
    [task, *_] = await to_the_panel(held)
    told = task.deadline.due_at

    version = await declare_holiday(database, told.astimezone(SEOUL).date(), "임시공휴일")
    await held.handle.signal(SelectionRound.calendar_changed, version)
    await held.pass_time(timedelta(seconds=2))

    due = {task.deadline.due_at for task in await held.open_tasks(TaskKind.SCORE_APPLICATIONS)}
    assert min(due) > told
    assert (await held.snapshot()).decide_by in due


async def test_a_holiday_declared_while_reserves_move_up_moves_both_ends_later(
    start_round: StartRound, database: asyncpg.Pool
) -> None:
    held = await start_round(20)
    await decided(held, 90)
    before = await held.until(RoundState.OBJECTION)
    assert before.final_at is not None
    assert before.places_until is not None
    for end in (before.final_at, before.places_until):
        version = await declare_holiday(database, end.astimezone(SEOUL).date(), "임시공휴일")
    assert held.handle.id in await behind_calendar(database, version, limit=1000)

    await held.handle.signal(SelectionRound.calendar_changed, version)
    await held.pass_time(timedelta(seconds=2))

    after = await held.snapshot()
    assert after.final_at is not None
    assert after.places_until is not None
    assert after.final_at > before.final_at
    assert after.places_until > before.places_until
    assert after.calendar_version == version
    await held.pass_time_until(after.places_until)
    assert (await held.handle.result()).state is RoundState.CLOSED


@pytest.mark.skipif(os.environ.get("RECORD") != "1", reason="set RECORD=1 to record a round")
async def test_record(start_round: StartRound) -> None:
    """A round with every kind of application, a change of budget and a place that is given up."""
    target = HISTORIES / "rounds" / "monthly.json"
    if target.exists():
        pytest.skip("recorded already")
    held = await start_round(20, 20, 31, 20)
    scored = [number for nth, number in enumerate(held.cases) if nth != 2]
    for task in await to_the_panel(held):
        await held.hand_in(task, dict(zip(scored, (90, 80, 70), strict=True)))
    [ranking] = await held.open_tasks(TaskKind.DECIDE_ROUND)
    cut = DecideRound(decision="change_budget", budget_krw=45_000_000, reason=written("삭감"))
    await held.complete(ranking, cut, COORDINATOR)
    await held.confirm()
    await held.until(RoundState.OBJECTION)
    await rounds.give_up(held.database, held.handle.id, scored[0])
    place = Place(round_id=held.handle.id, case_number=scored[0], at=held.now)
    await held.handle.signal(SelectionRound.place_given_up, place)
    final = (await held.snapshot()).places_until
    assert final is not None
    await held.pass_time_until(final + GRACE)
    assert (await held.handle.result()).state is RoundState.CLOSED

    target.parent.mkdir(exist_ok=True)
    target.write_text((await held.handle.fetch_history()).to_json() + "\n", "utf-8")
