"""Items of the open databases that companies ask for: named in the details of their cases."""

from collections.abc import Mapping
from typing import Final

from api.centre import Centre
from infra.postgres import open_databases
from infra.postgres.open_databases import ItemOfCase
from schemas.base import InstituteCode, WireModel
from schemas.case import Service
from schemas.problem import ProblemType, Refused
from schemas.search import DocumentKind, OpenDatabase

# Names of the details of a case that say which item it is about.
ITEM_FIELDS: Final = ("item_kind", "item_id")
_SERVICES: Final = {
    OpenDatabase.PATENTS: Service.TRANSFER,
    OpenDatabase.EQUIPMENT: Service.EQUIPMENT,
    OpenDatabase.TECHNOLOGIES: Service.TRANSFER,
}


class AskedItem(WireModel):
    """What a case is about.

    Attributes:
        link: The item's page.
    """

    kind: DocumentKind
    id: str
    title: str
    institute: InstituteCode
    link: str

    @property
    def database(self) -> OpenDatabase:
        """Where it is."""
        return next(database for database in OpenDatabase if database.kind is self.kind)

    @property
    def service(self) -> Service:
        """What is asked of the centre by asking for it."""
        return _SERVICES.get(self.database, Service.DIFFICULTY)


async def asked_item(centre: Centre, details: Mapping[str, object]) -> AskedItem | None:
    """The item that details name; None without one.

    Raises:
        Refused: `invalid-request` when there is no such item among what is open.
    """
    kind, item_id = (details.get(name) for name in ITEM_FIELDS)
    if kind is None and item_id is None:
        return None
    database = OpenDatabase.of(str(kind))
    item = (
        await open_databases.find(centre.pool, database, item_id.replace("\0", ""))
        if database is not None and isinstance(item_id, str)
        else None
    )
    if database is None or item is None:
        raise Refused(
            ProblemType.INVALID_REQUEST,
            "There is no such entry in the open databases. Search for it.",
            field="/details/item_id",
        )
    return _asked(
        ItemOfCase(
            database=database,
            item_id=open_databases.id_of(item),
            title=open_databases.title_of(item),
            institute=item.institute,
        )
    )


async def item_of_case(centre: Centre, case_number: str) -> AskedItem | None:
    """The item that a case was filed for; None without one, or when it is gone."""
    found = await open_databases.item_of_case(centre.pool, case_number)
    return None if found is None else _asked(found)


def _asked(found: ItemOfCase) -> AskedItem:
    return AskedItem(
        kind=found.database.kind,
        id=found.item_id,
        title=found.title,
        institute=found.institute,
        link=open_databases.address_of(found.database, found.item_id),
    )
