"""Reading reference data: institutes, regional centres, programmes."""

from dataclasses import dataclass
from datetime import date

from infra.postgres.pool import Database


@dataclass(frozen=True, kw_only=True)
class InstituteRow:
    """A research institute and the desk that companies deal with."""

    code: str
    name_ko: str
    name_en: str
    fields: list[str]
    city: str
    department: str | None
    department_phone: str | None
    department_email: str | None


async def institutes(db: Database, day: date) -> list[InstituteRow]:
    """The institutes that take part on `day`, by code."""
    rows = await db.fetch(
        """
        SELECT i.code, i.name_ko, i.name_en, i.fields, i.city, d.name AS department,
               d.phone AS department_phone, d.email AS department_email
          FROM institute AS i
          LEFT JOIN support_department AS d ON d.institute = i.code
                                           AND d.valid_from <= $1
                                           AND (d.valid_to IS NULL OR d.valid_to >= $1)
         WHERE i.valid_from <= $1
           AND (i.valid_to IS NULL OR i.valid_to >= $1)
         ORDER BY i.code
        """,
        day,
    )
    return [InstituteRow(**dict(row)) for row in rows]


async def successor(db: Database, institute: str) -> str | None:
    """The institute that followed one which was renamed, merged or left; None for none (U32)."""
    found: str | None = await db.fetchval(
        "SELECT successor FROM institute WHERE code = $1", institute
    )
    return found


@dataclass(frozen=True, kw_only=True)
class RegionRow:
    """A regional centre; an unverified one is shown without a host."""

    code: str
    region: str | None
    host: str | None
    place: str | None
    opened_on: date | None
    verified: bool


async def regions(db: Database) -> list[RegionRow]:
    """The regional centres, by code."""
    rows = await db.fetch(
        """
        SELECT code, region, host, place, opened_on, verified
          FROM regional_centre
         ORDER BY code
        """
    )
    return [RegionRow(**dict(row)) for row in rows]


@dataclass(frozen=True, kw_only=True)
class ProgrammeRow:
    """A programme that pays for additional R&D."""

    code: str
    name: str
    aliases: list[str]
    track: str
    owner: str


async def programmes(db: Database, day: date) -> list[ProgrammeRow]:
    """The programmes in force on `day`, by code."""
    rows = await db.fetch(
        """
        SELECT code, name, aliases, track, owner
          FROM programme
         WHERE valid_from <= $1
           AND (valid_to IS NULL OR valid_to >= $1)
         ORDER BY code
        """,
        day,
    )
    return [ProgrammeRow(**dict(row)) for row in rows]
