"""Monthly reviews of cases in service: which are due, and what was found."""

from datetime import datetime

from infra.postgres.pool import Database
from schemas.review import Finding


async def open_review(db: Database, case_number: str, due_at: datetime) -> bool:
    """Let a review be due, unless it was already, or an earlier one still waits.

    Returns:
        Whether it is new.
    """
    opened = await db.fetchval(
        """
        INSERT INTO case_review (case_number, nth, due_at)
        SELECT $1, coalesce(max(nth), 0) + 1, $2
          FROM case_review
         WHERE case_number = $1
        HAVING coalesce(max(due_at) < $2, true)
        ON CONFLICT DO NOTHING
        RETURNING true
        """,
        case_number,
        due_at,
    )
    return opened is True


async def due_review(db: Database, case_number: str) -> int | None:
    """The review of a case that waits for a coordinator."""
    return await db.fetchval(
        "SELECT nth FROM case_review WHERE case_number = $1 AND reviewed_at IS NULL", case_number
    )


async def close_review(
    db: Database, case_number: str, finding: Finding, by: str, at: datetime
) -> int | None:
    """Record what was found; None when no review is due."""
    return await db.fetchval(
        """
        UPDATE case_review
           SET finding = $2, reviewed_by = $3, reviewed_at = $4
         WHERE case_number = $1
           AND reviewed_at IS NULL
        RETURNING nth
        """,
        case_number,
        finding.value,
        by,
        at,
    )


async def lead_of(db: Database, case_number: str) -> str | None:
    """The institute that has the case now."""
    return await db.fetchval(
        "SELECT lead_institute FROM support_case WHERE case_number = $1", case_number
    )
