"""CalendarChange: a changed calendar moves the dates of running cases that it concerns."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from temporalio.testing import WorkflowEnvironment

from infra.postgres.calendar import close_institute, declare_holiday
from schemas.case import Branch, Service
from schemas.outcome import AssignInstitute, TaskKind, TriageCase
from schemas.task import HumanTask
from tests.driver import COORDINATOR, CaseDriver, StartCase
from workers.calendar_changes import start_calendar_change
from workflows.calendar_change import CalendarChange

TECH_HELD = TriageCase(service=Service.DIFFICULTY, branch=Branch.TECH_HELD)
# Longer than any run of holidays, so that a working day is among them whenever the test runs.
CLOSED_DAYS = 20
CLOSED, OPEN = "KERI", "KRISS"


@pytest.fixture
async def institutes(database: asyncpg.Pool) -> AsyncIterator[None]:
    for code in (CLOSED, OPEN):
        await database.execute(
            """
            INSERT INTO institute (code, name_ko, name_en, city, valid_from)
            VALUES ($1, '데모', 'Demo', '데모', '2013-01-01')
            ON CONFLICT DO NOTHING
            """,
            code,
        )
    yield
    await database.execute("DELETE FROM institute_closure WHERE institute = $1", CLOSED)
    # A calendar is kept in memory by its version: those that follow count without the closures.
    await declare_holiday(database, datetime.now(UTC).date() - timedelta(days=3650), "지난 날")


async def offered_to(institute: str, start_case: StartCase, database: asyncpg.Pool) -> CaseDriver:
    case = await start_case()
    await case.get_triaged(TECH_HELD)
    await case.complete(AssignInstitute(decision="assign", institute=institute), COORDINATOR)
    await case.open_task(TaskKind.ACCEPT_CASE)
    await case.settle(database)
    return case


async def offer(case: CaseDriver) -> HumanTask:
    return await case.open_task(TaskKind.ACCEPT_CASE)


async def test_an_institutes_closing_days_move_its_own_deadlines_and_no_others(
    start_case: StartCase,
    temporal: WorkflowEnvironment,
    database: asyncpg.Pool,
    institutes: None,
) -> None:
    closed = await offered_to(CLOSED, start_case, database)
    other = await offered_to(OPEN, start_case, database)
    before = (await offer(closed)).deadline.due_at, (await offer(other)).deadline.due_at
    today = datetime.now(UTC).date()

    versions = [
        await close_institute(database, CLOSED, today + timedelta(days=day), "휴무")
        for day in range(CLOSED_DAYS)
    ]
    version = versions[-1]
    assert await start_calendar_change(temporal.client, version)
    change = temporal.client.get_workflow_handle_for(CalendarChange.run, f"calendar/{version}")
    told = await change.result()

    assert told >= 2
    for case in (closed, other):
        assert (await case.snapshot()).calendar_version == version
        assert (await case.tags()).count("case:calendar:changed") == 1
    moved = (await counted_with(version, closed)).deadline.due_at
    assert moved > before[0]
    assert moved.date() >= today + timedelta(days=CLOSED_DAYS)
    assert (await counted_with(version, other)).deadline.due_at == before[1]


async def counted_with(version: int, case: CaseDriver) -> HumanTask:
    """The offer, once its due date was counted with a version of the calendar."""
    await case.pass_time(timedelta(seconds=5))
    task = await offer(case)
    assert task.deadline.calendar_version == version
    return task
