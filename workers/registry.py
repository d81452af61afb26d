"""What runs on which task queue: read by workers, by the replayer and by tests."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import asyncpg
from temporalio.client import Client

from activities.archive import ArchiveActivities
from activities.bookings import BookingActivities
from activities.calendar import CalendarActivities
from activities.catalogue import CatalogueActivities
from activities.deadlines import DeadlineActivities
from activities.housekeeping import HousekeepingActivities
from activities.matching import MatchingActivities, Readings
from activities.morning import MorningActivities
from activities.notification import Dispatcher, NotificationActivities
from activities.preparation import PreparationActivities
from activities.records import RecordsActivities
from activities.rounds import RoundActivities
from infra.postgres.search_index import PostgresCatalogue
from infra.settings import Settings
from matching.encoder import ENCODERS
from matching.live import LiveIndex
from workflows.calendar_change import CalendarChange
from workflows.catalogue_preparation import CataloguePreparation
from workflows.catalogue_refresh import CatalogueRefresh
from workflows.history_archive import HistoryArchive
from workflows.morning_walk import MorningWalk
from workflows.round_opening import RoundOpening
from workflows.selection_round import SelectionRound
from workflows.support_case import SupportCase

CASE: Final = "case"
NOTIFY: Final = "notify"
INSTITUTE: Final = "institute"
MATCHING: Final = "matching"

TASK_QUEUES: Final = (CASE, NOTIFY, INSTITUTE, MATCHING)

WORKFLOWS: Final[Mapping[str, Sequence[type]]] = {
    CASE: [
        SupportCase,
        SelectionRound,
        RoundOpening,
        CalendarChange,
        CataloguePreparation,
        CatalogueRefresh,
        HistoryArchive,
        MorningWalk,
    ]
}


@dataclass(frozen=True)
class Resources:
    """What activities are built from: one of each per worker process.

    Attributes:
        dispatch: Hands messages to delivery; None for the activity that sends mail.
        read_enquiry: Has a new enquiry read; None for the activity that does.
    """

    pool: asyncpg.Pool
    settings: Settings
    client: Client
    dispatch: Callable[[Sequence[str]], Awaitable[None]] | None = None
    read_enquiry: Callable[[str, str], Awaitable[None]] | None = None


@dataclass(frozen=True)
class Registration:
    """What the workers of one task queue run."""

    workflows: Sequence[type] = ()
    # Activities have every signature there is; Temporal checks each call against its own.
    activities: Sequence[Callable[..., Any]] = field(default_factory=list[Callable[..., Any]])

    def __bool__(self) -> bool:
        """Whether there is anything to run."""
        return bool(self.workflows or self.activities)


def registrations(resources: Resources) -> dict[str, Registration]:
    """Workflows and activities of every task queue, with their dependencies handed in."""
    pool, settings, client = resources.pool, resources.settings, resources.client
    dispatch = resources.dispatch or Dispatcher(client).dispatch
    encoder = ENCODERS[settings.encoder]
    records = RecordsActivities(pool, dispatch, resources.read_enquiry or Readings(client).start)
    morning = MorningActivities(pool, dispatch)
    deadlines = DeadlineActivities(pool)
    bookings = BookingActivities(pool)
    calendar = CalendarActivities(pool, client)
    catalogue = CatalogueActivities(pool, settings)
    archive = ArchiveActivities(pool, client)
    rounds = RoundActivities(pool, client, dispatch)
    notification = NotificationActivities(pool, client, settings)
    matching = MatchingActivities(pool, LiveIndex(PostgresCatalogue(pool), encoder), encoder)
    preparation = PreparationActivities(pool, encoder)
    return {
        CASE: Registration(
            WORKFLOWS[CASE],
            [
                records.save_case,
                records.screen,
                records.find_submission,
                records.split_case,
                deadlines.pin_policy,
                deadlines.compute,
                bookings.book,
                bookings.close,
                rounds.open_due,
                rounds.next,
                rounds.apply,
                rounds.save,
                rounds.on_their_way,
                rounds.close_list,
                rounds.more_reviewers,
                rounds.rank,
                rounds.tell_cases,
                rounds.grant,
                rounds.give_up,
                rounds.fill_places,
                calendar.tell_cases,
                catalogue.list_partners,
                catalogue.record_refresh,
                archive.keep_closed,
                morning.send_progress_notices,
                morning.open_reviews,
                morning.remind_of_reports,
                morning.ask_for_effects,
                HousekeepingActivities(pool).forget,
            ],
        ),
        NOTIFY: Registration(activities=[notification.deliver]),
        INSTITUTE: Registration(activities=[catalogue.read_partner]),
        MATCHING: Registration(
            activities=[
                matching.rank_institutes,
                matching.read_enquiry,
                preparation.prepare_texts,
            ]
        ),
    }
