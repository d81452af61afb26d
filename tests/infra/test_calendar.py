"""The holiday table: what is loaded, what is declared by hand, and in which order."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date

import asyncpg
import pytest

from infra.postgres.calendar import (
    current_version,
    declare_holiday,
    holiday_table,
    load_holidays,
    public_office_holidays,
)
from infra.postgres.migrate import migrate
from infra.postgres.pool import open_pool
from tests.conftest import NewDatabase


@pytest.fixture(scope="module")
async def own_database(new_database: NewDatabase) -> AsyncIterator[asyncpg.Pool]:
    url = await new_database("holiday_tables")
    await migrate(url)
    pool = await open_pool(url)
    yield pool
    await pool.close()


@pytest.fixture(autouse=True)
async def empty(own_database: asyncpg.Pool) -> None:
    await own_database.execute("TRUNCATE calendar_day, institute_closure, calendar_version CASCADE")


@pytest.mark.parametrize(
    "day",
    [
        "Wed 2014-09-10",  # Chuseok's eve on a Sunday, the first substitute ever
        "Fri 2016-05-06",  # temporary
        "Fri 2017-10-06",  # National Foundation Day on Chuseok's eve
        "Mon 2018-05-07",  # Children's Day on a Saturday
        "Mon 2020-08-17",  # temporary
        "Mon 2021-08-16",  # substitutes of national days since August 2021
        "Mon 2023-05-29",  # and of Buddha's birthday since 2023
        "Tue 2025-05-06",  # two holidays on one day
        "Tue 2025-06-03",  # presidential election
        "Fri 2026-07-17",  # Constitution Day again since 2026
        "Mon 2027-12-27",  # Christmas on a Saturday
    ],
)
def test_public_offices_are_closed(day: str) -> None:
    assert on(day) in public_office_holidays()


@pytest.mark.parametrize(
    "day",
    [
        "Wed 2013-05-01",  # labour law only
        "Thu 2025-05-01",
        "Fri 2026-05-01",
        "Mon 2027-05-03",  # nor has it a substitute
        "Wed 2013-07-17",  # Constitution Day between 2008 and 2025
        "Thu 2025-07-17",
        "Mon 2015-03-02",  # Independence Day on a Sunday, before its substitutes
        "Mon 2021-12-27",  # Christmas on a Saturday, before its substitutes
        "Mon 2022-05-09",  # Buddha's birthday on a Sunday, before its substitutes
        "Mon 2022-01-03",  # New Year's Day has none
        "Mon 2026-06-08",  # nor has Memorial Day
        "Mon 2026-09-28",  # nor Chuseok for a Saturday
    ],
)
def test_public_offices_are_open(day: str) -> None:
    assert on(day) not in public_office_holidays()


def on(text: str) -> date:
    """`Wed 2014-09-10`; a mistyped weekday fails."""
    weekday, day = text.split(" ")
    found = date.fromisoformat(day)
    assert found.strftime("%a") == weekday, text
    return found


async def test_loading_again_changes_nothing(own_database: asyncpg.Pool) -> None:
    first = await load_holidays(own_database)

    assert await load_holidays(own_database) == first
    table = await holiday_table(own_database)
    assert table.version == first
    assert table.holidays == public_office_holidays()


async def test_a_holiday_enacted_since_the_last_loading_makes_a_new_version(
    own_database: asyncpg.Pool,
) -> None:
    first = await load_holidays(own_database)
    enacted = date(2027, 12, 27)
    await own_database.execute("DELETE FROM calendar_day WHERE on_day = $1", enacted)

    assert await load_holidays(own_database) > first
    assert enacted in (await holiday_table(own_database)).holidays


async def test_a_declared_holiday_makes_a_new_version_once(own_database: asyncpg.Pool) -> None:
    loaded = await load_holidays(own_database)
    declared = await declare_holiday(own_database, date(2027, 6, 1), "임시공휴일")

    assert declared > loaded
    assert await declare_holiday(own_database, date(2027, 6, 1), "임시공휴일") == declared
    assert await load_holidays(own_database) == declared
    assert (await holiday_table(own_database)).holidays[date(2027, 6, 1)] == "임시공휴일"


async def test_a_day_declared_before_the_first_loading_stays_as_declared(
    own_database: asyncpg.Pool,
) -> None:
    await declare_holiday(own_database, date(2027, 1, 1), "임시공휴일")
    await load_holidays(own_database)

    holidays = (await holiday_table(own_database)).holidays
    assert holidays[date(2027, 1, 1)] == "임시공휴일"
    assert date(2027, 3, 1) in holidays


async def test_holidays_declared_at_the_same_time_all_have_versions_of_their_own(
    own_database: asyncpg.Pool,
) -> None:
    days = [date(2027, 6, day) for day in (1, 2, 3, 2, 1)]

    versions = await asyncio.gather(
        *(declare_holiday(own_database, day, "임시공휴일") for day in days)
    )

    assert len(set(versions)) == 3
    assert max(versions) == await current_version(own_database)


async def test_the_table_holds_each_institutes_closing_days(own_database: asyncpg.Pool) -> None:
    version = await declare_holiday(own_database, date(2027, 6, 1), "임시공휴일")
    await own_database.execute(
        "INSERT INTO institute_closure VALUES ('KIMS', '2027-06-04', 'founding day', $1)", version
    )

    table = await holiday_table(own_database)

    assert table.closures == {"KIMS": frozenset({date(2027, 6, 4)})}
