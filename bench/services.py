"""How well services are told apart in fields that no example is about.

    python bench/services.py

Leaves out every sixth line of `service_examples.toml` in all services at once, and asks for it:
alone, and after the difficulty of the same line, as companies tell their trouble first. Weights in
`matching/wishes.py` were chosen by these figures.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from infra.reference_files import service_examples
from matching.encoder import Encoder, shipped_encoder
from matching.profiles import Asked
from matching.wishes import BACKGROUND, DIFFICULTY, Wishes
from workers.evaluation.vectors import KeptQuestions, cache_folder, progress_of

_FOLDS = 6

Examples = Mapping[str, Sequence[str]]


def main() -> None:
    """Measure with the encoder and without."""
    encoder = shipped_encoder()
    for name, own in (("words and meaning", encoder), ("words alone", None)):
        if name == "words alone" or own is not None:
            alone, after = zip(*_answers(service_examples(), own), strict=True)
            told = [right for right in after if right is not None]
            print(f"{name}: alone {np.mean(alone):.3f}, after a difficulty {np.mean(told):.3f}")


def _answers(examples: Examples, encoder: Encoder | None) -> Iterator[tuple[bool, bool | None]]:
    """Whether each example is read rightly, alone and after a difficulty; None of itself."""
    for fold in range(_FOLDS):
        wishes = _fitted({s: _others(own, fold) for s, own in examples.items()}, encoder)
        for service, own in examples.items():
            if service == BACKGROUND:
                continue
            for trouble, text in list(zip(examples[DIFFICULTY], own, strict=True))[fold::_FOLDS]:
                alone = wishes.service_of(Asked.of(text, encoder)) == service
                if service == DIFFICULTY:
                    yield alone, None
                else:
                    both = f"{trouble.rstrip('.')}. {text}"
                    yield alone, wishes.service_of(Asked.of(both, encoder)) == service


def _others(own: Sequence[str], fold: int) -> list[str]:
    return [text for number, text in enumerate(own) if number % _FOLDS != fold]


def _fitted(examples: Examples, encoder: Encoder | None) -> Wishes:
    if encoder is None:
        return Wishes(examples, None)
    texts = [text for own in examples.values() for text in own]
    rows = KeptQuestions(encoder, cache_folder()).rows(texts, progress_of("examples"))
    return Wishes(examples, encoder, rows)


if __name__ == "__main__":
    main()
