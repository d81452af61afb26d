"""Name, types, timeout and retries of every activity, for workflows and their implementations.

A subclass in `activities/` does the work; workflows call the typed functions below, so that they
import nothing that does I/O.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TypeVar

from temporalio import activity, workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from schemas.booking import BookingRequest, UseOfEquipment
    from schemas.catalogue_refresh import PartnerOutcome, PartnerRequest, RefreshRecord
    from schemas.designation import MatchRequest, MatchResult
    from schemas.policy import Deadline, DeadlineRequest, PolicyValues
    from schemas.record import (
        CaseWrite,
        FoundSubmission,
        ScreeningFindings,
        ScreeningRequest,
        SplitRequest,
        SubmissionQuery,
    )
    from schemas.selection import (
        ApplicationRequest,
        PanelRequest,
        Place,
        PlannedRound,
        RankingRequest,
        RankingSummary,
        Receipt,
        RoundCheck,
        RoundClosing,
        RoundQuery,
        RoundWrite,
        Vacancy,
    )

# Records and deadlines rest on our own database: they are retried until it is back, because a
# case must neither move on unrecorded nor guess a date.
_UNTIL_IT_WORKS = RetryPolicy(
    initial_interval=timedelta(milliseconds=200), maximum_interval=timedelta(seconds=10)
)
_LOCAL = timedelta(seconds=5)
# A partner is asked again for some hours of the night, then given up until the next one.
_WHILE_IT_IS_NIGHT = RetryPolicy(
    initial_interval=timedelta(seconds=2),
    maximum_interval=timedelta(minutes=10),
    maximum_attempts=20,
)

_Owner = TypeVar("_Owner")
_Given = TypeVar("_Given")
_Answer = TypeVar("_Answer")


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

    @activity.defn(name="records.split_case")
    async def split_case(self, request: SplitRequest) -> str:
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


class Rounds:
    """Selection rounds: applications, score sheets and rankings."""

    @activity.defn(name="rounds.open_due")
    async def open_due(self, at: datetime) -> int:
        raise NotImplementedError

    @activity.defn(name="rounds.next")
    async def next(self, query: RoundQuery) -> PlannedRound:
        raise NotImplementedError

    @activity.defn(name="rounds.apply")
    async def apply(self, request: ApplicationRequest) -> Receipt:
        raise NotImplementedError

    @activity.defn(name="rounds.save")
    async def save(self, write: RoundWrite) -> None:
        raise NotImplementedError

    @activity.defn(name="rounds.on_their_way")
    async def on_their_way(self, round_id: str) -> int:
        raise NotImplementedError

    @activity.defn(name="rounds.close_list")
    async def close_list(self, closing: RoundClosing) -> RoundCheck:
        raise NotImplementedError

    @activity.defn(name="rounds.more_reviewers")
    async def more_reviewers(self, request: PanelRequest) -> tuple[str, ...]:
        raise NotImplementedError

    @activity.defn(name="rounds.rank")
    async def rank(self, request: RankingRequest) -> RankingSummary:
        raise NotImplementedError

    @activity.defn(name="rounds.tell_cases")
    async def tell_cases(self, round_id: str) -> int:
        raise NotImplementedError

    @activity.defn(name="rounds.grant")
    async def grant(self, place: Place) -> None:
        raise NotImplementedError

    @activity.defn(name="rounds.give_up")
    async def give_up(self, place: Place) -> None:
        raise NotImplementedError

    @activity.defn(name="rounds.fill_places")
    async def fill_places(self, vacancy: Vacancy) -> int:
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
    """What companies and coordinators are told or asked by the calendar."""

    @activity.defn(name="morning.send_progress_notices")
    async def send_progress_notices(self, at: datetime) -> int:
        raise NotImplementedError

    @activity.defn(name="morning.open_reviews")
    async def open_reviews(self, at: datetime) -> int:
        raise NotImplementedError

    @activity.defn(name="morning.remind_of_reports")
    async def remind_of_reports(self, at: datetime) -> int:
        raise NotImplementedError

    @activity.defn(name="morning.ask_for_effects")
    async def ask_for_effects(self, at: datetime) -> int:
        raise NotImplementedError


class Housekeeping:
    """What is kept no longer."""

    @activity.defn(name="housekeeping.forget")
    async def forget(self, at: datetime) -> int:
        raise NotImplementedError


class Catalogue:
    """Partners whose services fill the catalogue."""

    @activity.defn(name="catalogue.list_partners")
    async def list_partners(self) -> list[PartnerOutcome]:
        raise NotImplementedError

    @activity.defn(name="catalogue.read_partner")
    async def read_partner(self, request: PartnerRequest) -> PartnerOutcome:
        raise NotImplementedError

    @activity.defn(name="catalogue.record_refresh")
    async def record_refresh(self, record: RefreshRecord) -> None:
        raise NotImplementedError


class Matching:
    """Finds institutes that can help."""

    @activity.defn(name="matching.rank_institutes")
    async def rank_institutes(self, request: MatchRequest) -> MatchResult:
        raise NotImplementedError

    @activity.defn(name="matching.read_enquiry")
    async def read_enquiry(self, case_number: str) -> None:
        raise NotImplementedError


class Preparation:
    """Computes beforehand what searching needs of each text."""

    @activity.defn(name="matching.prepare_texts")
    async def prepare_texts(self) -> int:
        raise NotImplementedError


class Notification:
    """Delivers one message; started outside the case's history, once per message key."""

    @activity.defn(name="notification.deliver")
    async def deliver(self, key: str) -> None:
        raise NotImplementedError


