"""A real browser on the real pages, served over HTTP on this machine."""

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import uvicorn
from playwright.async_api import Browser, Page

from api.centre import Centre
from tests.api.conftest import absent_temporal, centre, public_index, reference, serving

__all__ = ["absent_temporal", "centre", "public_index", "reference"]


@pytest.fixture
async def address(centre: Centre) -> AsyncIterator[str]:
    """Where the pages are; cases are kept while Temporal is away."""
    now = replace(centre, clock=lambda: datetime.now(UTC))
    async with serving(now) as app:
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
        # Listening before the server starts: the first request waits for it.
        with socket.create_server(("127.0.0.1", 0)) as listening:
            serving_task = asyncio.create_task(server.serve([listening]))
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
            server.should_exit = True
            await serving_task


@pytest.fixture(params=["ko", "en"])
async def screen(
    request: pytest.FixtureRequest, chromium: Browser, address: str
) -> AsyncIterator[Page]:
    """A page as wide as a telephone, in each language."""
    context = await chromium.new_context(
        base_url=address,
        locale=str(request.param),
        viewport={"width": 360, "height": 740},
        reduced_motion="reduce",
    )
    yield await context.new_page()
    await context.close()
