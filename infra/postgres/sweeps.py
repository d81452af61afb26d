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


async def cases_behind_calendar(
    db: Database,
    version: int,
    *,
    after: str = "",
    besides: Collection[str] = (),
    limit: int = 100,
) -> list[str]:
    """Open cases that have not been told of version `version` of the holiday table (U30).

    Args:
        db: The read model.
        version: The newest one.
        after: Only cases whose number comes after this one.
        besides: Cases that are left out.
        limit: How many at most.
    """
    rows = await db.fetch(
        """
        SELECT case_number
          FROM support_case
         WHERE closed_at IS NULL
           AND calendar_version < $1
           AND case_number > $2
           AND case_number <> ALL ($3::text[])
         ORDER BY case_number
         LIMIT $4
        """,
        version,
        after,
        list(besides),
        limit,
    )
    return [row["case_number"] for row in rows]
