"""Matching as an activity: the run is kept once, with its evidence."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID, uuid4

import asyncpg
from temporalio.testing import ActivityEnvironment, WorkflowEnvironment
from temporalio.worker import Worker

from activities.matching import MatchingActivities, Readings
from infra.postgres import documents, match_runs, phrases
from infra.postgres.catalogue import load_sample
from infra.postgres.documents import Document
from infra.postgres.institutes import load_reference
from infra.postgres.search_index import PostgresCatalogue
from infra.reference_files import institute_phrases
from infra.sample_catalogue import sample_catalogue
from matching.live import LiveIndex
from schemas.designation import FirstAction, MatchRequest

CASE = "1379-2026-700001"


async def test_asked_again_the_same_run_is_given_and_kept_once(own_database: asyncpg.Pool) -> None:
    await load_reference(own_database)
    await load_reference(own_database)  # repeating it changes nothing
    await load_sample(own_database, sample_catalogue())
    await phrases.load_shipped(own_database, institute_phrases(), datetime.now(UTC))
    await own_database.execute(
        """
        INSERT INTO case_text (case_number, title, description, title_masked, description_masked)
        VALUES ($1, '기공', '다이캐스팅 기공', '기공', '다이캐스팅 기공')
        """,
        CASE,
    )
    matching = MatchingActivities(own_database, LiveIndex(PostgresCatalogue(own_database)))
    env = ActivityEnvironment()
    request = MatchRequest(case_number=CASE, top_k=3)

    first = await env.run(matching.rank_institutes, request)
    again = await env.run(matching.rank_institutes, request)

    assert first == again
    assert first.candidates[0].institute == "KITECH"
    stored = await own_database.fetch(
        "SELECT institute, evidence FROM match_candidate WHERE run_id = $1 ORDER BY rank",
        UUID(first.run_id),
    )
    assert [row["institute"] for row in stored] == [c.institute for c in first.candidates]
    assert stored[0]["evidence"][0]["terms"]
    kept = await match_runs.ranking_of(own_database, UUID(first.run_id))
    assert kept is not None
    assert kept.enquiry is not None
    assert all(line.why and line.why_en and line.factors for line in kept.candidates)


async def test_other_weights_make_a_run_of_their_own(own_database: asyncpg.Pool) -> None:
    await load_reference(own_database)
    await phrases.load_shipped(own_database, institute_phrases(), datetime.now(UTC))
    await own_database.execute(
        """
        INSERT INTO case_text (case_number, title, description, title_masked, description_masked)
        VALUES ($1, '기공', '재료연구소에서 본 다이캐스팅 기공', '기공',
                '재료연구소에서 본 다이캐스팅 기공')
        """,
        CASE,
    )
    matching = MatchingActivities(own_database, LiveIndex(PostgresCatalogue(own_database)))
    env = ActivityEnvironment()
    request = MatchRequest(case_number=CASE, top_k=3)

    named = await env.run(matching.rank_institutes, request)
    await phrases.set_weight(own_database, "named", 0, by="op1", at=datetime.now(UTC))
    unnamed = await env.run(matching.rank_institutes, request)

    assert [one.candidates[0].institute for one in (named, unnamed)] == ["KIMS", "KITECH"]
    for one in (named, unnamed):
        kept = await match_runs.ranking_of(own_database, UUID(one.run_id))
        assert kept is not None
        assert [line.institute for line in kept.candidates] == [c.institute for c in one.candidates]


async def test_an_enquiry_is_read_once_beside_its_case(
    own_database: asyncpg.Pool, temporal: WorkflowEnvironment
) -> None:
    await load_reference(own_database)
    await phrases.load_shipped(own_database, institute_phrases(), datetime.now(UTC))
    case = f"1379-2026-{uuid4().int % 100_000 + 800_000}"
    await own_database.execute(
        """
        INSERT INTO case_text (case_number, title, description, title_masked, description_masked)
        VALUES ($1, '대출', '', '대출', '은행 대출 이자를 낮추고 보증서를 받고 싶습니다')
        """,
        case,
    )
    matching = MatchingActivities(own_database, LiveIndex(PostgresCatalogue(own_database)))
    queue = f"matching-{uuid4()}"
    readings = Readings(temporal.client, queue)
    async with Worker(temporal.client, task_queue=queue, activities=[matching.read_enquiry]):
        await asyncio.gather(*(readings.start(case, "receipt") for _ in range(3)))
        await temporal.client.get_activity_handle(f"read/{case}/receipt").result()
        await readings.start(case, "receipt")
        reading = await match_runs.reading_of(own_database, case)
        assert reading is not None
        assert reading.first_action is FirstAction.REFER_OUT
        assert "1357" in (reading.referral or "")

        await documents.add(
            own_database,
            Document(
                document_id=uuid4(),
                case_number=case,
                purpose="supply_information.information",
                body="알루미늄 주조품의 내부 기공을 줄이고 싶습니다. 연락처 010-0000-0000",
                sha256="0" * 64,
                written_by="company",
                written_at=datetime.now(UTC),
            ),
        )
        await readings.start(case, f"{case}.supply_information.1")
        await temporal.client.get_activity_handle(
            f"read/{case}/{case}.supply_information.1"
        ).result()
    again = await match_runs.reading_of(own_database, case)
    assert again is not None
    assert again != reading


async def test_the_reference_data_says_what_is_not_known(own_database: asyncpg.Pool) -> None:
    await load_reference(own_database)

    centres = await own_database.fetch("SELECT code, host, verified FROM regional_centre")

    assert len(centres) == 12
    assert {row["code"] for row in centres if not row["verified"]} == {"RC10", "RC11", "RC12"}
    assert all(row["host"] is None for row in centres if not row["verified"])
    assert await own_database.fetchval("SELECT count(*) FROM institute") == 25
