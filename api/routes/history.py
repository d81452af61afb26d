"""The Temporal history of a case, as a timeline an auditor can read."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC
from operator import attrgetter
from typing import Annotated, Any, Final, Literal, cast

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import JSONResponse
from google.protobuf.duration_pb2 import Duration
from pydantic import RootModel
from temporalio.api.common.v1 import Payload, Payloads
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowHistory
from temporalio.service import RPCError, RPCStatusCode

from api import auth
from api.acts import RPC_TIMEOUT
from api.auth import Caller
from api.centre import Centre, calling_temporal
from api.deps import CentreDep
from api.problems import responses
from infra.postgres import archive
from schemas.base import CaseNumber, Instant, WireModel
from schemas.problem import ProblemType

router = APIRouter(prefix="/api/v1/cases", tags=["history"])

# Turns of the machinery: they say nothing about the case.
_UNTOLD: Final = frozenset(
    {
        EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED,
        EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED,
        EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED,
    }
)
# What is shown of each kind of event: label to the attribute's path.
_SHOWN: Final[dict[str, dict[str, str]]] = {
    "workflow_execution_started": {"workflow": "workflow_type.name", "input": "input"},
    "workflow_execution_update_accepted": {
        "update": "accepted_request.input.name",
        "update_id": "accepted_request.meta.update_id",
        "input": "accepted_request.input.args",
    },
    "workflow_execution_update_completed": {
        "update_id": "meta.update_id",
        "accepted_event_id": "accepted_event_id",
        "result": "outcome.success",
    },
    "workflow_execution_signaled": {"signal": "signal_name", "input": "input"},
    "workflow_execution_completed": {"result": "result"},
    "timer_started": {"timer": "timer_id", "seconds": "start_to_fire_timeout"},
    "timer_fired": {"timer": "timer_id"},
    "timer_canceled": {"timer": "timer_id"},
    "activity_task_scheduled": {"activity": "activity_type.name", "input": "input"},
    "activity_task_completed": {"scheduled_event_id": "scheduled_event_id", "result": "result"},
    "activity_task_failed": {"scheduled_event_id": "scheduled_event_id"},
    "marker_recorded": {"marker": "marker_name", "values": "details"},
}
_SYSTEM: Final = "system"


class HistoryLine(WireModel):
    """One event: when, by whom, what, and with which values."""

    event_id: int
    at: Instant
    actor: str
    event: str
    detail: dict[str, Any]


class History(WireModel):
    """The events of a case in order."""

    case_number: str
    run_id: str
    items: list[HistoryLine]


class RawHistory(RootModel[dict[str, Any]]):
    """Temporal's own JSON of a history."""


@router.get(
    "/{case_number}/history",
    summary="Read the Temporal history",
    response_model=History | RawHistory,
    responses=responses(ProblemType.CASE_NOT_FOUND, ProblemType.NOT_ALLOWED),
)
async def get_history(
    case_number: CaseNumber,
    _caller: Annotated[Caller, Depends(auth.AUDIT)],
    centre: CentreDep,
    format: Annotated[  # noqa: A002  # the name in the query
        Literal["timeline", "raw"],
        Query(description="`raw` is Temporal's own JSON, payloads encrypted as stored."),
    ] = "timeline",
) -> Response:
    """The decoded history: what really happened, event by event."""
    history = await _history(centre, case_number)
    if format == "raw":
        return Response(history.to_json(), media_type="application/json")
    lines = [
        await _line(centre, event) for event in history.events if event.event_type not in _UNTOLD
    ]
    run_id = history.events[0].workflow_execution_started_event_attributes.original_execution_run_id
    timeline = History(case_number=case_number, run_id=run_id, items=lines)
    return JSONResponse(timeline.model_dump(mode="json"))


async def _history(centre: Centre, case_number: str) -> WorkflowHistory:
    """The history as Temporal has it, or the archive once Temporal has forgotten it."""
    handle = centre.temporal.get_workflow_handle(case_number)
    try:
        with calling_temporal():
            return await handle.fetch_history(rpc_timeout=RPC_TIMEOUT)
    except RPCError as error:
        archived = await archive.find(centre.pool, case_number)
        if archived is None or error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return WorkflowHistory.from_json(case_number, archived.history)


async def _line(centre: Centre, event: HistoryEvent) -> HistoryLine:
    name = EventType.Name(event.event_type).removeprefix("EVENT_TYPE_").lower()
    detail = await _details(centre, event)
    summary = event.user_metadata.summary
    if summary.data:
        detail["summary"] = (await _values(centre, [summary]))[0]
    return HistoryLine(
        event_id=event.event_id,
        at=event.event_time.ToDatetime(UTC),
        actor=_actor_in(detail),
        event=name,
        detail=detail,
    )


async def _details(centre: Centre, event: HistoryEvent) -> dict[str, Any]:
    attributes = event.WhichOneof("attributes")
    if attributes is None:
        return {}
    described: dict[str, Any] = {}
    for label, path in _SHOWN.get(attributes.removesuffix("_event_attributes"), {}).items():
        value = attrgetter(path)(getattr(event, attributes))
        match value:
            case Duration():
                described[label] = value.ToTimedelta().total_seconds()
            case Payloads():
                described[label] = await _values(centre, value.payloads)
            case str() | int():
                described[label] = value
            case _:
                described[label] = {
                    name: await _values(centre, payloads.payloads)
                    for name, payloads in sorted(cast("Mapping[str, Payloads]", value).items())
                }
    return described


async def _values(centre: Centre, payloads: Iterable[Payload]) -> list[Any]:
    """The decoded values; a payload that is no JSON is shown by its size."""
    converter = centre.temporal.data_converter
    decoded = list(payloads)
    if converter.payload_codec is not None:
        decoded = await converter.payload_codec.decode(decoded)
    values: list[Any] = []
    for payload in decoded:
        if payload.metadata.get("encoding", b"").startswith(b"json/"):
            values.append(json.loads(payload.data))
        else:
            values.append({"bytes": len(payload.data)})
    return values


def _actor_in(detail: dict[str, Any]) -> str:
    """Who sent an update, by id; everything else is the system's doing."""
    sent = detail.get("input")
    if "update" not in detail or not isinstance(sent, list) or not sent:
        return _SYSTEM
    first = cast("list[Any]", sent)[0]
    if not isinstance(first, dict):
        return _SYSTEM
    values = cast("dict[str, Any]", first)
    actor = values.get("actor")
    if isinstance(actor, dict):
        return str(cast("dict[str, Any]", actor).get("id", _SYSTEM))
    return str(values.get("actor_id", _SYSTEM))
