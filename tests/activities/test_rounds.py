"""Rounds are opened once, by the calendar or by their first application, and stand as told."""

import asyncio
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from temporalio.client import WorkflowExecutionStatus
from temporalio.testing import WorkflowEnvironment

from activities.rounds import RoundActivities
from infra.postgres import rounds
from schemas.base import case_number, round_id
from schemas.selection import ApplicationRequest, PlannedRound, Receipt, RoundProgramme, RoundQuery
from tests.round_driver import activities_of
from workers.policy_files import default_policy
from workflows.policy.business_calendar import SEOUL
from workflows.policy.rounds import MONTHLY, round_for

VALUES = default_policy().pinned()
VERSION = default_policy().version


@pytest.fixture
def activities(
    workers: None, temporal: WorkflowEnvironment, database: asyncpg.Pool
) -> RoundActivities:
    return activities_of(temporal, database)


def application(at: datetime, told: str | None = None) -> ApplicationRequest:
    return ApplicationRequest(
        case_number=case_number(2026, 800_000 + at.year),
        programme=RoundProgramme.SHORT_MONTHLY,
        policy_version=VERSION,
        submitted_at=at,
        institute="KITECH",
        round_id=told,
        months=3,
        budget_krw=1_000_000,
    )


async def plan_later(database: asyncpg.Pool, at: datetime) -> PlannedRound:
    """A round that an earlier policy planned, with a cut-off a day later than today's policy."""
    planned = round_for(MONTHLY, at, VALUES)
    later = planned.model_copy(update={"cutoff_at": planned.cutoff_at + timedelta(days=1)})
    return await rounds.plan(database, later, VERSION)


# Each test has a year of its own, far from the rounds of other tests; nothing waits for them.
async def test_a_round_is_opened_once_however_often_and_late_the_calendar_is_looked_at(
    temporal: WorkflowEnvironment, activities: RoundActivities
) -> None:
    # The schedule was down when they should have been opened.
    at = datetime(2071, 1, 12, 3, tzinfo=SEOUL)
    opened = await asyncio.gather(*(activities.open_due(at) for _ in range(3)))
    handles = [
        temporal.client.get_workflow_handle(round_id(programme, "2071-01"))
        for programme in ("short_monthly", "medium")
    ]
    running = [(await handle.describe()).status for handle in handles]
    for handle in handles:
        await handle.terminate()

    assert sum(opened) == 2
    assert running == [WorkflowExecutionStatus.RUNNING] * 2
    # Not even one that is over.
    assert await activities.open_due(at + timedelta(days=3)) == 0


async def test_the_first_application_opens_a_round_that_the_calendar_missed(
    temporal: WorkflowEnvironment, activities: RoundActivities
) -> None:
    at = datetime(2072, 3, 4, tzinfo=UTC)
    receipt = await activities.apply(application(at))
    handle = temporal.client.get_workflow_handle(receipt.round_id)

    assert receipt.round_id == round_id("short_monthly", "2072-03")
    assert (await handle.describe()).status is WorkflowExecutionStatus.RUNNING
    await handle.terminate()


async def test_an_application_goes_to_the_round_that_was_told_until_its_cut_off(
    database: asyncpg.Pool, activities: RoundActivities
) -> None:
    told = await plan_later(database, datetime(2073, 5, 1, tzinfo=UTC))
    in_time, late = told.cutoff_at, told.cutoff_at + timedelta(seconds=1)
    following = round_for(MONTHLY, late, VALUES)

    # By today's policy both are too late.
    assert round_for(MONTHLY, in_time, VALUES) == following
    assert await activities.apply(application(in_time, told.round_id)) == Receipt(
        round_id=told.round_id, cutoff_at=told.cutoff_at
    )
    assert (await activities.apply(application(late, told.round_id))).round_id == (
        following.round_id
    )


async def test_who_asks_for_the_next_round_is_told_what_is_written_down(
    database: asyncpg.Pool, activities: RoundActivities
) -> None:
    at = datetime(2074, 5, 1, tzinfo=UTC)
    written = await plan_later(database, at)
    query = RoundQuery(programme=RoundProgramme.SHORT_MONTHLY, at=at)

    assert await activities.next(query) == written
    unplanned = query.model_copy(update={"at": at + timedelta(days=60)})
    first = await activities.next(unplanned)
    assert first == round_for(MONTHLY, unplanned.at, VALUES)
    # From now on it stands.
    assert await rounds.find_planned(database, first.round_id) == first
