"""What was found as a file for a spreadsheet, written while it is read."""

import csv
import io
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Final

from api import finding
from api.finding import Asked
from api.pages.rendering import Visit
from infra.postgres.open_databases import Item
from schemas.catalogue import EquipmentItem, Lab, OfferedTechnology, Patent
from schemas.search import OpenDatabase

# Each part is a search of its own; all at once would be held in memory.
_BATCH: Final = 1000
# Excel takes a file for UTF-8 only when it begins with this.
_BYTE_ORDER_MARK: Final = "\ufeff"
# A spreadsheet would take a text that begins so for a formula.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


async def csv_lines(
    visit: Visit, database: OpenDatabase, asked: Asked, institutes: Mapping[str, str]
) -> AsyncGenerator[bytes]:
    """The head and every row that fits, best first, up to `finding.MOST_ROWS`.

    The head comes with the first rows: what fails before these fails before anything is answered.
    """
    lines, start = [_head(visit, database)], _BYTE_ORDER_MARK
    offset: int | None = 0
    # The same to the end: an order that changed meanwhile would lose rows, or repeat them.
    index = await visit.centre.index.current()
    while offset is not None:
        limit = min(_BATCH, finding.MOST_ROWS - offset)
        found = await finding.find(
            visit.centre, database, asked, limit=limit, offset=offset, index=index
        )
        lines += [_row(visit, row.item, institutes) for row in found.items]
        if lines:
            yield _written(lines, start)
        lines, start = [], ""
        offset = found.next_offset


def _written(rows: Sequence[Sequence[str]], start: str = "") -> bytes:
    text = io.StringIO()
    text.write(start)
    csv.writer(text, lineterminator="\r\n").writerows([map(_safe, row) for row in rows])
    return text.getvalue().encode()


def _safe(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _head(visit: Visit, database: OpenDatabase) -> list[str]:
    text = visit.words.text
    own: dict[OpenDatabase, list[str]] = {
        OpenDatabase.PATENTS: [
            text("Application number"), text("Title"), text("English title"), text("Holder"),
            text("Inventors"), text("Filed on"), text("IPC"), text("Status"), text("Summary"),
            text("Address"),
        ],
        OpenDatabase.EQUIPMENT: [
            text("Number"), text("Name"), text("Holder"), text("Specification"),
            text("Field of use"), text("Laboratory"), text("Location"),
        ],
        OpenDatabase.LABS: [
            text("Number"), text("Name"), text("Holder"), text("Description"),
            text("What is supported"), text("Location"),
        ],
        OpenDatabase.TECHNOLOGIES: [
            text("Number"), text("Name"), text("Holder"), text("Summary"), text("Field of use"),
            text("Readiness level"),
        ],
    }  # fmt: skip
    return [*own[database], text("Source"), text("As of")]


def _row(visit: Visit, item: Item, institutes: Mapping[str, str]) -> list[str]:
    holder = institutes.get(item.institute, item.institute)
    match item:
        case Patent():
            own = [
                item.application_number, item.title_ko, item.title_en, holder,
                "; ".join(item.inventors), item.filed_on.isoformat(), item.ipc,
                visit.words.label("patent_status", item.status), item.summary, item.url or "",
            ]  # fmt: skip
        case EquipmentItem():
            own = [
                item.equipment_id, item.name, holder, item.specification, item.field_of_use,
                item.lab_id or "", item.location,
            ]  # fmt: skip
        case Lab():
            own = [item.lab_id, item.name, holder, item.description, item.supports, item.location]
        case OfferedTechnology():
            readiness = "" if item.readiness is None else str(item.readiness)
            own = [
                item.technology_id, item.name, holder, item.summary, item.field_of_use, readiness,
            ]  # fmt: skip
    return [*own, item.source, item.as_of.isoformat()]
