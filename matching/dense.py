"""Nearest documents by meaning: exact while that is fast, approximate with measured recall beyond.

A document may have several vectors, of its passages; the nearest one counts.
"""

from dataclasses import dataclass
from time import perf_counter
from typing import Any, Final, Protocol, cast

import numpy as np
import numpy.typing as npt
import structlog

from matching.encoder import Vectors

log = structlog.stdlib.get_logger()

Positions = npt.NDArray[np.int32]

EXACT_UP_TO: Final = 300_000
"""Vectors that are compared one by one: about 15 ms on two cores at 384 dimensions."""

_RECALL: Final = 0.95
_RECALL_AT: Final = 10
_TRIALS: Final = 200
_TRIAL_NOISE: Final = 0.5
_CANDIDATES: Final = 1000
_TRAINING: Final = 40
_BACKGROUND: Final = 1024
_SEED: Final = 1379


@dataclass(frozen=True)
class StoredVectors:
    """Vectors of documents, those of one document in a row.

    Attributes:
        matrix: A vector a row, of unit length.
        owners: Position of the document of each row, ascending.
        documents: How many documents there are, with and without vectors.
    """

    matrix: npt.NDArray[np.float16] | npt.NDArray[np.float32]
    owners: Positions
    documents: int


class DenseIndex(Protocol):
    """Says how near documents are to a question."""

    @property
    def method(self) -> str:
        """How neighbours are found, with the recall that was measured."""
        ...

    @property
    def nbytes(self) -> int:
        """Memory of vectors and lists."""
        ...

    def score(self, question: Vectors, also: Positions) -> Vectors:
        """The nearness of documents, NaN where it is not known.

        Args:
            question: A vector of unit length.
            also: Documents that are compared in any case, besides the nearest ones.
        """
        ...

    def floor(self, question: Vectors) -> float:
        """How near the farthest documents are: nearness is counted from there."""
        ...


def dense_index(stored: StoredVectors, exact_up_to: int = EXACT_UP_TO) -> DenseIndex:
    """The index that fits the number of vectors."""
    if len(stored.owners) <= exact_up_to:
        return ExactIndex(stored)
    return ApproximateIndex.build(stored) or ExactIndex(stored)


class _Rows:
    """Vectors by document."""

    def __init__(self, stored: StoredVectors) -> None:
        self.owners = stored.owners
        self.documents = stored.documents
        self.first = np.flatnonzero(np.diff(stored.owners, prepend=-1))
        self.having = stored.owners[self.first]
        drawn = np.random.default_rng(_SEED).integers(0, max(len(stored.owners), 1), _BACKGROUND)
        self.background = np.asarray(
            stored.matrix[drawn] if len(stored.owners) else stored.matrix, dtype=np.float32
        )

    def floor(self, question: Vectors) -> float:
        """The least over a thousand vectors drawn once, as a large index compares no more."""
        return float((self.background @ question).min()) if len(self.background) else 0.0

    def best(self, nearness: Vectors) -> Vectors:
        """Each document's nearest passage, of the nearness of all passages."""
        scores = np.full(self.documents, np.nan, dtype=np.float32)
        if len(self.first):
            scores[self.having] = np.maximum.reduceat(nearness, self.first)
        return scores


class ExactIndex:
    """Compares the question with every vector."""

    def __init__(self, stored: StoredVectors) -> None:
        self._rows = _Rows(stored)
        self._matrix = np.ascontiguousarray(stored.matrix, dtype=np.float32)

    @property
    def method(self) -> str:
        """Nothing is left out."""
        return "exact"

    @property
    def nbytes(self) -> int:
        """Four bytes a number."""
        return self._matrix.nbytes

    def score(self, question: Vectors, also: Positions) -> Vectors:  # noqa: ARG002  # all are
        """The nearness of every document that has a vector."""
        return self._rows.best(self._matrix @ question)

    def floor(self, question: Vectors) -> float:
        """See `DenseIndex`."""
        return self._rows.floor(question)


