"""A question as the index understands it: weighted terms, what has to occur, what was mistyped."""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from math import log
from typing import Final

from matching.correction import Corrector
from matching.synonyms import Synonyms
from matching.text import Analysis, Run, analyse

_COMPOUND: Final = 0.4
_SYNONYM: Final = 0.5
_CORRECTED: Final = 0.8
# Each costs milliseconds in a large catalogue, and a text of thousands of words needs no repair.
_MOST_CORRECTED: Final = 8
_MOST_LOOKED_AT: Final = 40
_HANGUL: Final = re.compile("[가-힣]")
_LETTER: Final = re.compile(r"[^\W\d_]")


@dataclass(frozen=True)
class Group:
    """What one word of the question asks for.

    Attributes:
        ways: Sets of terms: a document answers when it has all terms of one of them.
        terms: All of its terms, the most telling first.
    """

    ways: tuple[tuple[str, ...], ...]
    terms: tuple[str, ...]


@dataclass(frozen=True)
class Question:
    """A question, understood.

    Attributes:
        text: For the encoder: spaces and mistyped words repaired.
        corrected: The same for the reader; None when no word was mistyped.
        weights: How much each term counts.
        asked: The same without synonyms: of two words for one thing a document has one.
        groups: What a search requires, a group for each word.
        hangul: Share of Hangul among its letters, 0 to 1: documents are Korean, so only the Korean
            part of a question can be compared word by word.
        has_letters: Whether anything is asked at all.
    """

    text: str
    corrected: str | None
    weights: dict[str, float]
    asked: dict[str, float]
    groups: tuple[Group, ...]
    hangul: float
    has_letters: bool


def understand(
    text: str, frequency: Callable[[str], int], corrector: Corrector, synonyms: Synonyms
) -> Question:
    """Analyse a question against the words that the catalogue has.

    Args:
        text: As it was written; what is longer than 20,000 characters is cut.
        frequency: How many documents have a term.
        corrector: Proposes a known word for one that no document has.
        synonyms: What words mean besides.
    """
    analysis = analyse(text)
    slips: dict[str, dict[str, str]] = {}
    runs = {run.surface: run for run in analysis.runs}
    for run in islice(runs.values(), _MOST_LOOKED_AT):
        if len(slips) < _MOST_CORRECTED and (found := _slips(run, frequency, corrector)):
            slips[run.surface] = found
    asked = _asked(analysis, slips)
    meant = synonyms.of((*asked, *analysis.words, *analysis.compounds))
    weights = {term: _SYNONYM for others in meant.values() for term in others} | asked
    repaired = _repaired(analysis, slips)
    letters = _LETTER.findall(analysis.text)
    return Question(
        text=repaired,
        corrected=repaired if slips else None,
        weights=weights,
        asked=asked,
        groups=tuple(
            _group(run, slips.get(run.surface, {}), meant, frequency) for run in runs.values()
        ),
        hangul=len(_HANGUL.findall(analysis.text)) / len(letters) if letters else 0.0,
        has_letters=bool(letters),
    )


def _asked(analysis: Analysis, slips: dict[str, dict[str, str]]) -> dict[str, float]:
    """The terms of the question; what was meant takes the place of what was mistyped."""
    times = Counter((*analysis.words, *analysis.compounds))
    words = frozenset(analysis.words)
    asked = {
        term: (1 + log(count)) * (1.0 if term in words else _COMPOUND)
        for term, count in times.items()
    }
    for run in analysis.runs:
        for wrong in slips.get(run.surface, {}):
            # The parts into which a mistyped word fell mean nothing.
            parts = (*run.words, run.compound) if wrong == run.surface else (wrong,)
            for part in parts:
                asked.pop(part or "", None)
    for found in slips.values():
        for right in found.values():
            for term in analyse(right).terms:
                asked[term] = max(asked.get(term, 0.0), _CORRECTED)
    return asked


def _slips(run: Run, frequency: Callable[[str], int], corrector: Corrector) -> dict[str, str]:
    """Mistyped parts of a run and what was meant: the whole run if that is known, else words."""
    whole = run.compound or run.words[0]
    if frequency(whole):
        return {}
    unknown = [word for word in run.words if not frequency(word)]
    # A mistyped word often falls apart into syllables that happen to be words.
    if run.compound and (unknown or any(len(word) == 1 for word in run.words)):
        right = corrector.nearest(run.compound)
        if right:
            return {run.surface: right}
    found = {word: right for word in unknown if (right := corrector.nearest(word))}
    return {run.surface if len(run.words) == 1 else word: right for word, right in found.items()}


def _group(
    run: Run, slips: dict[str, str], meant: dict[str, list[str]], frequency: Callable[[str], int]
) -> Group:
    """The ways in which a document can answer a run: as it stands, by its parts, by synonyms."""
    ways: list[tuple[str, ...]] = []
    if run.compound:
        ways.append((run.compound,))
    if run.whole or not (run.compound and frequency(run.compound)):
        ways.append(tuple(dict.fromkeys(slips.get(word, word) for word in run.words)))
    ways += [(right,) for right in slips.values()]
    ways += [
        (other,)
        for term in dict.fromkeys((*((run.compound,) if run.compound else ()), *run.words))
        for other in meant.get(term, ())
        if len(other) > 1
    ]
    known = tuple(dict.fromkeys(way for way in ways if all(frequency(term) for term in way)))
    return Group(known, tuple(dict.fromkeys(term for way in known for term in way)))


def _repaired(analysis: Analysis, slips: dict[str, dict[str, str]]) -> str:
    """The text with what was meant in the place of what was mistyped."""
    parts: list[str] = []
    done = 0
    for run in analysis.runs:
        right = run.surface
        for wrong, meant in slips.get(run.surface, {}).items():
            right = re.sub(
                re.escape(wrong), lambda _, meant=meant: meant, right, flags=re.IGNORECASE
            )
        parts += [analysis.text[done : run.start], right]
        done = run.start + len(run.surface)
    return "".join((*parts, analysis.text[done:]))
