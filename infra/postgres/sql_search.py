"""Search by SQL alone, in the shape of the index that takes its place."""

from collections import Counter
from collections.abc import Sequence

from infra.postgres.pool import Database
from schemas.search import DocumentKind, SearchHit, SearchQuery, SearchResult


async def search(db: Database, query: SearchQuery) -> SearchResult:
    """Public documents in which every word occurs."""
    words = query.text.lower().replace("\0", " ").split()[:12]
    found = await db.fetch(
        """
        SELECT kind, id, institute, status, location, published_on
          FROM search_document
         WHERE is_public
           AND kind = ANY($1)
           AND lower(title || ' ' || body) LIKE ALL ($2::text[])
           AND ($3::text IS NULL OR institute = $3)
           AND ($4::text IS NULL OR status = $4)
           AND ($5::text IS NULL OR location = $5)
           AND ($6::date IS NULL OR published_on >= $6)
           AND ($7::date IS NULL OR published_on <= $7)
         ORDER BY published_on DESC NULLS LAST, id
        """,
        [kind.value for kind in query.kinds],
        [f"%{escaped(word)}%" for word in words],
        query.institute,
        query.status,
        query.location,
        query.filed_from,
        query.filed_to,
    )
    facets: dict[str, Counter[str]] = {}
    for row in found:
        year = None if row["published_on"] is None else str(row["published_on"].year)
        for name, value in (
            ("institute", row["institute"]),
            ("status", row["status"]),
            ("location", row["location"]),
            ("year", year),
        ):
            if value is not None:
                facets.setdefault(name, Counter())[value] += 1
    hits = tuple(
        SearchHit(
            kind=DocumentKind(row["kind"]),
            id=row["id"],
            institute=row["institute"],
            score=1.0,
            terms=tuple(words),
        )
        for row in found[query.offset : query.offset + query.limit]
    )
    return SearchResult(total=len(found), hits=hits, facets=facets, index_version="sql")


async def complete(
    db: Database, prefix: str, kinds: Sequence[DocumentKind], limit: int
) -> list[str]:
    """Titles of public documents that contain what was typed."""
    found = await db.fetch(
        """
        SELECT DISTINCT title
          FROM search_document
         WHERE is_public
           AND kind = ANY($1)
           AND lower(title) LIKE $2
         ORDER BY title
         LIMIT $3
        """,
        [kind.value for kind in kinds],
        f"%{escaped(prefix.lower())}%",
        limit,
    )
    return [row["title"] for row in found]


def escaped(text: str) -> str:
    """`text` as a part of a LIKE pattern that means just itself."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
