"""Brings a database to this release's tables: numbered SQL files, forward only."""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

import asyncpg
import structlog

from infra.postgres.pool import Database

log = structlog.stdlib.get_logger()

MIGRATIONS: Final = Path(__file__).parent / "migrations"

# Any constant will do, as long as nothing else in the database uses it.
_LOCK: Final = 1379_0001


class MigrationChanged(Exception):
    """A file differs from what was applied under its name; a migration is never edited."""


@dataclass(frozen=True)
class Migration:
    """One file of statements.

    Attributes:
        name: The file's name, whose number gives the order.
    """

    name: str
    sql: str

    @property
    def sha256(self) -> str:
        """What tells an edited file from the one that was applied."""
        return sha256(self.sql.encode()).hexdigest()


def read_migrations(folder: Path = MIGRATIONS) -> list[Migration]:
    """The migrations of this release, in the order in which they are applied."""
    return [
        Migration(path.name, path.read_text("utf-8"))
        for path in sorted(folder.glob("[0-9][0-9][0-9][0-9]_*.sql"))
    ]


async def migrate(dsn: str, folder: Path = MIGRATIONS) -> list[str]:
    """Apply what has not been applied, each file in a transaction of its own.

    Processes that start together take turns: the second finds the work done.

    Args:
        dsn: A PostgreSQL URL.
        folder: Where the files are.

    Returns:
        The names of the files applied now.

    Raises:
        MigrationChanged: An applied file was edited afterwards; nothing was applied.
    """
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        await connection.execute(
            """
            CREATE TABLE IF NOT EXISTS schema_migration (
                name       text PRIMARY KEY,
                sha256     text NOT NULL,
                applied_at timestamptz NOT NULL DEFAULT now()
            )
            """
        )
        missing = await _missing(connection, read_migrations(folder))
        for migration in missing:
            await _apply(connection, migration)
    finally:
        # Closing the session releases the advisory lock, also after a failed statement.
        await connection.close()
    return [migration.name for migration in missing]


async def pending(db: Database, folder: Path = MIGRATIONS) -> list[str]:
    """Names of the migrations this release needs and the database lacks; empty when it is ready.

    Raises:
        MigrationChanged: An applied file was edited afterwards.
    """
    migrations = read_migrations(folder)
    if await db.fetchval("SELECT to_regclass('schema_migration') IS NULL"):
        return [migration.name for migration in migrations]
    return [migration.name for migration in await _missing(db, migrations)]


async def _missing(db: Database, migrations: list[Migration]) -> list[Migration]:
    rows = await db.fetch("SELECT name, sha256 FROM schema_migration")
    applied: dict[str, str] = {row["name"]: row["sha256"] for row in rows}
    for migration in migrations:
        if applied.get(migration.name, migration.sha256) != migration.sha256:
            raise MigrationChanged(
                f"{migration.name} was changed after it had been applied to this database. "
                "Restore the file and put the change into a new migration."
            )
    return [migration for migration in migrations if migration.name not in applied]


async def _apply(connection: asyncpg.Connection, migration: Migration) -> None:
    async with connection.transaction():
        # A migration that waits behind a long transaction would stop everybody behind it.
        await connection.execute("SET LOCAL lock_timeout = '5s'")
        await connection.execute(migration.sql)
        await connection.execute(
            "INSERT INTO schema_migration (name, sha256) VALUES ($1, $2)",
            migration.name,
            migration.sha256,
        )
    log.info("migration_applied", migration=migration.name)
