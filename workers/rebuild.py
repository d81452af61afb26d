"""Rebuilds the read model from the workflows, which own the truth about every case."""

from datetime import timedelta
from typing import Final

import asyncpg
import structlog
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from infra.postgres import archive, journal, records
from infra.postgres.pool import transaction
from schemas.record import CaseProjection
from workflows.support_case import SupportCase

log = structlog.stdlib.get_logger()

_QUERY: Final = 'WorkflowType = "SupportCase"'
_RPC_TIMEOUT: Final = timedelta(seconds=30)


async def rebuild(client: Client, pool: asyncpg.Pool) -> int:
    """Write the rows of every case that Temporal or the archive has.

    Rows that are there and newer stay as they are. Texts, contacts, accounts and the log of
    messages are no part of the read model: they are backed up, not rebuilt.

    A case that an operator terminated before its first step has no state to ask for; it is left
    out and logged.

    Returns:
        How many cases were written.
    """
    written: set[str] = set()
    async for projection in archive.projections(pool):
        await _write(pool, projection)
        written.add(projection.snapshot.case_number)
    async for execution in client.list_workflows(_QUERY):
        case = client.get_workflow_handle_for(
            SupportCase.run, execution.id, run_id=execution.run_id
        )
        try:
            projection = await case.query(SupportCase.projection, rpc_timeout=_RPC_TIMEOUT)
        except RPCError as error:
            if error.status is not RPCStatusCode.FAILED_PRECONDITION:
                raise
            log.warning("case_not_rebuilt", case_number=execution.id)
            continue
        await _write(pool, projection)
        written.add(projection.snapshot.case_number)
    log.info("read_model_rebuilt", cases=len(written))
    return len(written)


async def _write(pool: asyncpg.Pool, projection: CaseProjection) -> None:
    case = projection.snapshot
    async with transaction(pool) as db:
        await records.save_case(db, case)
        await records.save_assignments(db, case)
        for task in projection.tasks:
            await records.save_task(db, task)
        await journal.extend(db, case.case_number, projection.journal)
