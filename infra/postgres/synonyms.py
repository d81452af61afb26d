"""The list of synonyms that staff maintain, with the history of its changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from infra.postgres.pool import Database

PAGE: Final = 50
_HISTORY: Final = 30


@dataclass(frozen=True)
class Synonym:
    """Two words that mean the same; the pair holds both ways."""

    synonym_id: int
    word: str
    other: str


@dataclass(frozen=True, kw_only=True)
class SynonymChange:
    """One change of the list.

    Attributes:
        actor: Id of the account.
        act: `added`, `changed` or `removed`.
        old_word, old_other: What stood there before it was changed.
    """

    at: datetime
    actor: str
    act: str
    word: str
    other: str
    old_word: str | None
    old_other: str | None


async def page(db: Database, search: str, offset: int) -> tuple[list[Synonym], int]:
    """Pairs with a word that contains `search`, by letters, and how many there are."""
    rows = await db.fetch(
        """
        SELECT synonym_id, word, other, count(*) OVER () AS total
          FROM synonym
         WHERE $1 = '' OR strpos(lower(word), lower($1)) > 0 OR strpos(lower(other), lower($1)) > 0
         ORDER BY word, other
         LIMIT $2
        OFFSET $3
        """,
        search,
        PAGE,
        offset,
    )
    total = rows[0]["total"] if rows else 0
    return [Synonym(row["synonym_id"], row["word"], row["other"]) for row in rows], total


async def by_word(db: Database) -> Mapping[str, Sequence[str]]:
    """By word the other words for the same, in both directions: what an index is built with."""
    found: dict[str, list[str]] = {}
    for row in await db.fetch("SELECT word, other FROM synonym ORDER BY word, other"):
        found.setdefault(row["word"], []).append(row["other"])
        found.setdefault(row["other"], []).append(row["word"])
    return found


async def load(db: Database, pairs: Sequence[tuple[str, str]]) -> None:
    """Add the pairs of a shipped list, but none that staff have changed or removed."""
    ordered = [_ordered(word, other) for word, other in pairs if word != other]
    await db.execute(
        """
        INSERT INTO synonym (word, other)
        SELECT shipped.word, shipped.other
          FROM unnest($1::text[], $2::text[]) AS shipped (word, other)
         WHERE NOT EXISTS (
               SELECT
                 FROM synonym_change AS c
                WHERE (c.word, c.other) = (shipped.word, shipped.other)
                   OR (c.old_word, c.old_other) = (shipped.word, shipped.other))
        ON CONFLICT DO NOTHING
        """,
        [word for word, _ in ordered],
        [other for _, other in ordered],
    )


async def add(db: Database, word: str, other: str, *, actor: str, at: datetime) -> bool:
    """Add a pair; False when it is there already. The caller opens the transaction."""
    first, second = _ordered(word, other)
    added = await db.fetchval(
        """
        INSERT INTO synonym (word, other)
        VALUES ($1, $2)
        ON CONFLICT DO NOTHING
        RETURNING true
        """,
        first,
        second,
    )
    if added:
        await _record(db, at, actor, "added", (first, second), (None, None))
    return bool(added)


async def change(  # noqa: PLR0913  # what it was, what it becomes, by whom
    db: Database, synonym_id: int, word: str, other: str, *, actor: str, at: datetime
) -> bool | None:
    """Change a pair; None when it is gone, False when the new one is there already.

    The caller opens the transaction.
    """
    old = await db.fetchrow(
        "SELECT word, other FROM synonym WHERE synonym_id = $1 FOR UPDATE", synonym_id
    )
    if old is None:
        return None
    first, second = _ordered(word, other)
    before = (old["word"], old["other"])
    if before == (first, second):
        return True
    changed = await db.fetchval(
        """
        UPDATE synonym
           SET word = $2, other = $3
         WHERE synonym_id = $1
           AND NOT EXISTS (SELECT FROM synonym WHERE word = $2 AND other = $3)
        RETURNING true
        """,
        synonym_id,
        first,
        second,
    )
    if changed:
        await _record(db, at, actor, "changed", (first, second), before)
    return bool(changed)


async def remove(db: Database, synonym_id: int, *, actor: str, at: datetime) -> bool:
    """Take a pair away; False when it is gone already. The caller opens the transaction."""
    gone = await db.fetchrow(
        "DELETE FROM synonym WHERE synonym_id = $1 RETURNING word, other", synonym_id
    )
    if gone is None:
        return False
    await _record(db, at, actor, "removed", (gone["word"], gone["other"]), (None, None))
    return True


async def history(db: Database) -> list[SynonymChange]:
    """The last changes, the latest first."""
    rows = await db.fetch(
        """
        SELECT at, actor, act, word, other, old_word, old_other
          FROM synonym_change
         ORDER BY seq DESC
         LIMIT $1
        """,
        _HISTORY,
    )
    return [SynonymChange(**dict(row)) for row in rows]


async def _record(  # noqa: PLR0913, PLR0917  # a line of history
    db: Database,
    at: datetime,
    actor: str,
    act: str,
    pair: tuple[str, str],
    before: tuple[str | None, str | None],
) -> None:
    await db.execute(
        """
        INSERT INTO synonym_change (at, actor, act, word, other, old_word, old_other)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        """,
        at,
        actor,
        act,
        *pair,
        *before,
    )


def _ordered(word: str, other: str) -> tuple[str, str]:
    first, second = sorted((word, other))
    return first, second
