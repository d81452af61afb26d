"""How far the reading of each partner has come; written with each page, in its transaction."""

from datetime import datetime

from infra.postgres.merging import Merged
from infra.postgres.pool import Database
from schemas.catalogue_refresh import PartnerOutcome, RefreshOutcome


async def begin(db: Database, partner: str, started_at: datetime) -> str | None:
    """Where to begin to read a partner: None for the beginning.

    A reading that was interrupted or limited goes on; one that was over, or failed, begins anew.

    Args:
        db: Database.
        partner: Which.
        started_at: When the refresh began; repeating it with the same changes nothing.
    """
    cursor: str | None = await db.fetchval(
        """
        INSERT INTO catalogue_refresh AS r (partner, outcome, started_at, at)
        VALUES ($1, 'running', $2, $2)
            ON CONFLICT (partner) DO UPDATE
           SET cursor = CASE WHEN r.outcome IN ('running', 'limited') THEN r.cursor END,
               added = CASE WHEN r.started_at = $2 THEN r.added ELSE 0 END,
               changed = CASE WHEN r.started_at = $2 THEN r.changed ELSE 0 END,
               unchanged = CASE WHEN r.started_at = $2 THEN r.unchanged ELSE 0 END,
               outdated = CASE WHEN r.started_at = $2 THEN r.outdated ELSE 0 END,
               refused = CASE WHEN r.started_at = $2 THEN r.refused ELSE 0 END,
               outcome = 'running', detail = '', started_at = $2, at = now()
        RETURNING cursor
        """,
        partner,
        started_at,
    )
    return cursor


async def advance(db: Database, partner: str, cursor: str | None, merged: Merged) -> None:
    """Record a page and where the next one begins."""
    await db.execute(
        """
        UPDATE catalogue_refresh
           SET cursor = $2, added = added + $3, changed = changed + $4,
               unchanged = unchanged + $5, outdated = outdated + $6, refused = refused + $7,
               at = now()
         WHERE partner = $1
        """,
        partner,
        cursor,
        merged.added,
        merged.changed,
        merged.unchanged,
        merged.outdated,
        merged.refused,
    )


async def end(
    db: Database, partner: str, outcome: RefreshOutcome, detail: str, at: datetime
) -> PartnerOutcome:
    """Record how a reading ended; what came of it."""
    row = await db.fetchrow(
        """
        UPDATE catalogue_refresh
           SET outcome = $2, detail = $3, at = $4,
               complete_at = CASE WHEN $2 = 'complete' THEN $4 ELSE complete_at END
         WHERE partner = $1
        RETURNING added, changed, unchanged, outdated, refused
        """,
        partner,
        outcome.value,
        detail,
        at,
    )
    counts: dict[str, int] = {} if row is None else dict(row)
    return PartnerOutcome(partner=partner, outcome=outcome, detail=detail, **counts)
