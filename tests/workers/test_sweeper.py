"""What was stored and never started is found and started, once and by one process."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from itertools import count
from uuid import uuid4

import asyncpg
from structlog.testing import capture_logs
from temporalio.api.enums.v1 import EventType
from temporalio.client import ActivityHandle, Client
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import WorkflowEnvironment

from infra.postgres import calendar, documents, intakes, notifications, records
from infra.postgres.documents import Document
from infra.postgres.intakes import Filing
from infra.postgres.sweeps import sweep_lock
from schemas.actor import COMPANY
from schemas.base import case_number
from schemas.case import CaseIntake, CaseSnapshot, CaseStatus, Service
from schemas.record import CaseProjection, Message
from tests.driver import CaseDriver, StartCase
from workers.policy_files import default_policy
from workers.sweeper import Sweeper, Swept
from workflows.support_case import SupportCase

STORED_AT = datetime(2026, 11, 24, 9, tzinfo=UTC)
_SERIALS = count(1)


async def add_intake(database: asyncpg.Pool, **changes: object) -> CaseIntake:
    intake = CaseIntake(
        case_number=case_number(2032, next(_SERIALS)),
        service=Service.DIFFICULTY,
        channel="web",
        received_at=STORED_AT,
        registered_at=STORED_AT,
        policy_version=default_policy().version,
        idempotency_key=uuid4().hex,
    ).model_copy(update=changes)
    company = uuid4()
    await database.execute(
        """
        INSERT INTO company (company_id, business_registration_number, name, created_at)
        VALUES ($1, $2, '', $3)
        """,
        company,
        f"{next(_SERIALS):010d}",
        STORED_AT,
    )
    filing = Filing(
        company_id=company, body_sha256="", tracking_code_hash=b"", registered_by="company"
    )
    assert await intakes.add(database, intake, filing)
    return intake


async def add_message(database: asyncpg.Pool) -> str:
    message = Message(
        key=uuid4().hex,
        case_number=case_number(2032, next(_SERIALS)),
        template="withdrawn",
        audience="company",
    )
    [key] = await notifications.add_pending(database, [message], STORED_AT)
    return key


def sweeper_at(database: asyncpg.Pool, client: Client, age: timedelta) -> Sweeper:
    """A sweeper to whom everything is that old."""
    return Sweeper(database, client, clock=lambda: STORED_AT + age)


async def projection(client: Client, number: str) -> CaseProjection:
    return await client.get_workflow_handle(number).query(
        SupportCase.projection, rpc_timeout=timedelta(seconds=10)
    )


async def test_a_stored_intake_becomes_a_case_once(
    own_database: asyncpg.Pool, temporal: WorkflowEnvironment, workers: None
) -> None:
    intake = await add_intake(own_database)
    sweeper = sweeper_at(own_database, temporal.client, timedelta(seconds=6))

    assert await sweeper.sweep() == Swept(cases_started=1)
    assert await sweeper.sweep() == Swept()

    case = await projection(temporal.client, intake.case_number)
    assert case.snapshot.promises
    assert await intakes.pending_intakes(own_database, STORED_AT + timedelta(days=1)) == []


async def test_an_intake_that_is_being_started_is_left_alone(
    own_database: asyncpg.Pool, temporal: WorkflowEnvironment, workers: None
) -> None:
    await add_intake(own_database)

    assert await sweeper_at(own_database, temporal.client, timedelta(seconds=5)).sweep() == Swept()


async def test_a_case_that_does_not_answer_does_not_keep_the_others_waiting(
    own_database: asyncpg.Pool, temporal: WorkflowEnvironment, workers: None
) -> None:
    stuck = await add_intake(own_database, policy_version="no-such-version")
    after = await add_intake(own_database)

    with capture_logs() as logs:
        swept = await sweeper_at(own_database, temporal.client, timedelta(minutes=1)).sweep()

    assert swept == Swept(cases_started=1)
    postponed = [line for line in logs if line["event"] == "case_start_postponed"]
    assert [line["case_number"] for line in postponed] == [stuck.case_number]
    started = await projection(temporal.client, after.case_number)
    assert started.snapshot.status is not CaseStatus.CLOSED
    await temporal.client.get_workflow_handle(stuck.case_number).terminate()


async def test_a_stored_message_is_delivered_when_it_is_old_enough(
    own_database: asyncpg.Pool, temporal: WorkflowEnvironment
) -> None:
    key = await add_message(own_database)

    young = await sweeper_at(own_database, temporal.client, timedelta(seconds=10)).sweep()
    old = await sweeper_at(own_database, temporal.client, timedelta(seconds=11)).sweep()

    assert young == Swept()
    assert old == Swept(messages=1)
    delivery = temporal.client.get_activity_handle(f"notify/{key}")
    assert (await delivery.describe()).activity_type == "notification.deliver"
    await delivery.terminate()


async def swept_to_the_end(sweeper: Sweeper) -> Swept:
    """What the sweeper tells itself, when the workflow that tells most cases is done."""
    for _ in range(200):
        if (swept := await sweeper.sweep()) != Swept():
            return swept
        await asyncio.sleep(0.05)
    raise AssertionError("nothing was left for the sweeper")


async def test_open_cases_are_told_of_a_new_holiday_table(
    own_database: asyncpg.Pool, temporal: WorkflowEnvironment, start_case: StartCase
) -> None:
    driver = await start_case()
    counted_with = (await driver.snapshot()).calendar_version
    snapshot = (await driver.snapshot()).model_copy(update={"calendar_version": 0})
    await records.save_case(own_database, snapshot)
    sweeper = sweeper_at(own_database, temporal.client, timedelta())
    for day in range(counted_with + 1):
        on_day = date(2031, 3, 1) + timedelta(days=day)
        await calendar.declare_holiday(own_database, on_day, "임시공휴일")

    assert await swept_to_the_end(sweeper) == Swept(cases_told=1)

    told = await driver.snapshot()
    assert told.calendar_version == await calendar.current_version(own_database)
    await records.save_case(own_database, told)
    assert await sweeper.sweep() == Swept()


async def test_a_case_that_does_not_get_on_is_told_once_and_not_with_every_sweep(
    own_database: asyncpg.Pool, temporal: WorkflowEnvironment, start_case: StartCase
) -> None:
    driver = await start_case()
    # Its row never moves: what it learns goes to the database of its workers.
    snapshot = (await driver.snapshot()).model_copy(update={"calendar_version": 0})
    await records.save_case(own_database, snapshot)
    sweeper = sweeper_at(own_database, temporal.client, timedelta())
    await calendar.declare_holiday(own_database, date(2031, 3, 1), "임시공휴일")
    assert await swept_to_the_end(sweeper) == Swept(cases_told=1)

    assert [await sweeper.sweep() for _ in range(3)] == [Swept()] * 3

    assert await signals(driver) == 1
    await calendar.declare_holiday(own_database, date(2031, 3, 2), "임시공휴일")
    assert await swept_to_the_end(sweeper) == Swept(cases_told=1)
    assert await signals(driver) == 2


async def signals(case: CaseDriver) -> int:
    events = (await case.handle.fetch_history()).events
    return sum(e.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED for e in events)


async def test_a_case_whose_run_is_gone_is_named_in_the_log(
    own_database: asyncpg.Pool, temporal: WorkflowEnvironment, start_case: StartCase
) -> None:
    gone = case_number(2032, next(_SERIALS))
    snapshot = await (await start_case()).snapshot()
    await records.save_case(
        own_database, snapshot.model_copy(update={"calendar_version": 0, "case_number": gone})
    )
    await calendar.declare_holiday(own_database, date(2031, 3, 1), "임시공휴일")

    def named() -> list[str]:
        return [line["case_number"] for line in logs if line["event"] == "case_not_running"]

    with capture_logs() as logs:
        sweeper = sweeper_at(own_database, temporal.client, timedelta())
        while gone not in named():
            assert await sweeper.sweep() == Swept()


async def test_one_process_sweeps_at_a_time(
    own_database: asyncpg.Pool, temporal: WorkflowEnvironment
) -> None:
    key = await add_message(own_database)
    sweeper = sweeper_at(own_database, temporal.client, timedelta(minutes=1))

    async with sweep_lock(own_database) as mine:
        assert mine
        assert await sweeper.sweep() == Swept()

    assert await sweeper.sweep() == Swept(messages=1)
    await temporal.client.get_activity_handle(f"notify/{key}").terminate()


async def add_arrival(database: asyncpg.Pool, number: str) -> Document:
    document = Document(
        document_id=uuid4(),
        case_number=number,
        purpose="message",
        body="보충합니다.",
        sha256="",
        written_by=COMPANY.id,
        written_at=STORED_AT,
    )
    await documents.add(database, document)
    return document


async def test_a_message_whose_case_was_not_told_is_told_once(
    own_database: asyncpg.Pool, temporal: WorkflowEnvironment, start_case: StartCase
) -> None:
    case = await start_case()
    await records.save_case(own_database, await case.snapshot())
    await add_arrival(own_database, case.handle.id)
    sweeper = sweeper_at(own_database, temporal.client, timedelta(seconds=11))

    assert await sweeper.sweep() == Swept(arrivals=1)
    assert await sweeper.sweep() == Swept()

    assert (await case.tags()).count("case:message:received") == 1


async def test_a_message_to_a_case_that_has_not_begun_waits_and_to_one_that_is_over_does_not(
    own_database: asyncpg.Pool, temporal: WorkflowEnvironment
) -> None:
    not_begun, over = (case_number(2032, next(_SERIALS)) for _ in range(2))
    await add_arrival(own_database, not_begun)
    await add_arrival(own_database, over)
    ended = CaseSnapshot(
        case_number=over, version=1, received_at=STORED_AT, registered_at=STORED_AT
    )
    await records.save_case(own_database, ended)
    sweeper = sweeper_at(own_database, temporal.client, timedelta(minutes=1))

    assert await sweeper.sweep() == Swept(arrivals=1)
    assert await sweeper.sweep() == Swept()


async def test_while_temporal_is_away_everything_stays_for_the_next_sweep(
    own_database: asyncpg.Pool,
) -> None:
    intake = await add_intake(own_database)
    key = await add_message(own_database)
    away = await Client.connect("127.0.0.1:1", lazy=True)
    later = STORED_AT + timedelta(minutes=1)
    stop = asyncio.Event()
    sweeping = asyncio.create_task(
        Sweeper(own_database, away, clock=lambda: later).run(stop, timedelta(milliseconds=10))
    )
    await asyncio.sleep(0.5)
    stop.set()
    await asyncio.wait_for(sweeping, 20)

    assert await intakes.pending_intakes(own_database, later) == [intake]
    assert await notifications.pending(own_database, later) == [key]


async def test_it_goes_on_after_the_database_was_away(
    own_database: asyncpg.Pool, postgres_url: str, temporal: WorkflowEnvironment
) -> None:
    stop = asyncio.Event()
    sweeper = sweeper_at(own_database, temporal.client, timedelta(minutes=1))
    name = await own_database.fetchval("SELECT current_database()")
    outside = await asyncpg.connect(postgres_url)
    sweeping = asyncio.create_task(sweeper.run(stop, timedelta(milliseconds=1)))

    with capture_logs() as logs:
        for _ in range(20):
            await outside.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name
            )
            await asyncio.sleep(0.02)
    key = await add_message(own_database)
    delivery = temporal.client.get_activity_handle(f"notify/{key}")

    await until_started(delivery)
    stop.set()
    await asyncio.wait_for(sweeping, 20)
    await outside.close()
    await delivery.terminate()
    assert "sweep_interrupted" in [line["event"] for line in logs]


async def until_started(delivery: ActivityHandle[None]) -> None:
    async with asyncio.timeout(20):
        while True:
            try:
                await delivery.describe()
            except RPCError as error:
                assert error.status is RPCStatusCode.NOT_FOUND  # noqa: PT017  # any other one is a failure
                await asyncio.sleep(0.05)
            else:
                return
