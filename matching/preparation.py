"""What is computed of texts beforehand, in a process of its own.

A thread would not do. Threads of Python take turns, and one of low priority that has its turn on a
busy machine makes all the others wait.
"""

import ctypes
import os
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Final

from matching.encoder import Encoder
from matching.passages import passages_of
from matching.profiles import kept_vectors
from matching.text import terms_of
from schemas.indexing import StoredText

_PR_SET_PDEATHSIG: Final = 1
# Others go first, but it is not left out altogether on a machine that is always busy.
_PRIORITY: Final = 10

# The child's own, set when it starts.
_encoder_of: Callable[[], Encoder | None] | None = None


def quiet_process(encoder_of: Callable[[], Encoder | None]) -> ProcessPoolExecutor:
    """A process of low priority, on one core, for the functions below.

    Args:
        encoder_of: Loads the encoder in the process; a function of a module.
    """
    return ProcessPoolExecutor(
        1, mp_context=get_context("spawn"), initializer=_begin, initargs=(encoder_of,)
    )


def _begin(encoder_of: Callable[[], Encoder | None]) -> None:
    global _encoder_of  # noqa: PLW0603  # a process pool hands its processes nothing else
    _encoder_of = encoder_of
    os.environ["OMP_NUM_THREADS"] = "1"
    if hasattr(os, "nice"):
        os.nice(_PRIORITY)
    # Ctrl-C is for the parent, which ends this one; and a killed parent can't, so the kernel does.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def analyse_texts(texts: Sequence[StoredText]) -> dict[str, list[str]]:
    """Words and compounds by text key."""
    return {text.key: terms_of(f"{text.title}\n{text.body}") for text in texts}


def encode_texts(texts: Sequence[StoredText]) -> dict[str, bytes]:
    """The vectors of passages by text key: half precision, little-endian.

    Raises:
        RuntimeError: There is no encoder.
    """
    encoder = _running_encoder()
    passages = [passages_of(text.title, text.body) for text in texts]
    rows = encoder.encode_passages([passage for own in passages for passage in own])
    kept: dict[str, bytes] = {}
    start = 0
    for text, own in zip(texts, passages, strict=True):
        kept[text.key] = rows[start : start + len(own)].astype("<f2").tobytes()
        start += len(own)
    return kept


def encode_phrases(phrases: Sequence[str]) -> dict[str, bytes]:
    """The vectors of phrases, as they are kept.

    Raises:
        RuntimeError: There is no encoder.
    """
    return kept_vectors(_running_encoder(), phrases)


def _running_encoder() -> Encoder:
    encoder = _encoder_of() if _encoder_of is not None else None
    if encoder is None:
        raise RuntimeError("no encoder runs here")
    return encoder
