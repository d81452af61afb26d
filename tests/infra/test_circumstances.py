"""What a designation weighs besides fitness, counted from cases as they are stored."""

from datetime import UTC, datetime, timedelta

import asyncpg

from infra.postgres import circumstances
from schemas.case import CaseOutcome

NOW = datetime(2026, 11, 27, tzinfo=UTC)
ASKED = "1379-2026-000099"


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
    catalogue: asyncpg.Pool,
) -> dict[str, circumstances.InstituteCircumstances]:
    return {row.institute: row for row in await circumstances.of_institutes(catalogue, ASKED)}


async def test_workload_is_a_share_of_the_busiest(catalogue: asyncpg.Pool) -> None:
    nobody = await of_each(catalogue)
    cases = Cases(catalogue)
    for institute in ("KITECH", "KITECH", "KITECH", "KITECH", "KERI"):
        await cases.add(institute)
    await cases.add("KERI", CaseOutcome.NOT_SOLVED)

    found = await of_each(catalogue)

    assert {row.workload for row in nobody.values()} == {0}
    assert len(found) == 25
    assert (found["KITECH"].workload, found["KERI"].workload) == (1, 0.25)
    assert found["KIMM"].workload == 0


async def test_success_is_told_of_five_closed_cases_and_more(catalogue: asyncpg.Pool) -> None:
    cases = Cases(catalogue)
    for outcome in (*[CaseOutcome.RESOLVED_TECH_HELD] * 3, *[CaseOutcome.NOT_SOLVED] * 2):
        await cases.add("KIMM", outcome)
    for _ in range(4):
        await cases.add("KERI", CaseOutcome.RESOLVED_GUIDANCE)

    found = await of_each(catalogue)

    assert found["KIMM"].success == 0.6
    assert found["KERI"].success is None


async def test_a_site_in_the_companys_region_counts(catalogue: asyncpg.Pool) -> None:
    await Cases(catalogue).add(None, number=ASKED, region="RC08")

    found = await of_each(catalogue)

    # Changwon, in whose province these two are.
    assert found["KERI"].in_region
    assert found["KIMS"].in_region
    assert not found["KRISS"].in_region


async def test_a_company_of_an_unknown_region_is_near_to_nobody(
    catalogue: asyncpg.Pool,
) -> None:
    await Cases(catalogue).add(None, number=ASKED)

    assert not any(row.in_region for row in (await of_each(catalogue)).values())


async def test_only_closed_cases_of_the_institutes_are_compared_without_personal_data(
    catalogue: asyncpg.Pool,
) -> None:
    cases = Cases(catalogue)
    await cases.add("KIMM")
    await cases.add("KERI", CaseOutcome.NOT_SOLVED)
    older = await cases.add("KIMM", CaseOutcome.NOT_SOLVED)
    newer = await cases.add("KIMM", CaseOutcome.RESOLVED_GUIDANCE)

    found = await circumstances.closed_cases(catalogue, ["KIMM"], ASKED)

    assert [case.case_number for case in found] == [newer, older]
    assert all(case.text == "기공\n[이름 가림]" for case in found)
