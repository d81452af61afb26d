"""Synonyms and profiles in the database: what staff decide outlasts the next release."""

from datetime import UTC, datetime

import asyncpg

from infra.postgres import phrases, synonyms
from infra.postgres.institutes import load_reference

NOW = datetime(2026, 11, 27, tzinfo=UTC)


async def test_a_pair_holds_both_ways_and_stays_removed_when_it_is_loaded_again(
    own_database: asyncpg.Pool,
) -> None:
    await synonyms.load(own_database, [("녹", "부식"), ("크랙", "균열")])
    generation = await own_database.fetchval("SELECT generation FROM catalogue_state")

    [rust], total = await synonyms.page(own_database, "녹", 0)
    assert total == 1
    assert await synonyms.remove(own_database, rust.synonym_id, actor="op1", at=NOW)
    assert not await synonyms.remove(own_database, rust.synonym_id, actor="op1", at=NOW)
    await synonyms.load(own_database, [("녹", "부식"), ("휨", "변형")])

    assert await synonyms.by_word(own_database) == {
        "균열": ["크랙"], "크랙": ["균열"], "변형": ["휨"], "휨": ["변형"]
    }  # fmt: skip
    assert await own_database.fetchval("SELECT generation FROM catalogue_state") > generation
    assert await synonyms.add(own_database, "부식", "녹", actor="op2", at=NOW)
    acts = [(change.act, change.actor) for change in await synonyms.history(own_database)]
    assert acts == [("added", "op2"), ("removed", "op1")]


async def test_a_removed_phrase_does_not_come_back(own_database: asyncpg.Pool) -> None:
    await load_reference(own_database)
    shipped = [("KIMS", "strengths", "합금 설계"), ("KIMS", "requests", "볼트가 부러집니다")]
    await phrases.load_shipped(own_database, shipped, NOW)

    await phrases.remove(own_database, "KIMS", "합금 설계", by="op1", at=NOW)
    await phrases.load_shipped(own_database, shipped, NOW)

    assert [row.phrase for row in await phrases.in_force(own_database)] == ["볼트가 부러집니다"]


async def test_a_weight_that_staff_set_is_kept(own_database: asyncpg.Pool) -> None:
    await phrases.set_weight(own_database, "workload", 0, by="op1", at=NOW)
    await phrases.set_weight(own_database, "workload", 0.1, by="op1", at=NOW)

    assert await phrases.weights(own_database) == {"workload": 0.1}
