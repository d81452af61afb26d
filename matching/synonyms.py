"""Words that mean the same to whoever asks: what companies say, and what documents say."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from matching.text import analyse

NO_SYNONYMS: Final[Mapping[str, Sequence[str]]] = {}


class Synonyms:
    """A list of synonyms as terms; applied to questions only, so that it may change at any time."""

    def __init__(self, words: Mapping[str, Sequence[str]]) -> None:
        """Analyse the list.

        Args:
            words: By word or phrase as a company writes it, the words that documents use for it.
        """
        self._meant: dict[tuple[str, ...], list[str]] = {}
        for said, meant in words.items():
            key = _name(said)
            if key:
                known = self._meant.setdefault(key, [])
                known += [term for word in meant for term in _terms(word) if term not in known]
        self._single = {key[0]: meant for key, meant in self._meant.items() if len(key) == 1}
        self._phrases = {key: meant for key, meant in self._meant.items() if len(key) > 1}
        self.content = tuple(sorted((said, tuple(meant)) for said, meant in words.items()))

    def of(self, terms: Iterable[str]) -> dict[str, list[str]]:
        """What the terms of a question mean besides; by the term that brought it."""
        there = dict.fromkeys(terms)
        found = {term: list(self._single[term]) for term in there if term in self._single}
        for phrase, meant in self._phrases.items():
            if all(word in there for word in phrase):
                known = found.setdefault(phrase[0], [])
                known += [term for term in meant if term not in known]
        return found


def _name(said: str) -> tuple[str, ...]:
    """A phrase as one compound if it was written as one word, else as its words."""
    analysis = analyse(said)
    if len(analysis.runs) == 1 and analysis.runs[0].compound:
        return (analysis.runs[0].compound,)
    return tuple(dict.fromkeys(analysis.words))


def _terms(meant: str) -> list[str]:
    """The compound of a word that has one, else its words."""
    analysis = analyse(meant)
    if len(analysis.runs) == 1 and analysis.runs[0].compound:
        return [analysis.runs[0].compound, *analysis.words]
    return list(analysis.words)
