"""Histories outlive Temporal's retention: archived once, readable and rebuilt from afterwards."""

import asyncio
import re
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import Any, cast

import asyncpg
import pytest
from temporalio.client import Client, ScheduleActionExecutionStartWorkflow, WorkflowHistory
from temporalio.testing import WorkflowEnvironment

from infra.postgres import archive
from infra.postgres.archive import ArchiveDamaged
from infra.postgres.policies import add_policy
from tests.driver import CaseDriver, StartCase
from tests.workflows.test_records import read_model
from workers.policy_files import default_policy
from workers.rebuild import rebuild
from workers.registry import WORKFLOWS
from workers.schedules import ARCHIVE_ID, PLANNED, archive_now, plan
from workflows.policy.policy_table import override

# The server's own namespace: a Temporal that has forgotten every case.
_WITHOUT_CASES = "temporal-system"
_REPLAYED_CLOCK = timedelta(milliseconds=100)
_MOMENT = re.compile(r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}")
# Soon over in real time.
_SHORT = """
version = "soon-over"
clock = "elapsed"
day = "PT1S"

[values]
"expiry.grace_seconds" = 0
"survey.close" = "PT1S"
"survey.phone" = "PT0.5S"
"survey.remind" = ["PT0.2S", "PT0.4S"]
"reopen.window" = "PT2S"
"""


async def over(start_case: StartCase, database: asyncpg.Pool) -> CaseDriver:
    """A case whose run has ended."""
    policy = override(default_policy(), _SHORT)
    await add_policy(database, policy)
    case = await start_case(policy_version=policy.version)
    await case.withdraw()
    await asyncio.wait_for(case.handle.result(), 20)
    await case.settle(database)
    return case


def is_same(one: Any, other: Any) -> bool:
    """Whether rows are the same but for the moments that a replay tells a few milliseconds off.

    Where several local activities end at once, the server's clock that a replayed workflow reads
    need not be the one that it read at first.
    """
    if isinstance(one, dict) and isinstance(other, dict):
        left, right = cast("dict[str, Any]", one), cast("dict[str, Any]", other)
        return left.keys() == right.keys() and all(is_same(left[key], right[key]) for key in left)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        pairs = list(zip_longest(cast("list[Any]", one), cast("list[Any]", other)))
        return all(is_same(*pair) for pair in pairs)
    if isinstance(one, datetime) and isinstance(other, datetime):
        return abs(one - other) < _REPLAYED_CLOCK
    if isinstance(one, str) and isinstance(other, str) and _MOMENT.match(one):
        return is_same(datetime.fromisoformat(one), datetime.fromisoformat(other))
    return bool(one == other)


async def test_what_temporal_has_forgotten_is_read_and_rebuilt_from_the_archive(
    start_case: StartCase, temporal: WorkflowEnvironment, database: asyncpg.Pool
) -> None:
    case = await over(start_case, database)
    history = await case.handle.fetch_history()
    before = await read_model(database, case.handle.id)

    assert await archive_now(temporal.client) >= 1
    assert await archive_now(temporal.client) == 0
    for table in ("support_case", "human_task", "assignment"):
        await database.execute(f"DELETE FROM {table} WHERE case_number = $1", case.handle.id)  # noqa: S608  # our own names
    forgetful = Client(temporal.client.service_client, namespace=_WITHOUT_CASES)
    await rebuild(forgetful, database)

    assert is_same(await read_model(database, case.handle.id), before)
    kept = await archive.find(database, case.handle.id)
    assert kept is not None
    assert kept.events == len(history.events)
    assert WorkflowHistory.from_json(case.handle.id, kept.history).events == history.events


async def test_a_running_case_is_not_archived(
    start_case: StartCase, temporal: WorkflowEnvironment, database: asyncpg.Pool
) -> None:
    case = await start_case()

    await archive_now(temporal.client)

    assert await archive.find(database, case.handle.id) is None


async def test_an_archived_history_that_was_changed_is_not_believed(
    start_case: StartCase, temporal: WorkflowEnvironment, database: asyncpg.Pool
) -> None:
    case = await over(start_case, database)
    await archive_now(temporal.client)
    await database.execute(
        "UPDATE archived_history SET sha256 = 'other' WHERE workflow_id = $1", case.handle.id
    )

    with pytest.raises(ArchiveDamaged):
        await archive.find(database, case.handle.id)


def test_every_planned_workflow_is_run_by_some_worker() -> None:
    run = {workflow.__name__ for workflows in WORKFLOWS.values() for workflow in workflows}

    assert {planned.workflow for planned in PLANNED} <= run


async def forget_schedules(client: Client) -> None:
    """Else the calendar would start work, at its times of day, while other tests run."""
    for planned in PLANNED:
        schedule = client.get_schedule_handle(planned.schedule_id)
        started = (await schedule.describe()).info.running_actions
        for _ in range(100 if planned.at_once and not started else 0):
            await asyncio.sleep(0.05)
            started = (await schedule.describe()).info.running_actions
            if started:
                break
        await schedule.delete()
        for action in started:
            assert isinstance(action, ScheduleActionExecutionStartWorkflow)
            await client.get_workflow_handle(action.workflow_id).terminate()


async def test_schedules_are_made_once_and_stay_paused_when_somebody_paused_them(
    temporal: WorkflowEnvironment,
) -> None:
    await plan(temporal.client)
    schedule = temporal.client.get_schedule_handle(ARCHIVE_ID)
    await schedule.pause(note="maintenance")
    await plan(temporal.client)

    described = await schedule.describe()
    await forget_schedules(temporal.client)

    assert described.schedule.state.paused
    assert described.schedule.spec.time_zone_name == "Asia/Seoul"
