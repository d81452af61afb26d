"""The engine over a centre's own tables: profiles and weights as staff keep them."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import asyncpg
import numpy as np

from infra.postgres import circumstances, phrases, synonyms
from infra.reference_files import enquiry_kinds, service_examples
from matching.designation import Circumstances, Designator, Weights
from matching.encoder import Encoder, Vectors
from matching.enquiry import EnquiryKind, EnquiryReader, texts_read
from matching.index import CatalogueIndex
from matching.naming import InstituteNames
from matching.past_cases import nearest
from matching.profiles import Asked, Phrase, Profiles, kept_vectors
from schemas.designation import EnquiryProposal, PastCase, Ranking
from workflows.policy.business_calendar import day_of

_PASSAGE: Final = 160
# Institutes beyond these lead few of the cases that are alike.
_LEADERS: Final = 3
# What staff added since the last preparation takes a second; all phrases would take minutes.
_ENCODED_AT_ONCE: Final = 50


@dataclass(frozen=True)
class _Prepared:
    """What one reading of the tables was made into."""

    read: object
    encoder: Encoder | None
    profiles: Profiles
    reader: EnquiryReader
    names: InstituteNames


class Understanding:
    """Reads enquiries and designates institutes; prepares profiles once, and when they change."""

    def __init__(self, pool: asyncpg.Pool, encoder: Callable[[], Encoder | None]) -> None:
        self._pool = pool
        self._encoder = encoder
        self._prepared: _Prepared | None = None
        self._preparing = asyncio.Lock()

    async def rank(self, case_number: str, text: str, top_k: int, index: CatalogueIndex) -> Ranking:
        """Designate institutes for a case; by words alone until the profiles have their vectors.

        Args:
            case_number: Whose circumstances count.
            text: What the company wrote, personal data masked.
            top_k: How many institutes at most.
            index: Of the catalogue.
        """
        prepared = await self._current()
        weights = Weights(**await phrases.weights(self._pool))
        around = await self._around(case_number)

        def work() -> Ranking:
            asked = Asked.of(text, prepared.encoder)
            designator = Designator(
                index, prepared.profiles, prepared.encoder, prepared.names, weights
            )
            ranking = designator.rank(text, top_k, around, asked)
            return ranking.model_copy(update={"enquiry": _read(prepared, text, asked)})

        ranking = await asyncio.to_thread(work)
        leaders = [candidate.institute for candidate in ranking.candidates[:_LEADERS]]
        return ranking.model_copy(
            update={"similar_cases": await self._past(case_number, text, leaders)}
        )

    async def read(self, text: str) -> EnquiryProposal:
        """How an enquiry reads, personal data masked."""
        prepared = await self._current()

        def work() -> EnquiryProposal:
            return _read(prepared, text, Asked.of(text, prepared.encoder))

        return await asyncio.to_thread(work)

    async def _around(self, case_number: str) -> Circumstances:
        rows = await circumstances.of_institutes(self._pool, case_number)
        return Circumstances(
            workload={row.institute: row.workload for row in rows},
            success={row.institute: row.success for row in rows if row.success is not None},
            region={row.institute: float(row.in_region) for row in rows},
        )

    async def _past(
        self, case_number: str, text: str, institutes: Sequence[str]
    ) -> tuple[PastCase, ...]:
        closed = await circumstances.closed_cases(self._pool, institutes, case_number)
        found = await asyncio.to_thread(nearest, text, [case.text for case in closed])
        return tuple(
            PastCase(
                case_number=closed[number].case_number,
                institute=closed[number].institute,
                outcome=closed[number].outcome,
                passage=" ".join(closed[number].text.split())[:_PASSAGE],
                nearness=how_near,
            )
            for number, how_near in found
        )

    async def _current(self) -> _Prepared:
        async with self._preparing:
            today = day_of(datetime.now(UTC))
            rows = await phrases.in_force(self._pool, on=today)
            pairs = await synonyms.by_word(self._pool)
            names = await phrases.names(self._pool, today)
            kinds = [EnquiryKind(*kind) for kind in enquiry_kinds()]
            encoder = await asyncio.to_thread(self._encoder)
            services = service_examples()
            texts = texts_read([row.phrase for row in rows], kinds, services)
            # Until the preparation has encoded the phrases words alone decide: they rank well.
            if encoder and not await self._encode_what_is_missing(encoder, texts):
                encoder = None
            read = (rows, pairs, names, encoder is None)
            if self._prepared is None or self._prepared.read != read:
                vectors = await self._vectors(encoder, texts) if encoder else None

                def prepare() -> _Prepared:
                    own = [Phrase(row.institute, row.phrase) for row in rows]
                    return _Prepared(
                        read=read,
                        encoder=encoder,
                        profiles=Profiles(
                            own, encoder, None if vectors is None else vectors[: len(own)], pairs
                        ),
                        reader=EnquiryReader(own, kinds, services, encoder, vectors),
                        names=InstituteNames(names),
                    )

                self._prepared = await asyncio.to_thread(prepare)
            return self._prepared

    async def _encode_what_is_missing(self, encoder: Encoder, texts: Sequence[str]) -> bool:
        """Encode new phrases when they are few; whether every phrase has its vector then."""
        missing = await phrases.without_vector(self._pool, encoder.name, texts)
        if len(missing) > _ENCODED_AT_ONCE:
            return False
        if missing:
            found = await asyncio.to_thread(kept_vectors, encoder, missing)
            await phrases.keep_vectors(self._pool, encoder.name, found)
        return True

    async def _vectors(self, encoder: Encoder, texts: Sequence[str]) -> Vectors:
        kept = await phrases.vectors(self._pool, encoder.name, texts)
        return np.asarray([np.frombuffer(kept[text], "<f4") for text in texts], dtype=np.float32)


async def phrases_read(pool: asyncpg.Pool) -> list[str]:
    """The phrases and examples whose vectors understanding needs, in its order."""
    kinds = [EnquiryKind(*kind) for kind in enquiry_kinds()]
    rows = await phrases.in_force(pool)
    return texts_read([row.phrase for row in rows], kinds, service_examples())


def _read(prepared: _Prepared, text: str, asked: Asked) -> EnquiryProposal:
    # What masking leaves: most is hidden, resident numbers are gone.
    hidden = any(mark in text for mark in (" 가림]", " 삭제]"))
    return prepared.reader.read(text, asked, has_personal_data=hidden)
