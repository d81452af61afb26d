"""Tells open cases that the calendar changed."""

from datetime import timedelta
from typing import Final

import asyncpg
import structlog
from temporalio import activity
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from infra.postgres import sweeps
from workflows.activity_stubs import Calendar

log = structlog.stdlib.get_logger()

_SIGNAL_TIMEOUT: Final = timedelta(seconds=10)


class CalendarActivities(Calendar):
    """Signals cases in the order of their numbers; a retry goes on after the last one told."""

    def __init__(self, pool: asyncpg.Pool, client: Client) -> None:
        """Connect to the read model, which knows the cases, and to Temporal, which runs them."""
        self._pool = pool
        self._client = client

    @activity.defn(name="calendar.tell_cases")
    async def tell_cases(self, version: int) -> int:
        last, told = activity.info().heartbeat_details or ("", 0)
        while behind := await sweeps.behind_calendar(self._pool, version, after=last):
            for last in behind:
                told += await tell_case(self._client, last, version)
                activity.heartbeat(last, told)
        return told


async def tell_case(client: Client, case_number: str, version: int) -> bool:
    """Tell one case; False for one that does not run any more.

    Raises:
        RPCError: Temporal cannot be reached.
    """
    try:
        await client.get_workflow_handle(case_number).signal(
            "calendar_changed", version, rpc_timeout=_SIGNAL_TIMEOUT
        )
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        # Its run has ended and its last record is not written, or it was archived.
        log.warning("case_not_running", case_number=case_number)
        return False
    return True
