"""Matching: ranks institutes for a case over the current index, keeps the run with its evidence."""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from textwrap import shorten
from typing import Final

import asyncpg
from temporalio import activity

from infra.postgres import match_runs
from infra.postgres.pool import transaction
from matching.index import CatalogueIndex
from matching.live import LiveIndex
from matching.text import words_of
from matching.voting import InstituteVote, confidence, vote
from schemas.case import Candidate
from schemas.designation import (
    CandidateInstitute,
    Evidence,
    EvidenceKind,
    MatchRequest,
    MatchResult,
    Ranking,
)
from workflows.activity_stubs import Matching

_HEARTBEAT_SECONDS = 5.0
_PASSAGE: Final = 160


class MatchingActivities(Matching):
    """Ranks over the process's index."""

    def __init__(self, pool: asyncpg.Pool, live: LiveIndex) -> None:
        self._pool = pool
        self._live = live

    @activity.defn(name="matching.rank_institutes")
    async def rank_institutes(self, request: MatchRequest) -> MatchResult:
        text = await match_runs.case_text(self._pool, request.case_number)
        index = await self._newest_index()
        votes = await asyncio.to_thread(vote, index, text, request.top_k)
        ranking = Ranking(
            index_version=index.version,
            confidence=confidence(votes),
            candidates=await self._candidates(index, text, votes),
        )
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

    async def _newest_index(self) -> CatalogueIndex:
        """Waits for an index of the catalogue as it is now: a designation can wait for seconds."""
        building = asyncio.create_task(self._live.newest())
        while not building.done():
            activity.heartbeat()
            await asyncio.wait([building], timeout=_HEARTBEAT_SECONDS)
        return building.result()

    async def _candidates(
        self, index: CatalogueIndex, text: str, votes: Sequence[InstituteVote]
    ) -> tuple[CandidateInstitute, ...]:
        keys = {index.documents.text_key[i] for one in votes for i in one.evidence}
        texts = await self._live.texts(sorted(keys))
        asked = tuple(dict.fromkeys(await asyncio.to_thread(words_of, text)))
        return tuple(
            CandidateInstitute(
                institute=one.institute,
                rank=rank,
                score=one.score,
                evidence=tuple(_evidence(index, i, asked, texts) for i in one.evidence),
                researchers=one.researchers,
            )
            for rank, one in enumerate(votes, start=1)
        )


def _evidence(
    index: CatalogueIndex, i: int, asked: Sequence[str], texts: Mapping[str, tuple[str, str]]
) -> Evidence:
    documents = index.documents
    _, body = texts.get(documents.text_key[i], ("", ""))
    return Evidence(
        kind=EvidenceKind(documents.kind.values[int(documents.kind.codes[i])]),
        id=documents.id[i],
        title=documents.title[i],
        passage=shorten(body, _PASSAGE, placeholder=" …"),
        terms=tuple(word for word in asked if index.has(i, word)),
    )
