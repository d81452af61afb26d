"""Name, types, timeout and retries of every activity, for workflows and their implementations.

A subclass in `activities/` does the work; workflows call the typed functions below, so that they
import nothing that does I/O.
"""

from datetime import datetime, timedelta

from temporalio import activity, workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from schemas.booking import BookingRequest, UseOfEquipment
    from schemas.designation import MatchRequest, MatchResult
    from schemas.policy import Deadline, DeadlineRequest, PolicyValues
    from schemas.record import (
        CaseWrite,
        FoundSubmission,
        ScreeningFindings,
        ScreeningRequest,
        SubmissionQuery,
    )

# Records and deadlines rest on our own database: they are retried until it is back, because a
# case must neither move on unrecorded nor guess a date.
_UNTIL_IT_WORKS = RetryPolicy(
    initial_interval=timedelta(milliseconds=200), maximum_interval=timedelta(seconds=10)
)
_LOCAL = timedelta(seconds=5)


class Deadlines:
    """Due dates by policy and holiday table."""

    @activity.defn(name="deadlines.pin_policy")
    async def pin_policy(self, version: str) -> PolicyValues:
        raise NotImplementedError

    @activity.defn(name="deadlines.compute")
    async def compute(self, request: DeadlineRequest) -> Deadline:
        raise NotImplementedError


class Records:
    """The read model, the journal and stored submissions."""

    @activity.defn(name="records.save_case")
    async def save_case(self, write: CaseWrite) -> None:
        raise NotImplementedError

    @activity.defn(name="records.screen")
    async def screen(self, request: ScreeningRequest) -> ScreeningFindings:
        raise NotImplementedError

    @activity.defn(name="records.find_submission")
    async def find_submission(self, query: SubmissionQuery) -> FoundSubmission:
        raise NotImplementedError


class Bookings:
    """The calendars of instruments."""

    @activity.defn(name="bookings.book")
    async def book(self, request: BookingRequest) -> bool:
        raise NotImplementedError

    @activity.defn(name="bookings.close")
    async def close(self, use: UseOfEquipment) -> None:
        raise NotImplementedError


class Calendar:
    """The table of holidays, and the cases that count with it."""

    @activity.defn(name="calendar.tell_cases")
    async def tell_cases(self, version: int) -> int:
        raise NotImplementedError


class Archive:
    """Histories of cases that are over."""

    @activity.defn(name="archive.keep_closed")
    async def keep_closed(self, at: datetime) -> int:
        raise NotImplementedError


class Morning:
    """What companies are told or asked by the calendar."""

    @activity.defn(name="morning.send_progress_notices")
    async def send_progress_notices(self, at: datetime) -> int:
        raise NotImplementedError

    @activity.defn(name="morning.ask_for_effects")
    async def ask_for_effects(self, at: datetime) -> int:
        raise NotImplementedError


class Matching:
    """Finds institutes that can help."""

    @activity.defn(name="matching.rank_institutes")
    async def rank_institutes(self, request: MatchRequest) -> MatchResult:
        raise NotImplementedError


class Notification:
    """Delivers one message; started outside the case's history, once per message key."""

    @activity.defn(name="notification.deliver")
    async def deliver(self, key: str) -> None:
        raise NotImplementedError


async def pin_policy(version: str) -> PolicyValues:
    """The values a case follows for its whole life; recorded in its history."""
    return await workflow.execute_local_activity_method(
        Deadlines.pin_policy, version, start_to_close_timeout=_LOCAL, retry_policy=_UNTIL_IT_WORKS
    )


async def compute_deadline(request: DeadlineRequest) -> Deadline:
    """A due date with its reasoning. Local: short, idempotent, one event instead of six."""
    return await workflow.execute_local_activity_method(
        Deadlines.compute, request, start_to_close_timeout=_LOCAL, retry_policy=_UNTIL_IT_WORKS
    )


