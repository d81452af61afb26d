"""Connections to PostgreSQL, and the narrow view of them that statements get."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any, LiteralString, Protocol

import asyncpg
from pydantic_core import from_json, to_json


class Database(Protocol):
    """A pool or a transaction's connection: whatever can run one parameterised statement.

    `LiteralString` lets the type checker refuse a statement that was pasted together at run time.
    """

    async def execute(self, query: LiteralString, *args: object) -> str: ...
    async def executemany(
        self, command: LiteralString, args: Sequence[Sequence[object]]
    ) -> None: ...
    async def fetch(self, query: LiteralString, *args: object) -> list[asyncpg.Record]: ...
    async def fetchrow(self, query: LiteralString, *args: object) -> asyncpg.Record | None: ...
    async def fetchval(self, query: LiteralString, *args: object) -> Any: ...  # noqa: ANN401  # a column of any type


class BulkDatabase(Database, Protocol):
    """A connection that also takes many rows at once."""

    async def copy_records_to_table(
        self, table_name: str, *, records: Sequence[Sequence[object]], columns: Sequence[str]
    ) -> str: ...


async def open_pool(
    dsn: str, *, min_size: int = 1, max_size: int = 10, statement_seconds: float = 30
) -> asyncpg.Pool:
    """Open a pool whose `jsonb` columns are read and written as Python values.

    Args:
        dsn: A PostgreSQL URL.
        min_size: Connections kept open while idle.
        max_size: Connections at most; further callers wait.
        statement_seconds: How long one statement may take.
    """
    return await asyncpg.create_pool(
        dsn,
        min_size=min_size,
        max_size=max_size,
        init=_read_json_columns,
        command_timeout=statement_seconds,
    )


async def _read_json_columns(connection: asyncpg.Connection) -> None:
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        encoder=lambda value: to_json(value).decode(),
        decoder=from_json,
    )


@asynccontextmanager
async def transaction(pool: asyncpg.Pool) -> AsyncGenerator[BulkDatabase]:
    """One connection in one transaction, committed at the end and rolled back on an exception."""
    async with pool.acquire() as connection, connection.transaction():
        yield connection


@asynccontextmanager
async def trial(pool: asyncpg.Pool) -> AsyncGenerator[BulkDatabase]:
    """One connection in a transaction that is rolled back at the end: nothing stays."""
    async with pool.acquire() as connection:
        attempt = connection.transaction()
        await attempt.start()
        try:
            yield connection
        finally:
            await attempt.rollback()
