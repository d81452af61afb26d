"""ZEUS: equipment that was bought with public money, with whether others may use it."""

from collections.abc import Mapping
from typing import Any, Final, cast
from urllib.parse import quote

from activities.partners.answers import Page, PartnerAway, PartnerRefuses
from activities.partners.fetching import Fetcher
from infra.imports.mapping import MappingFile
from schemas.catalogue import DataSet

_ROWS: Final = 100
_KEY_REFUSED: Final = frozenset({"401", "403"})


class Zeus:
    """Reads the list of equipment, page by page.

    Who registered an item is told with it (`registNm`, `registId`), and is not read.
    """

    source = "ZEUS"
    data_set = DataSet.EQUIPMENT
    fields: tuple[str, ...] = ("equipNo", "organNm", "korNm", "useScopeCd")
    mapping = MappingFile(
        columns={
            "equipment_id": ("equipNo",),
            "institute": ("organNm",),
            "name": ("korNm",),
            "sme_available": ("useScopeCd",),
        },
        # 1: used alone; 2: shared on request; 3: shared as a service.
        replace={"sme_available": {"1": "N", "2": "Y", "3": "Y"}},
    )

    def __init__(self, fetcher: Fetcher, url: str, key: str) -> None:
        """Ask at `url`, which the key is a part of."""
        self._fetcher = fetcher
        self._url = f"{url.rstrip('/')}/{quote(key, safe='')}"

    async def page(self, cursor: str | None) -> Page:
        """The page of that number."""
        number = 1 if cursor is None else _page_number(cursor)
        answer = await self._fetcher.json(
            self._url, {"page": number, "pageSize": _ROWS, "keywords": ""}
        )
        if not isinstance(answer, dict):
            raise PartnerAway("no-list")
        told = cast("dict[str, Any]", answer)
        _check(told.get("errors"))
        listed, pages = told.get("pageList"), told.get("pageCount")
        if not isinstance(listed, list) or not isinstance(pages, int):
            raise PartnerAway("no-list")
        items = cast("list[Mapping[str, Any]]", listed)
        records = tuple(
            {name: item.get(name) for name in self.fields}
            for item in items
            if item.get("deleteYn") != "Y" and item.get("confirmYn") != "N"
        )
        return Page(records, str(number + 1) if items and number < pages else None)


def _page_number(cursor: str) -> int:
    if not cursor.isascii() or not cursor.isdigit():
        raise PartnerRefuses("wrong-cursor")
    return int(cursor)


def _check(errors: object) -> None:
    if not isinstance(errors, list) or not errors:
        return
    codes = {
        str(cast("Mapping[str, Any]", error).get("code"))
        for error in cast("list[object]", errors)
        if isinstance(error, dict)
    }
    if codes & _KEY_REFUSED:
        raise PartnerRefuses("key-refused")
    raise PartnerAway("reported-error")
