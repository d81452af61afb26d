"""What a half-written question could become: words and titles of public documents only (C27)."""

import unicodedata
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from schemas.search import DocumentKind

_LONGEST_WORD: Final = 12
_FEWEST: Final = 2
_LOOKED_AT: Final = 400


def key_of(text: str) -> str:
    """Text as letters, so that an unfinished syllable is a beginning: 알루ㅁ and 용저."""
    return unicodedata.normalize("NFKD", " ".join(text.split())).casefold()


class Completions:
    """Beginnings of one kind of document; never changes."""

    def __init__(self, titles: Iterable[str], known: Iterable[str]) -> None:
        """Sort words and titles by their letters.

        Args:
            titles: Of public documents.
            known: Terms of the index: a word of a title is offered without its particle.
        """
        vocabulary = frozenset(known)
        written: Counter[str] = Counter()
        whole: Counter[str] = Counter()
        for title in titles:
            whole[title] += 1
            written.update(unicodedata.normalize("NFKC", title).casefold().split())
        words: Counter[str] = Counter()
        for token, count in written.items():
            for length in range(min(len(token), _LONGEST_WORD), _FEWEST - 1, -1):
                if token[:length] in vocabulary and not token[:length].isdigit():
                    words[token[:length]] += count
                    break
        self._words = sorted((key_of(word), word, count) for word, count in words.items())
        self._titles = sorted((key_of(title), title, count) for title, count in whole.items())

    def starting_with(self, prefix: str, limit: int) -> list[str]:
        """The most frequent words, then titles, that begin so."""
        key = key_of(prefix)
        if not key:
            return []
        words = _beginning(self._words, key)
        titles = _beginning(self._titles, key)
        return list(dict.fromkeys((*words[: max(limit - 2, limit // 2)], *titles, *words)))[:limit]


def _beginning(entries: Sequence[tuple[str, str, int]], key: str) -> list[str]:
    start = bisect_left(entries, (key,))
    found: list[tuple[int, str]] = []
    for i in range(start, min(start + _LOOKED_AT, len(entries))):
        if not entries[i][0].startswith(key):
            break
        found.append((-entries[i][2], entries[i][1]))
    return [text for _, text in sorted(found)]


class CompletionsByKind:
    """Completions of each public kind, made when first asked for."""

    def __init__(self, titles: dict[DocumentKind, Sequence[str]], known: Iterable[str]) -> None:
        """Keep the titles; most processes never complete anything."""
        self._titles = titles
        self._known = known
        self._made: dict[DocumentKind, Completions] = {}

    def starting_with(self, prefix: str, kinds: Iterable[DocumentKind], limit: int) -> list[str]:
        """Completions over some kinds, each kind's best in turn."""
        found: list[list[str]] = []
        for kind in kinds:
            if kind in self._titles:
                if kind not in self._made:
                    self._made[kind] = Completions(self._titles[kind], self._known)
                found.append(self._made[kind].starting_with(prefix, limit))
        turns = max(map(len, found), default=0)
        return list(dict.fromkeys(one[i] for i in range(turns) for one in found if i < len(one)))[
            :limit
        ]
