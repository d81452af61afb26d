"""The API keeps to its own description, whatever is sent to it."""

import asyncio
import json
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, TypeAlias, cast

import httpx
import jsonschema_rs
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
from api.description import EXAMPLES_FILE, main_response
from tests.api.conftest import browser, difficulty, serving, signed_in

_CHECKS: list[Any] = [
    checks.not_a_server_error,  # pyright: ignore[reportUnknownMemberType]
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_schema_conformance,
]
_CALLERS = ("coordinator", "company", "triage", "auditor", "kitech.head", "nobody")
_CREDENTIALS = ("Authorization", "X-Tracking-Code", "Cookie")
_EXAMPLE = "1379-2026-000123"
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
    # A centre builds its index when it starts; the first answer here would wait for that.
    await live.index.current()
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
        # Tests before this one filed a case of the example's number, whose workflow never runs.
        if not with_own_path or _EXAMPLE in str(case.path_parameters):
            case.path_parameters.update(
                {name: known[name] for name in case.path_parameters if name in known}
            )
        if label == "POST /api/v1/cases" and isinstance(case.body, dict):
            # No generator finds a check digit, or the consent text in force.
            acceptable = difficulty()
            case.body |= {name: acceptable[name] for name in ("company", "consents", "channel")}
        sending = sent(case, running.callers[caller])
        response = asyncio.run_coroutine_threadsafe(sending, loop).result(_PATIENCE_SECONDS)
        # That a part is away, as on a machine that is too busy, is what this one is there to say.
        checked = _CHECKS[1:] if label == "GET /readyz" else _CHECKS
        case.validate_response(response, checks=checked)

    await asyncio.to_thread(answer)


def _examples() -> Iterator[tuple[str, dict[str, Any]]]:
    """What is shown of each request and each main answer, by what it belongs to."""
    for path, operations in DOCUMENT["paths"].items():
        for method, operation in operations.items():
            name = f"{method.upper()} {path}"
            for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
                yield f"{name} takes {media_type}", content
            for media_type, content in main_response(operation).get("content", {}).items():
                yield f"{name} answers {media_type}", content


_SHOWN = dict(_examples())


@pytest.mark.parametrize("shown", sorted(_SHOWN))
def test_every_request_and_main_answer_has_an_example_that_its_schema_allows(shown: str) -> None:
    content = _SHOWN[shown]

    assert "example" in content
    schema = content.get("schema", {}) | {"components": DOCUMENT["components"]}
    errors = jsonschema_rs.validator_for(schema).iter_errors(content["example"])
    assert [error.message for error in errors] == []


def test_no_example_is_left_of_an_operation_that_is_gone() -> None:
    examples = json.loads(EXAMPLES_FILE.read_text(encoding="utf-8"))

    assert set(examples) <= set(_OPERATIONS)


def test_the_description_says_how_callers_identify_themselves() -> None:
    paths = DOCUMENT["paths"]

    assert paths["/api/v1/cases"]["post"]["security"] == [{}]
    assert {"trackingCode": []} in paths["/api/v1/cases/{case_number}"]["get"]["security"]
    assert paths["/api/v1/tasks"]["get"]["security"] == [{"session": []}, {"sessionCookie": []}]


async def test_the_example_of_an_intake_can_be_sent_as_it_is(public: httpx.AsyncClient) -> None:
    example = _SHOWN["POST /api/v1/cases takes application/json"]["example"]

    answer = await public.post("/api/v1/cases", json=example)

    assert answer.status_code == 202, answer.text
