"""Trigram similarity in the database: the baseline that matching is compared with."""

from collections.abc import Mapping, Sequence

import asyncpg


class TrigramBaseline:
    """Ranks texts by `pg_trgm`, in a temporary table of one connection."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    async def load(self, documents: Mapping[str, Sequence[str]]) -> None:
        """Take the texts of documents, by id; a document may have several."""
        await self._connection.execute(
            """
            CREATE EXTENSION IF NOT EXISTS pg_trgm;
            DROP TABLE IF EXISTS compared;
            CREATE TEMPORARY TABLE compared (id text NOT NULL, body text NOT NULL)
            """
        )
        await self._connection.copy_records_to_table(
            "compared", records=[(key, body) for key, own in documents.items() for body in own]
        )

    async def rank(self, text: str, limit: int = 100) -> list[str]:
        """The documents whose nearest text shares most trigrams with `text`, the best first."""
        rows = await self._connection.fetch(
            """
            SELECT id
              FROM compared
             GROUP BY id
             ORDER BY max(similarity(body, $1)) DESC, id
             LIMIT $2
            """,
            text,
            limit,
        )
        return [row["id"] for row in rows]
