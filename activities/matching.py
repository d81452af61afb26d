"""Matching: reads enquiries, and ranks institutes for cases over the current index."""

import asyncio
import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

import asyncpg
import structlog
from temporalio import activity
from temporalio.client import Client
from temporalio.common import ActivityIDConflictPolicy, ActivityIDReusePolicy
from temporalio.exceptions import ActivityAlreadyStartedError

from activities.understanding import Understanding
from infra.postgres import match_runs
from infra.postgres.pool import transaction
from matching.encoder import Encoder, no_encoder
from matching.explanation import passage_of
from matching.index import CatalogueIndex
from matching.live import LiveIndex
from matching.text import words_of
from schemas.case import Candidate
from schemas.designation import Evidence, EvidenceKind, MatchRequest, MatchResult, Ranking
from workflows.activity_stubs import Matching
from workflows.policy.personal_data import mask

log = structlog.stdlib.get_logger()

_HEARTBEAT_SECONDS = 5.0
# The first one of a process loads the encoder.
_READ_WITHIN = timedelta(minutes=1)
_READ_TRIED_FOR = timedelta(days=1)


class Readings:
    """Has enquiries read beside their cases: no case waits for that, nor has it in its history."""

    def __init__(self, client: Client, task_queue: str = "matching") -> None:
        self._client = client
        self._task_queue = task_queue

    async def start(self, case_number: str, news: str) -> None:
        """Have an enquiry read; what is being read or was read is not read again.

        Args:
            case_number: Whose it is.
            news: What is new in it since it was read last.

        Raises:
            RPCError: Temporal was not reached; whoever asked asks again.
        """
        try:
            await self._client.start_activity_method(
                Matching.read_enquiry,
                case_number,
                id=f"read/{case_number}/{news}",
                task_queue=self._task_queue,
                start_to_close_timeout=_READ_WITHIN,
                schedule_to_close_timeout=_READ_TRIED_FOR,
                id_reuse_policy=ActivityIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
                id_conflict_policy=ActivityIDConflictPolicy.USE_EXISTING,
            )
        except ActivityAlreadyStartedError:
            log.debug("enquiry_read_before")


class MatchingActivities(Matching):
    """Ranks over the process's index."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        live: LiveIndex,
        encoder: Callable[[], Encoder | None] = no_encoder,
    ) -> None:
        self._pool = pool
        self._live = live
        self._understanding = Understanding(pool, encoder)

    @activity.defn(name="matching.rank_institutes")
    async def rank_institutes(self, request: MatchRequest) -> MatchResult:
        text = await self._text_of(request.case_number)
        index = await self._newest_index()
        ranking = await self._understanding.rank(request.case_number, text, request.top_k, index)
        ranking = await self._with_passages(ranking, index, text)
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
            low_confidence=ranking.low_confidence,
        )

    @activity.defn(name="matching.read_enquiry")
    async def read_enquiry(self, case_number: str) -> None:
        text = await self._text_of(case_number)
        reading = await self._understanding.read(text)
        await match_runs.keep_reading(self._pool, case_number, reading)

    async def _text_of(self, case_number: str) -> str:
        """What the company wrote, and what it added when it was asked, personal data masked."""
        text = await match_runs.case_text(self._pool, case_number)
        added = await match_runs.added_texts(self._pool, case_number)
        return "\n".join([text, *(mask(one).masked for one in added)])

    async def _newest_index(self) -> CatalogueIndex:
        """Waits for an index of the catalogue as it is now: a designation can wait for seconds."""
        building = asyncio.create_task(self._live.newest())
        while not building.done():
            activity.heartbeat()
            await asyncio.wait([building], timeout=_HEARTBEAT_SECONDS)
        return building.result()

    async def _with_passages(self, ranking: Ranking, index: CatalogueIndex, text: str) -> Ranking:
        """The ranking with the part of each document that answers best, which no index holds."""
        shown = {
            (item.kind, item.id): index.documents.text_key[position]
            for candidate in ranking.candidates
            for item in candidate.evidence
            if item.kind is not EvidenceKind.PROFILE
            and (position := index.position_of(item.kind.value, item.id)) is not None
        }
        texts = await self._live.texts(sorted({*shown.values()}))
        bodies = {item: texts.get(key, ("", ""))[1] for item, key in shown.items()}
        asked = await asyncio.to_thread(words_of, text)

        def fill() -> Ranking:
            return ranking.model_copy(
                update={
                    "candidates": tuple(
                        candidate.model_copy(
                            update={
                                "evidence": tuple(
                                    _filled(item, bodies, asked) for item in candidate.evidence
                                )
                            }
                        )
                        for candidate in ranking.candidates
                    )
                }
            )

        return await asyncio.to_thread(fill)


def _filled(
    item: Evidence, bodies: Mapping[tuple[EvidenceKind, str], str], asked: Sequence[str]
) -> Evidence:
    body = bodies.get((item.kind, item.id))
    if not body:
        return item
    passage, terms = passage_of(body, asked)
    return item.model_copy(
        update={"passage": passage, "terms": tuple(dict.fromkeys((*item.terms, *terms)))}
    )
