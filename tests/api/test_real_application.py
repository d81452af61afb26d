"""The application as an operator starts it: from settings, over an encrypting Temporal client."""

import asyncio
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, cast

import asyncpg
import pytest
from fastapi import FastAPI
from google.protobuf.duration_pb2 import Duration
from pydantic import SecretStr
from temporalio.api.workflowservice.v1 import RegisterNamespaceRequest
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from api.app import create_app
from infra.codec import ENCODING
from infra.postgres.calendar import load_holidays
from infra.search_attributes import missing, register
from infra.settings import Settings
from infra.temporal import connect_client
from tests.api.conftest import browser, difficulty, signed_in
from tests.settings import settings_for_test
from workers.registry import Resources, registrations
from workers.worker import workflow_runner

NAMESPACE = "encrypted"
WRITTEN = "도금액 조성비"


@pytest.fixture
async def settings(
    temporal: WorkflowEnvironment,
    reference: asyncpg.Pool,
    postgres_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Settings:
    """Settings for the servers of the tests, with a namespace of their own."""
    monkeypatch.setenv("TEMPORAL_ADDRESS", temporal.client.service_client.config.target_host)
    monkeypatch.setenv("TEMPORAL_NAMESPACE", NAMESPACE)
    await load_holidays(reference)
    await temporal.client.workflow_service.register_namespace(
        RegisterNamespaceRequest(
            namespace=NAMESPACE,
            workflow_execution_retention_period=Duration(seconds=86_400),
        )
    )
    return settings_for_test(database_url=SecretStr(postgres_url), secure_cookies=False)


@pytest.fixture
async def served(settings: Settings, reference: asyncpg.Pool) -> AsyncIterator[FastAPI]:
    client = await connect_client(settings)
    await register_soon(settings)
    registration = registrations(Resources(reference, settings, client))["case"]
    app = create_app(settings)
    async with (
        Worker(
            client,
            task_queue="case",
            workflows=registration.workflows,
            activities=registration.activities,
            workflow_runner=workflow_runner(),
        ),
        app.router.lifespan_context(app),
    ):
        yield app


async def register_soon(settings: Settings) -> None:
    """Register the search attributes; a new namespace takes a moment to be known everywhere."""
    client = await connect_client(settings)
    async with asyncio.timeout(timedelta(seconds=20).total_seconds()):
        while True:
            try:
                await register(client)
                if not await missing(client):
                    return
            except RPCError:
                pass
            await asyncio.sleep(0.1)


async def test_a_case_goes_through_the_application_with_its_payloads_encrypted(
    served: FastAPI,
) -> None:
    async with browser(served) as company:
        ready = (await company.get("/readyz")).json()
        assert ready == {"status": "ok", "parts": {"database": "ok", "temporal": "ok"}}
        filing = await company.post("/api/v1/cases", json=difficulty(description=WRITTEN * 3))
        assert filing.status_code == 201, filing.text
        receipt = filing.json()
        withdrawn = await company.post(
            f"{receipt['links']['self']}/withdraw",
            json={"reason": WRITTEN},
            headers={"X-Tracking-Code": receipt["tracking_code"]},
        )
        assert withdrawn.status_code == 200, withdrawn.text

        auditor = await signed_in(served, "auditor")
        url = f"{receipt['links']['self']}/history"
        timeline = await auditor.get(url)
        raw = await auditor.get(url, params={"format": "raw"})

    read = {line["event"]: line["detail"] for line in timeline.json()["items"]}
    started = read["workflow_execution_started"]["input"][0]
    assert started["case_number"] == receipt["case_number"]
    assert "withdraw" in timeline.text
    assert b64encode(ENCODING).decode() in raw.text
    assert readable(raw.json()) == []
    assert WRITTEN not in timeline.text + raw.text


def readable(part: object) -> list[bytes]:
    """What somebody without the key could read in a raw history.

    Left out is what is never encrypted: search attributes, and the SDK's notes on local activities.
    """
    match part:
        case {"metadata": {"encoding": str(encoding)}, "data": str(data)}:
            plain = b64decode(data)
            known = b64decode(encoding) == ENCODING or plain.startswith(b'{"seq":')
            return [] if known else [plain]
        case dict():
            values = [
                value
                for name, value in cast("dict[str, Any]", part).items()
                if name != "searchAttributes"
            ]
        case list():
            values = cast("list[Any]", part)
        case _:
            values = []
    return [found for value in values for found in readable(value)]
