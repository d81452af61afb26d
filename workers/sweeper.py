"""The sweeper: finds what an event should have started and did not, and starts it.

Cases are stored before their workflows exist, and messages before their delivery is started. When
Temporal is away in between, or a process ends there, the sweeper makes up for it.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import asyncpg
import structlog
from temporalio.client import Client

from activities.calendar import tell_case as tell_case_of_calendar
from activities.notification import Dispatcher
from api.arrivals import tell_case
from api.intake import start_case
from api.problems import is_outage
from infra.postgres import calendar, documents, intakes, notifications, sweeps
from schemas.case import CaseIntake
from workers.calendar_changes import start_calendar_change

log = structlog.stdlib.get_logger()

PAUSE: Final = timedelta(seconds=5)
# Younger ones are probably being started right now by those who stored them.
_INTAKE_AGE: Final = timedelta(seconds=5)
_MESSAGE_AGE: Final = timedelta(seconds=10)
_STARTS_AT_ONCE: Final = 10


@dataclass(frozen=True)
class Swept:
    """How much one sweep made up for."""

    cases_started: int = 0
    messages: int = 0
    arrivals: int = 0
    cases_told: int = 0


class Sweeper:
    """Sweeps every few seconds; of several processes one at a time."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        client: Client,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Connect to what is swept.

        Args:
            pool: Connections to the centre's database.
            client: Starts workflows and deliveries, and tells cases.
            clock: Tells how old a row is.
        """
        self._pool = pool
        self._client = client
        self._clock = clock
        self._dispatcher = Dispatcher(client)
        self._calendar_version = 0
        self._told_of_it: set[str] = set()

    async def run(self, stop: asyncio.Event, pause: timedelta = PAUSE) -> None:
        """Sweep until `stop` is set; a sweep under way is finished first."""
        while not stop.is_set():
            try:
                await self.sweep()
            except Exception as error:
                if is_outage(error):
                    log.warning("sweep_interrupted", error=type(error).__name__)
                else:
                    # A defect here must not end the process that carries the cases.
                    log.exception("sweep_failed")
            try:
                await asyncio.wait_for(stop.wait(), pause.total_seconds())
            except TimeoutError:
                continue

    async def sweep(self) -> Swept:
        """Make up for everything that was missed; nothing when another process is doing so.

        Raises:
            Exception: Temporal or the database cannot be reached.
        """
        async with sweeps.sweep_lock(self._pool) as mine:
            if not mine:
                return Swept()
            swept = Swept(
                cases_started=await self._start_cases(),
                messages=await self._dispatch_messages(),
                arrivals=await self._tell_of_arrivals(),
                cases_told=await self._tell_of_calendar(),
            )
        # Messages that are being tried again are found by every sweep, and are no news.
        if swept.cases_started or swept.cases_told:
            log.info("swept", cases_started=swept.cases_started, cases_told=swept.cases_told)
        return swept

    async def _start_cases(self) -> int:
        waiting = await intakes.pending_intakes(self._pool, self._clock() - _INTAKE_AGE)
        a_few = asyncio.Semaphore(_STARTS_AT_ONCE)

        async def start(intake: CaseIntake) -> bool:
            async with a_few:
                return await self._start_case(intake)

        return sum(await asyncio.gather(*(start(intake) for intake in waiting)))

    async def _start_case(self, intake: CaseIntake) -> bool:
        """Start one case; one that does not answer must not keep the others waiting."""
        try:
            await start_case(self._client, intake)
        except Exception as error:
            if is_outage(error):
                log.warning(
                    "case_start_postponed",
                    case_number=intake.case_number,
                    error=type(error).__name__,
                )
            else:
                log.exception("case_not_started", case_number=intake.case_number)
            return False
        await intakes.mark_started(self._pool, intake.case_number, self._clock())
        return True

    async def _dispatch_messages(self) -> int:
        keys = await notifications.pending(self._pool, self._clock() - _MESSAGE_AGE)
        await self._dispatcher.dispatch(keys)
        return len(keys)

    async def _tell_of_arrivals(self) -> int:
        now = self._clock()
        untold = await documents.untold(self._pool, now - _MESSAGE_AGE)
        told = [
            await tell_case(self._pool, self._client, case_number, arrival, now)
            for case_number, arrival in untold
        ]
        return sum(told)

    async def _tell_of_calendar(self) -> int:
        """See to it that cases are told; those that began meanwhile are told here, one by one."""
        version = await calendar.current_version(self._pool)
        if version != self._calendar_version:
            self._calendar_version, self._told_of_it = version, set()
        # A case whose program fails can't record that it was told. Another signal with every sweep
        # would fill its history, and its kind would keep the others from their turn.
        behind = await sweeps.behind_calendar(self._pool, version, besides=self._told_of_it)
        if not behind or await start_calendar_change(self._client, version):
            return 0
        told = 0
        for number in behind:
            told += await tell_case_of_calendar(self._client, number, version)
            self._told_of_it.add(number)
        return told
