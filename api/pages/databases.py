"""The open databases: find patents, equipment, laboratories and technologies, and ask for one."""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import StreamingResponse
from starlette.datastructures import QueryParams

from api import auth, finding
from api.auth import Caller
from api.deps import CallerIfAny
from api.finding import Asked
from api.pages.database_files import csv_lines
from api.pages.marking import marked, passage
from api.pages.rendering import PageRoute, Visit, VisitDep, institute_names, page
from infra.postgres import open_databases, technologies
from infra.postgres.open_databases import Item, address_of
from schemas.base import INSTITUTE_CODE_PATTERN
from schemas.catalogue import EquipmentItem, Lab, OfferedTechnology, Patent
from schemas.problem import ProblemType, Refused
from schemas.search import OpenDatabase

router = APIRouter(
    route_class=PageRoute, include_in_schema=False, dependencies=[Depends(auth.PUBLIC)]
)

PAGE_SIZE: Final = 20
PREVIEW: Final = 3
# So many values of a field are shown at once; the others are folded up.
FACET_SIZE: Final = 6
# By which fields each database is narrowed down.
FIELDS: Final[Mapping[OpenDatabase, tuple[str, ...]]] = {
    OpenDatabase.PATENTS: ("institute", "year", "status"),
    OpenDatabase.EQUIPMENT: ("institute", "location"),
    OpenDatabase.LABS: ("institute", "location"),
    OpenDatabase.TECHNOLOGIES: ("institute",),
}
_UNKNOWN: Final = "There is no such entry in the open databases. Search for it."
_APPLICATION_NUMBER_DIGITS: Final = 13
# An item that nobody confirmed for so long is marked (domain 3.9).
REVIEW_PERIOD: Final = timedelta(days=366)


@dataclass(frozen=True)
class FacetLink:
    """One value of a field, and the address at which only it is left."""

    label: str
    count: int
    address: str


@dataclass(frozen=True)
class Facet:
    """A field by which the result can be narrowed down."""

    name: str
    links: Sequence[FacetLink]
    size: int = FACET_SIZE


@dataclass(frozen=True)
class Chosen:
    """A filter in force, and the address without it."""

    name: str
    label: str
    without: str


@dataclass(frozen=True, kw_only=True)
class Line:
    """One item in a list, as the page shows it.

    Attributes:
        facts: What stands beside its title, in this order.
    """

    database: OpenDatabase
    item: Item
    item_id: str
    title: str
    title_other: str
    text: str
    facts: tuple[str, ...]
    terms: tuple[str, ...]

    @property
    def address(self) -> str:
        """The item's page."""
        return address_of(self.database, self.item_id)


def database_named(name: str) -> OpenDatabase:
    """The database in a path.

    Raises:
        Refused: `not-found`, the same for a name that nothing has and for what is not open.
    """
    if name not in set(OpenDatabase):
        raise Refused(ProblemType.NOT_FOUND, _UNKNOWN)
    return OpenDatabase(name)


Letters = Annotated[str, Query(alias="q")]


@router.get("/databases")
async def overview(visit: VisitDep, caller: CallerIfAny, q: Letters = "") -> Response:
    """Every open database: how much is in it as of when, and the first that fit a question."""
    asked = Asked(text=q[: finding.MOST_LETTERS].strip())
    found = {
        database: await finding.find(visit.centre, database, asked, limit=PREVIEW)
        for database in OpenDatabase
        if asked.text
    }
    names = await institute_names(visit)
    return await page(
        visit,
        "databases.html",
        caller=caller,
        states=await finding.loaded(visit.centre),
        asked=asked,
        found=found,
        lines={
            database: [_line(visit, database, row.item, names, row.hit.terms) for row in rows.items]
            for database, rows in found.items()
        },
        query=urlencode({"q": asked.text}) if asked.text else "",
        patents=OpenDatabase.PATENTS,
        marked=marked,
        passage=passage,
    )


@router.get("/databases/{database}.csv")
async def download(database: str, visit: VisitDep) -> Response:
    """Everything that fits, as a file for a spreadsheet: at most `finding.MOST_ROWS` rows."""
    wanted = database_named(database)
    asked = _asked(visit.request.query_params, wanted)
    lines = csv_lines(visit, wanted, asked, await institute_names(visit))
    # The first lines are made before the answer begins, so that a failure is answered as one.
    first = await anext(lines)

    async def whole() -> AsyncIterator[bytes]:
        yield first
        async for more in lines:
            yield more

    day = visit.centre.korean_day(visit.centre.clock())
    return StreamingResponse(
        whole(),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="1379-{wanted.value}-{day}.csv"'},
    )