class ApproximateIndex:
    """Looks into the nearest of many cells (faiss IVF), into so many that hardly any is missed."""

    def __init__(self, stored: StoredVectors, cells: Any, recall: float) -> None:  # noqa: ANN401  # faiss has no types
        self._rows = _Rows(stored)
        self._matrix = np.ascontiguousarray(stored.matrix, dtype=np.float16)
        self._cells = cells
        self._recall = recall
        self._last = np.append(self._rows.first[1:], len(stored.owners))
        self._row_of = np.full(stored.documents, -1, dtype=np.int32)
        self._row_of[self._rows.having] = np.arange(len(self._rows.having), dtype=np.int32)

    @classmethod
    def build(cls, stored: StoredVectors) -> "ApproximateIndex | None":
        """Divide the vectors into cells and measure how many have to be looked into.

        Returns:
            None when 95 % of the ten nearest are only found at the price of comparing all.
        """
        count, dimensions = stored.matrix.shape
        # Loaded here: it takes half a second, which no command and no small catalogue has to wait.
        # The package has no types.
        import faiss  # noqa: PLC0415  # pyright: ignore[reportMissingTypeStubs]

        cells = cast("Any", faiss)
        count_of_cells = int(2 * np.sqrt(count))
        index = cells.IndexIVFScalarQuantizer(
            cells.IndexFlatIP(dimensions),
            dimensions,
            count_of_cells,
            cells.ScalarQuantizer.QT_fp16,
            cells.METRIC_INNER_PRODUCT,
        )
        # Residuals of half-precision numbers gain nothing, and cost a table for each cell.
        index.by_residual = False
        index.cp.niter = 6
        index.cp.seed = _SEED
        drawn = np.random.default_rng(_SEED).permutation(count)[: _TRAINING * count_of_cells]
        index.train(np.ascontiguousarray(stored.matrix[np.sort(drawn)], dtype=np.float32))
        for start in range(0, count, 65_536):
            index.add(np.ascontiguousarray(stored.matrix[start : start + 65_536], np.float32))
        found = _look_into_enough(index, stored)
        if found is None:
            log.info("dense_index_stays_exact", vectors=count)
            return None
        log.info("dense_index_measured", vectors=count, cells=index.nprobe, recall=found)
        return cls(stored, index, found)

    @property
    def method(self) -> str:
        """The number of cells that are looked into, and what is found of the nearest ten."""
        return f"ivf{self._cells.nlist}/{self._cells.nprobe} recall@10 {self._recall:.3f}"

    @property
    def nbytes(self) -> int:
        """Two bytes a number, twice: in the cells, and by document."""
        return self._matrix.nbytes * 2 + self._rows.owners.nbytes * 3

    def score(self, question: Vectors, also: Positions) -> Vectors:
        """The nearness of the nearest documents and of `also`."""
        scores = np.full(self._rows.documents, np.nan, dtype=np.float32)
        answer = cast("list[Any]", self._cells.search(question[np.newaxis], _CANDIDATES))
        near: Vectors = answer[0]
        rows: npt.NDArray[np.int64] = answer[1]
        found = rows[0] >= 0
        owners = self._rows.owners[rows[0][found]]
        scores[owners] = -1.0
        np.maximum.at(scores, owners, near[0][found])
        for position, nearness in self._exactly(question, also):
            scores[position] = nearness
        return scores

    def floor(self, question: Vectors) -> float:
        """See `DenseIndex`."""
        return self._rows.floor(question)

    def _exactly(self, question: Vectors, also: Positions) -> list[tuple[Positions, Vectors]]:
        """The nearness of given documents, passage by passage."""
        ranks = self._row_of[also]
        ranks = ranks[ranks >= 0]
        if not len(ranks):
            return []
        first, last = self._rows.first[ranks], self._last[ranks]
        lengths: npt.NDArray[np.int64] = last - first
        starts: npt.NDArray[np.int64] = np.cumsum(lengths) - lengths
        rows = np.repeat(first - starts, lengths) + np.arange(int(lengths.sum()))
        nearness = self._matrix[rows].astype(np.float32) @ question
        return [(self._rows.having[ranks], np.maximum.reduceat(nearness, starts))]


def _look_into_enough(index: Any, stored: StoredVectors) -> float | None:  # noqa: ANN401  # as above
    """Raise the number of cells until recall@10 is enough; None when that takes too long.

    The trial questions are stored vectors moved at random: a vector itself would be found at once.
    """
    draw = np.random.default_rng(_SEED + 1)
    some = draw.integers(0, len(stored.owners), _TRIALS)
    trials = stored.matrix[some].astype(np.float32)
    noise = draw.standard_normal(trials.shape, dtype=np.float32)
    trials += _TRIAL_NOISE * noise / np.linalg.norm(noise, axis=1, keepdims=True)
    trials /= np.linalg.norm(trials, axis=1, keepdims=True)
    truth, exact_seconds = _nearest_exactly(stored, trials)
    index.nprobe = 8
    while index.nprobe < index.nlist:
        started = perf_counter()
        found = np.concatenate([index.search(one[np.newaxis], _RECALL_AT)[1] for one in trials])
        seconds = (perf_counter() - started) / _TRIALS
        if seconds > exact_seconds:
            return None
        recall = float(
            np.mean([len(set(a) & set(b)) / _RECALL_AT for a, b in zip(found, truth, strict=True)])
        )
        if recall >= _RECALL:
            return recall
        index.nprobe = min(index.nprobe * 2, index.nlist)
    return None


def _nearest_exactly(stored: StoredVectors, trials: Vectors) -> tuple[npt.NDArray[np.int64], float]:
    """The ten nearest rows of each trial, block by block, and the seconds one trial would take."""
    near = np.empty((len(trials), 0), dtype=np.float32)
    rows = np.empty((len(trials), 0), dtype=np.int64)
    alone = 0.0
    for start in range(0, len(stored.owners), 65_536):
        block = stored.matrix[start : start + 65_536].astype(np.float32)
        started = perf_counter()
        _ = block @ trials[0]
        alone += perf_counter() - started
        near = np.hstack((near, trials @ block.T))
        rows = np.hstack(
            (rows, np.broadcast_to(np.arange(start, start + len(block)), (len(trials), len(block))))
        )
        best = np.argpartition(-near, _RECALL_AT, axis=1)[:, :_RECALL_AT]
        near, rows = np.take_along_axis(near, best, 1), np.take_along_axis(rows, best, 1)
    return rows, alone
