"""The open databases as the public reads them: rows of hits, one item, and what is loaded.

No statement here reads researchers, or any link that leads to them (R067, C27).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, LiteralString, TypeAlias
from urllib.parse import quote

from infra.postgres.pool import Database
from schemas.base import InstituteCode
from schemas.catalogue import EquipmentItem, Lab, OfferedTechnology, Patent
from schemas.search import OpenDatabase

Item: TypeAlias = Patent | EquipmentItem | Lab | OfferedTechnology
_MODELS: Final[dict[OpenDatabase, type[Item]]] = {
    OpenDatabase.PATENTS: Patent,
    OpenDatabase.EQUIPMENT: EquipmentItem,
    OpenDatabase.LABS: Lab,
    OpenDatabase.TECHNOLOGIES: OfferedTechnology,
}
_ROWS: Final[dict[OpenDatabase, LiteralString]] = {
    OpenDatabase.PATENTS: """
        SELECT application_number, institute, title_ko, title_en, summary, inventors, filed_on,
               ipc, status, url, source, as_of
          FROM patent
         WHERE application_number = ANY($1)
        """,
    OpenDatabase.EQUIPMENT: """
        SELECT equipment_id, institute, lab_id, name, specification, field_of_use, location,
               sme_available, source, as_of
          FROM equipment
         WHERE equipment_id = ANY($1)
           AND sme_available
        """,
    OpenDatabase.LABS: """
        SELECT lab_id, institute, name, description, location, supports, source, as_of
          FROM lab
         WHERE lab_id = ANY($1)
        """,
    OpenDatabase.TECHNOLOGIES: """
        SELECT technology_id, institute, name, summary, field_of_use, readiness, source, as_of
          FROM technology
         WHERE technology_id = ANY($1)
        """,
}


def id_of(item: Item) -> str:
    """The number or id under which an item is kept."""
    match item:
        case Patent():
            return item.application_number
        case EquipmentItem():
            return item.equipment_id
        case Lab():
            return item.lab_id
        case OfferedTechnology():
            return item.technology_id


def title_of(item: Item) -> str:
    """What an item is called."""
    return item.title_ko if isinstance(item, Patent) else item.name


def address_of(database: OpenDatabase, item_id: str) -> str:
    """The page of an item."""
    return f"/databases/{database.value}/{quote(item_id, safe='')}"


async def rows(db: Database, database: OpenDatabase, ids: Sequence[str]) -> dict[str, Item]:
    """The public rows with these ids; one that is not open, or gone, is left out."""
    model = _MODELS[database]
    found = await db.fetch(_ROWS[database], list(ids))
    items = [model.model_validate(dict(row)) for row in found]
    return {id_of(item): item for item in items}


async def find(db: Database, database: OpenDatabase, item_id: str) -> Item | None:
    """One item; None for one that does not exist or is not open."""
    return (await rows(db, database, [item_id])).get(item_id)


async def equipment_in(db: Database, lab_id: str) -> list[tuple[str, str]]:
    """Id and name of the open instruments of a laboratory, by name."""
    found = await db.fetch(
        """
        SELECT equipment_id, name
          FROM equipment
         WHERE lab_id = $1
           AND sme_available
         ORDER BY name, equipment_id
        """,
        lab_id,
    )
    return [(row["equipment_id"], row["name"]) for row in found]


@dataclass(frozen=True, kw_only=True)
class ItemOfCase:
    """What a company asked for when it filed its case from an item's page."""

    database: OpenDatabase
    item_id: str
    title: str
    institute: InstituteCode


async def item_of_case(db: Database, case_number: str) -> ItemOfCase | None:
    """The item that a case was filed for; None without one, and for one that is gone."""
    row = await db.fetchrow(
        """
        SELECT details ->> 'item_kind' AS kind, details ->> 'item_id' AS item_id
          FROM case_text
         WHERE case_number = $1
        """,
        case_number,
    )
    database = None if row is None or row["kind"] is None else OpenDatabase.of(row["kind"])
    if row is None or database is None or row["item_id"] is None:
        return None
    item = await find(db, database, row["item_id"])
    if item is None:
        return None
    return ItemOfCase(
        database=database,
        item_id=row["item_id"],
        title=title_of(item),
        institute=item.institute,
    )


async def generation(db: Database) -> int:
    """Grows whenever anything in the catalogue changes."""
    found: int = await db.fetchval("SELECT generation FROM catalogue_state")
    return found
