"""Workers announce their release, serve, drain and fail as operations expects."""

import asyncio
import os
import sys
from base64 import b64encode
from collections.abc import AsyncIterator
from io import StringIO
from uuid import uuid4

import pytest
import structlog
from temporalio.api.workflowservice.v1 import DescribeWorkerDeploymentRequest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from infra import search_attributes
from infra.settings import Settings
from infra.telemetry import configure_logging
from infra.temporal import connect_client
from tests.workers.probe import Probe, answer
from workers.deployment import DEPLOYMENT, build_id, make_current
from workers.local_parts import temporal_binary
from workers.registry import Registration
from workers.worker import build_worker, serve

PROBE = Registration([Probe], [answer])


@pytest.fixture(scope="module")
def settings() -> Settings:
    return Settings.model_validate(
        {
            "database_url": "postgresql://",
            "codec_keys": "k1:" + b64encode(os.urandom(32)).decode(),
            "codec_active_key": "k1",
            "pepper": "p" * 32,
            "worker_drain_seconds": 2,
        }
    )


@pytest.fixture(scope="module")
async def server() -> AsyncIterator[WorkflowEnvironment]:
    async with await WorkflowEnvironment.start_local(
        dev_server_existing_path=str(temporal_binary()), dev_server_log_level="error"
    ) as environment:
        yield environment


@pytest.fixture
async def client(
    server: WorkflowEnvironment, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Client:
    monkeypatch.setenv("TEMPORAL_ADDRESS", server.client.service_client.config.target_host)
    return await connect_client(settings, retry=False)


async def until_stopped(worker: Worker, stop: asyncio.Event) -> "asyncio.Task[None]":
    task = asyncio.create_task(serve([worker], stop))
    await asyncio.sleep(0)
    return task


async def test_a_case_moves_once_its_release_is_current(client: Client, settings: Settings) -> None:
    queue = f"probe-{uuid4()}"
    stop = asyncio.Event()
    serving = await until_stopped(build_worker(client, settings, queue, PROBE), stop)

    await make_current(client, build_id(), wait_seconds=20)
    result = await client.execute_workflow("Probe", id=queue, task_queue=queue, result_type=str)

    assert result == "answered"
    described = await client.workflow_service.describe_worker_deployment(
        DescribeWorkerDeploymentRequest(namespace=client.namespace, deployment_name=DEPLOYMENT)
    )
    current = described.worker_deployment_info.routing_config.current_deployment_version
    assert current.build_id == build_id()
    stop.set()
    await asyncio.wait_for(serving, 20)


async def test_history_shows_neither_arguments_nor_results(
    client: Client, settings: Settings
) -> None:
    queue = f"probe-{uuid4()}"
    stop = asyncio.Event()
    serving = await until_stopped(build_worker(client, settings, queue, PROBE), stop)
    await make_current(client, build_id(), wait_seconds=20)
    await client.execute_workflow("Probe", id=queue, task_queue=queue, result_type=str)

    history = (await client.get_workflow_handle(queue).fetch_history()).to_json()

    assert "YW5zd2VyZWQ" not in history  # "answered" in base64
    assert "answered" not in history
    stop.set()
    await asyncio.wait_for(serving, 20)


async def test_a_release_without_workers_does_not_become_current(client: Client) -> None:
    with pytest.raises(TimeoutError, match="No worker of version 0-nobody"):
        await make_current(client, "0-nobody", wait_seconds=0.5)


async def test_search_attributes_are_registered_once(client: Client) -> None:
    assert len(await search_attributes.missing(client)) == 5

    added = await search_attributes.register(client)

    assert sorted(added) == ["CaseState", "LeadInstitute", "NextDueAt", "Overdue", "Track"]
    assert await search_attributes.register(client) == []
    assert await search_attributes.missing(client) == []


async def test_log_lines_name_the_case_the_activity_and_the_attempt(
    client: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    configure_logging(settings)
    queue = f"probe-{uuid4()}"
    stop = asyncio.Event()
    serving = await until_stopped(build_worker(client, settings, queue, PROBE), stop)
    await make_current(client, build_id(), wait_seconds=20)

    await client.execute_workflow("Probe", id=queue, task_queue=queue, result_type=str)
    stop.set()
    await asyncio.wait_for(serving, 20)
    structlog.reset_defaults()

    [line] = [line for line in written.getvalue().splitlines() if "probe_answered" in line]
    assert f'"case_number": "{queue}"' in line
    assert '"activity": "probe.answer"' in line
    assert '"attempt": 1' in line
    [line] = [line for line in written.getvalue().splitlines() if "probe_asked" in line]
    assert '"event": "probe_asked"' in line
    assert '"step": 1' in line


async def test_a_server_that_is_not_there_is_said_so(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")

    with pytest.raises(RuntimeError):
        await connect_client(settings, retry=False)
