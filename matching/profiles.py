"""What institutes say of themselves in companies' words, compared with what a company wrote.

A profile is a list of phrases: what an institute is good at, and how companies ask for it. Staff
keep them; nothing else is learnt, so that a changed phrase takes effect when profiles are read
again, and every score can be traced to the phrases that made it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Final

import numpy as np
import numpy.typing as npt

from matching.encoder import Encoder, Vectors
from matching.synonyms import NO_SYNONYMS, Synonyms
from matching.text import normal_form, terms_of, with_spaces

Numbers = npt.NDArray[np.float64]

# The best three: one phrase alone hits by accident, and many punish a narrow profile.
_NEAREST: Final = 3
# Sentences of a long text are compared one by one: a vector of everything says little of each.
_SENTENCES: Final = 6
_SHORTEST_SENTENCE: Final = 12
_SENTENCE_END: Final = re.compile(r"(?<=[.?!])\s+|\n+")
_NOT_LETTERS: Final = re.compile(r"[^가-힣a-z0-9 ]")
_K1: Final = 1.2
_B: Final = 0.5
_SYNONYM: Final = 0.5
# Chosen on our own development set (docs/matching.md); the figures are flat around them.
_WHOLE_TEXT: Final = 0.25
_BY_SENTENCE: Final = 0.25
_BY_WORD: Final = 0.25
_BY_SYLLABLES: Final = 0.25


@dataclass(frozen=True)
class Phrase:
    """A line of an institute's profile."""

    institute: str
    text: str

    @cached_property
    def terms(self) -> Sequence[str]:
        """Its words and compounds; found once, as several readers share a phrase."""
        return terms_of(self.text)


@dataclass(frozen=True)
class ProfileScores:
    """How well each profile answers a text.

    Attributes:
        institutes: The institutes, in the order of the scores.
        scores: Between 0 and 1, comparable within one answer only.
        phrases: Of each institute the phrases that answered best, the best first.
    """

    institutes: tuple[str, ...]
    scores: Numbers
    phrases: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Asked:
    """A text, analysed and encoded once for everything that compares it with phrases.

    Attributes:
        parts: The whole in compatibility form, spaces repaired; then its sentences if it has
            several.
        vectors: Of the parts; empty without an encoder.
    """

    parts: Sequence[str]
    terms: Sequence[str]
    vectors: Sequence[Vectors]

    @classmethod
    def of(cls, text: str, encoder: Encoder | None) -> "Asked":
        """Analyse and encode a text."""
        plain = with_spaces(normal_form(text))
        parts = [plain, *_sentences(plain)]
        if encoder is None or not plain:
            return cls(parts, terms_of(text), ())
        return cls(parts, terms_of(text), [encoder.encode_question(part) for part in parts])

    @property
    def plain(self) -> str:
        """The whole text."""
        return self.parts[0]


