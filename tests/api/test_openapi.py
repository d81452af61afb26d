"""The API keeps to its own description, whatever is sent to it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, TypeAlias, cast

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode, checks
from schemathesis.specs.openapi import checks as openapi_checks
from temporalio.testing import WorkflowEnvironment

from api.app import application
from api.centre import Centre
from tests.api.conftest import browser, difficulty, serving, signed_in

_CHECKS: list[Any] = [
    checks.not_a_server_error,  # pyright: ignore[reportUnknownMemberType]
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_schema_conformance,
]
_CALLERS = ("coordinator", "company", "triage", "auditor", "kitech.head", "nobody")
_CREDENTIALS = ("Authorization", "X-Tracking-Code", "Cookie")
_REQUESTS_EACH = 20
_PATIENCE_SECONDS = 20
Case: TypeAlias = "schemathesis.Case[Any]"


@asynccontextmanager
async def _nothing() -> AsyncGenerator[Centre]:
    raise AssertionError("described, not served")
    yield


DOCUMENT = application(_nothing()).openapi()
# Schemathesis leaves most of its types open.
_SCHEMA: Any = schemathesis.openapi.from_dict(DOCUMENT)
_OPERATIONS: dict[str, Any] = {
    found.ok().label: found.ok() for found in _SCHEMA.get_all_operations()
}


@dataclass(frozen=True)
class Running:
    """A centre with one case, and those who call it."""

    callers: dict[str, httpx.AsyncClient]
    case_number: str
    task_id: str


@pytest.fixture
async def running(
    centre: Centre, temporal: WorkflowEnvironment, workers: None
) -> AsyncGenerator[Running]:
    live = replace(centre, temporal=temporal.client, clock=lambda: datetime.now(UTC))
    async with serving(live) as app:
        company = browser(app)
        filing = await company.post("/api/v1/cases", json=difficulty())
        assert filing.status_code == 201, filing.text
        company.headers["X-Tracking-Code"] = filing.json()["tracking_code"]
        callers = {"nobody": browser(app), "company": company}
        for username in set(_CALLERS) - set(callers):
            callers[username] = await signed_in(app, username)
        number = filing.json()["case_number"]
        yield Running(callers, number, f"{number}.screen_case.1")


def callers_of(label: str) -> tuple[str, ...]:
    """Those who may call it more often than those who may not."""
    if label == "DELETE /api/v1/sessions":
        return ("nobody",)  # signing out would end a session that later requests need
    method, path = label.split()
    security = DOCUMENT["paths"][path][method.lower()]["security"]
    if security == [{"trackingCode": []}]:
        return ("company", "nobody")
    return _CALLERS


async def sent(case: Case, caller: httpx.AsyncClient) -> httpx.Response:
    prepared = requests.Request(**case.as_transport_kwargs(base_url="http://centre.example"))
    request = prepared.prepare()
    return await caller.request(
        cast("str", request.method),
        cast("str", request.url),
        content=cast("Any", request.body),
        headers=cast("dict[str, str]", dict(request.headers)),
    )


@pytest.mark.parametrize("label", sorted(_OPERATIONS))
async def test_every_answer_is_one_that_the_description_names(running: Running, label: str) -> None:
    loop = asyncio.get_running_loop()
    known = {"case_number": running.case_number, "task_id": running.task_id}
    cases = (_OPERATIONS[label].as_strategy(mode) for mode in GenerationMode)

    @settings(
        max_examples=_REQUESTS_EACH,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    @given(
        case=st.one_of(*cases),
        caller=st.sampled_from(callers_of(label)),
        with_own_path=st.booleans(),
    )
    def answer(case: Case, caller: str, *, with_own_path: bool) -> None:
        for name in _CREDENTIALS:
            case.headers.pop(name, None)
        case.cookies.clear()
        if not with_own_path:
            case.path_parameters.update(
                {name: known[name] for name in case.path_parameters if name in known}
            )
        if label == "POST /api/v1/cases" and isinstance(case.body, dict):
            # No generator finds a check digit, or the consent text in force.
            acceptable = difficulty()
            case.body |= {name: acceptable[name] for name in ("company", "consents", "channel")}
        sending = sent(case, running.callers[caller])
        response = asyncio.run_coroutine_threadsafe(sending, loop).result(_PATIENCE_SECONDS)
        case.validate_response(response, checks=_CHECKS)

    await asyncio.to_thread(answer)