@router.get("/databases/{database}")
async def search(database: str, visit: VisitDep, caller: CallerIfAny) -> Response:
    """What fits a question, narrowed down by fields; all of it stands in the address."""
    wanted = database_named(database)
    query = visit.request.query_params
    asked = _asked(query, wanted)
    number = min(_number(query.get("page")) or 1, finding.MOST_ROWS // PAGE_SIZE)
    offset = (number - 1) * PAGE_SIZE
    found = await finding.find(visit.centre, wanted, asked, limit=PAGE_SIZE, offset=offset)
    names = await institute_names(visit)
    total = found.result.total
    return await page(
        visit,
        "search.html",
        caller=caller,
        database=wanted,
        fields=FIELDS[wanted],
        asked=asked,
        lines=[_line(visit, wanted, row.item, names, row.hit.terms) for row in found.items],
        total=total,
        corrected=found.result.corrected,
        every_word=found.result.every_word,
        first=offset + 1,
        last=offset + len(found.result.hits),
        number=number,
        pages=max(1, -(-min(total, finding.MOST_ROWS) // PAGE_SIZE)),
        next_page=number + 1 if found.next_offset is not None else None,
        facets=_facets(visit, wanted, asked, found.result.facets, names),
        chosen=_chosen(visit, wanted, asked, names),
        state=(await finding.loaded(visit.centre))[wanted],
        institutes=names,
        query=_query(asked),
        to_page=partial(_address, wanted, asked),
        marked=marked,
        passage=passage,
        most=finding.MOST_ROWS,
    )


@router.get("/databases/{database}/{item_id}")
async def item_page(database: str, item_id: str, visit: VisitDep, caller: CallerIfAny) -> Response:
    """Everything public about one item, and the way to ask for it.

    Staff who handle cases also see which departments know a patent's technology (R093).
    """
    wanted = database_named(database)
    item = await open_databases.find(visit.centre.pool, wanted, item_id.replace("\0", ""))
    if item is None:
        raise Refused(ProblemType.NOT_FOUND, _UNKNOWN)
    pool = visit.centre.pool
    names = await institute_names(visit)
    lab = (
        await open_databases.find(pool, OpenDatabase.LABS, item.lab_id)
        if isinstance(item, EquipmentItem) and item.lab_id
        else None
    )
    return await page(
        visit,
        "item.html",
        caller=caller,
        line=_line(visit, wanted, item, names),
        database=wanted,
        item=item,
        institutes=names,
        lab=lab,
        lab_address=lab and address_of(OpenDatabase.LABS, open_databases.id_of(lab)),
        instruments=[
            (address_of(OpenDatabase.EQUIPMENT, key), name)
            for key, name in await open_databases.equipment_in(pool, item.lab_id)
        ]
        if isinstance(item, Lab)
        else [],
        technologies=[
            (address_of(OpenDatabase.TECHNOLOGIES, key), name)
            for key, name in await technologies.public_of_patent(pool, item.application_number)
        ]
        if isinstance(item, Patent)
        else [],
        known=await _known_by(visit, caller, item),
        office=office_address(item) if isinstance(item, Patent) else None,
        ask=ask_address(wanted, item),
        old=is_old(item, visit.centre.korean_day(visit.centre.clock())),
    )


async def _known_by(visit: Visit, caller: Caller | None, item: Item) -> list[tuple[str, str]]:
    """Institute and department of those who know a patent's technology; nothing for the public."""
    if (
        caller is None
        or caller.actor.role not in auth.HANDLERS.roles
        or not isinstance(item, Patent)
    ):
        return []
    found = await technologies.who_knows(visit.centre.pool, item.application_number)
    return list(dict.fromkeys((known.institute, known.department) for known in found))


def ask_address(database: OpenDatabase, item: Item) -> str:
    """The form in which a case is filed, with the item attached."""
    attached = {"item_kind": database.kind.value, "item_id": open_databases.id_of(item)}
    return f"/cases/new?{urlencode(attached)}"


def office_address(patent: Patent) -> str | None:
    """The patent office's page: as the row says, else by the number's digital object identifier.

    KIPRIS registers every application under the prefix 10.8080. None for a number that cannot be
    an application's.
    """
    if patent.url:
        return patent.url if patent.url.startswith(("https://", "http://")) else None
    digits = "".join(filter(str.isdecimal, patent.application_number))
    if len(digits) != _APPLICATION_NUMBER_DIGITS:
        return None
    return f"https://doi.org/10.8080/{digits}"


def is_old(item: Item, today: date) -> bool:
    """Whether an item was last true at its source longer ago than it should be."""
    return today - item.as_of > REVIEW_PERIOD


def _line(
    visit: Visit,
    database: OpenDatabase,
    item: Item,
    names: Mapping[str, str],
    terms: tuple[str, ...] = (),
) -> Line:
    words, holder = visit.words, names.get(item.institute, item.institute)
    other, facts = "", (holder,)
    match item:
        case Patent():
            text, other = item.summary, item.title_en
            facts = (
                holder,
                words.text("filed {day}").format(day=words.plain_day(item.filed_on)),
                words.label("patent_status", item.status),
                item.application_number,
            )
        case EquipmentItem():
            text = " · ".join(filter(None, (item.specification, item.field_of_use)))
            facts = (holder, item.location)
        case Lab():
            text = " · ".join(filter(None, (item.description, item.supports)))
            facts = (holder, item.location)
        case OfferedTechnology():
            text = item.summary
    return Line(
        database=database,
        item=item,
        item_id=open_databases.id_of(item),
        title=open_databases.title_of(item),
        title_other=other,
        text=text,
        facts=facts,
        terms=terms,
    )


def _asked(query: QueryParams, database: OpenDatabase) -> Asked:
    """What an address asks for; what this database does not know, or nothing can be, is left out.

    Addresses are shared, shortened and edited by hand: they always lead to a page.
    """
    fields = FIELDS[database]
    institute = query.get("institute", "")
    first, last = _year(query.get("year_from")), _year(query.get("year_to"))
    if first is not None and last is not None and first > last:
        first, last = last, first
    return Asked(
        text=query.get("q", "")[: finding.MOST_LETTERS].strip(),
        institute=institute if _is_code(institute) else None,
        status=(query.get("status") or None) if "status" in fields else None,
        location=(query.get("location") or None) if "location" in fields else None,
        year_from=first if "year" in fields else None,
        year_to=last if "year" in fields else None,
    )


def _is_code(text: str) -> bool:
    return re.fullmatch(INSTITUTE_CODE_PATTERN, text) is not None


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 6 else None  # noqa: PLR2004


def _year(text: str | None) -> int | None:
    year = _number(text)
    return year if year and finding.FIRST_YEAR <= year <= finding.LAST_YEAR else None


def _query(asked: Asked, **more: object) -> str:
    """What is asked for as the query of an address; what is not asked for is left out."""
    values = {
        "q": asked.text,
        "institute": asked.institute,
        "status": asked.status,
        "location": asked.location,
        "year_from": asked.year_from,
        "year_to": asked.year_to,
        **more,
    }
    return urlencode({name: value for name, value in values.items() if value})


def _address(database: OpenDatabase, asked: Asked, **more: object) -> str:
    query = _query(asked, **more)
    return f"/databases/{database.value}" + (f"?{query}" if query else "")


def _facets(
    visit: Visit,
    database: OpenDatabase,
    asked: Asked,
    counted: Mapping[str, Mapping[str, int]],
    names: Mapping[str, str],
) -> list[Facet]:
    """The fields that tell the found items apart: one value for all of them tells nothing."""
    facets: list[Facet] = []
    for field in FIELDS[database]:
        values = counted.get(field, {})
        if len(values) < 2:  # noqa: PLR2004
            continue
        in_order = (
            sorted(values, reverse=True)
            if field == "year"
            else sorted(values, key=lambda value, of=values: (-of[value], value))
        )
        links = [
            FacetLink(
                _value_label(visit, field, value, names),
                values[value],
                _address(database, _narrowed(asked, field, value)),
            )
            for value in in_order
        ]
        facets.append(Facet(field, links))
    return facets


def _narrowed(asked: Asked, field: str, value: str) -> Asked:
    match field:
        case "year":
            return replace(asked, year_from=int(value), year_to=int(value))
        case "institute":
            return replace(asked, institute=value)
        case "status":
            return replace(asked, status=value)
        case _:
            return replace(asked, location=value)


def _value_label(visit: Visit, field: str, value: str, names: Mapping[str, str]) -> str:
    match field:
        case "institute":
            return names.get(value, value)
        case "status":
            return visit.words.label("patent_status", value)
        case _:
            return value


def _chosen(
    visit: Visit, database: OpenDatabase, asked: Asked, names: Mapping[str, str]
) -> list[Chosen]:
    chosen = [
        Chosen(
            field,
            _value_label(visit, field, value, names),
            _address(database, replace(asked, **{field: None})),
        )
        for field, value in (
            ("institute", asked.institute),
            ("status", asked.status),
            ("location", asked.location),
        )
        if value
    ]
    if asked.year_from or asked.year_to:
        ends = (str(asked.year_from or ""), str(asked.year_to or ""))
        label = ends[0] if ends[0] == ends[1] else "–".join(ends)
        without = replace(asked, year_from=None, year_to=None)
        chosen.append(Chosen("year", label, _address(database, without)))
    return chosen
