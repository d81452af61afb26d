"""Words and vectors of new texts: computed once each, and kept although it was stopped."""

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache

import asyncpg
import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.preparation import PreparationActivities, Prepared, prepare
from activities.understanding import Understanding
from infra.postgres import phrases
from infra.postgres.search_index import PostgresCatalogue
from infra.reference_files import enquiry_kinds, service_examples
from matching.encoder import Vectors
from matching.live import LiveIndex
from tests.matching.catalogue import WordsAsVectors

NOW = datetime(2026, 11, 27, tzinfo=UTC)
INSTITUTES = 25
# No profile has a phrase here; the examples of enquiries are encoded with them.
EXAMPLES = len(
    {example for _, examples, _, _ in enquiry_kinds() for example in examples}
    | {example for examples in service_examples().values() for example in examples}
)


def ignore(_: Prepared) -> None:
    pass


async def test_everything_is_prepared_once(catalogue: asyncpg.Pool) -> None:
    first = await prepare(catalogue, WordsAsVectors, ignore)
    again = await prepare(catalogue, WordsAsVectors, ignore)

    assert (first.analysed, first.encoded) == (INSTITUTES, INSTITUTES + EXAMPLES)
    assert (again.analysed, again.encoded) == (0, 0)
    index = await LiveIndex(PostgresCatalogue(catalogue), WordsAsVectors).current()
    assert index.dense is not None
    assert index.dense.method == "exact"


def no_encoder() -> None:
    return None


@cache
def _stopping() -> "StopsInBetween":
    return StopsInBetween()


def stops_in_between() -> "StopsInBetween":
    return _stopping()


class StopsInBetween(WordsAsVectors):
    """Encodes once and then fails, as a process that is killed."""

    def __init__(self) -> None:
        self.calls = 0

    def encode_question(self, text: str) -> Vectors:
        return WordsAsVectors().encode_question(text)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        self.calls += 1
        if self.calls > 1:
            raise RuntimeError("killed")
        return super().encode_passages(texts)


