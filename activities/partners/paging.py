"""Pages of a service that is asked for one institute after the other."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from activities.partners.answers import Page, PartnerRefuses
from activities.partners.fetching import Fetcher

Records: TypeAlias = tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Place:
    """Where a reading is: a page, counted from 1, of an institute's records."""

    code: str
    name: str
    page: int


class InstituteByInstitute(ABC):
    """A partner that is asked what it has of one institute after the other, page by page.

    Cursors have the form `KIMM:3`. They outlive a change of the institutes.
    """

    def __init__(
        self, fetcher: Fetcher, url: str, key: str, institutes: Sequence[tuple[str, str]]
    ) -> None:
        """Ask at `url` about each of the institutes: code and Korean name."""
        self._fetcher = fetcher
        self._url = url
        self._key = key
        self._institutes = sorted(institutes)

    async def page(self, cursor: str | None) -> Page:
        """The next records of the institute that the cursor names.

        Raises:
            PartnerRefuses: The cursor is none of ours.
        """
        place = self._place(cursor)
        if place is None:
            return Page((), None)
        records, is_last = await self._read(place)
        return Page(records, self._following(place, is_last=is_last))

    @abstractmethod
    async def _read(self, place: Place) -> tuple[Records, bool]:
        """The records of a page, and whether it is the last one of its institute."""

    def _place(self, cursor: str | None) -> Place | None:
        """What a cursor means; None when nothing is left."""
        if cursor is None:
            return self._first_page(after="")
        code, _, page = cursor.partition(":")
        if not page.isascii() or not page.isdigit():
            raise PartnerRefuses("wrong-cursor")
        for known, name in self._institutes:
            if known == code:
                return Place(code, name, int(page))
        return self._first_page(after=code)

    def _following(self, place: Place, *, is_last: bool) -> str | None:
        """The cursor of the next page; None after the last one of the last institute."""
        if not is_last:
            return f"{place.code}:{place.page + 1}"
        following = self._first_page(after=place.code)
        return None if following is None else f"{following.code}:1"

    def _first_page(self, *, after: str) -> Place | None:
        return next((Place(code, name, 1) for code, name in self._institutes if code > after), None)
