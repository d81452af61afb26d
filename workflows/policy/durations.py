"""ISO 8601 durations, taken apart into months and time."""

from calendar import monthrange
from datetime import datetime, timedelta
from typing import Final, NamedTuple

import isodate  # pyright: ignore[reportMissingTypeStubs]  # the package has none

from schemas.policy import Clock, Period

_MONTHS_A_YEAR: Final = 12
_DAYS_A_MONTH: Final = 30
_WORKING_HOURS_A_DAY: Final = 8
_HOURS_A_DAY: Final = 24


class Length(NamedTuple):
    """A duration: whole months, and the rest as time."""

    months: int
    rest: timedelta


def length_of(text: str) -> Length:
    """Take an ISO 8601 duration apart.

    Raises:
        ValueError: `text` is no duration, or counts parts of months.
    """
    try:
        parsed = isodate.parse_duration(text)
    except (isodate.ISO8601Error, OverflowError) as error:
        raise ValueError(
            f"“{text}” is not an ISO 8601 duration such as PT24H, P10D or P2W"
        ) from error
    if isinstance(parsed, timedelta):
        return Length(0, parsed)
    months = parsed.years * _MONTHS_A_YEAR + parsed.months
    if months != int(months):
        raise ValueError(f"“{text}” counts a part of a month")
    return Length(int(months), parsed.tdelta)


def elapsed_period(period: Period, day_seconds: float) -> Period:
    """The same length on a clock that runs at night, with `day_seconds` for a day.

    For test policies only: a working day and a calendar day both take `day_seconds`, a working
    hour an eighth of it, a month thirty days.
    """
    length = length_of(period.length)
    hours_a_day = _WORKING_HOURS_A_DAY if period.clock is Clock.WORKING_HOURS else _HOURS_A_DAY
    days = length.months * _DAYS_A_MONTH + length.rest / timedelta(hours=hours_a_day)
    return Period(length=f"PT{days * day_seconds:.3f}S", clock=Clock.ELAPSED)


def later(start: datetime, period: Period) -> datetime:
    """The same time of day a period later, by the plain calendar: nothing rolls over holidays.

    A month later is the same day of the next month, or its last where there is no such day.
    """
    length = length_of(period.length)
    years, month = divmod(start.month - 1 + length.months, _MONTHS_A_YEAR)
    last = monthrange(start.year + years, month + 1)[1]
    moved = start.replace(year=start.year + years, month=month + 1, day=min(start.day, last))
    return moved + length.rest
