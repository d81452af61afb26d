"""Institutes that a text names, by today's name, an old one, or what people call them."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

_LATIN: Final = re.compile(r"[A-Za-z0-9-]+")
# A short Korean name may be the tail of another word: 신재료연, 원자재료연.
_SURE_LENGTH: Final = 5
# As common as they are short, these stand for other things too: a kit, a graphics conference.
_AMBIGUOUS: Final = frozenset({"KIT", "GTC"})


class InstituteNames:
    """Finds institutes by name in texts."""

    def __init__(self, names: Mapping[str, Iterable[str]]) -> None:
        """Prepare the names.

        Args:
            names: By code, every name the institute has or had.
        """
        found: dict[str, str] = {}
        for code, own in names.items():
            for name in (code, *own):
                if len(name) > 1 and name not in _AMBIGUOUS:
                    found[name] = code
        # The longest first: 한국과학기술정보연구원 is not 과학기술연구원, KISTI is not KIST.
        self._patterns = [
            (_pattern(name), code) for name, code in sorted(found.items(), key=lambda n: -len(n[0]))
        ]

    def named_in(self, text: str) -> tuple[str, ...]:
        """Codes of the institutes that `text` names, in the order of their names' length."""
        rest = text
        named: dict[str, None] = {}
        for pattern, code in self._patterns:
            rest, times = pattern.subn(" ", rest)
            if times:
                named[code] = None
        return tuple(named)


def _pattern(name: str) -> re.Pattern[str]:
    if _LATIN.fullmatch(name):
        return re.compile(rf"(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])")
    spaced = r"\s*".join(re.escape(part) for part in name.split())
    before = "" if len(name) >= _SURE_LENGTH else r"(?<![가-힣])"
    return re.compile(before + spaced)
