"""Finding in the open databases: the same for the pages, the JSON routes and the files."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from api.centre import Centre
from infra.postgres import open_databases
from infra.postgres.catalogue_counts import data_set_counts
from infra.postgres.open_databases import Item
from matching.index import CatalogueIndex
from schemas.catalogue import DataSetCount
from schemas.search import OpenDatabase, SearchHit, SearchQuery, SearchResult

MOST_LETTERS: Final = 200
# An order is read from its beginning; nobody pages further than this, and no file is longer.
MOST_ROWS: Final = 10_000
FIRST_YEAR: Final = 1948  # of the patent office
LAST_YEAR: Final = 2100


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What somebody looks for in one of the databases.

    Attributes:
        year_from, year_to: Years in which patents were filed.
    """

    text: str = ""
    institute: str | None = None
    status: str | None = None
    location: str | None = None
    year_from: int | None = None
    year_to: int | None = None


@dataclass(frozen=True)
class FoundItem:
    """An item with what the search says of it."""

    item: Item
    hit: SearchHit


@dataclass(frozen=True)
class Found:
    """A page of what was found, with what is said of all of it.

    Attributes:
        next_offset: Where the next page begins; None on the last one.
    """

    items: tuple[FoundItem, ...]
    result: SearchResult
    next_offset: int | None


async def find(  # noqa: PLR0913  # what is asked, and which part of the answer
    centre: Centre,
    database: OpenDatabase,
    asked: Asked,
    *,
    limit: int,
    offset: int = 0,
    index: CatalogueIndex | None = None,
) -> Found:
    """The items that fit, in the order of how well they do.

    Args:
        centre: Where the items are.
        database: What is looked for.
        asked: And how.
        limit: So many items at most.
        offset: How many of the whole order to leave out.
        index: One that is kept while an order is read in parts; else the newest.
    """
    index = index or await centre.index.current()
    query = _query(database, asked, limit, offset)
    result = await asyncio.to_thread(index.search, query)
    return await _with_rows(centre, database, result, offset)


async def _with_rows(
    centre: Centre, database: OpenDatabase, result: SearchResult, offset: int
) -> Found:
    rows = await open_databases.rows(centre.pool, database, [hit.id for hit in result.hits])
    after = offset + len(result.hits)
    goes_on = bool(result.hits) and after < min(result.total, MOST_ROWS)
    return Found(
        # What was deleted since the index was built is no longer shown.
        items=tuple(FoundItem(rows[hit.id], hit) for hit in result.hits if hit.id in rows),
        result=result,
        next_offset=after if goes_on else None,
    )


async def complete(centre: Centre, prefix: str, database: OpenDatabase, limit: int) -> list[str]:
    """How what was typed so far could go on, from public documents alone."""
    if not prefix.strip():
        return []
    index = await centre.index.current()
    return await asyncio.to_thread(index.complete, prefix.strip(), (database.kind,), limit)


async def loaded(centre: Centre) -> Mapping[OpenDatabase, DataSetCount]:
    """How much is loaded, counted anew when the catalogue changed, and every minute."""
    now = centre.clock().replace(second=0, microsecond=0)
    asked_at = (await open_databases.generation(centre.pool), now)
    if asked_at not in _counted:
        counts = await data_set_counts(centre.pool, internal=False)
        _counted.clear()
        _counted[asked_at] = {
            OpenDatabase(count.data_set.value): count
            for count in counts
            if count.data_set.value in set(OpenDatabase)
        }
    return _counted[asked_at]


# Counting a million rows takes longer than finding among them. By generation and minute: that a row
# was confirmed as it is changes no generation.
_counted: dict[tuple[int, datetime], Mapping[OpenDatabase, DataSetCount]] = {}


def _query(database: OpenDatabase, asked: Asked, limit: int, offset: int) -> SearchQuery:
    return SearchQuery(
        text=_storable(asked.text) or "",
        kinds=(database.kind,),
        institute=asked.institute,
        status=_storable(asked.status),
        location=_storable(asked.location),
        filed_from=None if asked.year_from is None else date(asked.year_from, 1, 1),
        filed_to=None if asked.year_to is None else date(asked.year_to, 12, 31),
        limit=limit,
        offset=offset,
    )


def _storable(text: str | None) -> str | None:
    """`text` without the one character that no document can hold."""
    return None if text is None else text.replace("\0", " ")
