"""A centre of its own for one measurement: started as a user starts it, stopped afterwards."""

import asyncio
import os
import signal
import socket
import statistics
import subprocess
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, Final
from uuid import uuid4

import httpx
from temporalio.client import Client

from infra.settings import Settings
from infra.temporal import connect_client
from workers.local import environment_of
from workers.local_parts import CannotStart

PASSWORD: Final = "bench-password"  # noqa: S105  # of demonstration accounts in a temporary folder
_START_SECONDS: Final = 60


@dataclass(frozen=True)
class Bench:
    """What a measurement speaks to: the same server by HTTP and by Temporal's client."""

    http: httpx.AsyncClient
    temporal: Client


@asynccontextmanager
async def local_centre() -> AsyncGenerator[Bench]:
    """Run a centre on loopback for as long as the measurement takes."""
    with TemporaryDirectory(prefix="center1379-bench-") as folder:
        data = Path(folder) / "data"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        process = subprocess.Popen(  # noqa: ASYNC220, S603  # our own command, once
            [sys.executable, "-m", "workers.cli", "up", "--data-dir", data, "--port", str(port)],
            env={**os.environ, "CENTER1379_DEMO_PASSWORD": PASSWORD},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            os.environ.update(await _environment(data))
            settings = Settings()  # pyright: ignore[reportCallIssue]  # from the environment
            async with httpx.AsyncClient(
                base_url=f"http://127.0.0.1:{port}/api/v1", timeout=30
            ) as http:
                yield Bench(http, await connect_client(settings))
        finally:
            process.send_signal(signal.SIGINT)
            await asyncio.to_thread(process.wait, 60)


async def _environment(data: Path) -> dict[str, str]:
    for _ in range(_START_SECONDS * 5):
        try:
            environment = environment_of(data)
        except (CannotStart, KeyError):
            await asyncio.sleep(0.2)
            continue
        async with httpx.AsyncClient() as http:
            try:
                ready = await http.get(f"{environment['CENTER1379_PUBLIC_URL']}/readyz")
            except httpx.TransportError:
                await asyncio.sleep(0.2)
                continue
        if ready.is_success:
            return environment
        await asyncio.sleep(0.2)
    raise TimeoutError("the centre did not get ready")


async def timed(
    act: Callable[[int], Awaitable[object]], count: int, at_once: int = 10
) -> tuple[float, list[float]]:
    """Do something `count` times, some of it at once.

    Returns:
        How many were done a second, and how long each took in milliseconds.
    """
    limit = asyncio.Semaphore(at_once)

    async def one(number: int) -> float:
        async with limit:
            begun = perf_counter()
            await act(number)
            return (perf_counter() - begun) * 1000

    begun = perf_counter()
    took = await asyncio.gather(*(one(number) for number in range(count)))
    return count / (perf_counter() - begun), took


def report(name: str, rate: float, took: list[float]) -> None:
    """Print a line of the measurement."""
    median, p95 = statistics.median(took), statistics.quantiles(took, n=20)[-1]
    print(f"{name:<28}{rate:8.1f} /s   median {median:7.1f} ms   p95 {p95:7.1f} ms")


def difficulty() -> dict[str, Any]:
    """A request as a company sends it."""
    return {
        "service": "difficulty",
        "channel": "web",
        "company": {
            "name": "합성기업",
            "business_registration_number": "999-99-99997",
            "contact_name": "합성 담당자",
            "email": "company@sme.example",
        },
        "title": "주조품 기공",
        "description": f"다이캐스팅 제품에 기공이 생깁니다. {uuid4().hex}",
        "consents": {"collect_use": {"given": True, "text_version": "2013-1"}},
    }