async def test_what_was_done_before_a_kill_is_not_done_again(
    catalogue: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("activities.preparation._ENCODED_TOGETHER", 10)
    with pytest.raises(RuntimeError, match="killed"):
        await prepare(catalogue, stops_in_between, ignore)

    rest = await prepare(catalogue, WordsAsVectors, ignore)

    assert rest.analysed == 0
    assert rest.encoded == INSTITUTES - 10


async def test_a_changed_text_is_prepared_anew(catalogue: asyncpg.Pool) -> None:
    await prepare(catalogue, WordsAsVectors, ignore)
    await catalogue.execute("UPDATE institute SET fields = '{새 분야}' WHERE code = 'KIMM'")

    done = await prepare(catalogue, WordsAsVectors, ignore)

    assert (done.analysed, done.encoded) == (1, 1)
    assert await catalogue.fetchval("SELECT count(*) FROM text_analysis") == INSTITUTES
    assert await catalogue.fetchval("SELECT count(*) FROM text_embedding") == INSTITUTES


async def test_without_an_encoder_the_words_are_prepared(catalogue: asyncpg.Pool) -> None:
    done = await prepare(catalogue, no_encoder, ignore)

    assert (done.analysed, done.encoded) == (INSTITUTES, 0)


async def test_the_activity_tells_how_far_it_is(catalogue: asyncpg.Pool) -> None:
    env = ActivityEnvironment()
    heard: list[tuple[object, ...]] = []

    def hear(*details: object) -> None:
        heard.append(details)

    env.on_heartbeat = hear

    count = await env.run(PreparationActivities(catalogue, WordsAsVectors).prepare_texts)

    assert count == 2 * INSTITUTES + EXAMPLES
    assert heard[-1] == (INSTITUTES, INSTITUTES + EXAMPLES)


async def test_meaning_counts_as_soon_as_every_phrase_has_its_vector(
    catalogue: asyncpg.Pool,
) -> None:
    await phrases.load_shipped(
        catalogue,
        [("KIMM", "requests", "금형 균열"), ("KERI", "requests", "변압기 과열")],
        NOW,
    )
    understanding = Understanding(catalogue, WordsAsVectors)
    index = await LiveIndex(PostgresCatalogue(catalogue)).current()
    before = await understanding.rank("1379-2026-000001", "금형에 균열", 3, index)
    await prepare(catalogue, WordsAsVectors, ignore)
    after = await understanding.rank("1379-2026-000001", "금형에 균열", 3, index)

    assert "words-only" in before.index_version
    assert "words-only" not in after.index_version.split("/")[1]
    assert [one.candidates[0].institute for one in (before, after)] == ["KIMM", "KIMM"]


async def test_it_ends_with_its_worker_and_keeps_what_was_done(
    catalogue: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("activities.preparation._ENCODED_TOGETHER", 10)
    env = ActivityEnvironment()

    def stop(_analysed: int, encoded: int) -> None:
        if encoded >= EXAMPLES + 10:
            env.worker_shutdown()

    env.on_heartbeat = stop
    with pytest.raises(ApplicationError, match="another one goes on"):
        await env.run(PreparationActivities(catalogue, WordsAsVectors).prepare_texts)

    rest = await prepare(catalogue, WordsAsVectors, ignore)
    assert rest.encoded == INSTITUTES - 10


async def test_a_phrase_that_staff_add_does_not_switch_meaning_off(
    catalogue: asyncpg.Pool,
) -> None:
    shipped = [("KIMM", "requests", "금형 균열"), ("KERI", "requests", "변압기 과열")]
    await phrases.load_shipped(catalogue, shipped, NOW)
    await prepare(catalogue, WordsAsVectors, ignore)
    await phrases.put(catalogue, "KERI", "requests", "차단기 소손", by="op1", at=NOW)
    understanding = Understanding(catalogue, WordsAsVectors)
    index = await LiveIndex(PostgresCatalogue(catalogue)).current()

    ranking = await understanding.rank("1379-2026-000001", "차단기가 탔습니다", 3, index)

    assert "words-only" not in ranking.index_version.split("/")[1]
    assert (await prepare(catalogue, WordsAsVectors, ignore)).encoded == 0


async def test_an_institute_that_has_left_is_proposed_by_nobody(catalogue: asyncpg.Pool) -> None:
    shipped = [
        ("KIMM", "requests", "금형 균열"),
        ("KIMS", "requests", "금형 균열과 마모"),
        ("KERI", "requests", "변압기 과열"),
    ]
    await phrases.load_shipped(catalogue, shipped, NOW)
    await catalogue.execute("UPDATE institute SET valid_to = '2020-12-31' WHERE code = 'KIMM'")
    index = await LiveIndex(PostgresCatalogue(catalogue)).current()

    ranking = await Understanding(catalogue, no_encoder).rank(
        "1379-2026-000001", "KIMM에 물어본 금형 균열", 3, index
    )

    assert [candidate.institute for candidate in ranking.candidates] == ["KIMS"]


class Slow(WordsAsVectors):
    """Takes long for each batch."""

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        time.sleep(3)
        return super().encode_passages(texts)

    def encode_question(self, text: str) -> Vectors:
        return WordsAsVectors().encode_question(text)


async def test_stopping_keeps_nothing_else_of_the_worker_waiting(
    catalogue: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("activities.preparation._HEARTBEAT_SECONDS", 0.1)
    longest = 0.0

    async def beat() -> None:
        nonlocal longest
        while True:
            before = time.monotonic()
            await asyncio.sleep(0.01)
            longest = max(longest, time.monotonic() - before)

    beating = asyncio.create_task(beat())
    reports = 0

    def stop_in_a_batch(done: Prepared) -> None:
        nonlocal longest, reports
        if (done.analysed, done.encoded) == (INSTITUTES, EXAMPLES):
            reports += 1
        if reports > 3:
            longest = 0.0
            raise ApplicationError("stopped")

    with pytest.raises(ApplicationError, match="stopped"):
        await prepare(catalogue, Slow, stop_in_a_batch)
    await asyncio.sleep(0.02)
    beating.cancel()

    assert longest < 1.5
