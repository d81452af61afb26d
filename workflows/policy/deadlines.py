"""Due dates: what is due when, with reminders, the ladder above it, and the reasoning."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from schemas.calendar import HolidayTable
from schemas.policy import (
    Clock,
    Deadline,
    DeadlineRequest,
    Period,
    PolicyValues,
    Reasoning,
)
from workflows.policy.business_calendar import (
    SEOUL,
    BusinessCalendar,
    add_working_hours,
    advance,
    skipped_days,
    working_spans,
    working_time,
)
from workflows.policy.durations import elapsed_period, length_of

ELAPSED_DAY: Final = "clock.elapsed_day_seconds"
WORKING_SPANS: Final = "clock.workday.spans"
_WORKING_CLOCKS: Final = frozenset({Clock.WORKING_HOURS, Clock.WORKING_DAYS})


def compute_deadline(
    request: DeadlineRequest, values: PolicyValues, table: HolidayTable
) -> Deadline:
    """The due date of a period, its reminders and its ladder.

    Args:
        request: What is counted from when, and what stopped the clock.
        values: The case's policy.
        table: Holidays and closing days as they are known now.

    Raises:
        KeyError: The policy has no such period.
    """
    period = _period(request, values)
    days = BusinessCalendar(
        table,
        request.institute,
        request.pauses,
        counts_saturdays=values.flag("clock.wd1.count_saturday"),
        spans=working_spans(values.text(WORKING_SPANS)),
    )
    due_at = request.due_at or advance(request.start, period, days)
    for extension in request.extensions:
        due_at = _extend(due_at, values.period(extension), days)
    if request.not_before is not None:
        due_at = max(due_at, request.not_before.astimezone(SEOUL))
    works = period.clock in _WORKING_CLOCKS
    return Deadline(
        key=request.key,
        start=request.start,
        due_at=due_at,
        reminders=_reminders(request, period, due_at, values, days),
        l2_at=advance(due_at, values.period("ladder.l2_after"), days),
        l3_at=advance(due_at, values.period("ladder.l3_after"), days),
        calendar_version=table.version,
        reasoning=Reasoning(
            counted_from=request.start,
            length=period.length,
            clock=period.clock,
            skipped=skipped_days(request.start, due_at, days) if works else (),
            rolled_from=_rolled_from(request, period, due_at, days),
        ),
    )


def _period(request: DeadlineRequest, values: PolicyValues) -> Period:
    if request.period is None:
        return values.period(request.key)
    if ELAPSED_DAY in values.values:
        return elapsed_period(request.period, values.share(ELAPSED_DAY))
    return request.period


def _extend(due_at: datetime, period: Period, days: BusinessCalendar) -> datetime:
    """A further period, which begins when the one before ended."""
    if period.clock in {Clock.WORKING_DAYS, Clock.CALENDAR}:
        return advance(due_at + timedelta(seconds=1), period, days)
    return advance(due_at, period, days)


def _reminders(
    request: DeadlineRequest,
    period: Period,
    due_at: datetime,
    values: PolicyValues,
    days: BusinessCalendar,
) -> tuple[datetime, ...]:
    """Instants between start and due date, ascending.

    Percentages are taken of the time that counts: of the working time between start and due date
    where the clock counts work, so that staff are reminded while they work. Lists named
    `…remind_before` count back from the due date, other lists forward from the start; reminders do
    not roll over holidays.
    """
    if request.reminders is None:
        return ()
    key = request.reminders
    if key == "ladder.remind_at":
        instants = [
            _part_of(request.start, period, due_at, percent, days) for percent in values.counts(key)
        ]
    elif key.endswith("remind_before"):
        instants = [due_at - length_of(item.length).rest for item in values.periods(key)]
    else:
        instants = [request.start + length_of(item.length).rest for item in values.periods(key)]
    return tuple(sorted(at.astimezone(SEOUL) for at in instants if request.start < at < due_at))


def _part_of(
    start: datetime, period: Period, due_at: datetime, percent: int, days: BusinessCalendar
) -> datetime:
    if period.clock in _WORKING_CLOCKS:
        return add_working_hours(start, working_time(start, due_at, days) * percent / 100, days)
    return start + (due_at - start) * percent / 100


def _rolled_from(
    request: DeadlineRequest, period: Period, due_at: datetime, days: BusinessCalendar
) -> str | None:
    """The day on which a calendar period would have ended, had periods ended on holidays."""
    if period.clock not in {Clock.CALENDAR, Clock.CALENDAR_DAYS} or request.extensions:
        return None
    planned = advance(request.start, period, replace(days, rolls=False))
    return planned.date().isoformat() if planned < due_at else None
