"""Starts a PostgreSQL for the trigram baseline, and removes it afterwards."""

import asyncio
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import perf_counter
from typing import Final

import asyncpg

from infra.postgres.trigrams import TrigramBaseline
from matching.evaluation import Answer
from workers.local_parts import CannotStart, DataDir, postgres_part
from workers.processes import start, stop

_PATIENCE_SECONDS: Final = 60.0


async def trigram_answers(
    documents: Mapping[str, Sequence[str]], questions: Sequence[str]
) -> list[Answer]:
    """What `pg_trgm` answers.

    Raises:
        CannotStart: PostgreSQL does not run here.
    """
    folder = Path(tempfile.mkdtemp(prefix="center1379-evaluate-"))
    try:
        data = DataDir(folder)
        data.prepare()
        part = postgres_part(data)
        process = await start(part)
        try:
            connection = await _connected(data)
            try:
                baseline = TrigramBaseline(connection)
                await baseline.load(documents)
                answers: list[Answer] = []
                for question in questions:
                    started = perf_counter()
                    ranked = await baseline.rank(question)
                    answers.append(Answer(ranked, perf_counter() - started))
                return answers
            finally:
                await connection.close()
        finally:
            await stop(process, part)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _connected(data: DataDir) -> asyncpg.Connection:
    """A connection to the server's own database, once it answers.

    Raises:
        CannotStart: It never did.
    """
    address = data.database_url.replace("/center1379?", "/postgres?")
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while True:
                try:
                    return await asyncpg.connect(address)
                except (OSError, asyncpg.CannotConnectNowError):
                    await asyncio.sleep(0.2)
    except TimeoutError as error:
        raise CannotStart("PostgreSQL did not answer within a minute.") from error
