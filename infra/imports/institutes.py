"""Recognises institutes by code, name or alias; one that is no more leads to what followed it."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from infra.imports.problems import Wrong
from infra.imports.values import Refusal

# What stands around an organisation's name and tells nothing about which one it is.
_FORM: Final = re.compile(r"재단법인|사단법인|특수법인|주식회사|\((?:재|사|주|특)\)|㈜|㈔|㈝")
_SEPARATORS: Final = re.compile(r"[|;,\n/\uff0c\uff1b]+")


@dataclass(frozen=True, kw_only=True)
class InstituteName:
    """An institute with everything it is called.

    Attributes:
        valid_to: Its last day; None while it lasts.
        successor: Code of the institute that followed it.
    """

    code: str
    names: tuple[str, ...]
    valid_from: date
    valid_to: date | None
    successor: str | None


class InstituteNames:
    """Looks institutes up by what people call them."""

    def __init__(self, institutes: Iterable[InstituteName]) -> None:
        """Take the names of all institutes, those that are no more among them."""
        self._by_code = {institute.code: institute for institute in institutes}
        self._codes: defaultdict[str, set[str]] = defaultdict(set)
        for institute in self._by_code.values():
            for name in (institute.code, *institute.names):
                self._codes[_normal(name)].add(institute.code)
        self._found: dict[tuple[str, date], str | Wrong] = {}

    def find(self, written: str, on: date) -> str:
        """The code of the institute that `written` names: the first of several that is one of ours.

        Joint applicants stand in one cell; the first of ours is taken for the holder.

        Args:
            written: A code, a name, an alias, or several of these.
            on: The day as of which it was written.

        Raises:
            Refusal: It is none of ours, or could be several.
        """
        if (written, on) not in self._found:
            self._found[written, on] = self._look_up(written, on)
        found = self._found[written, on]
        if isinstance(found, Wrong):
            raise Refusal(found)
        return found

    def _look_up(self, written: str, on: date) -> str | Wrong:
        for part in (written, *_SEPARATORS.split(written)):
            named = self._codes.get(_normal(part), set[str]())
            lasting = {self._lasting(code, on) for code in named} - {None}
            if len(lasting) > 1:
                return Wrong.AMBIGUOUS_INSTITUTE
            for code in lasting:
                if code is not None:
                    return code
        return Wrong.UNKNOWN_INSTITUTE

    def _lasting(self, code: str, on: date) -> str | None:
        """The institute, or the one that had followed it by that day; None when none had."""
        passed: set[str] = set()
        while code not in passed:
            passed.add(code)
            institute = self._by_code[code]
            if institute.valid_to is None or institute.valid_to >= on:
                return code
            if institute.successor is None:
                return None
            code = institute.successor
        return None


def _normal(name: str) -> str:
    plain = _FORM.sub("", unicodedata.normalize("NFC", name))
    plain = _FORM.sub("", unicodedata.normalize("NFKC", plain)).casefold()
    return re.sub(r"[\W_]+", "", plain)
