"""Who is funded elsewhere, and what is in time, by the rows of the rounds."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from infra.postgres import rounds
from schemas.base import case_number, round_id
from schemas.selection import ApplicationRequest, Ineligibility, PlannedRound, RoundProgramme

CUTOFF = datetime(2026, 11, 20, 14, 59, 59, tzinfo=UTC)
OWN, OTHER = case_number(2026, 1), case_number(2026, 2)


async def open_round(database: asyncpg.Pool, period: str) -> str:
    planned = PlannedRound(
        round_id=round_id("short_monthly", period),
        programme=RoundProgramme.SHORT_MONTHLY,
        period=period,
        opens_at=CUTOFF - timedelta(days=30),
        cutoff_at=CUTOFF,
    )
    assert await rounds.plan(database, planned, "x") == planned
    return planned.round_id


async def apply(database: asyncpg.Pool, to: str, number: str, *, days_before: int) -> bool:
    application = ApplicationRequest(
        case_number=number,
        programme=RoundProgramme.SHORT_MONTHLY,
        policy_version="x",
        submitted_at=CUTOFF - timedelta(days=days_before),
        institute="KITECH",
        budget_krw=1,
    )
    return await rounds.apply(database, to, application)


async def add_case(database: asyncpg.Pool, company: UUID, number: str, step: str) -> None:
    await database.execute(
        """
        INSERT INTO intake (case_number, idempotency_key, body_sha256, tracking_code_hash, intake,
                            company_id, submitted_at, registered_by)
        VALUES ($1, $1, '', '', '{}', $2, now(), 'x')
        """,
        number,
        company,
    )
    await database.execute(
        """
        INSERT INTO support_case (case_number, version, status, step, channel, counted_as,
                                  received_at, overdue, calendar_version, policy_version, snapshot)
        VALUES ($1, 1, 'in_service', $2, 'web', 'case', now(), false, 0, '', '{}')
        """,
        number,
        step,
    )


@pytest.fixture
async def company(own_database: asyncpg.Pool) -> UUID:
    company_id = uuid4()
    await own_database.execute(
        """
        INSERT INTO company (company_id, business_registration_number, name, created_at)
        VALUES ($1, '9990000001', '예시정밀 주식회사', now())
        """,
        company_id,
    )
    return company_id


@pytest.mark.parametrize(
    ("step", "state", "earlier", "reason"),
    [
        ("agreement", None, False, "double_funding"),
        ("agreement_late", None, False, "double_funding"),
        ("rd_active", None, False, "double_funding"),
        ("next_choice", "not_selected", True, None),
        ("round_decision", "selected", False, "applied_elsewhere"),
        ("round_decision", "reserve", False, "applied_elsewhere"),
        ("round_decision", "applied", True, "applied_elsewhere"),
        ("round_decision", "applied", False, None),
        # Its project is done; the place that it had stays written down.
        ("", "selected", True, None),
    ],
)
async def test_a_company_is_funded_once(  # noqa: PLR0913  # what its other case may be
    own_database: asyncpg.Pool,
    company: UUID,
    step: str,
    state: str | None,
    reason: str | None,
    *,
    earlier: bool,
) -> None:
    here, elsewhere = [await open_round(own_database, period) for period in ("2026-11", "2026-12")]
    await add_case(own_database, company, OWN, "round_decision")
    await add_case(own_database, company, OTHER, step)
    await apply(own_database, here, OWN, days_before=5)
    if state is not None:
        await apply(own_database, elsewhere, OTHER, days_before=6 if earlier else 4)
        await own_database.execute(
            "UPDATE application SET state = $2 WHERE case_number = $1", OTHER, state
        )

    found = await rounds.taking_part_elsewhere(own_database, here, [OWN])

    assert found == ({OWN: Ineligibility(reason)} if reason else {})
    companies = await rounds.companies(own_database, [OWN, OTHER])
    assert companies == {OWN: str(company), OTHER: str(company)}


async def test_in_time_is_what_the_rounds_row_says(own_database: asyncpg.Pool) -> None:
    here = await open_round(own_database, "2026-11")
    moved = PlannedRound(
        round_id=here,
        programme=RoundProgramme.SHORT_MONTHLY,
        period="2026-11",
        opens_at=CUTOFF,
        cutoff_at=CUTOFF + timedelta(days=9),
    )

    held = await rounds.plan(own_database, moved, "a newer policy")

    assert held.cutoff_at == CUTOFF
    assert await apply(own_database, here, OWN, days_before=0)
    assert not await apply(own_database, here, OTHER, days_before=-1)