async def save_case(write: CaseWrite) -> None:
    """Record a transition."""
    await workflow.execute_local_activity_method(
        Records.save_case, write, start_to_close_timeout=_LOCAL, retry_policy=_UNTIL_IT_WORKS
    )


async def screen(request: ScreeningRequest) -> ScreeningFindings:
    """Automatic checks of a new case: duplicate candidates, personal data, language."""
    return await workflow.execute_local_activity_method(
        Records.screen, request, start_to_close_timeout=_LOCAL, retry_policy=_UNTIL_IT_WORKS
    )


async def find_submission(query: SubmissionQuery) -> FoundSubmission:
    """An answer stored in time that did not reach the workflow before its task expired."""
    return await workflow.execute_local_activity_method(
        Records.find_submission, query, start_to_close_timeout=_LOCAL, retry_policy=_UNTIL_IT_WORKS
    )


async def book_equipment(request: BookingRequest) -> bool:
    """Book an instrument; False when somebody else has it at that time."""
    return await workflow.execute_local_activity_method(
        Bookings.book, request, start_to_close_timeout=_LOCAL, retry_policy=_UNTIL_IT_WORKS
    )


async def close_booking(use: UseOfEquipment) -> None:
    """Record what became of a booking; the instrument is free unless it was used."""
    await workflow.execute_local_activity_method(
        Bookings.close, use, start_to_close_timeout=_LOCAL, retry_policy=_UNTIL_IT_WORKS
    )


async def rank_institutes(
    request: MatchRequest, *, retry_every: timedelta, give_up_after: timedelta
) -> MatchResult:
    """Ranked institutes for a case, on the matching queue.

    Args:
        request: Which case.
        retry_every: Longest pause between attempts (policy `match.retry.interval_minutes`). The
            first ones follow soon: a worker that crashed is back in seconds.
        give_up_after: When a person takes over (policy `match.retry.total`).

    Raises:
        ActivityError: Matching did not answer in time.
    """
    return await workflow.execute_activity_method(
        Matching.rank_institutes,
        request,
        task_queue="matching",
        start_to_close_timeout=timedelta(minutes=5),
        heartbeat_timeout=timedelta(seconds=20),
        schedule_to_close_timeout=give_up_after,
        retry_policy=RetryPolicy(
            initial_interval=min(timedelta(seconds=2), retry_every), maximum_interval=retry_every
        ),
        summary="find institutes",
    )


async def tell_cases_of_calendar(version: int) -> int:
    """Tell every open case that counted with an older calendar, going on from where it stopped."""
    return await workflow.execute_activity_method(
        Calendar.tell_cases,
        version,
        start_to_close_timeout=timedelta(hours=6),
        heartbeat_timeout=timedelta(seconds=30),
        retry_policy=_UNTIL_IT_WORKS,
        summary="tell open cases",
    )


async def archive_histories(at: datetime) -> int:
    """Keep the histories of closed cases; a walk that is interrupted is repeated."""
    return await workflow.execute_activity_method(
        Archive.keep_closed,
        at,
        start_to_close_timeout=timedelta(hours=6),
        heartbeat_timeout=timedelta(minutes=1),
        retry_policy=_UNTIL_IT_WORKS,
        summary="archive closed cases",
    )


async def send_progress_notices(at: datetime) -> int:
    """Send the notices that are due; a walk that is interrupted goes on where it stopped."""
    return await workflow.execute_activity_method(
        Morning.send_progress_notices,
        at,
        start_to_close_timeout=timedelta(hours=1),
        heartbeat_timeout=timedelta(minutes=1),
        retry_policy=_UNTIL_IT_WORKS,
        summary="progress notices",
    )


async def ask_for_effects(at: datetime) -> int:
    """Ask companies what became of their results, as long after the end as the policy says."""
    return await workflow.execute_activity_method(
        Morning.ask_for_effects,
        at,
        start_to_close_timeout=timedelta(hours=1),
        heartbeat_timeout=timedelta(minutes=1),
        retry_policy=_UNTIL_IT_WORKS,
        summary="questions about effects",
    )
