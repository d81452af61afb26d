"""Histories that Temporal need not keep any more."""

import gzip
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

import asyncpg

from infra.postgres.pool import Database
from schemas.record import CaseProjection


class ArchiveDamaged(Exception):
    """An archived history is not what was put in."""


@dataclass(frozen=True, kw_only=True)
class ArchivedHistory:
    """A run that is over.

    Attributes:
        events: How many events it has.
        history: Temporal's own JSON; payloads encrypted as they were stored.
        projection: What its workflow answered last: rows, tasks and journal. None when it did not
            answer: terminated before its first step, or its program failed.
    """

    workflow_id: str
    run_id: str
    closed_at: datetime
    events: int
    history: str
    projection: CaseProjection | None


async def keep(db: Database, archived: ArchivedHistory, at: datetime) -> bool:
    """Keep a history; one that is kept already stays as it is, but for a projection it lacked.

    Returns:
        Whether anything was written.
    """
    content = archived.history.encode()
    written = await db.fetchval(
        """
        INSERT INTO archived_history AS kept
               (workflow_id, run_id, closed_at, events, sha256, history, projection, archived_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (workflow_id, run_id) DO UPDATE
           SET projection = excluded.projection
         WHERE kept.projection IS NULL AND excluded.projection IS NOT NULL
        RETURNING true
        """,
        archived.workflow_id,
        archived.run_id,
        archived.closed_at,
        archived.events,
        sha256(content).hexdigest(),
        gzip.compress(content, mtime=0),
        None if archived.projection is None else archived.projection.model_dump(mode="json"),
        at,
    )
    return written is True


async def is_complete(db: Database, workflow_id: str, run_id: str) -> bool:
    """Whether this run was archived before, with its projection."""
    return await db.fetchval(
        """
        SELECT EXISTS (SELECT FROM archived_history
                        WHERE workflow_id = $1
                          AND run_id = $2
                          AND projection IS NOT NULL)
        """,
        workflow_id,
        run_id,
    )


async def find(db: Database, workflow_id: str) -> ArchivedHistory | None:
    """The archived history of a workflow, its latest run.

    Raises:
        ArchiveDamaged: It does not have the hash it was kept with.
    """
    row = await db.fetchrow(
        """
        SELECT workflow_id, run_id, closed_at, events, sha256, history, projection
          FROM archived_history
         WHERE workflow_id = $1
         ORDER BY closed_at DESC
         LIMIT 1
        """,
        workflow_id,
    )
    return None if row is None else _restored(row)


async def projections(pool: asyncpg.Pool) -> AsyncGenerator[CaseProjection]:
    """What every archived case answered last, one after the other."""
    async with pool.acquire() as connection, connection.transaction(readonly=True):
        async for row in connection.cursor(
            """
            SELECT projection
              FROM archived_history
             WHERE projection IS NOT NULL
             ORDER BY workflow_id, closed_at
            """
        ):
            yield CaseProjection.model_validate(row["projection"])


def _restored(row: asyncpg.Record) -> ArchivedHistory:
    content = gzip.decompress(row["history"])
    if sha256(content).hexdigest() != row["sha256"]:
        raise ArchiveDamaged(row["workflow_id"])
    projection = row["projection"]
    return ArchivedHistory(
        workflow_id=row["workflow_id"],
        run_id=row["run_id"],
        closed_at=row["closed_at"],
        events=row["events"],
        history=content.decode(),
        projection=None if projection is None else CaseProjection.model_validate(projection),
    )
