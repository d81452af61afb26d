"""Neighbours by vectors: exact in a small catalogue, measured in a large one."""

import numpy as np
import pytest

from matching.dense import ApproximateIndex, ExactIndex, StoredVectors, dense_index
from matching.encoder import Vectors


def clustered(count: int, dimensions: int = 32, clusters: int = 40) -> StoredVectors:
    """Vectors around a few centres, as texts of a few fields are; two passages a document."""
    draw = np.random.default_rng(7)
    centres = draw.standard_normal((clusters, dimensions))
    rows = centres[draw.integers(0, clusters, count)] + 0.4 * draw.standard_normal(
        (count, dimensions)
    )
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    owners = np.repeat(np.arange(count // 2, dtype=np.int32), 2)
    return StoredVectors(rows.astype(np.float16), owners, count // 2 + 1)


def question(stored: StoredVectors, row: int) -> Vectors:
    return stored.matrix[row].astype(np.float32)


def nearest(scores: Vectors) -> set[int]:
    return set(np.argsort(-np.nan_to_num(scores, nan=-2))[:10].tolist())


NOBODY = np.empty(0, dtype=np.int32)


def test_the_nearest_passage_of_a_document_counts() -> None:
    rows = np.eye(4, dtype=np.float32)[[0, 1, 2]]
    stored = StoredVectors(rows, np.array([0, 0, 2], dtype=np.int32), 3)

    scores = ExactIndex(stored).score(np.array([0, 1, 0, 0], dtype=np.float32), NOBODY)

    assert scores[0] == 1
    assert np.isnan(scores[1])  # it has no vector
    assert scores[2] == 0


def test_a_small_catalogue_is_searched_exactly() -> None:
    assert dense_index(clustered(2000)).method == "exact"


def test_a_large_catalogue_is_searched_in_cells_with_measured_recall() -> None:
    stored = clustered(40_000)
    index = ApproximateIndex.build(stored)
    assert index is not None
    exact = ExactIndex(stored)

    hits = 0
    for row in range(0, 4000, 100):
        asked = question(stored, row)
        hits += len(nearest(index.score(asked, NOBODY)) & nearest(exact.score(asked, NOBODY)))

    assert hits / 400 >= 0.93
    assert "recall@10 0.9" in index.method or "recall@10 1.0" in index.method


def test_documents_that_are_named_are_compared_in_any_case() -> None:
    stored = clustered(40_000)
    index = ApproximateIndex.build(stored)
    assert index is not None
    asked = question(stored, 0)
    far = np.flatnonzero(np.isnan(index.score(asked, NOBODY)))[:50].astype(np.int32)

    scores = index.score(asked, far)

    expected = ExactIndex(stored).score(asked, NOBODY)
    known = far[far < stored.documents - 1]  # the last has no vector
    assert scores[known] == pytest.approx(expected[known], abs=2e-3)


def test_vectors_without_any_structure_stay_exact_or_reach_the_recall() -> None:
    draw = np.random.default_rng(3)
    rows = draw.standard_normal((20_000, 32))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    stored = StoredVectors(rows.astype(np.float16), np.arange(20_000, dtype=np.int32), 20_000)

    index = dense_index(stored, exact_up_to=1000)

    assert index.method == "exact" or float(index.method.rsplit(" ", 1)[1]) >= 0.95


def test_nearness_is_counted_from_the_farthest_documents() -> None:
    stored = clustered(2000)
    index = ExactIndex(stored)
    asked = question(stored, 0)

    assert index.floor(asked) == pytest.approx(
        float(np.nanmin(index.score(asked, NOBODY))), abs=0.2
    )
