"""A partner's service on loopback: the same shape, rows of our own, and faults on demand."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeAlias

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

KEY = "a key/with+signs=="

Answer: TypeAlias = Callable[[Request], Response]
Fault: TypeAlias = Callable[[], Awaitable[Response]]


@dataclass
class PartnerServer:
    """What a test sees of a partner.

    Attributes:
        faults: What it does instead of answering, once each.
        asked: The queries it got, in order.
    """

    url: str
    faults: deque[Fault] = field(default_factory=deque[Fault])
    asked: list[dict[str, str]] = field(default_factory=list[dict[str, str]])


@asynccontextmanager
async def partner_server(path: str, answer: Answer) -> AsyncGenerator[PartnerServer]:
    """Serve `answer` at `path`."""
    partner = PartnerServer("")

    async def handle(request: Request) -> Response:
        partner.asked.append(dict(request.query_params))
        if partner.faults:
            return await partner.faults.popleft()()
        return answer(request)

    server = uvicorn.Server(
        uvicorn.Config(
            Starlette(routes=[Route(path, handle)]), port=0, log_config=None, lifespan="off"
        )
    )
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  # uvicorn has no event for it
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    partner.url = f"http://127.0.0.1:{port}{path.partition('/{')[0]}"
    try:
        yield partner
    finally:
        server.should_exit = True
        await serving


async def fault_500() -> Response:
    return Response("<html>500</html>", 500)


async def malformed() -> Response:
    return Response("<response><header>", media_type="application/xml")


async def too_slow() -> Response:
    await asyncio.sleep(1.5)
    return Response("late")


async def many_entities() -> Response:
    """What grows to gigabytes in a parser that expands what it is sent."""
    bomb = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    return Response(
        f'<!DOCTYPE x [<!ENTITY a0 "ha">{bomb}]><response>&a11;</response>',
        media_type="application/xml",
    )


def portal_error(reason: str) -> Fault:
    """A refusal of the portal in front of a service."""

    async def refuse() -> Response:
        return Response(
            "<OpenAPI_ServiceResponse><cmmMsgHeader><errMsg>SERVICE ERROR</errMsg>"
            f"<returnReasonCode>{reason}</returnReasonCode></cmmMsgHeader>"
            "</OpenAPI_ServiceResponse>",
            media_type="application/xml",
        )

    return refuse
