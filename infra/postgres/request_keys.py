"""Idempotency keys: what a caller sent under a key, and what was answered."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from infra.postgres.pool import Database


@dataclass(frozen=True)
class UsedKey:
    """An earlier use of a key; `answer` is None while nobody knows how it ended."""

    body_sha256: str
    answer: dict[str, Any] | None


async def use(db: Database, scope: str, key: str, body_sha256: str, at: datetime) -> UsedKey | None:
    """Use a key for a request.

    Returns:
        The earlier use; None when this one is the first.
    """
    first = await db.fetchval(
        """
        INSERT INTO request_key (scope, key, body_sha256, created_at)
        VALUES ($1, $2, $3, $4)
        ON CONFLICT (scope, key) DO NOTHING
        RETURNING true
        """,
        scope,
        key,
        body_sha256,
        at,
    )
    if first:
        return None
    row = await db.fetchrow(
        "SELECT body_sha256, answer FROM request_key WHERE scope = $1 AND key = $2", scope, key
    )
    return None if row is None else UsedKey(row["body_sha256"], row["answer"])


async def keep_answer(db: Database, scope: str, key: str, answer: dict[str, Any]) -> None:
    """Keep what was answered, for whoever asks again with the same key."""
    await db.execute(
        "UPDATE request_key SET answer = $3 WHERE scope = $1 AND key = $2", scope, key, answer
    )


async def forget_old(db: Database, before: datetime) -> None:
    """Remove keys that nobody repeats any more."""
    await db.execute("DELETE FROM request_key WHERE created_at < $1", before)
