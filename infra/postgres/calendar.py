"""The holiday table: public-office holidays, temporary ones, and institutes' closing days."""

from collections import defaultdict
from datetime import date
from typing import Final

import asyncpg
import holidays

from infra.postgres.pool import Database, transaction
from schemas.calendar import HolidayTable

FIRST_YEAR: Final = 2013
LAST_YEAR: Final = 2040


# Named by the package from 2026 on, with its substitutes; the regulation on holidays of public
# offices that this table follows does not have it. Should that have changed, an operator declares
# the days: dates only move later.
_LABOUR_DAY: Final = "노동절"


def public_office_holidays() -> dict[date, str]:
    """Holidays of public offices in every year known, with substitutes, by date."""
    known = holidays.country_holidays("KR", years=range(FIRST_YEAR, LAST_YEAR + 1), language="ko")
    return {day: name for day, name in sorted(known.items()) if _LABOUR_DAY not in name}


async def load_holidays(pool: asyncpg.Pool) -> int:
    """Add the public holidays that the table lacks: all at first, later the newly enacted ones.

    Days already there stay as they are, those declared by hand too: a date once skipped is never
    counted again, because deadlines only move later.

    Returns:
        The version of the calendar afterwards; the same as before when nothing was lacking.
    """
    async with transaction(pool) as db:
        await _one_change_at_a_time(db)
        stored = {row["on_day"] for row in await db.fetch("SELECT on_day FROM calendar_day")}
        lacking = {on: name for on, name in public_office_holidays().items() if on not in stored}
        if not lacking:
            return await current_version(db)
        version = await _new_version(db, f"{len(lacking)} public holidays loaded")
        await db.executemany(
            """
            INSERT INTO calendar_day (on_day, name, source, version)
            VALUES ($1, $2, 'holidays package', $3)
            """,
            [(on, name, version) for on, name in lacking.items()],
        )
    return version


async def declare_holiday(pool: asyncpg.Pool, on_day: date, name: str) -> int:
    """Add a temporary holiday (U30); declaring it again changes nothing.

    Returns:
        The version of the calendar that contains it.
    """
    async with transaction(pool) as db:
        await _one_change_at_a_time(db)
        known = await db.fetchval("SELECT version FROM calendar_day WHERE on_day = $1", on_day)
        if known is not None:
            return await current_version(db)
        version = await _new_version(db, f"declared {on_day.isoformat()}")
        await db.execute(
            """
            INSERT INTO calendar_day (on_day, name, source, version)
            VALUES ($1, $2, 'declared', $3)
            """,
            on_day,
            name,
            version,
        )
    return version


class NoSuchInstitute(Exception):
    """There is no institute with this code."""


async def close_institute(pool: asyncpg.Pool, institute: str, on_day: date, reason: str) -> int:
    """Add a day on which an institute is closed: only its own periods skip it.

    Repeating it changes nothing.

    Returns:
        The version of the calendar that contains it.

    Raises:
        NoSuchInstitute: The code is unknown.
    """
    async with transaction(pool) as db:
        await _one_change_at_a_time(db)
        if not await db.fetchval(
            "SELECT EXISTS (SELECT FROM institute WHERE code = $1)", institute
        ):
            raise NoSuchInstitute(institute)
        if await db.fetchval(
            "SELECT EXISTS (SELECT FROM institute_closure WHERE institute = $1 AND on_day = $2)",
            institute,
            on_day,
        ):
            return await current_version(db)
        version = await _new_version(db, f"{institute} closed {on_day.isoformat()}")
        await db.execute(
            """
            INSERT INTO institute_closure (institute, on_day, reason, version)
            VALUES ($1, $2, $3, $4)
            """,
            institute,
            on_day,
            reason,
            version,
        )
    return version


async def current_version(db: Database) -> int:
    """The newest version of the calendar; 0 when it is empty."""
    return await db.fetchval("SELECT coalesce(max(version), 0) FROM calendar_version")


async def holiday_table(db: Database) -> HolidayTable:
    """The whole table as it is now."""
    version = await current_version(db)
    days = await db.fetch("SELECT on_day, name FROM calendar_day")
    closures = await db.fetch("SELECT institute, on_day FROM institute_closure")
    closed: defaultdict[str, set[date]] = defaultdict(set)
    for row in closures:
        closed[row["institute"]].add(row["on_day"])
    return HolidayTable(
        version=version,
        holidays={row["on_day"]: row["name"] for row in days},
        closures={institute: frozenset(on) for institute, on in closed.items()},
    )


async def _one_change_at_a_time(db: Database) -> None:
    # Versions become visible in their order, so that a table kept by its version lacks no day.
    await db.execute("LOCK TABLE calendar_version IN SHARE ROW EXCLUSIVE MODE")


async def _new_version(db: Database, reason: str) -> int:
    return await db.fetchval(
        "INSERT INTO calendar_version (reason) VALUES ($1) RETURNING version", reason
    )