async def _on_our_database(
    act: Callable[[_Owner, _Given], Awaitable[_Answer]], given: _Given
) -> _Answer:
    """Run an activity here: short, idempotent, and one event instead of six."""
    return await workflow.execute_local_activity_method(
        act, given, start_to_close_timeout=_LOCAL, retry_policy=_UNTIL_IT_WORKS
    )


async def pin_policy(version: str) -> PolicyValues:
    """The values a case follows for its whole life; recorded in its history."""
    return await _on_our_database(Deadlines.pin_policy, version)


async def compute_deadline(request: DeadlineRequest) -> Deadline:
    """A due date with its reasoning."""
    return await _on_our_database(Deadlines.compute, request)


async def save_case(write: CaseWrite) -> None:
    """Record a transition."""
    await _on_our_database(Records.save_case, write)


async def screen(request: ScreeningRequest) -> ScreeningFindings:
    """Automatic checks of a new case: duplicate candidates, personal data, language."""
    return await _on_our_database(Records.screen, request)


async def split_case(request: SplitRequest) -> str:
    """File a second case about the same request; returns its number."""
    return await _on_our_database(Records.split_case, request)


async def find_submission(query: SubmissionQuery) -> FoundSubmission:
    """An answer stored in time that did not reach the workflow before its task expired."""
    return await _on_our_database(Records.find_submission, query)


async def book_equipment(request: BookingRequest) -> bool:
    """Book an instrument; False when somebody else has it at that time."""
    return await _on_our_database(Bookings.book, request)


async def close_booking(use: UseOfEquipment) -> None:
    """Record what became of a booking; the instrument is free unless it was used."""
    await _on_our_database(Bookings.close, use)


async def next_round(query: RoundQuery) -> PlannedRound:
    """The earliest round that an application can be handed in to, with its dates as told."""
    return await _on_our_database(Rounds.next, query)


async def apply_to_round(request: ApplicationRequest) -> Receipt:
    """Hand an application in to the earliest round that it is in time for."""
    return await _on_our_database(Rounds.apply, request)


async def save_round(write: RoundWrite) -> None:
    """Record a transition of a round."""
    await _on_our_database(Rounds.save, write)


async def applications_on_their_way(round_id: str) -> int:
    """Applications submitted before the cut-off that the round does not have yet."""
    return await _on_our_database(Rounds.on_their_way, round_id)


async def close_list(closing: RoundClosing) -> RoundCheck:
    """Close a round's list, check every application by rule, and choose the panel."""
    return await _on_our_database(Rounds.close_list, closing)


async def rank_applications(request: RankingRequest) -> RankingSummary:
    """Rank a round's applications by the sheets that were handed in."""
    return await _on_our_database(Rounds.rank, request)


