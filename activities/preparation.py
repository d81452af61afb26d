"""What an index needs of each text, computed beforehand: its words, then its vectors.

Kept under the key of the text, batch by batch, so that what was done before a kill is not done
again. It goes at low priority on one core: nobody waits for it, and whoever waits for an
answer goes first.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Final, TypeVar

import asyncpg
import structlog
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.understanding import phrases_read
from infra.postgres import phrases, search_index
from matching.encoder import Encoder
from matching.passages import stored_model
from matching.preparation import analyse_texts, encode_phrases, encode_texts, quiet_process
from matching.text import ANALYSER
from workflows.activity_stubs import Preparation

log = structlog.stdlib.get_logger()

# Finding out what is missing reads the whole catalogue, so it is not done for every batch.
_READ_TOGETHER: Final = 4000
_ANALYSED_TOGETHER: Final = 100
_ENCODED_TOGETHER: Final = 32
_HEARTBEAT_SECONDS: Final = 5.0

_Done = TypeVar("_Done")
_Item = TypeVar("_Item")


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
            if activity.is_worker_shutdown():
                # It would keep the process for as long as the worker may take to drain.
                raise ApplicationError("The worker stops; another one goes on.", type="stopped")

        done = await prepare(self._pool, self._encoder, report)
        return done.analysed + done.encoded


async def prepare(
    pool: asyncpg.Pool, encoder_of: Callable[[], Encoder | None], report: Report
) -> Prepared:
    """Analyse and encode every text that was not yet; what stops in between goes on the next time.

    The profiles' phrases come first: they are few, and every designation rests on them.

    Args:
        pool: Of the catalogue's database.
        encoder_of: Loads the encoder, here and in another process; a function of a module.
            None leaves it at the words.
        report: Hears often how far it is.
    """
    encoder = await asyncio.to_thread(encoder_of)
    wanted = (
        await phrases.without_vector(pool, encoder.name, await phrases_read(pool))
        if encoder
        else []
    )
    to_encode = (
        await search_index.count_without_embedding(pool, stored_model(encoder)) if encoder else 0
    )
    done = Prepared(
        to_analyse=await search_index.count_without_analysis(pool, ANALYSER),
        to_encode=len(wanted) + to_encode,
    )
    report(done)
    if done == Prepared():
        return done
    async with _quiet_process(encoder_of) as quiet:
        if encoder is not None:
            for some in _batches(wanted, _ENCODED_TOGETHER):
                rows = await _reporting(quiet.submit(encode_phrases, some), report, done)
                await phrases.keep_vectors(pool, encoder.name, rows)
                done = replace(done, encoded=done.encoded + len(some))
                report(done)
        while texts := await search_index.without_analysis(pool, ANALYSER, _READ_TOGETHER):
            for some in _batches(texts, _ANALYSED_TOGETHER):
                words = await _reporting(quiet.submit(analyse_texts, some), report, done)
                await search_index.keep_analyses(pool, ANALYSER, words)
                done = replace(done, analysed=done.analysed + len(some))
                report(done)
        if encoder is not None:
            done = await _encode(pool, encoder, quiet, report, done)
    # A text that was changed has another key: what was computed of the old one is of no use.
    await search_index.forget_unused(pool)
    log.info("catalogue_prepared", analysed=done.analysed, encoded=done.encoded)
    return done


@asynccontextmanager
async def _quiet_process(
    encoder_of: Callable[[], Encoder | None],
) -> AsyncGenerator[ProcessPoolExecutor]:
    quiet = quiet_process(encoder_of)
    try:
        yield quiet
    finally:
        # It ends with the batch that it is at, and others have work for the event loop meanwhile.
        await asyncio.to_thread(quiet.shutdown)


async def _encode(
    pool: asyncpg.Pool,
    encoder: Encoder,
    quiet: ProcessPoolExecutor,
    report: Report,
    done: Prepared,
) -> Prepared:
    model = stored_model(encoder)
    while texts := await search_index.without_embedding(pool, model, _READ_TOGETHER):
        for some in _batches(texts, _ENCODED_TOGETHER):
            vectors = await _reporting(quiet.submit(encode_texts, some), report, done)
            await search_index.keep_embeddings(pool, model, encoder.dimensions, vectors)
            done = replace(done, encoded=done.encoded + len(some))
            report(done)
    return done


async def _reporting(work: Future[_Done], report: Report, done: Prepared) -> _Done:
    """Wait for work in the other process and go on reporting, so that it isn't taken for dead."""
    working = asyncio.wrap_future(work)
    while not working.done():
        report(done)
        await asyncio.wait([working], timeout=_HEARTBEAT_SECONDS)
    return working.result()


def _batches(texts: Sequence[_Item], size: int) -> Iterator[Sequence[_Item]]:
    return (texts[start : start + size] for start in range(0, len(texts), size))
