"""bizinfo: calls of all ministries and regions, which long R&D applies to (LG_FIND_CALL)."""

import html
import re
from collections.abc import Mapping
from typing import Any, Final, cast
from urllib.parse import urljoin

from activities.partners.answers import Page, PartnerAway, PartnerRefuses
from activities.partners.fetching import Fetcher
from infra.imports import values
from infra.imports.mapping import MappingFile
from schemas.catalogue import DataSet

# The service gives its newest calls in one answer and knows no pages.
_CALLS: Final = 1_000
# Of its eight fields, the one that research and development is in.
_FIELD: Final = "기술"
_PERIOD: Final = re.compile(r"(\d{4}[-.]?\d{2}[-.]?\d{2})\s*~\s*(\d{4}[-.]?\d{2}[-.]?\d{2})")
_BREAK: Final = re.compile(r"<\s*(?:br|/p|/div|/li)\b[^>]*>", re.IGNORECASE)
_TAG: Final = re.compile(r"<[^>]{0,500}>")


class Bizinfo:
    """Reads `bizinfoApi.do` in one go."""

    source = "bizinfo"
    data_set = DataSet.CALLS
    fields: tuple[str, ...] = (
        "pblancId", "pblancNm", "bsnsSumryCn", "trgetNm", "reqstBeginEndDe", "opens_on",
        "closes_on", "jrsdInsttNm", "excInsttNm", "pblancUrl", "rceptEngnHmpgUrl",
    )  # fmt: skip
    mapping = MappingFile(
        columns={
            "call_id": ("pblancId",),
            "title": ("pblancNm",),
            "summary": ("bsnsSumryCn",),
            "audience": ("trgetNm",),
            "period": ("reqstBeginEndDe",),
            "ministry": ("jrsdInsttNm",),
            "executing_agency": ("excInsttNm",),
            "url": ("pblancUrl",),
            "application_url": ("rceptEngnHmpgUrl",),
        }
    )

    def __init__(self, fetcher: Fetcher, url: str, key: str) -> None:
        """Ask at `url`."""
        self._fetcher = fetcher
        self._url = url
        self._key = key

    async def page(self, cursor: str | None) -> Page:  # noqa: ARG002  # there is one page
        """All calls."""
        answer = await self._fetcher.json(
            self._url,
            {
                "crtfcKey": self._key,
                "dataType": "json",
                "searchCnt": _CALLS,
                "hashtags": _FIELD,
            },
        )
        if not isinstance(answer, dict):
            raise PartnerAway("no-list")
        told = cast("dict[str, Any]", answer)
        # A wrong key is told in a sentence, with status 200.
        if "reqErr" in told:
            raise PartnerRefuses("key-refused")
        listed = told.get("jsonArray")
        if not isinstance(listed, list):
            raise PartnerAway("no-list")
        return Page(
            tuple(self._record(item) for item in cast("list[Mapping[str, Any]]", listed)), None
        )

    def _record(self, item: Mapping[str, Any]) -> dict[str, Any]:
        record = {name: item.get(name) for name in self.fields}
        record["bsnsSumryCn"] = plain_text(str(item.get("bsnsSumryCn") or ""))
        # A period may also be a sentence (“until the budget is spent”); then it has no days.
        if days := _PERIOD.search(str(item.get("reqstBeginEndDe") or "")):
            record["opens_on"], record["closes_on"] = days.groups()
        for name in ("pblancUrl", "rceptEngnHmpgUrl"):
            record[name] = _address(self._url, item.get(name))
        return record


def plain_text(markup: str) -> str:
    """The text of a piece of HTML, its paragraphs as lines."""
    text = html.unescape(_TAG.sub("", _BREAK.sub("\n", markup)))
    lines = (" ".join(line.split()) for line in text.splitlines())
    return "\n".join(line for line in lines if line)


def _address(base: str, written: object) -> str | None:
    """An address in full; None for what is none, because a call is worth more than its link."""
    if not isinstance(written, str) or not written.strip():
        return None
    given = written.strip()
    if given.lower().startswith("www."):
        given = f"https://{given}"
    try:
        return values.address(urljoin(base, given))
    except (values.Refusal, ValueError):
        return None
