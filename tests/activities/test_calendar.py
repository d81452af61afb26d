"""Open cases hear of a changed table of holidays, each once, whatever interrupts the telling."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, Interceptor, OutboundInterceptor, SignalWorkflowInput
from temporalio.testing import ActivityEnvironment, WorkflowEnvironment
from temporalio.worker import Worker

from activities.calendar import CalendarActivities
from infra.postgres import records
from infra.postgres.calendar import (
    NoSuchInstitute,
    close_institute,
    current_version,
    declare_holiday,
    holiday_table,
)
from schemas.case import CaseSnapshot, CaseStatus
from tests.driver import CaseDriver, StartCase
from workers.calendar_changes import start_calendar_change
from workers.worker import workflow_runner
from workflows.calendar_change import CalendarChange

NOW = datetime(2031, 3, 3, tzinfo=UTC)
SIGNALED = EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED


async def behind(database: asyncpg.Pool, start_case: StartCase) -> CaseDriver:
    """A running case that counted with an older calendar."""
    case = await start_case()
    snapshot = (await case.snapshot()).model_copy(update={"calendar_version": 0})
    await records.save_case(database, snapshot)
    return case


async def test_every_open_case_is_told_in_order_with_a_heartbeat_for_each(
    own_database: asyncpg.Pool, temporal: WorkflowEnvironment, start_case: StartCase
) -> None:
    cases = [await behind(own_database, start_case) for _ in range(3)]
    closed = CaseSnapshot(
        case_number="1379-2031-000001", version=1, status=CaseStatus.CLOSED,
        received_at=NOW, registered_at=NOW, closed_at=NOW,
    )  # fmt: skip
    await records.save_case(own_database, closed)
    environment = ActivityEnvironment()
    beats: list[tuple[Any, ...]] = []
    environment.on_heartbeat = lambda *details: beats.append(details)

    told = await environment.run(
        CalendarActivities(own_database, temporal.client).tell_cases, 10_000
    )

    assert told == len(cases)
    assert beats == [(case.handle.id, count) for count, case in enumerate(cases, 1)]
    for case in cases:
        assert (await case.tags()).count("case:calendar:changed") == 1


async def test_a_retry_goes_on_after_the_last_case_that_was_told(
    own_database: asyncpg.Pool, temporal: WorkflowEnvironment, start_case: StartCase
) -> None:
    first, second = [await behind(own_database, start_case) for _ in range(2)]
    environment = ActivityEnvironment()
    environment.info = replace(environment.info, heartbeat_details=[first.handle.id, 1])

    told = await environment.run(
        CalendarActivities(own_database, temporal.client).tell_cases, 10_001
    )

    assert told == 2
    assert "case:calendar:changed" not in await first.tags()
    assert "case:calendar:changed" in await second.tags()


class FailsOnce(Interceptor, OutboundInterceptor):
    """A connection that breaks once, when the second case is to be told."""

    def __init__(self) -> None:
        self._signals = 0

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:  # noqa: A002  # its name in the SDK
        self.next = next
        return self

    async def signal_workflow(self, input: SignalWorkflowInput) -> None:  # noqa: A002  # its name in the SDK
        self._signals += 1
        if self._signals == 2:
            raise ConnectionResetError
        await super().signal_workflow(input)


async def test_a_walk_that_broke_off_goes_on_and_no_case_hears_of_a_version_twice(
    own_database: asyncpg.Pool, temporal: WorkflowEnvironment, start_case: StartCase
) -> None:
    cases = [await behind(own_database, start_case) for _ in range(3)]
    breaking = Client(
        temporal.client.service_client,
        data_converter=temporal.client.data_converter,
        interceptors=[FailsOnce()],
    )
    queue = f"calendar-{uuid4().hex[:8]}"

    async with Worker(
        temporal.client,
        task_queue=queue,
        workflows=[CalendarChange],
        activities=[CalendarActivities(own_database, breaking).tell_cases],
        workflow_runner=workflow_runner(),
    ):
        told = await temporal.client.execute_workflow(
            CalendarChange.run, 10_002, id=queue, task_queue=queue
        )

    assert told == len(cases)
    for case in cases:
        events = (await case.handle.fetch_history()).events
        heard = [e for e in events if e.event_type == SIGNALED]
        assert len(heard) == 1


async def test_a_version_is_carried_out_once(temporal: WorkflowEnvironment, workers: None) -> None:
    assert await start_calendar_change(temporal.client, 424_242)
    await temporal.client.get_workflow_handle_for(CalendarChange.run, "calendar/424242").result()

    assert not await start_calendar_change(temporal.client, 424_242)


async def test_a_closed_institute_changes_the_calendar_once_and_for_itself_alone(
    own_database: asyncpg.Pool,
) -> None:
    for code in ("KITECH", "KERI"):
        await own_database.execute(
            "INSERT INTO institute (code, name_ko, name_en, city, valid_from) "
            "VALUES ($1, $1, $1, '', '2013-01-01')",
            code,
        )
    before = await declare_holiday(own_database, date(2031, 5, 1), "임시공휴일")
    versions = [
        await close_institute(own_database, "KITECH", date(2031, 10, 12), "창립기념일")
        for _ in range(2)
    ]

    assert versions == [before + 1] * 2
    assert await current_version(own_database) == before + 1
    assert (await holiday_table(own_database)).closures == {
        "KITECH": frozenset({date(2031, 10, 12)})
    }
    with pytest.raises(NoSuchInstitute):
        await close_institute(own_database, "NOWHERE", date(2031, 10, 12), "-")