async def grant_place(place: Place) -> None:
    """Select a case whose objection was right, beside the ranking."""
    await _on_our_database(Rounds.grant, place)


async def more_reviewers(request: PanelRequest) -> tuple[str, ...]:
    """Choose reviewers in place of those who cannot; none when nobody else is there."""
    return await _on_our_database(Rounds.more_reviewers, request)


async def give_up_place(place: Place) -> None:
    """Take an application back, or a place; the round fills it from its reserves."""
    await _on_our_database(Rounds.give_up, place)


async def fill_places(vacancy: Vacancy) -> int:
    """Let reserves move up into what was given up; or, at the end, let them go.

    Returns:
        How many cases have to be told.
    """
    return await _on_our_database(Rounds.fill_places, vacancy)


async def tell_applicants(round_id: str) -> int:
    """Tell every case its decision, once; a walk that is interrupted goes on where it stopped."""
    return await workflow.execute_activity_method(
        Rounds.tell_cases,
        round_id,
        start_to_close_timeout=timedelta(hours=6),
        heartbeat_timeout=timedelta(seconds=30),
        retry_policy=_UNTIL_IT_WORKS,
        summary="tell applicants",
    )


async def open_due_rounds(at: datetime) -> int:
    """Start the rounds that take applications by the calendar and do not run yet."""
    return await workflow.execute_activity_method(
        Rounds.open_due,
        at,
        start_to_close_timeout=timedelta(minutes=1),
        retry_policy=_UNTIL_IT_WORKS,
        summary="open rounds",
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


async def prepare_texts() -> int:
    """Analyse and encode new texts of the catalogue, on the matching queue; returns how many.

    It may take days for a large import, and goes on where it stopped.
    """
    return await workflow.execute_activity_method(
        Preparation.prepare_texts,
        task_queue="matching",
        start_to_close_timeout=timedelta(days=14),
        heartbeat_timeout=timedelta(minutes=1),
        retry_policy=_UNTIL_IT_WORKS,
        summary="prepare texts for searching",
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


async def open_reviews(at: datetime) -> int:
    """Let coordinators look at every case in service, as often as the policy says."""
    return await workflow.execute_activity_method(
        Morning.open_reviews,
        at,
        start_to_close_timeout=timedelta(hours=1),
        heartbeat_timeout=timedelta(minutes=1),
        retry_policy=_UNTIL_IT_WORKS,
        summary="monthly reviews",
    )


async def remind_of_reports(at: datetime) -> int:
    """Remind institutes of the final report and the settlement of projects that ended."""
    return await workflow.execute_activity_method(
        Morning.remind_of_reports,
        at,
        start_to_close_timeout=timedelta(hours=1),
        heartbeat_timeout=timedelta(minutes=1),
        retry_policy=_UNTIL_IT_WORKS,
        summary="reports that are due",
    )


async def forget(at: datetime) -> int:
    """Destroy contact data whose time has passed, and forget what nobody asks for any more."""
    return await workflow.execute_activity_method(
        Housekeeping.forget,
        at,
        start_to_close_timeout=timedelta(minutes=10),
        retry_policy=_UNTIL_IT_WORKS,
        summary="forget what has had its time",
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


async def list_partners() -> list[PartnerOutcome]:
    """Every partner, as not read or as skipped because no key is set for it."""
    return await workflow.execute_local_activity_method(
        Catalogue.list_partners, start_to_close_timeout=_LOCAL, retry_policy=_UNTIL_IT_WORKS
    )


async def read_partner(request: PartnerRequest) -> PartnerOutcome:
    """Read a partner, on the institutes' queue; an interrupted reading goes on where it stopped.

    Raises:
        ActivityError: It refuses, or did not answer the whole night.
    """
    return await workflow.execute_activity_method(
        Catalogue.read_partner,
        request,
        task_queue="institute",
        schedule_to_close_timeout=timedelta(hours=20),
        start_to_close_timeout=timedelta(hours=10),
        heartbeat_timeout=timedelta(minutes=3),
        retry_policy=_WHILE_IT_IS_NIGHT,
        summary=f"read {request.partner}",
    )


async def record_refresh(record: RefreshRecord) -> None:
    """Record what came of a refresh."""
    await _on_our_database(Catalogue.record_refresh, record)
