"""Matching: reads the catalogue, ranks institutes for a case, keeps the run with its evidence."""

import asyncio
import hashlib

import asyncpg
import structlog
from temporalio import activity

from infra.postgres import catalogue, match_runs
from infra.postgres.catalogue import Catalogue
from infra.postgres.pool import transaction
from matching.index import Document, Matcher, MatchIndex, ResearchField
from schemas.case import Candidate
from schemas.designation import EvidenceKind, MatchRequest, MatchResult
from workflows.activity_stubs import Matching

log = structlog.stdlib.get_logger()

_HEARTBEAT_SECONDS = 5.0


class MatchingActivities(Matching):
    """Holds one index, built when first needed and again when the catalogue changed."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._catalogue: Catalogue | None = None
        self._index: Matcher | None = None
        self._building = asyncio.Lock()

    @activity.defn(name="matching.rank_institutes")
    async def rank_institutes(self, request: MatchRequest) -> MatchResult:
        text = await match_runs.case_text(self._pool, request.case_number)
        index = await self._current_index()
        ranking = await asyncio.to_thread(index.rank, text, request.top_k)
        async with transaction(self._pool) as db:
            run_id = await match_runs.add_run(
                db, request.case_number, hashlib.sha256(text.encode()).hexdigest(), ranking
            )
        return MatchResult(
            run_id=str(run_id),
            index_version=ranking.index_version,
            confidence=ranking.confidence,
            candidates=tuple(
                Candidate(institute=c.institute, rank=c.rank, score=c.score)
                for c in ranking.candidates
            ),
        )

    async def _current_index(self) -> Matcher:
        async with self._building:
            rows = await catalogue.read_catalogue(self._pool)
            if self._index is None or rows != self._catalogue:
                building = asyncio.create_task(asyncio.to_thread(build_index, rows))
                while not building.done():
                    activity.heartbeat()
                    await asyncio.wait([building], timeout=_HEARTBEAT_SECONDS)
                self._index, self._catalogue = await building, rows
                log.info("match_index_built", version=self._index.version)
            return self._index


def build_index(rows: Catalogue) -> MatchIndex:
    """The index of a catalogue; equipment that is not offered is no part of it."""
    documents = [
        Document(
            EvidenceKind.PROFILE, profile.code, profile.code, profile.names[0],
            " ".join((*profile.names, *profile.fields)),
        )
        for profile in rows.profiles
    ]  # fmt: skip
    documents += [
        Document(
            EvidenceKind.PATENT, patent.application_number, patent.institute, patent.title_ko,
            f"{patent.summary} {patent.title_en}",
        )
        for patent in rows.patents
    ]  # fmt: skip
    documents += [
        Document(
            EvidenceKind.EQUIPMENT, item.equipment_id, item.institute, item.name,
            f"{item.specification} {item.field_of_use}",
        )
        for item in rows.equipment
    ]  # fmt: skip
    documents += [
        Document(
            EvidenceKind.LAB, lab.lab_id, lab.institute, lab.name,
            f"{lab.description} {lab.supports}",
        )
        for lab in rows.labs
    ]  # fmt: skip
    fields = [
        ResearchField(person.institute, " ".join(person.fields)) for person in rows.researchers
    ]
    return MatchIndex(documents, fields)
