"""Matching as an activity: the run is kept once, with its evidence."""

from uuid import UUID

import asyncpg
from temporalio.testing import ActivityEnvironment

from activities.matching import MatchingActivities
from infra.postgres.catalogue import load_sample
from infra.postgres.institutes import load_reference
from infra.sample_catalogue import sample_catalogue
from schemas.designation import MatchRequest

CASE = "1379-2026-700001"


async def test_asked_again_the_same_run_is_given_and_kept_once(database: asyncpg.Pool) -> None:
    await load_reference(database)
    await load_reference(database)  # repeating it changes nothing
    await load_sample(database, sample_catalogue())
    await database.execute(
        """
        INSERT INTO case_text (case_number, title, description, title_masked, description_masked)
        VALUES ($1, '기공', '다이캐스팅 기공', '기공', '다이캐스팅 기공')
        """,
        CASE,
    )
    matching = MatchingActivities(database)
    env = ActivityEnvironment()
    request = MatchRequest(case_number=CASE, top_k=3)

    first = await env.run(matching.rank_institutes, request)
    again = await env.run(matching.rank_institutes, request)

    assert first == again
    assert first.candidates[0].institute == "KITECH"
    stored = await database.fetch(
        "SELECT institute, evidence FROM match_candidate WHERE run_id = $1 ORDER BY rank",
        UUID(first.run_id),
    )
    assert [row["institute"] for row in stored] == [c.institute for c in first.candidates]
    assert stored[0]["evidence"][0]["terms"]


async def test_the_reference_data_says_what_is_not_known(database: asyncpg.Pool) -> None:
    await load_reference(database)

    centres = await database.fetch("SELECT code, host, verified FROM regional_centre")

    assert len(centres) == 12
    assert {row["code"] for row in centres if not row["verified"]} == {"RC10", "RC11", "RC12"}
    assert all(row["host"] is None for row in centres if not row["verified"])
    assert await database.fetchval("SELECT count(*) FROM institute") == 25
