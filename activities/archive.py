"""Moves histories of closed cases into the centre's own database."""

from datetime import datetime, timedelta
from typing import Final

import asyncpg
import structlog
from temporalio import activity
from temporalio.client import Client, WorkflowExecution

from infra.postgres import archive
from infra.postgres.archive import ArchivedHistory
from schemas.record import CaseProjection
from workflows.activity_stubs import Archive

log = structlog.stdlib.get_logger()

_CLOSED: Final = 'WorkflowType = "SupportCase" AND ExecutionStatus = "Completed"'
_TIMEOUT: Final = timedelta(seconds=20)


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
            if await archive.is_kept(self._pool, run.id, run.run_id):
                continue
            await archive.keep(self._pool, await self._read(run), at)
            kept += 1
        log.info("histories_archived", count=kept)
        return kept

    async def _read(self, run: WorkflowExecution) -> ArchivedHistory:
        handle = self._client.get_workflow_handle(run.id, run_id=run.run_id)
        history = await handle.fetch_history(rpc_timeout=_TIMEOUT)
        projection = await handle.query(
            "projection", result_type=CaseProjection, rpc_timeout=_TIMEOUT
        )
        return ArchivedHistory(
            workflow_id=run.id,
            run_id=run.run_id,
            closed_at=run.close_time or run.start_time,
            events=len(history.events),
            history=history.to_json(),
            projection=projection,
        )
