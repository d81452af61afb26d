"""Marks in a text the words that answer a question, and cuts the text around them."""

import re
from collections.abc import Iterable
from typing import Final

from markupsafe import Markup, escape

PASSAGE: Final = 180
_BEFORE: Final = 40
_ELLIPSIS: Final = "…"


def marked(text: str, terms: Iterable[str]) -> Markup:
    """`text` for a page, with every occurrence of a term in a <mark>."""
    pattern = _pattern(terms)
    if pattern is None:
        return escape(text)
    parts: list[Markup] = []
    end = 0
    for found in pattern.finditer(text):
        parts += [escape(text[end : found.start()]), Markup("<mark>%s</mark>") % found.group()]
        end = found.end()
    return Markup().join([*parts, escape(text[end:])])


def passage(text: str, terms: Iterable[str], length: int = PASSAGE) -> Markup:
    """The part of `text` around the first term, marked; its beginning when no term occurs.

    Args:
        text: A summary or description.
        terms: What to mark.
        length: So many characters at most, beside the signs for what was left out.
    """
    terms = tuple(terms)
    if len(text) <= length:
        return marked(text, terms)
    pattern = _pattern(terms)
    first = pattern.search(text) if pattern else None
    start = max(0, first.start() - _BEFORE) if first else 0
    start = min(start, len(text) - length)
    # From the beginning of a word on.
    space = text.find(" ", start, start + _BEFORE) if start else -1
    start = space + 1 if space >= 0 else start
    cut = text[start : start + length]
    before = _ELLIPSIS if start else ""
    after = _ELLIPSIS if start + length < len(text) else ""
    return escape(before) + marked(cut, terms) + escape(after)


def _pattern(terms: Iterable[str]) -> re.Pattern[str] | None:
    # The longest goes first: inside it, shorter ones are not marked again.
    words = sorted({term for term in terms if term.strip()}, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, words)), re.IGNORECASE) if words else None
