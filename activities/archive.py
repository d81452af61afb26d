"""Moves histories of closed cases into the centre's own database."""

from datetime import datetime, timedelta
from typing import Final, TypeVar

import asyncpg
import structlog
from temporalio import activity
from temporalio.client import Client, WorkflowExecution, WorkflowQueryFailedError
from temporalio.service import RPCError, RPCStatusCode

from infra.postgres import archive
from infra.postgres.archive import ArchivedHistory
from schemas.base import WireModel
from schemas.record import CaseProjection
from workflows.activity_stubs import Archive

log = structlog.stdlib.get_logger()

# Terminated and failed cases too: what went wrong with them is what an auditor asks about.
_CLOSED: Final = 'WorkflowType = "SupportCase" AND ExecutionStatus != "Running"'
AnswerT = TypeVar("AnswerT", bound=WireModel)
_TIMEOUT: Final = timedelta(seconds=20)
# What a server says, in this order, of a run that never began, of one that is gone, and of one
# whose program fails again and again.
_NO_ANSWER: Final = frozenset(
    {
        RPCStatusCode.FAILED_PRECONDITION,
        RPCStatusCode.NOT_FOUND,
        RPCStatusCode.CANCELLED,
        RPCStatusCode.DEADLINE_EXCEEDED,
    }
)


class ArchiveActivities(Archive):
    """Walks over what Temporal still has; a run is archived once, however often it is met."""

    def __init__(self, pool: asyncpg.Pool, client: Client) -> None:
        """Connect to the archive and to Temporal."""
        self._pool = pool
        self._client = client

    @activity.defn(name="archive.keep_closed")
    async def keep_closed(self, at: datetime) -> int:
        kept = 0
        async for run in self._client.list_workflows(_CLOSED):
            activity.heartbeat(kept)
            if await archive.is_complete(self._pool, run.id, run.run_id):
                continue
            if (archived := await self._read(run)) is not None:
                kept += await archive.keep(self._pool, archived, at)
        log.info("histories_archived", count=kept)
        return kept

    async def _read(self, run: WorkflowExecution) -> ArchivedHistory | None:
        """A run with its last state; None when Temporal has forgotten it since it was listed."""
        handle = self._client.get_workflow_handle(run.id, run_id=run.run_id)
        try:
            history = await handle.fetch_history(rpc_timeout=_TIMEOUT)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            log.warning("history_forgotten", case_number=run.id)
            return None
        return ArchivedHistory(
            workflow_id=run.id,
            run_id=run.run_id,
            closed_at=run.close_time or run.start_time,
            events=len(history.events),
            history=history.to_json(),
            projection=await last_state(self._client, run),
        )


async def last_state(client: Client, run: WorkflowExecution) -> CaseProjection | None:
    """What a case answers when it is asked for its rows; None when it can't answer.

    Raises:
        RPCError: Temporal cannot be reached.
    """
    return await last_answer(client, run, CaseProjection)


async def last_answer(
    client: Client, run: WorkflowExecution, kind: type[AnswerT]
) -> AnswerT | None:
    """What a workflow answers when it is asked for its rows; None when it can't answer.

    One that can't must not keep the others from being archived or rebuilt.

    Raises:
        RPCError: Temporal cannot be reached.
    """
    try:
        return await client.get_workflow_handle(run.id, run_id=run.run_id).query(
            "projection", result_type=kind, rpc_timeout=_TIMEOUT
        )
    except RPCError as error:
        if error.status not in _NO_ANSWER:
            raise
        reason = error.status.name.lower()
    except WorkflowQueryFailedError:
        reason = "query_failed"
    log.warning("case_state_unknown", case_number=run.id, reason=reason)
    return None
