"""Vectors kept on disk under the hash of their text, so that a second run starts at once."""

import os
import sqlite3
import sys
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Final

import numpy as np

from matching.encoder import Encoder, Vectors

_AT_ONCE: Final = 64


def cache_folder() -> Path:
    """Where this user's programs keep what can be computed again."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "center1379"


class CachedEncoder:
    """An encoder that looks on disk first; what it computes in bulk it keeps there."""

    def __init__(self, encoder: Encoder, folder: Path) -> None:
        """Open the cache.

        Args:
            encoder: Computes what is missing.
            folder: Made when it is not there.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self._encoder = encoder
        self._kept = sqlite3.connect(folder / "vectors.sqlite3", timeout=60)
        self._kept.execute("CREATE TABLE IF NOT EXISTS vector (key TEXT PRIMARY KEY, value BLOB)")

    def passages(self, texts: Sequence[str], what: str) -> Vectors:
        """Vectors of passages, a row each."""
        return self._rows("passage", texts, what, self._encoder.encode_passages)

    def questions(self, texts: Sequence[str], what: str) -> Vectors:
        """Vectors of texts as questions, a row each."""

        def one_by_one(some: Sequence[str]) -> Vectors:
            return np.asarray([self._encoder.encode_question(text) for text in some])

        return self._rows("question", texts, what, one_by_one)

    def _rows(
        self, sort: str, texts: Sequence[str], what: str, encode: Callable[[Sequence[str]], Vectors]
    ) -> Vectors:
        keys = [
            sha256(f"{self._encoder.name}\0{sort}\0{text}".encode()).hexdigest() for text in texts
        ]
        found = self._read(keys)
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in found}
        # Texts of like length together: a batch takes as long as its longest.
        todo = sorted(missing.items(), key=lambda item: len(item[1]))
        for start in range(0, len(todo), _AT_ONCE):
            some = todo[start : start + _AT_ONCE]
            rows = encode([text for _, text in some]).astype("<f4")
            new = {key: row.tobytes() for (key, _), row in zip(some, rows, strict=True)}
            with self._kept:
                self._kept.executemany("INSERT OR IGNORE INTO vector VALUES (?, ?)", new.items())
            found |= new
            sys.stderr.write(f"\r{what}: {start + len(some)} of {len(todo)} texts encoded ")
            sys.stderr.flush()
        if todo:
            sys.stderr.write("\n")
        return np.asarray([np.frombuffer(found[key], "<f4") for key in keys], dtype=np.float32)

    def _read(self, keys: Sequence[str]) -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        for key in keys:
            row = self._kept.execute("SELECT value FROM vector WHERE key = ?", (key,)).fetchone()
            if row is not None:
                found[key] = row[0]
        return found
