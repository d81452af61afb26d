"""The index that a process answers from, brought up to date beside the questions.

A process holds one `LiveIndex`. It asks its source for the catalogue's generation; when that has
grown, a new index is built of one consistent reading while the old one goes on answering, and takes
its place in one assignment. Nobody waits, and nobody sees half of a change.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from time import monotonic
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt
import structlog

from matching.dense import StoredVectors
from matching.documents import Documents
from matching.encoder import Encoder
from matching.index import CatalogueIndex
from matching.passages import stored_model
from matching.text import ANALYSER, terms_of
from schemas.indexing import CatalogueReading

Rows = npt.NDArray[np.float16]

log = structlog.stdlib.get_logger()

_LOOK_EVERY_SECONDS: Final = 1.0
# A catalogue that changes without a pause is read again only so often that building takes a
# quarter of the time.
_REST: Final = 3.0
_ANALYSED_AT_ONCE: Final = 5000


class CatalogueSource(Protocol):
    """Where the catalogue is kept."""

    async def generation(self) -> int:
        """A number that has grown with every change."""
        ...

    async def read(self, analyser: str, model: str | None, dimensions: int) -> CatalogueReading:
        """Documents, analyses and vectors of one instant.

        Args:
            analyser: Whose words are wanted.
            model: Whose vectors are wanted; None for no vectors.
            dimensions: Numbers in a vector.
        """
        ...

    async def texts(self, keys: Sequence[str]) -> Mapping[str, tuple[str, str]]:
        """Title and body by text key; texts that are gone meanwhile are left out."""
        ...


class LiveIndex:
    """The current index of a process."""

    def __init__(
        self, source: CatalogueSource, encoder: Callable[[], Encoder | None] = lambda: None
    ) -> None:
        """Nothing is read before the first question.

        Args:
            source: Where the catalogue is kept.
            encoder: Loads the encoder, with the first index.
        """
        self._source = source
        self._load_encoder = encoder
        self._encoder: Encoder | None = None
        self._index: CatalogueIndex | None = None
        self._generation = -1
        self._looked = 0.0
        self._took = 0.0
        self._building: asyncio.Task[CatalogueIndex] | None = None
        self._own_terms: dict[str, list[str]] = {}

    async def current(self) -> CatalogueIndex:
        """The index to answer from: never half of one; at most seconds behind the catalogue."""
        if self._index is None:
            return await self.newest()
        if monotonic() - self._looked > max(_LOOK_EVERY_SECONDS, self._took * _REST):
            self._looked = monotonic()
            if self._building is None and await self._source.generation() != self._generation:
                self._start_building()
        return self._index

    async def newest(self) -> CatalogueIndex:
        """The index of the catalogue as it is now, or later; waits until it is built.

        What changes while it is built is not waited for: a preparation changes it for hours.
        """
        wanted = await self._source.generation()
        while self._index is None or self._generation < wanted:
            await asyncio.shield(self._building or self._start_building())
        return self._index

    async def texts(self, keys: Sequence[str]) -> Mapping[str, tuple[str, str]]:
        """Title and body of documents of an index, by text key."""
        return await self._source.texts(keys)

    def _start_building(self) -> "asyncio.Task[CatalogueIndex]":
        self._building = asyncio.create_task(self._build())
        self._building.add_done_callback(self._built)
        return self._building

    def _built(self, task: "asyncio.Task[CatalogueIndex]") -> None:
        self._building = None
        if not task.cancelled() and (failure := task.exception()) is not None:
            # The old index goes on; the next look tries again.
            log.warning("match_index_failed", error=repr(failure))

    async def _build(self) -> CatalogueIndex:
        started = monotonic()
        encoder = self._encoder = await asyncio.to_thread(self._load_encoder)
        reading = await self._source.read(
            ANALYSER,
            stored_model(encoder) if encoder else None,
            encoder.dimensions if encoder else 0,
        )
        await self._analyse_what_is_missing(reading)
        index = await asyncio.to_thread(self._assemble, reading)
        self._index, self._generation = index, reading.generation
        self._looked, self._took = monotonic(), monotonic() - started
        log.info(
            "match_index_built",
            version=index.version,
            generation=reading.generation,
            documents=len(reading.documents),
            seconds=round(self._took, 2),
        )
        return index

    async def _analyse_what_is_missing(self, reading: CatalogueReading) -> None:
        """Find the words of new texts here when they are few, so that they are found at once."""
        missing = [
            key
            for key in dict.fromkeys(document.text_key for document in reading.documents)
            if key not in reading.terms
        ]
        self._own_terms = {k: self._own_terms[k] for k in missing if k in self._own_terms}
        wanted = [key for key in missing if key not in self._own_terms][:_ANALYSED_AT_ONCE]
        if wanted:
            texts = await self._source.texts(wanted)
            self._own_terms |= await asyncio.to_thread(_analyses, texts)
        if len(missing) > len(self._own_terms):
            log.info("match_index_incomplete", texts=len(missing) - len(self._own_terms))

    def _assemble(self, reading: CatalogueReading) -> CatalogueIndex:
        nothing: list[str] = []
        return CatalogueIndex.build(
            Documents.of(reading.documents),
            (
                reading.terms.get(one.text_key) or self._own_terms.get(one.text_key, nothing)
                for one in reading.documents
            ),
            stack([self._rows(reading, document.text_key) for document in reading.documents]),
            encoder=self._encoder,
            synonyms=reading.synonyms,
        )

    def _rows(self, reading: CatalogueReading, key: str) -> Rows | None:
        kept = reading.vectors.get(key)
        if kept is None or self._encoder is None:
            return None
        return np.frombuffer(kept, dtype="<f2").reshape(-1, self._encoder.dimensions)


def stack(vectors: Sequence[Rows | None]) -> StoredVectors | None:
    """The vectors of documents in one matrix; None when no document has any."""
    having = [(position, rows) for position, rows in enumerate(vectors) if rows is not None]
    if not having:
        return None
    owners = np.repeat(
        np.asarray([position for position, _ in having], dtype=np.int32),
        [len(rows) for _, rows in having],
    )
    return StoredVectors(np.vstack([rows for _, rows in having]), owners, len(vectors))


def _analyses(texts: Mapping[str, tuple[str, str]]) -> dict[str, list[str]]:
    return {key: terms_of(f"{title}\n{body}") for key, (title, body) in texts.items()}
