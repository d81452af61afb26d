"""What auditors and operators look at: messages that were sent, and what got stuck."""

from dataclasses import dataclass
from datetime import datetime

from infra.postgres.pool import Database


@dataclass(frozen=True, kw_only=True)
class SentMessage:
    """One message of the notification log; never its text or its address."""

    key: str
    case_number: str
    template: str
    audience: str
    status: str
    reason: str | None
    repeated: bool
    created_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class StuckCase:
    """A case that moves no further by itself.

    Attributes:
        reason: `not_started`, kept but never begun; or `nothing_waits`, open without an open task
            or a running deadline.
        since: When it was filed or last due.
    """

    case_number: str
    reason: str
    since: datetime


@dataclass(frozen=True, kw_only=True)
class LostTask:
    """An open task whose ladder has come to its end: it was told to everybody there is."""

    task_id: str
    case_number: str
    kind: str
    candidate_group: str
    due_at: datetime
    level: int


async def messages_of(db: Database, case_number: str) -> list[SentMessage]:
    """The notification log of a case, oldest first."""
    rows = await db.fetch(
        """
        SELECT key, case_number, template, audience, status, reason, repeated, created_at,
               finished_at
          FROM notification
         WHERE case_number = $1
         ORDER BY created_at, key
        """,
        case_number,
    )
    return [SentMessage(**dict(row)) for row in rows]


async def failed_messages(db: Database, limit: int = 100) -> list[SentMessage]:
    """Messages that could not be delivered, the latest first."""
    rows = await db.fetch(
        """
        SELECT key, case_number, template, audience, status, reason, repeated, created_at,
               finished_at
          FROM notification
         WHERE status = 'failed'
         ORDER BY created_at DESC, key
         LIMIT $1
        """,
        limit,
    )
    return [SentMessage(**dict(row)) for row in rows]


async def stuck_cases(db: Database, before: datetime, limit: int = 100) -> list[StuckCase]:
    """Cases that got stuck before an instant, the oldest first."""
    rows = await db.fetch(
        """
        SELECT case_number, 'not_started' AS reason, submitted_at AS since
          FROM intake
         WHERE status = 'pending' AND submitted_at < $1
         UNION ALL
        SELECT c.case_number, 'nothing_waits', coalesce(c.next_due_at, c.received_at)
          FROM support_case AS c
         WHERE c.closed_at IS NULL
           AND coalesce(c.next_due_at, c.received_at) < $1
           AND NOT EXISTS (SELECT FROM human_task AS t
                            WHERE t.case_number = c.case_number AND t.status = 'open')
         ORDER BY since, case_number
         LIMIT $2
        """,
        before,
        limit,
    )
    return [StuckCase(**dict(row)) for row in rows]


async def ladders_at_end(db: Database, top: int, limit: int = 100) -> list[LostTask]:
    """Open tasks that went up to level `top` without being done, the longest overdue first."""
    rows = await db.fetch(
        """
        SELECT task_id, case_number, kind, candidate_group, due_at, level
          FROM human_task
         WHERE status = 'open' AND level >= $1
         ORDER BY due_at, task_id
         LIMIT $2
        """,
        top,
        limit,
    )
    return [LostTask(**dict(row)) for row in rows]
