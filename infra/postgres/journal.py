"""The journal: append-only streams of entries, each chained to the one before by its hash.

An entry's hash covers its content and the hash before it. The head of each stream is stored
apart, so that entries cut off at the end are missed too; an auditor who keeps the heads outside
the database notices even a change of both.
"""

import hashlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import asyncpg
from pydantic_core import to_json

from infra.postgres.pool import Database, transaction
from schemas.actor import Actor
from schemas.journal import JournalEntry

CENTRE_STREAM: Final = "centre"
_START: Final = bytes(32)


@dataclass(frozen=True)
class Break:
    """A place where a stream's chain does not hold.

    Attributes:
        seq: The first entry concerned.
        reason: `changed`, `gap`, `cut_off` or `head_missing`.
    """

    stream: str
    seq: int
    reason: str


def entry_hash(stream: str, entry: JournalEntry, previous: bytes) -> bytes:
    """SHA-256 over the previous hash and the entry in a fixed form."""
    content = to_json(
        [
            stream,
            entry.seq,
            entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
            entry.actor.id,
            entry.actor.role.value,
            entry.actor.institute,
            entry.tag,
            sorted(entry.detail.items()),
        ]
    )
    return hashlib.sha256(previous + content).digest()


async def extend(db: Database, stream: str, entries: Sequence[JournalEntry]) -> None:
    """Add entries whose positions are given; those already there are left as they are.

    The caller opens the transaction: the entries are written with what they tell of.

    Args:
        db: A connection in a transaction.
        stream: A case number.
        entries: In order, numbered without gaps.
    """
    if not entries:
        return
    seq, previous = await _lock_head(db, stream)
    for entry in entries:
        if entry.seq <= seq:
            continue
        previous = await _insert(db, stream, entry, previous)
        seq = entry.seq
    await _move_head(db, stream, seq, previous)


async def append(  # noqa: PLR0913, PLR0917  # an entry has this many parts
    pool: asyncpg.Pool,
    stream: str,
    at: datetime,
    actor: Actor,
    tag: str,
    detail: dict[str, str],
) -> None:
    """Add one entry at the end of a stream, in a transaction of its own."""
    async with transaction(pool) as db:
        await append_within(db, stream, at, actor, tag, detail)


async def append_within(  # noqa: PLR0913, PLR0917  # an entry has this many parts
    db: Database,
    stream: str,
    at: datetime,
    actor: Actor,
    tag: str,
    detail: dict[str, str],
) -> None:
    """Add one entry at the end of a stream, in the transaction of what it tells of."""
    seq, previous = await _lock_head(db, stream)
    entry = JournalEntry(seq=seq + 1, at=at, actor=actor, tag=tag, detail=detail)
    previous = await _insert(db, stream, entry, previous)
    await _move_head(db, stream, entry.seq, previous)


async def append_once_within(  # noqa: PLR0913, PLR0917  # an entry has this many parts
    db: Database,
    stream: str,
    at: datetime,
    actor: Actor,
    tag: str,
    detail: dict[str, str],
) -> None:
    """The same, unless the stream has an entry of that tag and instant: it was told before."""
    await _lock_head(db, stream)
    if not await db.fetchval(
        """
        SELECT EXISTS (SELECT FROM journal_entry WHERE stream = $1 AND tag = $2 AND at = $3)
        """,
        stream,
        tag,
        at,
    ):
        await append_within(db, stream, at, actor, tag, detail)


async def entries_of(db: Database, stream: str, *, after: int = 0) -> list[JournalEntry]:
    """The entries of a stream in order, from the one after `after`."""
    rows = await db.fetch(
        """
        SELECT seq, at, actor, role, institute, tag, detail
          FROM journal_entry
         WHERE stream = $1 AND seq > $2
         ORDER BY seq
        """,
        stream,
        after,
    )
    return [_entry(row) for row in rows]


async def heads(db: Database) -> list[tuple[str, int, str]]:
    """Stream, length and hash of every chain; keep them outside the database."""
    rows = await db.fetch("SELECT stream, seq, hash FROM journal_head ORDER BY stream")
    return [(row["stream"], row["seq"], row["hash"].hex()) for row in rows]


