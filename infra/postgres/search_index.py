"""The catalogue as an index reads it, and what was computed of its texts."""

from collections.abc import Mapping, Sequence
from typing import Final

import asyncpg

from infra.postgres import synonyms
from infra.postgres.pool import Database
from schemas.indexing import CatalogueReading, IndexedDocument, StoredText
from schemas.search import DocumentKind

_READ_SECONDS: Final = 600.0


class PostgresCatalogue:
    """Reads the catalogue for an index: the index's `CatalogueSource`."""

    def __init__(self, pool: asyncpg.Pool, *, public_only: bool = False) -> None:
        """Read all of it, or what is public.

        An index for the public is built of public documents alone: then not even a frequency, a
        scale of scores or a version can tell that something else is there (R067, C27).
        """
        self._pool = pool
        self._public_only = public_only

    async def generation(self) -> int:
        """Grows with every change of the catalogue or of what is computed of it."""
        return await self._pool.fetchval("SELECT generation FROM catalogue_state")

    async def read(self, analyser: str, model: str | None, dimensions: int) -> CatalogueReading:
        """Everything an index is built of, from one snapshot of the database."""
        async with (
            self._pool.acquire() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            generation = await connection.fetchval("SELECT generation FROM catalogue_state")
            documents = [
                IndexedDocument(
                    kind=DocumentKind(row["kind"]),
                    id=row["id"],
                    institute=row["institute"],
                    title=row["title"],
                    text_key=row["text_key"],
                    published_on=row["published_on"],
                    status=row["status"],
                    location=row["location"],
                    is_public=row["is_public"],
                )
                for row in await connection.fetch(
                    """
                    SELECT kind, id, institute, title, text_key, published_on, status, location,
                           is_public
                      FROM search_document
                     WHERE is_public OR NOT $1
                     ORDER BY kind, id
                    """,
                    self._public_only,
                    timeout=_READ_SECONDS,
                )
            ]
            terms = await connection.fetch(
                "SELECT text_key, terms FROM text_analysis WHERE analyser = $1",
                analyser,
                timeout=_READ_SECONDS,
            )
            meant = await synonyms.by_word(connection)
            vectors = await connection.fetch(
                "SELECT text_key, vector FROM text_embedding WHERE model = $1 AND dimensions = $2",
                model,
                dimensions,
                timeout=_READ_SECONDS,
            )
        return CatalogueReading(
            generation=generation,
            documents=documents,
            terms={row["text_key"]: row["terms"] for row in terms},
            vectors={row["text_key"]: row["vector"] for row in vectors},
            synonyms=meant,
        )

    async def texts(self, keys: Sequence[str]) -> Mapping[str, tuple[str, str]]:
        """Title and body by text key."""
        return await texts_of(self._pool, keys)


async def texts_of(db: Database, keys: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Title and body by text key; texts that are gone are left out."""
    rows = await db.fetch(
        "SELECT DISTINCT text_key, title, body FROM search_document WHERE text_key = ANY ($1)",
        list(keys),
    )
    return {row["text_key"]: (row["title"], row["body"]) for row in rows}


async def without_analysis(db: Database, analyser: str, limit: int) -> list[StoredText]:
    """Some of the texts whose words are not kept yet."""
    rows = await db.fetch(
        """
        SELECT DISTINCT ON (text_key) text_key, title, body
          FROM search_document
         WHERE text_key NOT IN (SELECT text_key FROM text_analysis WHERE analyser = $1)
         ORDER BY text_key
         LIMIT $2
        """,
        analyser,
        limit,
    )
    return [StoredText(row["text_key"], row["title"], row["body"]) for row in rows]


async def count_without_analysis(db: Database, analyser: str) -> int:
    """How many texts there are whose words are not kept yet."""
    return await db.fetchval(
        """
        SELECT count(DISTINCT text_key)
          FROM search_document
         WHERE text_key NOT IN (SELECT text_key FROM text_analysis WHERE analyser = $1)
        """,
        analyser,
    )


async def without_embedding(db: Database, model: str, limit: int) -> list[StoredText]:
    """Some of the texts whose vectors are not kept yet."""
    rows = await db.fetch(
        """
        SELECT DISTINCT ON (text_key) text_key, title, body
          FROM search_document
         WHERE text_key NOT IN (SELECT text_key FROM text_embedding WHERE model = $1)
         ORDER BY text_key
         LIMIT $2
        """,
        model,
        limit,
    )
    return [StoredText(row["text_key"], row["title"], row["body"]) for row in rows]


async def count_without_embedding(db: Database, model: str) -> int:
    """How many texts there are whose vectors are not kept yet."""
    return await db.fetchval(
        """
        SELECT count(DISTINCT text_key)
          FROM search_document
         WHERE text_key NOT IN (SELECT text_key FROM text_embedding WHERE model = $1)
        """,
        model,
    )


async def keep_analyses(db: Database, analyser: str, terms: Mapping[str, Sequence[str]]) -> None:
    """Keep words of texts; those kept before stay. One statement, so one new generation."""
    await db.execute(
        """
        INSERT INTO text_analysis (text_key, analyser, terms)
        SELECT given ->> 'key', $1, ARRAY (SELECT jsonb_array_elements_text(given -> 'terms'))
          FROM jsonb_array_elements($2) AS given
        ON CONFLICT DO NOTHING
        """,
        analyser,
        [{"key": key, "terms": list(words)} for key, words in terms.items()],
    )


async def keep_embeddings(
    db: Database, model: str, dimensions: int, vectors: Mapping[str, bytes]
) -> None:
    """Keep vectors of texts, numbers of half precision, little-endian; those kept before stay."""
    await db.execute(
        """
        INSERT INTO text_embedding (text_key, model, dimensions, vector)
        SELECT key, $1, $2, vector
          FROM unnest($3::text[], $4::bytea[]) AS given (key, vector)
        ON CONFLICT DO NOTHING
        """,
        model,
        dimensions,
        list(vectors),
        list(vectors.values()),
    )


async def forget_unused(db: Database) -> None:
    """Drop what was computed of texts that the catalogue no longer has."""
    await db.execute(
        """
        DELETE FROM text_analysis
         WHERE NOT EXISTS (
               SELECT FROM search_document
                WHERE search_document.text_key = text_analysis.text_key
               )
        """
    )
    await db.execute(
        """
        DELETE FROM text_embedding
         WHERE NOT EXISTS (
               SELECT FROM search_document
                WHERE search_document.text_key = text_embedding.text_key
               )
        """
    )
