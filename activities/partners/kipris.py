"""KIPRIS Plus: the patents of each institute, by the Korean Institute of Patent Information."""

from typing import Final

from activities.partners.answers import NOTHING_FOUND, failure_of
from activities.partners.fetching import number_of, text_of
from activities.partners.paging import InstituteByInstitute, Place, Records
from infra.imports.mapping import MappingFile
from schemas.catalogue import DataSet

# The largest page that the service gives.
_ROWS: Final = 500
_OK: Final = "00"


class Kipris(InstituteByInstitute):
    """Reads `getAdvancedSearch`, one institute after the other, page by page.

    The list names no inventors, so those that a file brought stay.
    """

    source = "KIPRIS"
    data_set = DataSet.PATENTS
    fields: tuple[str, ...] = (
        "applicationNumber", "applicantName", "inventionTitle", "astrtCont", "applicationDate",
        "ipcNumber", "registerStatus",
    )  # fmt: skip
    mapping = MappingFile(
        columns={
            "application_number": ("applicationNumber",),
            "institute": ("applicantName",),
            "title_ko": ("inventionTitle",),
            "summary": ("astrtCont",),
            "filed_on": ("applicationDate",),
            "ipc": ("ipcNumber",),
            "status": ("registerStatus",),
        },
        replace={"summary": {"내용없음": "", "내용없음.": "", "내용 없음": "", "내용 없음.": ""}},
    )

    async def _read(self, place: Place) -> tuple[Records, bool]:
        root = await self._fetcher.xml(
            self._url,
            {
                "applicant": place.name,
                "numOfRows": _ROWS,
                "pageNo": place.page,
                "ServiceKey": self._key,
            },
        )
        reason = text_of(root, "header/resultCode")
        if reason == NOTHING_FOUND:
            return (), True
        if text_of(root, "header/successYN") == "N" or reason not in {_OK, ""}:
            raise failure_of(reason or "99")
        records = tuple(
            {name: text_of(item, name) for name in self.fields}
            for item in root.iterfind("body/items/item")
        )
        # A page that is empty ends an institute, whatever the total says: else nothing would.
        return records, not records or place.page * _ROWS >= number_of(root, "count/totalCount")
