"""The clocks, over the vectors of the domain and over generated spans."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.postgres.calendar import public_office_holidays
from schemas.calendar import HolidayTable
from schemas.policy import Clock, Pause, Period
from workflows.policy.business_calendar import SEOUL, BusinessCalendar, advance, working_time

TABLE = HolidayTable(version=1, holidays=public_office_holidays())
DAYS = BusinessCalendar(TABLE)
CLOCKS = {"WH": Clock.WORKING_HOURS, "WD1": Clock.WORKING_DAYS, "CAL1": Clock.CALENDAR}


def kst(text: str) -> datetime:
    """`Fri 2013-09-06 17:30`; a mistyped weekday fails."""
    weekday, rest = text.split(" ", 1)
    instant = datetime.strptime(rest, "%Y-%m-%d %H:%M").replace(tzinfo=SEOUL)
    assert instant.strftime("%a") == weekday, text
    return instant


@pytest.mark.parametrize(
    ("length", "start", "end"),
    [
        ("PT24H", "Mon 2013-09-02 09:00", "Wed 2013-09-04 18:00"),
        ("PT24H", "Fri 2013-09-06 17:30", "Wed 2013-09-11 17:30"),
        ("PT24H", "Sat 2013-09-07 11:00", "Wed 2013-09-11 18:00"),  # by web, on a Saturday
        ("PT24H", "Tue 2013-09-17 15:00", "Wed 2013-09-25 15:00"),  # over Chuseok
        ("PT8H", "Tue 2013-09-17 13:30", "Mon 2013-09-23 13:30"),
        ("PT3H", "Fri 2013-09-06 17:00", "Mon 2013-09-09 11:00"),
        ("PT24H", "Thu 2025-10-02 16:00", "Tue 2025-10-14 16:00"),
        ("PT8H", "Mon 2013-09-02 18:00", "Tue 2013-09-03 18:00"),  # after hours
        ("PT3H", "Mon 2013-09-02 12:30", "Mon 2013-09-02 16:00"),  # over lunch
    ],
)
def test_working_hours_skip_nights_weekends_and_holidays(length: str, start: str, end: str) -> None:
    assert advance(kst(start), Period(length=length, clock=Clock.WORKING_HOURS), DAYS) == kst(end)


@pytest.mark.parametrize(
    ("length", "clock", "start", "last_day"),
    [
        ("P7D", "WD1", "Fri 2013-10-04 10:00", "Tue 2013-10-15 23:59"),
        ("P14D", "WD1", "Mon 2013-09-09 10:00", "Tue 2013-10-01 23:59"),
        ("P2W", "CAL1", "Mon 2013-09-02 10:00", "Mon 2013-09-16 23:59"),
        ("P2W", "CAL1", "Thu 2013-09-05 10:00", "Mon 2013-09-23 23:59"),
        ("P2W", "CAL1", "Tue 2013-10-01 10:00", "Mon 2013-10-14 23:59"),
        ("P2M", "CAL1", "Wed 2013-11-20 10:00", "Mon 2014-01-20 23:59"),
        ("P1M", "CAL1", "Mon 2014-03-31 10:00", "Wed 2014-04-30 23:59"),
        ("P1M", "CAL1", "Tue 2013-12-31 10:00", "Mon 2014-02-03 23:59"),
        ("P3M", "CAL1", "Mon 2013-09-16 10:00", "Mon 2013-12-16 23:59"),
        ("P4M", "CAL1", "Mon 2013-09-16 10:00", "Wed 2014-01-15 23:59"),
    ],
)
def test_periods_of_days_and_months_count_their_first_day(
    length: str, clock: str, start: str, last_day: str
) -> None:
    end = advance(kst(start), Period(length=length, clock=CLOCKS[clock]), DAYS)

    assert end == kst(last_day) + timedelta(seconds=59)


def test_where_saturdays_count_a_period_of_days_ends_earlier() -> None:
    earlier_act = BusinessCalendar(TABLE, counts_saturdays=True)
    days = Period(length="P7D", clock=Clock.WORKING_DAYS)

    assert advance(kst("Fri 2013-10-04 10:00"), days, earlier_act).date() == date(2013, 10, 12)


def test_calendar_days_do_not_count_their_first_day_and_roll_at_the_end() -> None:
    week = Period(length="P7D", clock=Clock.CALENDAR_DAYS)
    assert advance(kst("Mon 2013-09-02 10:00"), week, DAYS).date() == date(2013, 9, 9)
    assert advance(kst("Sat 2013-09-07 10:00"), week, DAYS).date() == date(2013, 9, 16)


def test_the_days_on_which_a_pause_begins_and_ends_do_not_count_either() -> None:
    pause = Pause(started_at=kst("Tue 2013-09-03 11:00"), ended_at=kst("Wed 2013-09-04 10:00"))
    paused = BusinessCalendar(TABLE, pauses=(pause,))
    hours = Period(length="PT24H", clock=Clock.WORKING_HOURS)

    assert advance(kst("Mon 2013-09-02 09:00"), hours, paused) == kst("Fri 2013-09-06 18:00")


INSTANTS = st.datetimes(datetime(2013, 1, 1), datetime(2030, 1, 1)).map(  # noqa: DTZ001  # the zone follows
    lambda naive: naive.replace(microsecond=0, tzinfo=SEOUL)
)
PERIODS = st.one_of(
    st.integers(1, 60).map(lambda n: Period(length=f"PT{n}H", clock=Clock.WORKING_HOURS)),
    st.integers(1, 60).map(lambda n: Period(length=f"P{n}D", clock=Clock.WORKING_DAYS)),
    st.integers(1, 60).map(lambda n: Period(length=f"P{n}D", clock=Clock.CALENDAR_DAYS)),
    st.integers(1, 18).map(lambda n: Period(length=f"P{n}M", clock=Clock.CALENDAR)),
    st.integers(1, 60).map(lambda n: Period(length=f"P{n}W", clock=Clock.CALENDAR)),
)


@given(start=INSTANTS, first=st.integers(1, 40), second=st.integers(1, 40))
def test_working_hours_add_up(start: datetime, first: int, second: int) -> None:
    def hours(count: int) -> Period:
        return Period(length=f"PT{count}H", clock=Clock.WORKING_HOURS)

    in_two = advance(advance(start, hours(first), DAYS), hours(second), DAYS)

    assert in_two == advance(start, hours(first + second), DAYS)


@given(start=INSTANTS, hours=st.integers(1, 60))
def test_the_working_time_up_to_an_end_is_the_period(start: datetime, hours: int) -> None:
    end = advance(start, Period(length=f"PT{hours}H", clock=Clock.WORKING_HOURS), DAYS)

    assert working_time(start, end, DAYS) == timedelta(hours=hours)
    assert working_time(end, start, DAYS) == timedelta()


@given(start=INSTANTS, period=PERIODS, more=st.integers(1, 60))
def test_what_lasts_longer_ends_no_earlier(start: datetime, period: Period, more: int) -> None:
    count = int(period.length.strip("PTHDMW"))
    longer = Period(length=period.length.replace(str(count), str(count + more)), clock=period.clock)

    assert advance(start, longer, DAYS) >= advance(start, period, DAYS)


@given(start=INSTANTS, later=st.integers(0, 10**6), period=PERIODS)
def test_what_starts_later_ends_no_earlier(start: datetime, later: int, period: Period) -> None:
    after = advance(start + timedelta(seconds=later), period, DAYS)

    assert after >= advance(start, period, DAYS)


@given(start=INSTANTS, period=PERIODS)
def test_no_period_ends_on_a_day_that_is_free(start: datetime, period: Period) -> None:
    end = advance(start, period, DAYS)

    # One working day from the last second of a working day on is over with that second: the first
    # day counts.
    assert end >= start
    assert not DAYS.is_holiday(end.date())


@given(start=INSTANTS, period=PERIODS, offset=st.integers(0, 60))
def test_a_new_holiday_never_makes_a_date_earlier(
    start: datetime, period: Period, offset: int
) -> None:
    day = (start + timedelta(days=offset)).date()
    longer = BusinessCalendar(HolidayTable(2, {**TABLE.holidays, day: "임시공휴일"}))

    assert advance(start, period, longer) >= advance(start, period, DAYS)


@given(start=INSTANTS, period=PERIODS, offset=st.integers(0, 30), length=st.integers(0, 20))
def test_a_pause_never_makes_a_date_earlier(
    start: datetime, period: Period, offset: int, length: int
) -> None:
    begins = start + timedelta(days=offset)
    pause = Pause(started_at=begins, ended_at=begins + timedelta(days=length))
    paused = BusinessCalendar(TABLE, pauses=(pause,))

    assert advance(start, period, paused) >= advance(start, period, DAYS)
