"""Puts the API together: routes, problems, headers, and what they all stand on."""

import asyncio
import importlib
import pkgutil
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog
from fastapi import APIRouter, FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import RouteContext, iter_route_contexts
from starlette.exceptions import HTTPException
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from api import problems
from api.auth import Access
from api.centre import Centre, Secrets
from api.description import describe
from api.pages.rendering import unrouted
from api.security import BrowserPolicy, SizeLimit
from infra.postgres.pool import open_pool
from infra.postgres.search_index import PostgresCatalogue
from infra.settings import Settings
from infra.temporal import lazy_client
from matching.encoder import ENCODERS
from matching.index import CatalogueIndex
from matching.live import LiveIndex

log = structlog.stdlib.get_logger()

VERSION: Final = "1"
DESCRIPTION: Final = """
The API of a national one-stop support centre for small and medium-sized companies.

Companies need no account: the case number and the tracking code open their case. Staff sign in at
`/api/v1/sessions`. Errors are problem documents (RFC 9457) with a stable `type`. Send a new
`Idempotency-Key` with every POST and the same one when you repeat it.
"""


@asynccontextmanager
async def open_centre(settings: Settings) -> AsyncGenerator[Centre]:
    """The connections of one API process, closed at the end.

    Temporal need not be there: intake takes cases all the same.
    """
    pool = await open_pool(
        settings.database_url.get_secret_value(), max_size=settings.database_pool_size
    )
    index = LiveIndex(PostgresCatalogue(pool, public_only=True), ENCODERS[settings.encoder])
    # Built beside the first requests: only who searches waits for it.
    building = asyncio.create_task(index.current())
    building.add_done_callback(_say_if_failed)
    try:
        temporal = await lazy_client(settings)
        yield Centre(
            pool=pool,
            index=index,
            temporal=temporal,
            secrets=Secrets(settings.pepper.get_secret_value().encode()),
            secure_cookies=settings.secure_cookies,
            temporal_ui_url=settings.temporal_ui_url,
            mailbox_dir=settings.mailbox_dir,
        )
    finally:
        building.cancel()
        await pool.close()


def _say_if_failed(building: "asyncio.Task[CatalogueIndex]") -> None:
    """The first search tries again, and answers with the failure if there still is one."""
    if not building.cancelled() and (failure := building.exception()) is not None:
        log.warning("search_index_failed", error=type(failure).__name__)


def create_app(settings: Settings) -> FastAPI:
    """The application of one API process."""
    return application(open_centre(settings))


def application(centre: AbstractAsyncContextManager[Centre]) -> FastAPI:
    """The application over a centre, which is opened when the application starts."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        async with centre as opened:
            app.state.centre = opened
            yield

    app = FastAPI(
        title="center1379",
        version=VERSION,
        description=DESCRIPTION,
        lifespan=lifespan,
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    for router in routers():
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"))
    problems.install(app)
    app.add_exception_handler(HTTPException, unrouted)
    app.add_middleware(SizeLimit)
    app.add_middleware(BrowserPolicy)
    check_access(app)
    describe(
        app,
        {
            (method, route.path): route.access
            for route in served_routes(app)
            for method in route.methods
        },
    )
    return app


def routers() -> list[APIRouter]:
    """The router of every module in `api.routes` and `api.pages` that has one, by name."""
    found: list[APIRouter] = []
    for package in ("api.routes", "api.pages"):
        path = importlib.import_module(package).__path__
        for module in sorted(info.name for info in pkgutil.iter_modules(path)):
            router = getattr(importlib.import_module(f"{package}.{module}"), "router", None)
            if isinstance(router, APIRouter):
                found.append(router)
    return found


@dataclass(frozen=True)
class ServedRoute:
    """A route as it is served.

    Attributes:
        access: Who may call it; None when it does not say so, exactly once.
    """

    methods: tuple[str, ...]
    path: str
    module: str
    access: Access | None


def served_routes(app: FastAPI) -> list[ServedRoute]:
    """Every route of the application but its description and its static files.

    FastAPI keeps included routers as they are, so `app.routes` alone does not name their routes.
    """
    return [
        _served(context)
        for context in iter_route_contexts(app.routes)
        if context.path != app.openapi_url and not isinstance(context.route, Mount)
    ]


def check_access(app: FastAPI) -> None:
    """Refuse to start with a route that does not say who may call it.

    Raises:
        RuntimeError: Names the routes.
    """
    silent = [f"{route.methods} {route.path}" for route in served_routes(app) if not route.access]
    if silent:
        raise RuntimeError(f"Each route needs one Access among its dependencies: {silent}")


def _served(context: RouteContext) -> ServedRoute:
    named = _accesses_in(context.dependant) if hasattr(context, "dependant") else []
    return ServedRoute(
        methods=tuple(sorted(context.methods or ())),
        path=context.path or "",
        module=getattr(context.endpoint, "__module__", ""),
        access=named[0] if len(named) == 1 else None,
    )


def _accesses_in(dependant: Dependant) -> list[Access]:
    own = [dependant.call] if isinstance(dependant.call, Access) else []
    return own + [access for inner in dependant.dependencies for access in _accesses_in(inner)]
