"""What an index needs of each text, computed beforehand: its words, then its vectors.

Kept under the key of the text, batch by batch, so that what was done before a kill is not done
again. It goes at the lowest priority on one core: nobody waits for it, and everybody who waits for
an answer goes first.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Final, TypeVar

import asyncpg
import structlog
from temporalio import activity

from infra.postgres import search_index
from infra.postgres.search_index import StoredText
from matching.encoder import E5Encoder, Encoder, step_back
from matching.passages import passages_of, stored_model
from matching.text import ANALYSER, terms_of
from workflows.activity_stubs import Preparation

log = structlog.stdlib.get_logger()

# Finding out what is missing reads the whole catalogue, so it is not done for every batch.
_READ_TOGETHER: Final = 4000
_ANALYSED_TOGETHER: Final = 500
_ENCODED_TOGETHER: Final = 32
_HEARTBEAT_SECONDS: Final = 5.0

_Done = TypeVar("_Done")


@dataclass(frozen=True)
class Prepared:
    """How far the preparation is.

    Attributes:
        analysed: Texts whose words were found.
        to_analyse: All that had to be.
        encoded: Texts whose vectors were computed.
        to_encode: All that have to be.
    """

    analysed: int = 0
    to_analyse: int = 0
    encoded: int = 0
    to_encode: int = 0


Report = Callable[[Prepared], None]


class PreparationActivities(Preparation):
    """Prepares what is new in the catalogue."""

    def __init__(self, pool: asyncpg.Pool, encoder: Callable[[], Encoder | None]) -> None:
        """Connect to the catalogue.

        Args:
            pool: Of the catalogue's database.
            encoder: Loads the encoder when there is something to encode.
        """
        self._pool = pool
        self._encoder = encoder

    @activity.defn(name="matching.prepare_texts")
    async def prepare_texts(self) -> int:
        def report(done: Prepared) -> None:
            activity.heartbeat(done.analysed, done.encoded)

        done = await prepare(self._pool, self._encoder, report)
        return done.analysed + done.encoded


async def prepare(
    pool: asyncpg.Pool, encoder_of: Callable[[], Encoder | None], report: Report
) -> Prepared:
    """Analyse and encode every text that was not yet; what stops in between goes on the next time.

    Args:
        pool: Of the catalogue's database.
        encoder_of: Loads the encoder; None leaves it at the words.
        report: Hears often how far it is.
    """
    done = Prepared(
        to_analyse=await search_index.count_without_analysis(pool, ANALYSER),
    )
    with ThreadPoolExecutor(1, "preparation", initializer=step_back) as quiet:
        while texts := await search_index.without_analysis(pool, ANALYSER, _READ_TOGETHER):
            for some in _batches(texts, _ANALYSED_TOGETHER):
                words = await _reporting(quiet.submit(_analyses, some), report, done)
                await search_index.keep_analyses(pool, ANALYSER, words)
                done = replace(done, analysed=done.analysed + len(some))
                report(done)
        encoder = await asyncio.to_thread(encoder_of)
        if encoder is not None:
            done = await _encode(pool, encoder, quiet, report, done)
    if done.analysed or done.encoded:
        log.info("catalogue_prepared", analysed=done.analysed, encoded=done.encoded)
    return done


async def _encode(
    pool: asyncpg.Pool, encoder: Encoder, quiet: ThreadPoolExecutor, report: Report, done: Prepared
) -> Prepared:
    model = stored_model(encoder)
    done = replace(done, to_encode=await search_index.count_without_embedding(pool, model))
    while texts := await search_index.without_embedding(pool, model, _READ_TOGETHER):
        for some in _batches(texts, _ENCODED_TOGETHER):
            vectors = await _reporting(quiet.submit(_vectors, encoder, some), report, done)
            await search_index.keep_embeddings(pool, model, encoder.dimensions, vectors)
            done = replace(done, encoded=done.encoded + len(some))
            report(done)
    return done


async def _reporting(work: Future[_Done], report: Report, done: Prepared) -> _Done:
    """Wait for work in another thread and go on reporting, so that it is not taken for dead."""
    working = asyncio.wrap_future(work)
    while not working.done():
        report(done)
        await asyncio.wait([working], timeout=_HEARTBEAT_SECONDS)
    return working.result()


def _batches(texts: Sequence[StoredText], size: int) -> Iterator[Sequence[StoredText]]:
    return (texts[start : start + size] for start in range(0, len(texts), size))


def _analyses(texts: Sequence[StoredText]) -> dict[str, list[str]]:
    return {text.key: terms_of(f"{text.title}\n{text.body}") for text in texts}


def _vectors(encoder: Encoder, texts: Sequence[StoredText]) -> Mapping[str, bytes]:
    if isinstance(encoder, E5Encoder):
        encoder.keep_to_one_core()
    passages = [passages_of(text.title, text.body) for text in texts]
    rows = encoder.encode_passages([passage for own in passages for passage in own])
    kept: dict[str, bytes] = {}
    start = 0
    for text, own in zip(texts, passages, strict=True):
        kept[text.key] = rows[start : start + len(own)].astype("<f2").tobytes()
        start += len(own)
    return kept
