"""The clocks by which the centre counts: working hours, working days, calendar periods, days.

By analogy with the Civil Petitions Treatment Act, art. 19, and its decree, art. 24; pauses with
the decree of the Administrative Procedures Act, art. 11. docs/policy.md has worked examples.
"""

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo

from schemas.calendar import HolidayTable
from schemas.policy import Clock, Pause, Period, Skipped
from workflows.policy.durations import length_of

Span: TypeAlias = tuple[time, time]

SEOUL: Final = ZoneInfo("Asia/Seoul")
OFFICE_HOURS: Final = ((time(9), time(12)), (time(13), time(18)))
_WORKING_DAY: Final = timedelta(hours=8)
_LAST_SECOND: Final = time(23, 59, 59)
_DAY: Final = timedelta(days=1)
_SATURDAY: Final = 5


@dataclass(frozen=True)
class BusinessCalendar:
    """Which days count, for one case at one institute.

    Attributes:
        table: The holiday table.
        institute: Whose closing days stop the clock as well.
        pauses: Spans in which the clock stood still; the days on which they begin and end do not
            count either (supplement, art. 11).
        counts_saturdays: Whether a Saturday is a working day (an earlier act's rule).
        spans: The working hours of a day, Korean time.
        rolls: Whether calendar periods that would end on a holiday end later.
    """

    table: HolidayTable
    institute: str | None = None
    pauses: tuple[Pause, ...] = ()
    counts_saturdays: bool = False
    spans: tuple[Span, ...] = OFFICE_HOURS
    rolls: bool = True

    def why_not(self, day: date) -> str | None:
        """Why a day does not count: `weekend`, a holiday's name, `closure` or `pause`."""
        if day.weekday() >= _SATURDAY + self.counts_saturdays:
            return "weekend"
        if day in self.table.holidays:
            return self.table.holidays[day]
        if self.institute and day in self.table.closures.get(self.institute, frozenset()):
            return "closure"
        return "pause" if self.is_paused(day) else None

    def is_working_day(self, day: date) -> bool:
        """Whether a day counts."""
        return self.why_not(day) is None

    def is_paused(self, day: date) -> bool:
        """Whether the clock stood still on a day."""
        return any(
            day_of(pause.started_at) <= day <= day_of(pause.ended_at or pause.started_at)
            for pause in self.pauses
        )

    def is_holiday(self, day: date) -> bool:
        """Whether a period may not end on a day: Saturday, Sunday or public holiday."""
        return day.weekday() >= _SATURDAY or day in self.table.holidays

    def roll(self, day: date) -> date:
        """The day itself, or the next on which a period may end."""
        while self.rolls and self.is_holiday(day):
            day += _DAY
        return day

    def next_working_day(self, day: date) -> date:
        """The day itself, or the next that counts."""
        while not self.is_working_day(day):
            day += _DAY
        return day


def advance(start: datetime, period: Period, days: BusinessCalendar) -> datetime:
    """The instant at which a period that begins at `start` ends.

    Args:
        start: Aware; any time zone.
        period: Its length and its clock.
        days: Which days count.

    Returns:
        The end in Korean time. Periods of days, weeks and months end with the end of their last
        day.

    Raises:
        ValueError: `start` is naive, or the length does not fit the clock.

    Source: domain rules of the clocks; Civil Petitions Treatment Act, art. 19.
    """
    if start.tzinfo is None:
        raise ValueError("a period starts at an aware instant")
    start = start.astimezone(SEOUL)
    length = length_of(period.length)
    match period.clock:
        case Clock.ELAPSED:
            return start + length.rest
        case Clock.WORKING_HOURS:
            return add_working_hours(start, length.rest, days)
        case Clock.WORKING_DAYS:
            return _end_of(add_working_days(start.date(), length.rest.days, days))
        case Clock.CALENDAR:
            return _end_of(add_calendar_period(start.date(), length.months, length.rest, days))
        case Clock.CALENDAR_DAYS:
            return _end_of(add_calendar_days(start.date(), length.rest.days, days))


def add_working_hours(start: datetime, length: timedelta, days: BusinessCalendar) -> datetime:
    """The instant at which `length` of working time has passed since `start`.

    A working day has eight hours, by the default policy 09:00-12:00 and 13:00-18:00 Korean time.
    What comes in outside them starts to count when the next working span opens.

    Returns:
        A period that ends exactly with a span ends at its close, not at the opening of the next.

    Source: art. 19(1).
    """
    start = start.astimezone(SEOUL)
    left = length
    for opens, closes in _spans_from(start, days):
        if left <= closes - opens:
            return opens + left
        left -= closes - opens
    raise AssertionError("working spans never end")


