"""NTIS: projects that public money pays for, which are looked at against double funding."""

from typing import Final
from xml.etree.ElementTree import Element

from activities.partners.answers import PartnerRefuses
from activities.partners.fetching import number_of
from activities.partners.paging import InstituteByInstitute, Place, Records
from infra.imports.mapping import MappingFile
from schemas.catalogue import DataSet

_ROWS: Final = 100
# Where each field stands. Managers and researchers are named too; they are not read (R067).
_PATHS: Final = {
    "ProjectNumber": "ProjectNumber",
    "ProjectTitle": "ProjectTitle/Korean",
    "Goal": "Goal/Full",
    "Keyword": "Keyword/Korean",
    "ResearchAgency": "ResearchAgency/Name",
    "Ministry": "Ministry/Name",
    "TotalStart": "ProjectPeriod/TotalStart",
    "TotalEnd": "ProjectPeriod/TotalEnd",
}


class Ntis(InstituteByInstitute):
    """Reads `public_project`, one institute after the other, by position."""

    source = "NTIS"
    data_set = DataSet.PROJECTS
    fields: tuple[str, ...] = tuple(_PATHS)
    mapping = MappingFile(
        columns={
            "project_number": ("ProjectNumber",),
            "institute": ("ResearchAgency",),
            "title": ("ProjectTitle",),
            "summary": ("Goal",),
            "keywords": ("Keyword",),
            "ministry": ("Ministry",),
            "starts_on": ("TotalStart",),
            "ends_on": ("TotalEnd",),
        }
    )

    async def _read(self, place: Place) -> tuple[Records, bool]:
        root = await self._fetcher.xml(
            self._url,
            {
                "apprVkey": self._key,
                "query": place.name,
                "startPosition": (place.page - 1) * _ROWS + 1,
                "displayCnt": _ROWS,
            },
        )
        # A wrong key and an address that is not allowed are told in a sentence, without a code.
        if root.tag == "error":
            raise PartnerRefuses("key-refused")
        records = tuple(_record(hit) for hit in root.iterfind("RESULTSET/HIT"))
        return records, not records or place.page * _ROWS >= number_of(root, "TOTALHITS")


def _record(hit: Element) -> dict[str, str]:
    # Words that were searched for come as elements of their own inside a title.
    return {
        name: "".join(found.itertext()).strip() if (found := hit.find(path)) is not None else ""
        for name, path in _PATHS.items()
    }
