"""Reading all cases at once: what is open now, and what became of everything.

For the simulated year, which looks at a whole database; a centre's own pages ask for a page each.
"""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from infra.postgres.pool import Database
from schemas.case import CaseSnapshot
from schemas.task import HumanTask


async def open_versions(db: Database) -> dict[str, int]:
    """The version of every open task, by its id."""
    rows = await db.fetch("SELECT task_id, version FROM human_task WHERE status = 'open'")
    return {row["task_id"]: row["version"] for row in rows}


async def tasks(db: Database, task_ids: Sequence[str]) -> list[HumanTask]:
    """The tasks with these ids, by id."""
    rows = await db.fetch(
        "SELECT task FROM human_task WHERE task_id = ANY($1) ORDER BY task_id", list(task_ids)
    )
    return [HumanTask.model_validate(row["task"]) for row in rows]


async def snapshots(db: Database, case_numbers: Sequence[str]) -> dict[str, CaseSnapshot]:
    """The cases with these numbers, by number."""
    rows = await db.fetch(
        "SELECT case_number, snapshot FROM support_case WHERE case_number = ANY($1)",
        list(case_numbers),
    )
    return {row["case_number"]: CaseSnapshot.model_validate(row["snapshot"]) for row in rows}


@dataclass(frozen=True)
class Move:
    """A case came to a status, or to a step within it."""

    at: datetime
    place: str


async def all_cases(pool: asyncpg.Pool) -> AsyncGenerator[tuple[CaseSnapshot, list[Move]]]:
    """Every case with its way through the statuses, by number."""
    async with pool.acquire() as db, db.transaction():
        async for row in db.cursor(
            """
            SELECT c.snapshot,
                   coalesce(j.moved_at, '{}') AS moved_at,
                   coalesce(j.places, '{}') AS places
              FROM support_case AS c
              LEFT JOIN LATERAL (
                   SELECT array_agg(e.at ORDER BY e.seq) AS moved_at,
                          array_agg(coalesce(e.detail ->> 'step', e.detail ->> 'status')
                                    ORDER BY e.seq) AS places
                     FROM journal_entry AS e
                    WHERE e.stream = c.case_number
                      AND e.tag = 'case:status:changed') AS j ON true
             ORDER BY c.case_number
            """
        ):
            moves = [
                Move(at, place) for at, place in zip(row["moved_at"], row["places"], strict=True)
            ]
            yield CaseSnapshot.model_validate(row["snapshot"]), moves


@dataclass(frozen=True, kw_only=True)
class TaskLine:
    """What became of one task."""

    kind: str
    status: str
    candidate_group: str
    opened_at: datetime
    due_at: datetime
    completed_at: datetime | None


async def all_tasks(db: Database) -> list[TaskLine]:
    """Every task, by id."""
    rows = await db.fetch(
        """
        SELECT kind, status, candidate_group, opened_at, due_at, completed_at
          FROM human_task
         ORDER BY task_id
        """
    )
    return [TaskLine(**dict(row)) for row in rows]
