"""The archive takes every run that is over, whatever state it ended in."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count

import asyncpg
import pytest
from structlog.testing import capture_logs
from temporalio import workflow
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import DeleteWorkflowExecutionRequest
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import ActivityEnvironment, WorkflowEnvironment
from temporalio.worker import Worker

from activities.archive import ArchiveActivities
from infra.postgres import archive
from schemas.base import case_number
from schemas.case import CaseSnapshot
from schemas.record import CaseProjection
from workers.local_parts import temporal_binary
from workers.rebuild import Rebuilt, rebuild

NOW = datetime(2031, 3, 3, tzinfo=UTC)
SPEAKING, SILENT = "speaking", "silent"
_SERIALS = count(1)


@workflow.defn(name="SupportCase", sandboxed=False)
class Speaking:
    """A case that tells its state, and goes on until somebody ends it."""

    @workflow.run
    async def run(self) -> None:
        await workflow.wait_condition(lambda: False)

    @workflow.query
    def projection(self) -> CaseProjection:
        return state(workflow.info().workflow_id)


@workflow.defn(name="SupportCase", sandboxed=False)
class Silent:
    """A case whose program has no answer to what it is asked."""

    @workflow.run
    async def run(self) -> None:
        """Over at once."""


def state(number: str) -> CaseProjection:
    return CaseProjection(
        snapshot=CaseSnapshot(case_number=number, version=7, received_at=NOW, registered_at=NOW)
    )


@pytest.fixture(scope="module")
async def client() -> AsyncIterator[Client]:
    """A server of these tests alone: other tests walk over all the cases of theirs."""
    async with (
        await WorkflowEnvironment.start_local(
            data_converter=pydantic_data_converter,
            dev_server_existing_path=str(temporal_binary()),
            dev_server_log_level="error",
            # Else it deletes half a minute after it was told to.
            dev_server_extra_args=[
                "--dynamic-config-value",
                'history.transferProcessorUpdateAckInterval="100ms"',
                "--dynamic-config-value",
                'history.visibilityProcessorUpdateAckInterval="100ms"',
            ],
        ) as server,
        Worker(server.client, task_queue=SPEAKING, workflows=[Speaking]),
        Worker(server.client, task_queue=SILENT, workflows=[Silent]),
    ):
        yield server.client


@pytest.fixture
async def terminated(client: Client) -> AsyncIterator[str]:
    """A case that an operator terminated."""
    case = await client.start_workflow(Speaking.run, id=number(), task_queue=SPEAKING)
    await case.query(Speaking.projection)
    await case.terminate()
    await until_listed(client, case.id, times=1)
    yield case.id
    await forget(client, case.id)


@pytest.fixture
async def silent(client: Client) -> AsyncIterator[str]:
    """A case that is over, and whose program fails when it is asked for its state."""
    case = await client.start_workflow(Silent.run, id=number(), task_queue=SILENT)
    await case.result()
    await until_listed(client, case.id, times=1)
    yield case.id
    await forget(client, case.id)


def number() -> str:
    return case_number(2031, next(_SERIALS))


async def forget(client: Client, number: str) -> None:
    """What Temporal does when its retention ends."""
    await client.workflow_service.delete_workflow_execution(
        DeleteWorkflowExecutionRequest(
            namespace=client.namespace, workflow_execution=WorkflowExecution(workflow_id=number)
        )
    )
    await until_listed(client, number, times=0)


async def until_listed(client: Client, number: str, *, times: int) -> None:
    """Wait for the list of closed cases, which follows behind."""
    query = f'WorkflowId = "{number}" AND ExecutionStatus != "Running"'
    for _ in range(400):
        if (await client.count_workflows(query)).count == times:
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"{number} is not listed {times} times")


async def walk(database: asyncpg.Pool, client: Client) -> int:
    return await ActivityEnvironment().run(ArchiveActivities(database, client).keep_closed, NOW)


async def test_a_case_that_an_operator_terminated_is_archived_with_its_last_state(
    own_database: asyncpg.Pool, client: Client, terminated: str
) -> None:
    assert await walk(own_database, client) == 1

    kept = await archive.find(own_database, terminated)
    assert kept is not None
    assert kept.projection == state(terminated)


async def test_a_case_that_does_not_answer_is_archived_and_keeps_no_other_one_from_it(
    own_database: asyncpg.Pool, client: Client, terminated: str, silent: str
) -> None:
    with capture_logs() as logs:
        assert await walk(own_database, client) == 2
        assert await walk(own_database, client) == 0

    kept = await archive.find(own_database, silent)
    assert kept is not None
    assert kept.projection is None
    assert kept.events > 0
    assert await archive.find(own_database, terminated) is not None
    unknown = [line for line in logs if line["event"] == "case_state_unknown"]
    assert {(line["case_number"], line["reason"]) for line in unknown} == {(silent, "query_failed")}


async def test_a_last_state_that_was_missing_is_added_when_the_case_answers_again(
    own_database: asyncpg.Pool, client: Client, terminated: str
) -> None:
    await walk(own_database, client)
    kept = await archive.find(own_database, terminated)
    assert kept is not None
    await own_database.execute("TRUNCATE archived_history")
    await archive.keep(own_database, replace(kept, projection=None), NOW)

    assert await walk(own_database, client) == 1

    assert await archive.find(own_database, terminated) == kept


async def test_a_case_that_does_not_answer_is_left_out_of_a_rebuild_and_named(
    own_database: asyncpg.Pool, client: Client, terminated: str, silent: str
) -> None:
    assert await rebuild(client, own_database) == Rebuilt(1, left_out=(silent,))


async def test_a_case_that_never_began_has_no_rows_to_rebuild(
    own_database: asyncpg.Pool, client: Client
) -> None:
    case = await client.start_workflow("SupportCase", id=number(), task_queue="nobody")
    await case.terminate()
    await until_listed(client, case.id, times=1)

    assert await rebuild(client, own_database) == Rebuilt(0, left_out=())
    await forget(client, case.id)


async def test_a_case_that_temporal_deleted_is_rebuilt_from_the_archive(
    own_database: asyncpg.Pool, client: Client
) -> None:
    case = await client.start_workflow(Speaking.run, id=number(), task_queue=SPEAKING)
    await case.query(Speaking.projection)
    await case.terminate()
    await until_listed(client, case.id, times=1)
    await walk(own_database, client)
    await forget(client, case.id)

    assert await rebuild(client, own_database) == Rebuilt(1, left_out=())

    stored = await own_database.fetchval("SELECT case_number FROM support_case WHERE version = 7")
    assert stored == case.id
