"""Selection rounds to start, with a panel that reviews them."""

from datetime import UTC, datetime, timedelta
from itertools import count

import asyncpg
import pytest
from temporalio.testing import WorkflowEnvironment

from infra.postgres import rounds
from schemas.base import case_number, round_id
from schemas.selection import ApplicationRequest, PlannedRound, RoundIntake, RoundProgramme
from tests.round_driver import PANEL, RoundDriver, StartRound, name_reviewer
from workers.policy_files import default_policy
from workflows.selection_round import SelectionRound

_YEARS = count(2100)
_CASES = count(900_000)


@pytest.fixture
async def panel(database: asyncpg.Pool) -> None:
    for account in PANEL:
        await name_reviewer(database, account)


@pytest.fixture
async def start_round(
    temporal: WorkflowEnvironment, workers: None, database: asyncpg.Pool, panel: None
) -> StartRound:
    """Starts a monthly round with applications of the given budgets in millions of won."""

    async def start(*millions: int) -> RoundDriver:
        period = f"{next(_YEARS)}-01"
        opened = datetime.now(UTC)
        planned = PlannedRound(
            round_id=round_id("short_monthly", period),
            programme=RoundProgramme.SHORT_MONTHLY,
            period=period,
            opens_at=opened,
            cutoff_at=opened + timedelta(days=20),
        )
        version = default_policy().version
        await rounds.plan(database, planned, version)
        cases: list[str] = []
        for budget in millions:
            number = case_number(2026, next(_CASES))
            cases.append(number)
            assert await rounds.apply(
                database,
                planned.round_id,
                ApplicationRequest(
                    case_number=number,
                    programme=planned.programme,
                    policy_version=version,
                    submitted_at=opened,
                    institute="KITECH",
                    months=3,
                    budget_krw=budget * 1_000_000,
                ),
            )
        handle = await temporal.client.start_workflow(
            SelectionRound.run,
            RoundIntake(planned=planned, policy_version=version),
            id=planned.round_id,
            task_queue="case",
        )
        return RoundDriver(temporal, handle, database, cases)

    return start
