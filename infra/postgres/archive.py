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
        projection: What its workflow answered last: rows, tasks and journal.
    """

    workflow_id: str
    run_id: str
    closed_at: datetime
    events: int
    history: str
    projection: CaseProjection


async def keep(db: Database, archived: ArchivedHistory, at: datetime) -> None:
    """Keep a history; one that is kept already stays as it is."""
    content = archived.history.encode()
    await db.execute(
        """
        INSERT INTO archived_history (workflow_id, run_id, closed_at, events, sha256, history,
                                      projection, archived_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (workflow_id, run_id) DO NOTHING
        """,
        archived.workflow_id,
        archived.run_id,
        archived.closed_at,
        archived.events,
        sha256(content).hexdigest(),
        gzip.compress(content, mtime=0),
        archived.projection.model_dump(mode="json"),
        at,
    )


async def is_kept(db: Database, workflow_id: str, run_id: str) -> bool:
    """Whether this run was archived before."""
    return await db.fetchval(
        """
        SELECT EXISTS (SELECT FROM archived_history WHERE workflow_id = $1 AND run_id = $2)
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
            "SELECT projection FROM archived_history ORDER BY workflow_id, closed_at"
        ):
            yield CaseProjection.model_validate(row["projection"])


def _restored(row: asyncpg.Record) -> ArchivedHistory:
    content = gzip.decompress(row["history"])
    if sha256(content).hexdigest() != row["sha256"]:
        raise ArchiveDamaged(row["workflow_id"])
    return ArchivedHistory(
        workflow_id=row["workflow_id"],
        run_id=row["run_id"],
        closed_at=row["closed_at"],
        events=row["events"],
        history=content.decode(),
        projection=CaseProjection.model_validate(row["projection"]),
    )
