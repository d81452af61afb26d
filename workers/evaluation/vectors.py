"""Vectors of phrases, kept on disk under the hash of their text: a second run starts at once."""

import os
import sqlite3
import sys
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Final

import numpy as np

from matching.corpus import Progress
from matching.encoder import Encoder, Vectors

_KEPT_TOGETHER: Final = 64


def cache_folder() -> Path:
    """Where this user's programs keep what can be computed again."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "center1379"


def progress_of(what: str) -> Progress:
    """Tells on standard error how far encoding has come."""

    def tell(done: int, of: int) -> None:
        if of:
            sys.stderr.write(f"\r{what}: {done} of {of} texts encoded")
            sys.stderr.write("\n" if done >= of else "")
            sys.stderr.flush()

    return tell


class KeptQuestions:
    """Encodes texts as questions, and keeps what it computed."""

    def __init__(self, encoder: Encoder, folder: Path) -> None:
        """Open what is kept.

        Args:
            encoder: Computes what is missing.
            folder: Made when it is not there.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self._encoder = encoder
        self._kept = sqlite3.connect(folder / "questions.sqlite3", timeout=60)
        self._kept.execute("CREATE TABLE IF NOT EXISTS vector (key TEXT PRIMARY KEY, value BLOB)")

    def rows(self, texts: Sequence[str], progress: Progress) -> Vectors:
        """The vectors of texts, a row each."""
        keys = [sha256(f"{self._encoder.name}\0{text}".encode()).hexdigest() for text in texts]
        found = {key: value for key in keys if (value := self._read(key)) is not None}
        missing = [(k, text) for k, text in zip(keys, texts, strict=True) if k not in found]
        for start in range(0, len(missing), _KEPT_TOGETHER):
            new = {
                key: self._encoder.encode_question(text).astype("<f4").tobytes()
                for key, text in missing[start : start + _KEPT_TOGETHER]
            }
            with self._kept:
                self._kept.executemany("INSERT OR IGNORE INTO vector VALUES (?, ?)", new.items())
            found |= new
            progress(min(start + _KEPT_TOGETHER, len(missing)), len(missing))
        return np.asarray([np.frombuffer(found[key], "<f4") for key in keys], dtype=np.float32)

    def _read(self, key: str) -> bytes | None:
        row = self._kept.execute("SELECT value FROM vector WHERE key = ?", (key,)).fetchone()
        return None if row is None else row[0]