class Profiles:
    """The profiles of all institutes. They never change; other phrases need new ones."""

    def __init__(
        self,
        phrases: Sequence[Phrase],
        encoder: Encoder | None,
        vectors: Vectors | None = None,
        synonyms: Mapping[str, Sequence[str]] = NO_SYNONYMS,
    ) -> None:
        """Prepare the profiles.

        Args:
            phrases: Of all institutes.
            encoder: None where it can't run; then words alone decide.
            vectors: Of the phrases in their order, by `phrase_vectors`; computed when not given.
            synonyms: By word of a company, other words for the same.
        """
        self.institutes = tuple(sorted({phrase.institute for phrase in phrases}))
        self._phrases = phrases
        self._owners = np.asarray([self.institutes.index(phrase.institute) for phrase in phrases])
        self._vectors = vectors
        if encoder is not None and vectors is None and phrases:
            self._vectors = phrase_vectors(encoder, [phrase.text for phrase in phrases])
        self._synonyms = Synonyms(synonyms)
        words: list[list[str]] = [[] for _ in self.institutes]
        syllables: list[list[str]] = [[] for _ in self.institutes]
        self._phrase_terms = [frozenset(phrase.terms) for phrase in phrases]
        for phrase, owner in zip(phrases, self._owners, strict=True):
            words[owner] += phrase.terms
            syllables[owner] += _pairs(phrase.text)
        self._by_word = _Bm25(words)
        self._by_syllables = _Bm25(syllables)
        content = repr([(phrase.institute, phrase.text) for phrase in phrases])
        name = encoder.name if encoder is not None else "words-only"
        self.version = f"{name}/{sha256(content.encode()).hexdigest()[:12]}"

    def score(self, asked: Asked) -> ProfileScores:
        """How well each institute's profile answers a text."""
        weights = dict.fromkeys(asked.terms, 1.0)
        for others in self._synonyms.of(asked.terms).values():
            for other in others:
                weights.setdefault(other, _SYNONYM)
        pairs = dict.fromkeys(_pairs(asked.plain), 1.0)
        total = _BY_WORD * _scaled(self._by_word.score(weights))
        total += _BY_SYLLABLES * _scaled(self._by_syllables.score(pairs))
        shared = np.asarray([len(own & weights.keys()) for own in self._phrase_terms], dtype=float)
        near = shared / max(float(shared.max(initial=0)), 1.0)
        if self._vectors is not None and asked.vectors:
            nearness = [self._vectors @ vector for vector in asked.vectors]
            by_text = [self._nearest(one) for one in nearness]
            total += _WHOLE_TEXT * _scaled(by_text[0])
            total += _BY_SENTENCE * _scaled(np.mean(by_text[1:] or by_text, axis=0))
            near = near + _scaled(nearness[0].astype(float))
        return ProfileScores(
            self.institutes,
            total / max(float(total.max(initial=0)), 1.0),
            tuple(self._best_phrases(number, near) for number in range(len(self.institutes))),
        )

    def _nearest(self, nearness: Vectors) -> Numbers:
        """The mean of each institute's nearest phrases."""
        return np.asarray(
            [
                np.sort(nearness[self._owners == number])[-_NEAREST:].mean()
                for number in range(len(self.institutes))
            ]
        )

    def _best_phrases(self, number: int, near: Numbers) -> tuple[str, ...]:
        own = np.flatnonzero(self._owners == number)
        best = own[np.argsort(-near[own], kind="stable")][:_NEAREST]
        return tuple(self._phrases[int(i)].text for i in best)


class _Bm25:
    """BM25 of a few long documents: what each term adds to each of them."""

    def __init__(self, documents: Sequence[Sequence[str]]) -> None:
        counts: dict[str, Numbers] = {}
        for number, terms in enumerate(documents):
            for term in terms:
                counts.setdefault(term, np.zeros(len(documents)))[number] += 1
        lengths = np.asarray([len(terms) for terms in documents], dtype=float)
        norm = _K1 * (1 - _B + _B * lengths / max(float(lengths.mean()), 1.0)) if counts else 0
        self._added = {
            term: np.log1p((len(documents) - (df := np.count_nonzero(found)) + 0.5) / (df + 0.5))
            * found
            / (found + norm)
            for term, found in counts.items()
        }
        self._nothing = np.zeros(len(documents))

    def score(self, weights: Mapping[str, float]) -> Numbers:
        total = self._nothing.copy()
        for term, weight in weights.items():
            if (added := self._added.get(term)) is not None:
                total += weight * added
        return total


def phrase_vectors(encoder: Encoder, texts: Sequence[str]) -> Vectors:
    """Vectors of phrases, a row each: encoded as questions are, for phrases read like them."""
    return np.asarray([encoder.encode_question(text) for text in texts], dtype=np.float32)


def kept_vectors(encoder: Encoder, texts: Sequence[str]) -> dict[str, bytes]:
    """The same by text, as they are kept: single precision, little-endian."""
    rows = phrase_vectors(encoder, texts)
    return {text: row.astype("<f4").tobytes() for text, row in zip(texts, rows, strict=True)}


def _sentences(text: str) -> list[str]:
    """The first sentences of a text that has several."""
    found = [
        sentence.strip()
        for sentence in _SENTENCE_END.split(text)
        if len(sentence.strip()) >= _SHORTEST_SENTENCE
    ]
    return found[:_SENTENCES] if len(found) > 1 else []


def _pairs(text: str) -> list[str]:
    """Pairs of neighbouring letters inside words: typing errors spare most of them."""
    words = _NOT_LETTERS.sub("", text.lower()).split()
    return [word[i : i + 2] for word in words for i in range(len(word) - 1)]


def _scaled(scores: Numbers) -> Numbers:
    """Scores between 0 (the worst) and 1 (the best); all 0 when they are alike."""
    if len(scores) == 0:
        return scores
    low, high = float(scores.min()), float(scores.max())
    if high - low < 1e-9:  # noqa: PLR2004  # alike, but for rounding
        return np.zeros_like(scores, dtype=float)
    return (scores - low) / (high - low)
