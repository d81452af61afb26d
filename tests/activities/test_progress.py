"""A company hears every thirty days that its case goes on; once each time."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
import pytest
from temporalio.testing import ActivityEnvironment

from activities.progress import ProgressActivities
from infra.postgres import records
from infra.postgres.migrate import migrate
from infra.postgres.policies import add_policy
from infra.postgres.pool import open_pool
from schemas.base import case_number
from schemas.case import Assignment, CaseSnapshot, CaseStatus, OfferAnswer
from tests.conftest import NewDatabase
from workers.policy_files import default_policy

ACCEPTED = datetime(2031, 3, 3, 1, tzinfo=UTC)


@pytest.fixture
async def own_database(new_database: NewDatabase) -> AsyncIterator[asyncpg.Pool]:
    url = await new_database(f"progress-{uuid4().hex[:8]}")
    await migrate(url)
    pool = await open_pool(url)
    await add_policy(pool, default_policy())
    yield pool
    await pool.close()


async def add_case(database: asyncpg.Pool, nth: int, **changes: object) -> str:
    number = case_number(2031, nth)
    offered = Assignment(
        institute="KITECH",
        offered_at=ACCEPTED,
        answered_at=ACCEPTED,
        answer=OfferAnswer.ACCEPTED,
    )
    snapshot = CaseSnapshot(
        case_number=number,
        version=1,
        status=CaseStatus.IN_SERVICE,
        lead_institute="KITECH",
        assignments=(offered,),
        received_at=ACCEPTED,
        registered_at=ACCEPTED,
        policy_version=default_policy().version,
    ).model_copy(update=changes)
    await records.save_case(database, snapshot)
    await records.save_assignments(database, snapshot)
    return number


class Post:
    """Keeps what is handed to delivery."""

    def __init__(self, database: asyncpg.Pool) -> None:
        self.keys: list[str] = []
        self._activities = ProgressActivities(database, self.take)

    async def take(self, keys: Sequence[str]) -> None:
        self.keys += keys

    async def after(self, days: float) -> int:
        return await ActivityEnvironment().run(
            self._activities.send_notices, ACCEPTED + timedelta(days=days)
        )


async def test_each_thirty_days_the_company_and_its_handlers_hear_once(
    own_database: asyncpg.Pool,
) -> None:
    number = await add_case(own_database, 1)
    post = Post(own_database)

    counts = [await post.after(days) for days in (29.9, 30, 31, 60, 60)]

    assert counts == [0, 2, 0, 2, 0]
    assert post.keys == [
        f"{number}/{template}/{nth}"
        for nth in (1, 2)
        for template in ("progress_notice", "progress_asked")
    ]
    audiences = await own_database.fetch("SELECT DISTINCT audience FROM notification")
    assert {row["audience"] for row in audiences} == {"company", "institute:KITECH:support"}


async def test_cases_that_nobody_works_on_are_left_out(own_database: asyncpg.Pool) -> None:
    await add_case(own_database, 1, status=CaseStatus.OFFERED)
    await add_case(own_database, 2, on_hold_until=ACCEPTED + timedelta(days=90))
    await add_case(
        own_database, 3, status=CaseStatus.CLOSED, closed_at=ACCEPTED + timedelta(days=1)
    )

    assert await Post(own_database).after(45) == 0


async def test_more_cases_than_fit_one_page(own_database: asyncpg.Pool) -> None:
    for nth in range(1, 206):
        await add_case(own_database, nth)

    assert await Post(own_database).after(30) == 2 * 205
