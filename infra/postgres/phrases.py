"""Profiles of institutes in companies' words, their vectors, and the weights of a designation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from infra.postgres.pool import Database


@dataclass(frozen=True, kw_only=True)
class PhraseRow:
    """A line of an institute's profile."""

    institute: str
    sort: str
    phrase: str
    changed_by: str
    changed_at: datetime


async def in_force(
    db: Database, institute: str | None = None, *, on: date | None = None
) -> list[PhraseRow]:
    """The phrases in force, of one institute or of all.

    Args:
        db: Database.
        institute: Whose; None for all.
        on: Only of institutes that take part on this Korean day; None for those that left too.
    """
    rows = await db.fetch(
        """
        SELECT p.institute, p.sort, p.phrase, p.changed_by, p.changed_at
          FROM institute_phrase AS p
          JOIN institute AS i ON i.code = p.institute
         WHERE NOT p.removed
           AND ($1::text IS NULL OR p.institute = $1)
           AND ($2::date IS NULL
                OR i.valid_from <= $2 AND (i.valid_to IS NULL OR i.valid_to >= $2))
         ORDER BY p.institute, p.sort, p.phrase
        """,
        institute,
        on,
    )
    return [PhraseRow(**dict(row)) for row in rows]


async def put(  # noqa: PLR0913  # a phrase, and who does it when
    db: Database, institute: str, sort: str, phrase: str, *, by: str, at: datetime
) -> None:
    """Add a phrase to a profile, or bring a removed one back."""
    await db.execute(
        """
        INSERT INTO institute_phrase (institute, phrase, sort, changed_by, changed_at)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (institute, phrase) DO UPDATE
           SET removed = false, sort = excluded.sort, changed_by = excluded.changed_by,
               changed_at = excluded.changed_at
        """,
        institute,
        phrase.strip(),
        sort,
        by,
        at,
    )


async def remove(db: Database, institute: str, phrase: str, *, by: str, at: datetime) -> None:
    """Take a phrase out of a profile."""
    await db.execute(
        """
        UPDATE institute_phrase
           SET removed = true, changed_by = $3, changed_at = $4
         WHERE institute = $1 AND phrase = $2
        """,
        institute,
        phrase,
        by,
        at,
    )


async def load_shipped(db: Database, phrases: Sequence[tuple[str, str, str]], at: datetime) -> None:
    """Add this release's phrases (institute, sort, phrase); what staff changed stays as it is."""
    await db.execute(
        """
        INSERT INTO institute_phrase (institute, phrase, sort, changed_by, changed_at)
        SELECT DISTINCT ON (given.institute, given.phrase)
               given.institute, given.phrase, given.sort, 'release', $4::timestamptz
          FROM unnest($1::text[], $2::text[], $3::text[]) AS given (institute, sort, phrase)
         WHERE NOT EXISTS (
               SELECT FROM institute_phrase AS kept
                WHERE kept.institute = given.institute AND kept.phrase = given.phrase
               )
        """,
        [institute for institute, _, _ in phrases],
        [sort for _, sort, _ in phrases],
        [phrase for _, _, phrase in phrases],
        at,
    )


async def names(db: Database, on: date) -> dict[str, tuple[str, ...]]:
    """By institute that takes part on a Korean day, every name it has or had."""
    rows = await db.fetch(
        """
        SELECT code, name_ko, name_en, aliases
          FROM institute
         WHERE valid_from <= $1
           AND (valid_to IS NULL OR valid_to >= $1)
        """,
        on,
    )
    return {row["code"]: (row["name_ko"], row["name_en"], *row["aliases"]) for row in rows}


async def weights(db: Database) -> dict[str, float]:
    """How much each factor counts, where staff decided; the others count as shipped."""
    rows = await db.fetch("SELECT factor, weight FROM designation_weight")
    return {row["factor"]: row["weight"] for row in rows}


async def set_weight(db: Database, factor: str, weight: float, *, by: str, at: datetime) -> None:
    """Let a factor count so much from now on; 0 switches it off."""
    await db.execute(
        """
        INSERT INTO designation_weight (factor, weight, changed_by, changed_at)
        VALUES ($1, $2, $3, $4)
        ON CONFLICT (factor) DO UPDATE
           SET weight = excluded.weight, changed_by = excluded.changed_by,
               changed_at = excluded.changed_at
        """,
        factor,
        weight,
        by,
        at,
    )


async def without_vector(db: Database, model: str, texts: Sequence[str]) -> list[str]:
    """Those of some texts that have no vector yet, each once."""
    rows = await db.fetch(
        """
        SELECT DISTINCT given.phrase
          FROM unnest($2::text[]) AS given (phrase)
         WHERE NOT EXISTS (
               SELECT FROM phrase_embedding AS kept
                WHERE kept.phrase = given.phrase AND kept.model = $1
               )
         ORDER BY given.phrase
        """,
        model,
        list(texts),
    )
    return [row["phrase"] for row in rows]


async def vectors(db: Database, model: str, texts: Sequence[str]) -> dict[str, bytes]:
    """What is kept of the vectors of texts, numbers of single precision, little-endian."""
    rows = await db.fetch(
        "SELECT phrase, vector FROM phrase_embedding WHERE model = $1 AND phrase = ANY ($2)",
        model,
        list(texts),
    )
    return {row["phrase"]: row["vector"] for row in rows}


async def keep_vectors(db: Database, model: str, given: Mapping[str, bytes]) -> None:
    """Keep vectors of texts; those kept before stay."""
    await db.execute(
        """
        INSERT INTO phrase_embedding (phrase, model, vector)
        SELECT phrase, $1, vector FROM unnest($2::text[], $3::bytea[]) AS given (phrase, vector)
        ON CONFLICT DO NOTHING
        """,
        model,
        list(given),
        list(given.values()),
    )
