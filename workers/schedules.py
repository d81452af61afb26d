"""What Temporal starts by the calendar: made or brought up to date whenever a centre is set up."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
    ScheduleUpdate,
    ScheduleUpdateInput,
)
from temporalio.common import WorkflowIDConflictPolicy

from schemas.catalogue_refresh import RefreshRecord
from workers.registry import CASE
from workflows.catalogue_preparation import CataloguePreparation
from workflows.catalogue_refresh import CatalogueRefresh
from workflows.history_archive import HistoryArchive
from workflows.morning_walk import MorningWalk
from workflows.round_opening import RoundOpening

ARCHIVE_ID: Final = "history-archive"
REFRESH_ID: Final = "catalogue-refresh"
# A centre that was down over the night makes up for it as soon as it is up.
_CATCH_UP: Final = timedelta(days=30)


@dataclass(frozen=True)
class Planned:
    """A workflow without arguments that is started by the calendar.

    Attributes:
        cron: When, as cron says it, in Seoul's time.
        at_once: Whether a new centre does not wait for the first time.
        catch_up: How long what was missed in an outage is made up for.
    """

    schedule_id: str
    workflow: str
    cron: str
    at_once: bool = False
    catch_up: timedelta = _CATCH_UP


PLANNED: Final = (
    Planned(ARCHIVE_ID, HistoryArchive.__name__, "0 3 * * *"),
    # Every night, not only when a round opens: what an outage missed is opened the next time.
    Planned("round-opening", RoundOpening.__name__, "5 0 * * *"),
    # Before the working day, when partners are least asked and searches too.
    Planned(REFRESH_ID, CatalogueRefresh.__name__, "30 1 * * *"),
    Planned("morning-walk", MorningWalk.__name__, "0 9 * * *"),
    Planned(
        "catalogue-preparation",
        CataloguePreparation.__name__,
        "*/5 * * * *",
        at_once=True,
        catch_up=timedelta(minutes=5),
    ),
)


async def plan(client: Client) -> None:
    """Make every schedule, or bring it to what this release wants. Paused ones stay paused."""
    for planned in PLANNED:
        schedule = _schedule(planned)
        try:
            await client.create_schedule(
                planned.schedule_id, schedule, trigger_immediately=planned.at_once
            )
        except ScheduleAlreadyRunningError:
            await client.get_schedule_handle(planned.schedule_id).update(_changed_to(schedule))


def _changed_to(schedule: Schedule) -> Callable[[ScheduleUpdateInput], ScheduleUpdate]:
    def change(found: ScheduleUpdateInput) -> ScheduleUpdate:
        schedule.state = found.description.schedule.state
        return ScheduleUpdate(schedule)

    return change


def _schedule(planned: Planned) -> Schedule:
    return Schedule(
        action=ScheduleActionStartWorkflow(
            planned.workflow, id=planned.schedule_id, task_queue=CASE
        ),
        spec=ScheduleSpec(cron_expressions=[planned.cron], time_zone_name="Asia/Seoul"),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=planned.catch_up),
    )


async def archive_now(client: Client) -> int:
    """Archive what is closed at once; returns how many histories were kept.

    Who asks while another one waits for the same gets the same answer.
    """
    return await client.execute_workflow(
        HistoryArchive.run,
        id=f"{ARCHIVE_ID}-by-hand",
        task_queue=CASE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
    )


async def refresh_now(client: Client) -> RefreshRecord:
    """Read every partner into the catalogue at once, as the schedule does every night.

    Who asks while another one waits for the same gets the same answer.
    """
    return await client.execute_workflow(
        CatalogueRefresh.run,
        id=f"{REFRESH_ID}-by-hand",
        task_queue=CASE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
    )