async def missing_heads(db: Database, kept: Sequence[tuple[str, int, str]]) -> list[Break]:
    """Heads kept outside the database whose entry is gone or has another hash."""
    found: list[Break] = []
    for stream, seq, digest in kept:
        stored: bytes | None = await db.fetchval(
            "SELECT hash FROM journal_entry WHERE stream = $1 AND seq = $2", stream, seq
        )
        if stored is None or stored.hex() != digest:
            found.append(Break(stream, seq, "changed" if stored is not None else "cut_off"))
    return found


async def verify(pool: asyncpg.Pool, stream: str | None = None) -> AsyncIterator[Break]:
    """Walk every chain, or one, and yield each place where it does not hold."""
    async with pool.acquire() as connection, connection.transaction():
        async for found in verify_on(connection, stream):
            yield found


async def verify_on(db: Database, stream: str | None = None) -> AsyncIterator[Break]:
    """Walk the chains as one transaction sees them."""
    streams = await db.fetch(
        """
        SELECT stream, seq, hash
          FROM journal_head
          FULL JOIN (SELECT DISTINCT stream FROM journal_entry) AS entries USING (stream)
         WHERE $1::text IS NULL OR stream = $1
         ORDER BY stream
        """,
        stream,
    )
    for head in streams:
        for found in await _breaks_of(db, head):
            yield found


async def _breaks_of(db: Database, head: asyncpg.Record) -> list[Break]:
    stream: str = head["stream"]
    rows = await db.fetch(
        """
        SELECT seq, at, actor, role, institute, tag, detail, prev_hash, hash
          FROM journal_entry
         WHERE stream = $1
         ORDER BY seq
        """,
        stream,
    )
    found: list[Break] = []
    seq, previous = 0, _START
    for row in rows:
        if row["seq"] != seq + 1:
            found.append(Break(stream, seq + 1, "gap"))
        elif row["prev_hash"] != previous or row["hash"] != entry_hash(
            stream, _entry(row), previous
        ):
            found.append(Break(stream, row["seq"], "changed"))
        seq, previous = row["seq"], row["hash"]
    if head["seq"] is None:
        found.append(Break(stream, seq, "head_missing"))
    elif (head["seq"], head["hash"]) != (seq, previous):
        found.append(Break(stream, seq + 1, "cut_off"))
    return found


async def _lock_head(db: Database, stream: str) -> tuple[int, bytes]:
    """The end of a stream, locked until the transaction ends."""
    await db.execute(
        """
        INSERT INTO journal_head (stream, seq, hash) VALUES ($1, 0, $2)
        ON CONFLICT (stream) DO NOTHING
        """,
        stream,
        _START,
    )
    head = await db.fetchrow(
        "SELECT seq, hash FROM journal_head WHERE stream = $1 FOR UPDATE", stream
    )
    return (head["seq"], head["hash"]) if head is not None else (0, _START)


async def _insert(db: Database, stream: str, entry: JournalEntry, previous: bytes) -> bytes:
    digest = entry_hash(stream, entry, previous)
    await db.execute(
        """
        INSERT INTO journal_entry
               (stream, seq, at, actor, role, institute, tag, detail, prev_hash, hash)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        """,
        stream,
        entry.seq,
        entry.at,
        entry.actor.id,
        entry.actor.role.value,
        entry.actor.institute,
        entry.tag,
        entry.detail,
        previous,
        digest,
    )
    return digest


async def _move_head(db: Database, stream: str, seq: int, digest: bytes) -> None:
    await db.execute(
        "UPDATE journal_head SET seq = $2, hash = $3 WHERE stream = $1", stream, seq, digest
    )


def _entry(row: asyncpg.Record) -> JournalEntry:
    return JournalEntry(
        seq=row["seq"],
        at=row["at"],
        actor=Actor(id=row["actor"], role=row["role"], institute=row["institute"]),
        tag=row["tag"],
        detail=row["detail"],
    )