def working_time(start: datetime, end: datetime, days: BusinessCalendar) -> timedelta:
    """The working time between two instants; none when `end` is not after `start`."""
    total = timedelta()
    for opens, closes in _spans_from(start.astimezone(SEOUL), days):
        if opens >= end:
            break
        total += min(closes, end) - opens
    return total


def working_spans(text: str) -> tuple[Span, ...]:
    """The working hours of a day, from `09:00-12:00 13:00-18:00`.

    Raises:
        ValueError: They are written otherwise, overlap, or are not eight hours together.

    Source: Civil Petitions Treatment Act, art. 19(1), eight working hours a day.
    """
    try:
        times = [time.fromisoformat(part) for span in text.split() for part in span.split("-")]
    except ValueError as error:
        raise ValueError(f"“{text}” is not written like 09:00-12:00 13:00-18:00") from error
    spans = tuple(zip(times[::2], times[1::2], strict=True)) if len(times) % 2 == 0 else ()
    worked = sum(
        (_since_midnight(end) - _since_midnight(start) for start, end in spans), timedelta()
    )
    if any(later <= earlier for earlier, later in pairwise(times)) or worked != _WORKING_DAY:
        raise ValueError(f"“{text}” is not eight working hours in their order")
    return spans


def _since_midnight(at: time) -> timedelta:
    return timedelta(hours=at.hour, minutes=at.minute, seconds=at.second)


def _spans_from(start: datetime, days: BusinessCalendar) -> Iterator[tuple[datetime, datetime]]:
    day = start.date()
    while True:
        if days.is_working_day(day):
            for opens, closes in days.spans:
                opening = max(datetime.combine(day, opens, SEOUL), start)
                closing = datetime.combine(day, closes, SEOUL)
                if opening < closing:
                    yield opening, closing
        day += _DAY


def add_working_days(start: date, count: int, days: BusinessCalendar) -> date:
    """The `count`-th working day, the first day counted (art. 19(2))."""
    day = days.next_working_day(start)
    for _ in range(count - 1):
        day = days.next_working_day(day + _DAY)
    return day


def add_calendar_period(start: date, months: int, rest: timedelta, days: BusinessCalendar) -> date:
    """The last day of weeks, months or years by the calendar, the first day counted (art. 19(3)).

    A month ends on the day before the same number; where the last month has no such day, on its
    last day. An end on a Saturday or holiday moves to the next day that is neither.
    """
    first = days.next_working_day(start)
    after = _add_months(first, months)
    has_same_number = after.day == first.day
    last = after + rest - (_DAY if has_same_number else timedelta())
    return days.roll(_prolong(first, last, days))


def add_calendar_days(start: date, count: int, days: BusinessCalendar) -> date:
    """The last of `count` calendar days, the first day not counted (decree, art. 24(4))."""
    return days.roll(_prolong(start + _DAY, start + count * _DAY, days))


def skipped_days(
    start: datetime, due_at: datetime, days: BusinessCalendar, *, most: int = 31
) -> tuple[Skipped, ...]:
    """The days between that did not count, and why; at most the first `most`."""
    found: list[Skipped] = []
    day, last = day_of(start), day_of(due_at)
    while day <= last and len(found) < most:
        why = days.why_not(day)
        if why is not None:
            found.append(Skipped(on=day.isoformat(), why=why))
        day += _DAY
    return tuple(found)


def _prolong(first: date, last: date, days: BusinessCalendar) -> date:
    """Move an end later by the days on which the clock stood still."""
    day = first
    while day <= last:
        if days.is_paused(day):
            last += _DAY
        day += _DAY
    return last


def _add_months(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return day.replace(
        year=year, month=month + 1, day=min(day.day, calendar.monthrange(year, month + 1)[1])
    )


def _end_of(day: date) -> datetime:
    return datetime.combine(day, _LAST_SECOND, SEOUL)


def start_of(day: date) -> datetime:
    """The first instant of a day in Korea."""
    return datetime.combine(day, time(), SEOUL)


def day_of(instant: datetime) -> date:
    """The day that it is in Korea."""
    return instant.astimezone(SEOUL).date()
