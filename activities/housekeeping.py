"""Forgets what the centre may not, or need not, keep any longer."""

from datetime import datetime, timedelta
from typing import Final

import asyncpg
import structlog
from temporalio import activity

from infra.postgres import accounts, companies, journal, request_keys, sessions
from infra.postgres.pool import transaction
from schemas.actor import SYSTEM
from workflows.activity_stubs import Housekeeping
from workflows.policy.business_calendar import day_of

log = structlog.stdlib.get_logger()

# Nobody repeats a request after so long; a limit of failed attempts looks back an hour at most.
_KEYS_FOR: Final = timedelta(days=30)
_FAILURES_FOR: Final = timedelta(days=1)


class HousekeepingActivities(Housekeeping):
    """Forgets once; a repeated call finds nothing left."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    @activity.defn(name="housekeeping.forget")
    async def forget(self, at: datetime) -> int:
        async with transaction(self._pool) as db:
            destroyed = await companies.destroy_contacts(db, at, day_of(at))
            if destroyed:
                await journal.append_within(
                    db,
                    journal.CENTRE_STREAM,
                    at,
                    SYSTEM,
                    "centre:contacts:destroyed",
                    {"count": str(destroyed)},
                )
        await request_keys.forget_old(self._pool, at - _KEYS_FOR)
        await sessions.forget_ended(self._pool, at)
        await accounts.forget_failures(self._pool, at - _FAILURES_FOR)
        log.info("forgotten", contacts=destroyed)
        return destroyed
