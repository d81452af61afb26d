"""How long 100,000 patents take from a file into the catalogue, without embeddings.

uv run python -m bench.import_rows [ROWS]
"""

import asyncio
import csv
import os
import random
import resource
import sys
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import Final

import asyncpg
import psutil

from bench.database import own_database
from infra.imports.mapping import MappingFile
from infra.postgres.institutes import load_reference
from infra.postgres.pool import open_pool
from infra.sample_catalogue import sample_topics
from schemas.catalogue import DataSet
from workers.catalogue_import import ImportPlan, import_file

_ROWS: Final = 100_000
_WORDS_A_SUMMARY: Final = 80
_HEADER: Final = (
    "출원번호", "출원인", "발명의명칭", "영문명칭", "요약", "발명자", "출원일", "IPC", "상태",
)  # fmt: skip


def write_patents(path: Path, rows: int) -> None:
    """Synthetic patents, their summaries as long as real ones are (median 374 characters)."""
    chance = random.Random(1379)  # noqa: S311  # of a measurement
    topics = sample_topics()
    words = [
        word
        for topic in topics
        for text in (topic.object, topic.complaint, topic.aim, topic.method_a, topic.equipment)
        for word in text.split()
    ]
    with path.open("w", encoding="cp949", errors="ignore", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_HEADER)
        for number in range(rows):
            topic = topics[number % len(topics)]
            summary = " ".join(chance.choices(words, k=_WORDS_A_SUMMARY))
            title = f"{topic.object}의 {topic.aim}을 위한 {topic.method_a} {number}"
            writer.writerow(
                [
                    f"10{1990 + number % 30}{number:07d}",
                    topic.institute,
                    title,
                    f"Method {number}",
                    summary,
                    "합성발명자",
                    f"{1990 + number % 30}.{1 + number % 12:02d}.{1 + number % 28:02d}",
                    topic.ipc,
                    "등록",
                ]
            )


async def timed(pool: asyncpg.Pool, path: Path, source: str) -> float:
    """Import a file; how many seconds that took."""
    backend = psutil.Process(await pool.fetchval("SELECT pg_backend_pid()")).parent()
    before, begun = cpu_seconds(backend), perf_counter()
    outcome = await import_file(
        pool, ImportPlan(path, DataSet.PATENTS, MappingFile(), source=source)
    )
    took, spent = perf_counter() - begun, cpu_seconds(backend) - before
    print(f"{source:<12}{took:8.1f} s, of the processors {spent:6.1f} s   {outcome.merged}")
    return took


def cpu_seconds(server: psutil.Process | None) -> float:
    """What this process and the database's have used: it does not depend on who else is busy."""
    used = process_time()
    for process in [] if server is None else [server, *server.children()]:
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            used += times.user + times.system
    return used


async def main(rows: int) -> None:
    with TemporaryDirectory(prefix="center1379-bench-") as folder:
        path = Path(folder) / "patents.csv"
        write_patents(path, rows)
        print(f"{rows} patents, {path.stat().st_size / 1e6:.0f} MB")
        async with own_database() as url:
            pool = await open_pool(url, statement_seconds=600)
            await load_reference(pool)
            await timed(pool, path, "new")
            await timed(pool, path, "unchanged")
            await pool.close()
    print(f"load of this machine meanwhile: {os.getloadavg()[0]:.0f}")
    print(f"most memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else _ROWS))
