"""What the sweeper asks: whether it is the only one, and which cases an event has passed by."""

from collections.abc import AsyncGenerator, Collection
from contextlib import asynccontextmanager
from typing import Final

import asyncpg

from infra.postgres.pool import Database

# Any number that no other advisory lock of this database has.
_SWEEP: Final = 1379_001


@asynccontextmanager
async def sweep_lock(pool: asyncpg.Pool) -> AsyncGenerator[bool]:
    """Tell whether this process may sweep now; another one's sweep is not waited for.

    Held by a connection, not by a transaction: a crash frees it, and a slow sweep keeps no
    snapshot of the database alive.
    """
    async with pool.acquire() as connection:
        mine = await connection.fetchval("SELECT pg_try_advisory_lock($1)", _SWEEP)
        try:
            yield mine is True
        finally:
            # A connection that broke gave the lock back by itself.
            if mine and not connection.is_closed():
                await connection.execute("SELECT pg_advisory_unlock($1)", _SWEEP)


async def behind_calendar(
    db: Database,
    version: int,
    *,
    after: str = "",
    besides: Collection[str] = (),
    limit: int = 100,
) -> list[str]:
    """Open cases and rounds not told yet of version `version` of the holiday table (U30).

    A round that takes applications has counted nothing so far, and is left alone.

    Args:
        db: The read model.
        version: The newest one.
        after: Only those whose number comes after this one.
        besides: Those that are left out.
        limit: How many at most.
    """
    rows = await db.fetch(
        """
        SELECT number
          FROM (
               SELECT case_number AS number
                 FROM support_case
                WHERE closed_at IS NULL
                  AND calendar_version < $1
                UNION ALL
               SELECT round_id
                 FROM selection_round
                WHERE state NOT IN ('closed', 'empty')
                  AND calendar_version BETWEEN 1 AND $1 - 1
               ) AS behind
         WHERE number > $2
           AND number <> ALL ($3::text[])
         ORDER BY number
         LIMIT $4
        """,
        version,
        after,
        list(besides),
        limit,
    )
    return [row["number"] for row in rows]
