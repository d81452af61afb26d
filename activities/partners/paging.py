"""Pages of a service that is asked for one institute after the other."""

from collections.abc import Sequence
from dataclasses import dataclass

from activities.partners.answers import PartnerRefuses


@dataclass(frozen=True)
class Place:
    """Where a reading is: a page, counted from 1, of an institute's records."""

    code: str
    name: str
    page: int


class InstitutePages:
    """Cursors of the form `KIMM:3`. They outlive a change of the institutes."""

    def __init__(self, institutes: Sequence[tuple[str, str]]) -> None:
        """Know the institutes: code and Korean name."""
        self._institutes = sorted(institutes)

    def place(self, cursor: str | None) -> Place | None:
        """What a cursor means; None when nothing is left.

        Raises:
            PartnerRefuses: It is none of ours.
        """
        if cursor is None:
            return self._first_page(after="")
        code, _, page = cursor.partition(":")
        if not page.isascii() or not page.isdigit():
            raise PartnerRefuses("wrong-cursor")
        for known, name in self._institutes:
            if known == code:
                return Place(code, name, int(page))
        return self._first_page(after=code)

    def following(self, place: Place, *, is_last: bool) -> str | None:
        """The cursor of the next page; None after the last one of the last institute."""
        if not is_last:
            return f"{place.code}:{place.page + 1}"
        following = self._first_page(after=place.code)
        return None if following is None else f"{following.code}:1"

    def _first_page(self, *, after: str) -> Place | None:
        return next((Place(code, name, 1) for code, name in self._institutes if code > after), None)
