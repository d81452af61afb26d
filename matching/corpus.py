"""An index of texts that lie in a file: for evaluation and benchmarks, by the same class as ever.

Computing vectors takes minutes for thousands of texts, so they are kept in a folder under the hash
of the text; what was computed before a kill is there the next time.
"""

import hashlib
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from matching.dense import StoredVectors
from matching.documents import Documents
from matching.encoder import Encoder
from matching.index import CatalogueIndex
from matching.live import stack
from matching.passages import passages_of, stored_model
from matching.synonyms import NO_SYNONYMS
from matching.text import terms_of
from schemas.indexing import IndexedDocument

Progress = Callable[[int, int], None]
"""Hears how many of how many texts are done."""

Rows = npt.NDArray[np.float16]

_TOGETHER: Final = 16
# A record: the text's hash, the number of its vectors, the vectors in half precision.
_HEAD: Final = struct.Struct("<32sI")


@dataclass(frozen=True)
class CorpusText:
    """A text of a corpus; its document says what it is."""

    document: IndexedDocument
    body: str


def text_key(title: str, body: str) -> str:
    """The key of a text, the same as the catalogue's."""
    return hashlib.md5(
        f"{title}\n{body}".encode("utf-8", "replace"), usedforsecurity=False
    ).hexdigest()


def index_of(
    corpus: Sequence[CorpusText],
    encoder: Encoder | None,
    folder: Path,
    progress: Progress,
    *,
    synonyms: Mapping[str, Sequence[str]] = NO_SYNONYMS,
) -> CatalogueIndex:
    """The index of a corpus.

    Args:
        corpus: Its texts.
        encoder: None searches by words only.
        folder: Keeps vectors; made when it is not there.
        progress: Hears how many vectors are there.
        synonyms: By word of a company, words of the documents.
    """
    return CatalogueIndex.build(
        Documents.of([text.document for text in corpus]),
        (terms_of(f"{text.document.title}\n{text.body}") for text in corpus),
        vectors_of(corpus, encoder, folder, progress) if encoder is not None else None,
        encoder=encoder,
        synonyms=synonyms,
    )


def vectors_of(
    corpus: Sequence[CorpusText], encoder: Encoder, folder: Path, progress: Progress
) -> StoredVectors | None:
    """The vectors of a corpus, computed where they are not kept yet."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{stored_model(encoder).replace('/', '_')}.vectors"
    kept = dict(_records(file, encoder.dimensions))
    keys = [text_key(text.document.title, text.body) for text in corpus]
    wanted = set(keys)
    missing = {key: text for key, text in zip(keys, corpus, strict=True) if key not in kept}
    # Texts of like length together: the engine takes longer for a batch of unlike ones.
    todo = sorted(missing.items(), key=lambda item: len(item[1].body))
    with file.open("ab") as out:
        # What a kill left half-written would make the rest unreadable.
        out.truncate(sum(_HEAD.size + rows.nbytes for rows in kept.values()))
        for start in range(0, len(todo), _TOGETHER):
            progress(len(wanted & kept.keys()), len(wanted))
            for key, rows in _encoded(todo[start : start + _TOGETHER], encoder):
                out.write(_HEAD.pack(key.encode(), len(rows)) + rows.tobytes())
                kept[key] = rows
            out.flush()
    progress(len(wanted), len(wanted))
    return stack([kept[key] for key in keys])


def _encoded(
    texts: Sequence[tuple[str, CorpusText]], encoder: Encoder
) -> Iterator[tuple[str, Rows]]:
    passages = [passages_of(text.document.title, text.body) for _, text in texts]
    rows = encoder.encode_passages([passage for own in passages for passage in own])
    start = 0
    for (key, _), own in zip(texts, passages, strict=True):
        yield key, rows[start : start + len(own)].astype("<f2")
        start += len(own)


def _records(file: Path, dimensions: int) -> Iterator[tuple[str, Rows]]:
    """What is kept; a record that was cut off is left out."""
    if not file.exists():
        return
    content = file.read_bytes()
    at = 0
    while at + _HEAD.size <= len(content):
        key, count = _HEAD.unpack_from(content, at)
        size = count * dimensions * 2
        if at + _HEAD.size + size > len(content):
            return
        rows = np.frombuffer(content, "<f2", count * dimensions, at + _HEAD.size)
        yield key.decode("ascii"), rows.reshape(count, dimensions)
        at += _HEAD.size + size
