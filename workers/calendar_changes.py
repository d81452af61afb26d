"""Starts what follows from a changed table of holidays."""

from datetime import timedelta
from typing import Final

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from workers.registry import CASE
from workflows.calendar_change import CalendarChange

_START_TIMEOUT: Final = timedelta(seconds=10)


async def start_calendar_change(client: Client, version: int) -> bool:
    """Have every open case told of a version, once; False when that has been done.

    Raises:
        RPCError: Temporal cannot be reached; the sweeper starts it later.
    """
    try:
        await client.start_workflow(
            CalendarChange.run,
            version,
            id=f"calendar/{version}",
            task_queue=CASE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
            rpc_timeout=_START_TIMEOUT,
        )
    except WorkflowAlreadyStartedError:
        return False
    return True
