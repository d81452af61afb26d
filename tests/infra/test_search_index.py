"""The live index over the real database: fresh, whole, and never in the way."""

import asyncio

import asyncpg
import pytest

from infra.postgres.pool import transaction
from infra.postgres.search_index import PostgresCatalogue, forget_unused
from matching.live import LiveIndex
from schemas.indexing import CatalogueReading
from schemas.search import DocumentKind, SearchQuery
from tests.matching.catalogue import WordsAsVectors

ASKED = SearchQuery(text="레이저 용접", kinds=(DocumentKind.PATENT,))
BATCH = 150


async def add_patents(db: asyncpg.Pool, start: int, count: int = BATCH) -> None:
    """Import rows as an import does: many statements in one transaction."""
    async with transaction(db) as connection:
        for number in range(start, start + count):
            await connection.execute(
                """
                INSERT INTO patent (application_number, institute, title_ko, summary, filed_on, ipc,
                                    status, source, as_of)
                VALUES ($1, 'KIMM', '레이저 용접 방법 ' || $1, '용접부의 균열을 억제한다',
                        '2012-01-01', 'B23K', 'registered', 'test', '2013-01-01')
                """,
                f"10-{number:07d}",
            )


async def test_a_search_under_an_import_sees_all_of_it_or_nothing(
    catalogue: asyncpg.Pool,
) -> None:
    await add_patents(catalogue, 0)
    # Two processes, each with an index of its own.
    live = [LiveIndex(PostgresCatalogue(catalogue), WordsAsVectors) for _ in range(2)]
    counts: list[set[int]] = [set(), set()]
    done = asyncio.Event()

    async def ask(process: int) -> None:
        while not done.is_set():
            index = await live[process].current()
            found = await asyncio.to_thread(index.search, ASKED)
            assert found.facets["institute"] == {"KIMM": found.total}
            counts[process].add(found.total)

    async def import_more() -> None:
        try:
            for start in (BATCH, 2 * BATCH):
                await add_patents(catalogue, start)
                for one in live:
                    await one.newest()
                await asyncio.sleep(0.2)
        finally:
            done.set()

    await asyncio.gather(ask(0), ask(1), import_more())

    for seen in counts:
        assert seen <= {BATCH, 2 * BATCH, 3 * BATCH}
        assert 3 * BATCH in seen


async def test_the_old_index_answers_while_a_new_one_is_built(
    catalogue: asyncpg.Pool,
) -> None:
    await add_patents(catalogue, 0, 3)
    live = LiveIndex(PostgresCatalogue(catalogue))
    before = await live.current()
    await add_patents(catalogue, 3, 3)
    await asyncio.sleep(1.1)

    meanwhile = await live.current()

    assert meanwhile is before
    assert (await live.newest()).search(ASKED).total == 6


async def test_a_failed_build_leaves_the_old_index(
    catalogue: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    await add_patents(catalogue, 0, 3)
    source = PostgresCatalogue(catalogue)
    live = LiveIndex(source)
    before = await live.current()
    await add_patents(catalogue, 3, 1)

    async def fail(*_args: object) -> None:
        raise OSError("connection lost")

    with monkeypatch.context() as broken:
        broken.setattr(source, "read", fail)
        await asyncio.sleep(1.1)
        assert await live.current() is before
        await asyncio.sleep(0.1)
        assert await live.current() is before

    assert (await live.newest()).search(ASKED).total == 4


class NeverStill(PostgresCatalogue):
    """A catalogue that has changed again whenever it has been read, as under a preparation."""

    async def read(self, analyser: str, model: str | None, dimensions: int) -> CatalogueReading:
        reading = await super().read(analyser, model, dimensions)
        await self._pool.execute("UPDATE catalogue_state SET generation = generation + 1")
        return reading


async def test_a_catalogue_that_never_stands_still_keeps_nobody_waiting(
    catalogue: asyncpg.Pool,
) -> None:
    await add_patents(catalogue, 0, 3)
    live = LiveIndex(NeverStill(catalogue))

    async with asyncio.timeout(10):
        assert (await live.current()).search(ASKED).total == 3
        await add_patents(catalogue, 3, 1)
        assert (await live.newest()).search(ASKED).total == 4


async def test_new_texts_are_found_before_they_are_prepared(catalogue: asyncpg.Pool) -> None:
    await add_patents(catalogue, 0, 2)

    index = await LiveIndex(PostgresCatalogue(catalogue), WordsAsVectors).current()

    assert index.search(ASKED).total == 2
    assert index.dense is None


async def test_what_was_computed_of_texts_that_are_gone_is_forgotten(
    catalogue: asyncpg.Pool,
) -> None:
    await catalogue.execute(
        "INSERT INTO text_analysis (text_key, analyser, terms) VALUES ('gone', 'a', '{x}')"
    )

    await forget_unused(catalogue)

    assert (
        await catalogue.fetchval("SELECT count(*) FROM text_analysis WHERE text_key = 'gone'") == 0
    )
