"""Tells a case what its company sent, so that its handlers hear of it.

What was sent is stored first; a case that cannot be told at once is told by the sweeper.
"""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import asyncpg
import structlog
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from api.centre import calling_temporal
from api.problems import is_outage
from infra.postgres import cases, documents
from schemas.record import Arrival
from workflows.support_case import SupportCase

log = structlog.stdlib.get_logger()

_TIMEOUT: Final = timedelta(seconds=3)


async def tell_case(
    pool: asyncpg.Pool, temporal: Client, case_number: str, arrival: Arrival, at: datetime
) -> bool:
    """Tell a case of an arrival, at least once: the case counts it once.

    Returns:
        Whether that is settled; False when it has to be tried again.
    """
    try:
        with calling_temporal():
            await temporal.get_workflow_handle(case_number).signal(
                SupportCase.document_arrived, arrival, rpc_timeout=_TIMEOUT
            )
    except (RPCError, OSError) as error:
        if not await _is_over(pool, case_number, error):
            log.warning("arrival_not_told", case_number=case_number, error=type(error).__name__)
            return False
    await documents.mark_told(pool, UUID(hex=arrival.document), at)
    return True


async def _is_over(pool: asyncpg.Pool, case_number: str, error: RPCError | OSError) -> bool:
    """Whether the case has begun and does not run any more, so that nobody can be told."""
    if isinstance(error, RPCError) and error.status is RPCStatusCode.NOT_FOUND:
        return await cases.version(pool, case_number) is not None
    if is_outage(error):
        return False
    raise error
