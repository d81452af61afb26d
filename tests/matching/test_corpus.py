"""Texts of a file become the same index, and their vectors are computed once."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from matching.corpus import CorpusText, index_of, text_key
from matching.encoder import Vectors
from schemas.indexing import IndexedDocument
from schemas.search import DocumentKind
from tests.matching import catalogue


class Counting(catalogue.WordsAsVectors):
    """Counts what it encodes, and fails when told to."""

    def __init__(self) -> None:
        self.passages = 0
        self.fails_after = 1000

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        self.passages += len(texts)
        if self.passages > self.fails_after:
            raise RuntimeError("killed")
        return super().encode_passages(texts)


def corpus(count: int) -> list[CorpusText]:
    return [
        CorpusText(
            IndexedDocument(
                DocumentKind.PATENT,
                str(i),
                "KIMM",
                f"용접 방법 {i}",
                text_key(f"용접 방법 {i}", "균열"),
            ),
            "균열",
        )
        for i in range(count)
    ]


def ignore(_done: int, _of: int) -> None:
    pass


def test_vectors_are_computed_once(tmp_path: Path) -> None:
    encoder = Counting()
    first = index_of(corpus(5), encoder, tmp_path, ignore)
    again = index_of(corpus(5), encoder, tmp_path, ignore)

    assert encoder.passages == 5
    assert first.version == again.version
    assert again.dense is not None


def test_what_was_computed_before_a_kill_is_kept(tmp_path: Path) -> None:
    killed = Counting()
    killed.fails_after = 20
    with pytest.raises(RuntimeError, match="killed"):
        index_of(corpus(40), killed, tmp_path, ignore)
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes() + b"half a record")

    rest = Counting()
    told: list[tuple[int, int]] = []
    index_of(corpus(40), rest, tmp_path, lambda done, of: told.append((done, of)))

    assert rest.passages == 24
    assert told[0] == (16, 40)
    assert told[-1] == (40, 40)


def test_the_key_is_the_catalogues() -> None:
    # As the view search_document computes it: md5 of title, newline and body.
    assert text_key("a", "b") == "8cdeb44417f3c26826595d5820cf5700"
