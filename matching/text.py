"""Korean text as words that can be compared: content morphemes, compounds, units, lower case."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from itertools import pairwise
from typing import Final, cast

from kiwipiepy import (  # pyright: ignore[reportMissingTypeStubs]  # the package has none
    Kiwi,
    Token,
)

from matching.units import with_plain_units

ANALYSER: Final = f"kiwi-{version('kiwipiepy')}-2"
"""Names this analysis: words that another one found of the same text can't be compared."""

LONGEST: Final = 20_000
"""Characters of a text that are read; the rest is cut."""

# Nouns, roots, verbs, adjectives, foreign words, Chinese characters and numbers carry the matter.
_NOUNS: Final = frozenset({"NNG", "NNP", "XR", "SL", "SH", "SN"})
_CONTENT: Final = _NOUNS | {"VV", "VA"}
# Parts that say little alone, but belong to a compound: 이차전지 is 이/NR 차/NNB 전지/NNG.
_PARTS: Final = _NOUNS | {"NR", "NNB", "XPN", "XSN", "MM"}
# Words of asking and of patents, which say nothing about the field.
_EMPTY: Final = frozenset(
    {
        "있", "하", "되", "않", "없", "같", "싶", "알", "주", "받", "회사", "업체", "문제", "방법",
        "발명", "견본", "경우", "정도", "생각", "필요", "도움", "요청", "해결", "기술", "적용",
        "분야", "효과", "이용", "저희", "우리", "어떻", "어떤", "부탁", "드리", "가능", "지원",
        "개발", "연구", "관하", "대하", "위하", "통하", "따르", "의하", "상기", "개시", "본",
        "특징", "포함", "제공", "실시", "구성", "단계", "형태", "예", "구체", "궁금", "고민", "찾",
    }
)  # fmt: skip
_LONGEST_COMPOUND: Final = 16
_FEWEST_TO_JUDGE: Final = 10
_SYLLABLES_A_SPACE: Final = 9
_PIECE: Final = 400
_HANGUL: Final = re.compile("[가-힣]")
_SPACES: Final = re.compile(r"\s+")
_MARKUP: Final = re.compile(r"</?[a-z][^<>]{0,200}>", re.IGNORECASE)


@dataclass(frozen=True)
class Run:
    """Neighbouring content words that were written as one: 알루미늄다이캐스팅을.

    Attributes:
        words: Its content words.
        compound: All of it as one term; None when it is one word.
        whole: Whether `words` leave nothing out, so that they stand for the compound.
        surface: As it was written, without particles.
        start: Where it begins in the normalised text.
    """

    words: tuple[str, ...]
    compound: str | None
    whole: bool
    surface: str
    start: int


@dataclass(frozen=True)
class Analysis:
    """What a text says.

    Attributes:
        text: The text that was analysed: in compatibility form, spaces repaired, units plain.
        words: Content words in order, repeated as often as they occur.
        compounds: Neighbouring nouns joined, each an extra term beside its words.
        runs: The words, grouped as they were written.
    """

    text: str
    words: tuple[str, ...]
    compounds: tuple[str, ...]
    runs: tuple[Run, ...]

    @property
    def terms(self) -> list[str]:
        """What an index keeps of the text."""
        return [*self.words, *self.compounds]


@cache
def _kiwi() -> Kiwi:
    """The analyser; loading its model takes seconds, so once a process and when first needed."""
    return Kiwi(num_workers=1)


def normal_form(text: str) -> str:
    """The text in compatibility form, cut, without markup and control characters."""
    shown = "".join(c if c.isprintable() else " " for c in _MARKUP.sub(" ", text[:LONGEST]))
    return _SPACES.sub(" ", unicodedata.normalize("NFKC", shown)[:LONGEST]).strip()


def with_spaces(text: str) -> str:
    """The text with spaces between its words, where its writer left out most of them."""
    syllables = len(_HANGUL.findall(text))
    if syllables < _FEWEST_TO_JUDGE or text.count(" ") * _SYLLABLES_A_SPACE >= syllables:
        return text
    # In pieces: the time grows faster than the length.
    pieces = (text[i : i + _PIECE] for i in range(0, len(text), _PIECE))
    return "".join(cast("str", _kiwi().space(piece)) for piece in pieces)


def analyse(text: str) -> Analysis:
    """The content words of a text and the compounds they form.

    Args:
        text: Any text; what is longer than 20,000 characters is cut.
    """
    plain = with_plain_units(with_spaces(normal_form(text)))
    # One text gives one list of tokens; the annotation also covers lists of texts.
    tokens = cast("list[Token]", _kiwi().tokenize(plain))
    runs = tuple(run for group in _written_as_one(tokens) if (run := _run(group, plain)))
    return Analysis(
        text=plain,
        words=tuple(word for run in runs for word in run.words),
        compounds=tuple(_compounds(tokens, runs)),
        runs=runs,
    )


def terms_of(text: str) -> list[str]:
    """Words and compounds of a text: what an index keeps of it."""
    return analyse(text).terms


def words_of(text: str) -> list[str]:
    """The content words of a text, in order, repeated as often as they occur."""
    return list(analyse(text).words)


def _written_as_one(tokens: Sequence[Token]) -> list[list[Token]]:
    """Groups of nominal tokens with nothing between them; a verb is a group of its own."""
    groups: list[list[Token]] = []
    for token in tokens:
        if token.tag in _PARTS:
            last = groups[-1][-1] if groups else None
            if last is not None and last.tag in _PARTS and last.end == token.start:
                groups[-1].append(token)
                continue
        elif token.tag.split("-")[0] not in _CONTENT:
            continue
        groups.append([token])
    return groups


def _run(group: Sequence[Token], text: str) -> Run | None:
    words = tuple(
        word
        for token in group
        if token.tag.split("-")[0] in _CONTENT and (word := token.form.lower()) not in _EMPTY
    )
    if not words:
        return None
    # Particles of a verb may reach into the next token, so only nouns have a surface.
    surface = text[group[0].start : group[-1].end]
    joined = surface.lower()
    compound = joined if len(group) > 1 and len(joined) <= _LONGEST_COMPOUND else None
    return Run(words, compound, len(words) == len(group), surface, group[0].start)


def _compounds(tokens: Sequence[Token], runs: Sequence[Run]) -> list[str]:
    """Neighbouring nouns joined, whether or not a space was written, and runs of more parts."""
    found: list[str] = []
    for first, second in pairwise(tokens):
        if first.tag in _NOUNS and second.tag in _NOUNS and second.start - first.end <= 1:
            joined = (first.form + second.form).lower()
            if len(joined) <= _LONGEST_COMPOUND:
                found.append(joined)
    pairs = frozenset(found)
    return found + [run.compound for run in runs if run.compound and run.compound not in pairs]
