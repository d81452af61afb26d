"""Due dates from stored policies and the stored holiday table."""

from collections.abc import AsyncIterator
from datetime import date

import asyncpg
import pytest
from temporalio.testing import ActivityEnvironment

from activities.deadlines import DeadlineActivities
from infra.postgres.calendar import declare_holiday, load_holidays
from infra.postgres.migrate import migrate
from infra.postgres.policies import add_policy
from infra.postgres.pool import open_pool
from schemas.policy import Deadline, DeadlineRequest
from tests.conftest import NewDatabase
from tests.workflows.policy.test_business_calendar import kst
from workers.policy_files import default_policy
from workflows.policy.policy_table import override


@pytest.fixture(scope="module")
async def own_database(new_database: NewDatabase) -> AsyncIterator[asyncpg.Pool]:
    url = await new_database("due_dates")
    await migrate(url)
    pool = await open_pool(url)
    await load_holidays(pool)
    await add_policy(pool, default_policy())
    yield pool
    await pool.close()


@pytest.fixture
def deadlines(own_database: asyncpg.Pool) -> DeadlineActivities:
    return DeadlineActivities(own_database)


async def compute(deadlines: DeadlineActivities, policy_version: str, start: str) -> Deadline:
    request = DeadlineRequest(
        policy_version=policy_version, key="intake.promise.total", start=kst(start)
    )
    return await ActivityEnvironment().run(deadlines.compute, request)


async def test_a_version_is_pinned_with_all_its_values(deadlines: DeadlineActivities) -> None:
    pinned = await ActivityEnvironment().run(deadlines.pin_policy, default_policy().version)

    assert pinned == default_policy().pinned()


async def test_a_case_keeps_the_policy_it_pinned(
    deadlines: DeadlineActivities, own_database: asyncpg.Pool
) -> None:
    text = 'version = "shorter"\n[values]\n"intake.promise.total" = "PT8H"'
    await add_policy(own_database, override(default_policy(), text))

    old = await compute(deadlines, default_policy().version, "Mon 2013-09-02 09:00")
    new = await compute(deadlines, "shorter", "Mon 2013-09-02 09:00")

    assert old.due_at == kst("Wed 2013-09-04 18:00")
    assert new.due_at == kst("Mon 2013-09-02 18:00")


async def test_a_holiday_declared_meanwhile_is_seen_at_once(
    deadlines: DeadlineActivities, own_database: asyncpg.Pool
) -> None:
    before = await compute(deadlines, default_policy().version, "Mon 2030-07-08 09:00")

    version = await declare_holiday(own_database, date(2030, 7, 9), "임시공휴일")
    after = await compute(deadlines, default_policy().version, "Mon 2030-07-08 09:00")

    assert before.due_at == kst("Wed 2030-07-10 18:00")
    assert after.due_at == kst("Thu 2030-07-11 18:00")
    assert after.calendar_version == version > before.calendar_version
    assert [day.why for day in after.reasoning.skipped] == ["임시공휴일"]
