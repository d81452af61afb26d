"""For those who run the centre: is it alive, is it ready, how much is open; payloads decrypted."""

import asyncio
from typing import Annotated, Any, Final, Literal

import asyncpg
from fastapi import APIRouter, Depends, Request, Response
from google.protobuf import json_format
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from temporalio.api.common.v1 import Payloads
from temporalio.service import RPCError

from api import auth
from api.auth import Caller
from api.centre import Centre, calling_temporal
from api.deps import CentreDep
from api.problems import is_outage
from infra import search_attributes
from infra.postgres import statistics
from infra.postgres.migrate import pending
from schemas.actor import Role
from schemas.base import WireModel
from schemas.problem import ProblemType, Refused

router = APIRouter(tags=["operations"])

_PATIENCE_SECONDS: Final = 5


class Health(WireModel):
    """The process answers."""

    status: Literal["ok"]


class Readiness(WireModel):
    """What the process stands on, part by part: `ok`, or what is wrong."""

    status: Literal["ok", "not_ready"]
    parts: dict[str, str]


@router.get("/healthz", summary="Is the process alive?", dependencies=[Depends(auth.PUBLIC)])
async def healthz() -> Health:
    """Says yes without asking anybody else."""
    return Health(status="ok")


@router.get(
    "/readyz",
    summary="Can the process serve?",
    dependencies=[Depends(auth.PUBLIC)],
    responses={503: {"model": Readiness, "description": "A part is missing."}},
)
async def readyz(centre: CentreDep, response: Response) -> Readiness:
    """Database with all migrations, Temporal with its search attributes."""
    parts = {
        "database": await _database(centre),
        "temporal": await _temporal(centre),
    }
    ready = all(state == "ok" for state in parts.values())
    if not ready:
        response.status_code = 503
    return Readiness(status="ok" if ready else "not_ready", parts=parts)


@router.get(
    "/metrics",
    summary="Gauges for Prometheus",
    dependencies=[Depends(auth.PUBLIC)],
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
async def metrics(centre: CentreDep) -> Response:
    """How much is open; names nobody."""
    load = await statistics.load(centre.pool, centre.clock())
    registry = CollectorRegistry()
    for name, help_text, value in (
        ("center1379_open_cases", "Cases that are not closed.", load.open_cases),
        ("center1379_open_tasks", "Human tasks that are open.", load.open_tasks),
        ("center1379_overdue_tasks", "Open human tasks past their due time.", load.overdue_tasks),
        ("center1379_pending_intakes", "Cases kept but not started.", load.pending_intakes),
        ("center1379_pending_messages", "Messages that wait to be sent.", load.pending_messages),
    ):
        Gauge(name, help_text, registry=registry).set(value)
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


def _cors(request: Request, centre: Centre) -> dict[str, str]:
    """Headers that let the Temporal UI, and no other page, read the answer."""
    origin = request.headers.get("origin")
    if not origin or origin != (centre.temporal_ui_url or "").rstrip("/"):
        return {}
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Credentials": "true",
        "Access-Control-Allow-Headers": "authorization, content-type, x-namespace, x-csrf-token",
        "Access-Control-Allow-Methods": "POST",
        "Vary": "Origin",
    }


@router.options(
    "/codec/decode",
    status_code=204,
    summary="May the Temporal UI ask?",
    dependencies=[Depends(auth.PUBLIC)],
    response_class=Response,
)
async def allow_decoding(request: Request, centre: CentreDep) -> Response:
    """The browser's question before it sends the payloads."""
    return Response(status_code=204, headers=_cors(request, centre))


@router.post("/codec/decode", summary="Decrypt payloads for the Temporal UI")
async def decode(
    request: Request,
    body: dict[str, Any],
    _caller: Annotated[Caller, Depends(auth.staff(Role.AUDITOR, Role.OPERATOR))],
    centre: CentreDep,
) -> Response:
    """Temporal's remote codec protocol, for auditors and operators; decrypts, never encrypts."""
    try:
        payloads = json_format.ParseDict(body, Payloads())
    except json_format.ParseError as error:
        raise Refused(
            ProblemType.INVALID_REQUEST, "Send Temporal's JSON form of payloads."
        ) from error
    codec = centre.temporal.data_converter.payload_codec
    decoded = list(payloads.payloads) if codec is None else await codec.decode(payloads.payloads)
    return Response(
        json_format.MessageToJson(Payloads(payloads=decoded)),
        media_type="application/json",
        headers=_cors(request, centre),
    )


async def _database(centre: Centre) -> str:
    try:
        missing = await pending(centre.pool)
    except (
        OSError,
        asyncpg.PostgresError,
        asyncpg.InterfaceError,
        asyncpg.InternalClientError,
    ) as error:
        if not is_outage(error):
            raise
        return "cannot be reached"
    return f"migrations missing: {', '.join(missing)}" if missing else "ok"


async def _temporal(centre: Centre) -> str:
    try:
        with calling_temporal():
            missing = await asyncio.wait_for(
                search_attributes.missing(centre.temporal), _PATIENCE_SECONDS
            )
    except (RPCError, ConnectionError, TimeoutError) as error:
        if not is_outage(error):
            raise
        return "cannot be reached"
    return f"search attributes missing: {', '.join(missing)}" if missing else "ok"
