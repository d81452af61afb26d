"""The archive takes every run that is over, whatever state it ended in."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import asyncpg
import pytest
from structlog.testing import capture_logs
from temporalio import workflow
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import DeleteWorkflowExecutionRequest
from temporalio.client import Client
from temporalio.testing import ActivityEnvironment, WorkflowEnvironment
from temporalio.worker import Worker

from activities.archive import ArchiveActivities
from infra.postgres import archive
from infra.postgres.migrate import migrate
from infra.postgres.pool import open_pool
from tests.conftest import NewDatabase
from tests.driver import CaseDriver, StartCase
from workers.rebuild import rebuild

NOW = datetime(2031, 3, 3, tzinfo=UTC)
_QUEUE = "a-program-that-does-not-answer"


@workflow.defn(name="SupportCase", sandboxed=False)
class Silent:
    """A case whose program has no answer to what it is asked."""

    @workflow.run
    async def run(self) -> None:
        """Over at once."""


@pytest.fixture
async def own_database(new_database: NewDatabase) -> AsyncIterator[asyncpg.Pool]:
    """An empty archive."""
    url = await new_database(f"archive-{uuid4().hex[:8]}")
    await migrate(url)
    pool = await open_pool(url)
    yield pool
    await pool.close()


@pytest.fixture
async def silent(temporal: WorkflowEnvironment) -> AsyncIterator[str]:
    """A case that is over, and whose program fails when it is asked for its state."""
    number = f"1379-2031-{uuid4().int % 900_000 + 100_000}"
    async with Worker(temporal.client, task_queue=_QUEUE, workflows=[Silent]):
        await temporal.client.execute_workflow(Silent.run, id=number, task_queue=_QUEUE)
        await until_listed(temporal.client, number, times=1)
        yield number
    # Other tests walk over all the cases there are.
    await forget(temporal.client, number)


async def forget(client: Client, number: str) -> None:
    """What Temporal does when its retention ends."""
    await client.workflow_service.delete_workflow_execution(
        DeleteWorkflowExecutionRequest(
            namespace=client.namespace, workflow_execution=WorkflowExecution(workflow_id=number)
        )
    )
    await until_listed(client, number, times=0)


async def until_listed(client: Client, number: str, *, times: int) -> None:
    """Wait for the list of cases, which follows behind."""
    query = f'WorkflowId = "{number}" AND ExecutionStatus != "Running"'
    async with asyncio.timeout(20):
        while (await client.count_workflows(query)).count != times:
            await asyncio.sleep(0.05)


async def walk(database: asyncpg.Pool, client: Client) -> int:
    return await ActivityEnvironment().run(ArchiveActivities(database, client).keep_closed, NOW)


async def terminated(start_case: StartCase, client: Client) -> CaseDriver:
    case = await start_case()
    await case.handle.terminate("by an operator")
    await until_listed(client, case.handle.id, times=1)
    return case


async def test_a_case_that_an_operator_terminated_is_archived_with_its_last_state(
    own_database: asyncpg.Pool, temporal: WorkflowEnvironment, start_case: StartCase
) -> None:
    case = await terminated(start_case, temporal.client)

    await walk(own_database, temporal.client)

    kept = await archive.find(own_database, case.handle.id)
    assert kept is not None
    assert kept.projection == await case.projection()


async def test_a_case_that_does_not_answer_is_kept_and_does_not_keep_the_others_from_it(
    own_database: asyncpg.Pool, temporal: WorkflowEnvironment, start_case: StartCase, silent: str
) -> None:
    case = await terminated(start_case, temporal.client)

    with capture_logs() as logs:
        assert await walk(own_database, temporal.client) >= 2
        assert await walk(own_database, temporal.client) == 0

    kept = await archive.find(own_database, silent)
    assert kept is not None
    assert kept.projection is None
    assert kept.events > 0
    assert await archive.find(own_database, case.handle.id) is not None
    unknown = {line["case_number"] for line in logs if line["event"] == "case_state_unknown"}
    assert silent in unknown


async def test_a_last_state_that_was_missing_is_added_when_the_case_answers_again(
    own_database: asyncpg.Pool, temporal: WorkflowEnvironment, start_case: StartCase
) -> None:
    case = await terminated(start_case, temporal.client)
    await walk(own_database, temporal.client)
    kept = await archive.find(own_database, case.handle.id)
    assert kept is not None
    await own_database.execute("TRUNCATE archived_history")
    await archive.keep(own_database, replace(kept, projection=None), NOW)

    assert await walk(own_database, temporal.client) >= 1

    assert await archive.find(own_database, case.handle.id) == kept


async def test_a_case_that_does_not_answer_is_left_out_of_a_rebuild_and_named(
    own_database: asyncpg.Pool, temporal: WorkflowEnvironment, start_case: StartCase, silent: str
) -> None:
    case = await start_case()

    rebuilt = await rebuild(temporal.client, own_database)

    assert silent in rebuilt.left_out
    assert case.handle.id not in rebuilt.left_out
    assert await own_database.fetchval(
        "SELECT EXISTS (SELECT FROM support_case WHERE case_number = $1)", case.handle.id
    )


async def test_a_case_that_temporal_deleted_is_rebuilt_from_the_archive(
    own_database: asyncpg.Pool, temporal: WorkflowEnvironment, start_case: StartCase
) -> None:
    case = await terminated(start_case, temporal.client)
    last = await case.snapshot()
    await walk(own_database, temporal.client)
    await forget(temporal.client, case.handle.id)

    rebuilt = await rebuild(temporal.client, own_database)

    assert case.handle.id not in rebuilt.left_out
    assert (
        await own_database.fetchval(
            "SELECT version FROM support_case WHERE case_number = $1", case.handle.id
        )
        == last.version
    )
