"""How far imports have come, and what institutes are called in what is imported."""

from dataclasses import dataclass
from datetime import date, datetime

from infra.imports.institutes import InstituteName
from infra.postgres.merging import Merged
from infra.postgres.pool import Database
from schemas.catalogue import DataSet


class ImportedElsewhere(Exception):
    """The same import runs in another process, which is further by now."""


@dataclass(frozen=True)
class Progress:
    """How far an import has come.

    Attributes:
        records: Rows of the file that are done, from the first on.
        finished_at: None while it goes on.
    """

    records: int
    merged: Merged
    finished_at: datetime | None


async def begin(db: Database, key: str, data_set: DataSet, source: str, as_of: date) -> Progress:
    """Where an import stands: at its beginning, or where it was stopped.

    Args:
        db: Database.
        key: Tells this file, read in this way, from any other.
        data_set: What the rows are.
        source: Where they come from.
        as_of: When they were true there.
    """
    await db.execute(
        """
        INSERT INTO catalogue_import (import_key, data_set, source, as_of)
        VALUES ($1, $2, $3, $4)
            ON CONFLICT (import_key) DO NOTHING
        """,
        key,
        data_set.value,
        source,
        as_of,
    )
    row = await db.fetchrow(
        """
        SELECT records, added, changed, unchanged, outdated, refused, finished_at
          FROM catalogue_import
         WHERE import_key = $1
        """,
        key,
    )
    if row is None:
        raise LookupError(key)
    return Progress(
        row["records"],
        Merged(row["added"], row["changed"], row["unchanged"], row["outdated"], row["refused"]),
        row["finished_at"],
    )


async def advance(db: Database, key: str, before: int, records: int, merged: Merged) -> None:
    """Record a batch, in the transaction that writes it.

    Args:
        db: A connection in a transaction.
        key: Of the import.
        before: How many rows were done before the batch.
        records: How many are done with it.
        merged: What became of the batch's.

    Raises:
        ImportedElsewhere: It is not there any more where this process left it.
    """
    moved = await db.fetchval(
        """
        UPDATE catalogue_import
           SET records = $3, added = added + $4, changed = changed + $5,
               unchanged = unchanged + $6, outdated = outdated + $7, refused = refused + $8
         WHERE import_key = $1
           AND records = $2
           AND finished_at IS NULL
        RETURNING true
        """,
        key,
        before,
        records,
        merged.added,
        merged.changed,
        merged.unchanged,
        merged.outdated,
        merged.refused,
    )
    if not moved:
        raise ImportedElsewhere


async def finish(db: Database, key: str) -> None:
    """Record that a whole file is done."""
    await db.execute("UPDATE catalogue_import SET finished_at = now() WHERE import_key = $1", key)


async def institute_names(db: Database) -> list[InstituteName]:
    """Everything that institutes are called, those that are no more among them."""
    rows = await db.fetch(
        """
        SELECT code, name_ko, name_en, aliases, valid_from, valid_to, successor
          FROM institute
         ORDER BY code
        """
    )
    return [
        InstituteName(
            code=row["code"],
            names=(row["name_ko"], row["name_en"], *row["aliases"]),
            valid_from=row["valid_from"],
            valid_to=row["valid_to"],
            successor=row["successor"],
        )
        for row in rows
    ]
