"""What a designation weighs besides fitness, counted from cases as they are stored."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
import pytest

from infra.postgres import circumstances
from infra.postgres.institutes import load_reference
from infra.postgres.migrate import migrate
from infra.postgres.pool import open_pool
from schemas.case import CaseOutcome
from tests.conftest import NewDatabase

NOW = datetime(2026, 11, 27, tzinfo=UTC)
ASKED = "1379-2026-000099"


@pytest.fixture
async def pool(new_database: NewDatabase) -> AsyncIterator[asyncpg.Pool]:
    url = await new_database(f"circumstances_{uuid4().hex[:8]}")
    await migrate(url)
    pool = await open_pool(url)
    await load_reference(pool)
    yield pool
    await pool.close()


class Cases:
    """Writes cases under numbers of their own."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._last = 0

    async def add(
        self,
        institute: str | None,
        outcome: CaseOutcome | None = None,
        *,
        number: str | None = None,
        region: str | None = None,
    ) -> str:
        self._last += 1
        number = number or f"1379-2026-{self._last:06d}"
        await self._pool.execute(
            """
            INSERT INTO support_case (case_number, version, status, step, channel, region,
                                      lead_institute, outcome, counted_as, received_at, overdue,
                                      closed_at, calendar_version, policy_version, snapshot)
            VALUES ($1, 1, $2, '', 'web', $3, $4, $5, 'case', $6, false, $7, 0, '', '{}')
            """,
            number,
            "in_service" if outcome is None else "closed",
            region,
            institute,
            outcome,
            NOW,
            None if outcome is None else NOW + timedelta(minutes=self._last),
        )
        await self._pool.execute(
            """
            INSERT INTO case_text (case_number, title, description, title_masked,
                                   description_masked)
            VALUES ($1, '기공', $1, '기공', '[이름 가림]')
            """,
            number,
        )
        return number


async def of_each(
    pool: asyncpg.Pool,
) -> dict[str, circumstances.InstituteCircumstances]:
    return {row.institute: row for row in await circumstances.of_institutes(pool, ASKED)}


async def test_workload_is_a_share_of_the_busiest(pool: asyncpg.Pool) -> None:
    nobody = await of_each(pool)
    cases = Cases(pool)
    for institute in ("KITECH", "KITECH", "KITECH", "KITECH", "KERI"):
        await cases.add(institute)
    await cases.add("KERI", CaseOutcome.NOT_SOLVED)

    found = await of_each(pool)

    assert {row.workload for row in nobody.values()} == {0}
    assert len(found) == 25
    assert (found["KITECH"].workload, found["KERI"].workload) == (1, 0.25)
    assert found["KIMM"].workload == 0


async def test_success_is_told_of_five_closed_cases_and_more(pool: asyncpg.Pool) -> None:
    cases = Cases(pool)
    for outcome in (*[CaseOutcome.RESOLVED_TECH_HELD] * 3, *[CaseOutcome.NOT_SOLVED] * 2):
        await cases.add("KIMM", outcome)
    for _ in range(4):
        await cases.add("KERI", CaseOutcome.RESOLVED_GUIDANCE)

    found = await of_each(pool)

    assert found["KIMM"].success == 0.6
    assert found["KERI"].success is None


async def test_a_site_in_the_companys_region_counts(pool: asyncpg.Pool) -> None:
    await Cases(pool).add(None, number=ASKED, region="RC08")

    found = await of_each(pool)

    # Changwon, in whose province these two are.
    assert found["KERI"].in_region
    assert found["KIMS"].in_region
    assert not found["KRISS"].in_region


async def test_a_company_of_an_unknown_region_is_near_to_nobody(pool: asyncpg.Pool) -> None:
    await Cases(pool).add(None, number=ASKED)

    assert not any(row.in_region for row in (await of_each(pool)).values())


async def test_only_closed_cases_of_the_institutes_are_compared_without_personal_data(
    pool: asyncpg.Pool,
) -> None:
    cases = Cases(pool)
    await cases.add("KIMM")
    await cases.add("KERI", CaseOutcome.NOT_SOLVED)
    older = await cases.add("KIMM", CaseOutcome.NOT_SOLVED)
    newer = await cases.add("KIMM", CaseOutcome.RESOLVED_GUIDANCE)

    found = await circumstances.closed_cases(pool, ["KIMM"], ASKED)

    assert [case.case_number for case in found] == [newer, older]
    assert all(case.text == "기공\n[이름 가림]" for case in found)
