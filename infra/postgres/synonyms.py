"""Words that mean the same: the shipped list and what staff made of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from infra.postgres.pool import Database


@dataclass(frozen=True, kw_only=True)
class SynonymRow:
    """A pair of words; it holds both ways."""

    word: str
    synonym: str
    changed_by: str
    changed_at: datetime


async def page(
    db: Database, search: str = "", after: tuple[str, str] = ("", ""), limit: int = 100
) -> list[SynonymRow]:
    """Pairs in force in which a word has `search`, in order.

    Args:
        db: Where they are kept.
        search: Part of either word; empty for all.
        after: The last pair of the page before.
        limit: How many at most.
    """
    rows = await db.fetch(
        """
        SELECT word, synonym, changed_by, changed_at
          FROM synonym
         WHERE NOT removed
           AND (strpos(word, $1) > 0 OR strpos(synonym, $1) > 0 OR $1 = '')
           AND (word, synonym) > ($2, $3)
         ORDER BY word, synonym
         LIMIT $4
        """,
        search,
        *after,
        limit,
    )
    return [SynonymRow(**dict(row)) for row in rows]


async def count(db: Database, search: str = "") -> int:
    """How many pairs in force have `search` in a word."""
    return await db.fetchval(
        """
        SELECT count(*)
          FROM synonym
         WHERE NOT removed
           AND (strpos(word, $1) > 0 OR strpos(synonym, $1) > 0 OR $1 = '')
        """,
        search,
    )


@dataclass(frozen=True, kw_only=True)
class SynonymChange:
    """One change of the list.

    Attributes:
        act: `added` or `removed`; a pair that was changed is removed and added.
        changed_by: Id of the account.
    """

    word: str
    synonym: str
    act: str
    changed_by: str
    changed_at: datetime


async def changes(db: Database, limit: int = 30) -> list[SynonymChange]:
    """The last changes, the latest first."""
    rows = await db.fetch(
        """
        SELECT word, synonym, act, changed_by, changed_at
          FROM synonym_change
         ORDER BY change_id DESC
         LIMIT $1
        """,
        limit,
    )
    return [SynonymChange(**dict(row)) for row in rows]


async def in_force(db: Database) -> dict[str, tuple[str, ...]]:
    """By word, the other words for the same."""
    rows = await db.fetch(
        """
        SELECT word, array_agg(DISTINCT other ORDER BY other) AS others
          FROM (
               SELECT word, synonym AS other FROM synonym WHERE NOT removed
                UNION
               SELECT synonym, word FROM synonym WHERE NOT removed
               ) AS both_ways
         GROUP BY word
        """
    )
    return {row["word"]: tuple(row["others"]) for row in rows}


async def add(db: Database, word: str, synonym: str, *, by: str, at: datetime) -> bool:
    """Add a pair, or bring a removed one back; the caller opens the transaction.

    Returns:
        False when it was there already.
    """
    first, second = _in_order(word, synonym)
    added = await db.fetchval(
        """
        INSERT INTO synonym (word, synonym, changed_by, changed_at)
        VALUES ($1, $2, $3, $4)
        ON CONFLICT (word, synonym) DO UPDATE
           SET removed = false, changed_by = excluded.changed_by, changed_at = excluded.changed_at
         WHERE synonym.removed
        RETURNING true
        """,
        first,
        second,
        by,
        at,
    )
    if added:
        await _note(db, first, second, "added", by, at)
    return bool(added)


async def remove(db: Database, word: str, synonym: str, *, by: str, at: datetime) -> bool:
    """Take a pair out of force; the caller opens the transaction.

    Returns:
        False when it was not in force.
    """
    first, second = _in_order(word, synonym)
    removed = await db.fetchval(
        """
        UPDATE synonym
           SET removed = true, changed_by = $3, changed_at = $4
         WHERE word = $1 AND synonym = $2 AND NOT removed
        RETURNING true
        """,
        first,
        second,
        by,
        at,
    )
    if removed:
        await _note(db, first, second, "removed", by, at)
    return bool(removed)


async def change(  # a pair, another, and who does it when
    db: Database,
    old: tuple[str, str],
    new: tuple[str, str],
    *,
    by: str,
    at: datetime,
) -> bool:
    """Put a pair in another's place; the caller opens the transaction.

    Returns:
        False when the old one was not in force; nothing has changed then.
    """
    if not await remove(db, *old, by=by, at=at):
        return False
    await add(db, *new, by=by, at=at)
    return True


async def load_shipped(db: Database, pairs: Sequence[tuple[str, str]], at: datetime) -> None:
    """Add this release's pairs; what staff removed stays removed."""
    ordered = [_in_order(*pair) for pair in pairs]
    await db.execute(
        """
        INSERT INTO synonym (word, synonym, changed_by, changed_at)
        SELECT DISTINCT given.word, given.synonym, 'release', $3::timestamptz
          FROM unnest($1::text[], $2::text[]) AS given (word, synonym)
         WHERE NOT EXISTS (
               SELECT FROM synonym AS kept
                WHERE kept.word = given.word AND kept.synonym = given.synonym
               )
        """,
        [first for first, _ in ordered],
        [second for _, second in ordered],
        at,
    )


async def _note(  # noqa: PLR0913, PLR0917  # the row of a change
    db: Database, word: str, synonym: str, act: str, by: str, at: datetime
) -> None:
    await db.execute(
        """
        INSERT INTO synonym_change (word, synonym, act, changed_by, changed_at)
        VALUES ($1, $2, $3, $4, $5)
        """,
        word,
        synonym,
        act,
        by,
        at,
    )


def _in_order(word: str, synonym: str) -> tuple[str, str]:
    first, second = sorted((word.strip(), synonym.strip()))
    return first, second
