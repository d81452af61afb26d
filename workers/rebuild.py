"""Rebuilds the read model from the workflows, which own the truth about every case."""

from dataclasses import dataclass
from typing import Final

import asyncpg
import structlog
from temporalio.client import Client

from activities.archive import last_answer, last_state
from infra.postgres import archive, journal, records, rounds
from infra.postgres.pool import transaction
from schemas.record import CaseProjection
from schemas.selection import RoundProjection

log = structlog.stdlib.get_logger()

_CASES: Final = 'WorkflowType = "SupportCase"'
_ROUNDS: Final = 'WorkflowType = "SelectionRound"'
# Events of a case that was started, scheduled and terminated; counted for closed cases only.
_NEVER_BEGAN: Final = 3


@dataclass(frozen=True)
class Rebuilt:
    """What a rebuild did.

    Attributes:
        written: How many cases were written.
        left_out: Cases and rounds that did not tell their state and are not in the archive with it.
    """

    written: int
    left_out: tuple[str, ...]


async def rebuild(client: Client, pool: asyncpg.Pool) -> Rebuilt:
    """Write the rows of every case that Temporal or the archive has, and of every round.

    Rows that are there and newer stay as they are. Texts, contacts, accounts, the log of messages,
    and the applications and score sheets of rounds are no part of the read model: they are backed
    up, not rebuilt.

    A case that an operator terminated before its first step never had rows. One whose program
    fails does not answer; the others are written all the same.

    Raises:
        RPCError: Temporal cannot be reached.
    """
    written: set[str] = set()
    silent: set[str] = set()
    async for projection in archive.projections(pool):
        await _write(pool, projection)
        written.add(projection.snapshot.case_number)
    async for execution in client.list_workflows(_CASES):
        projection = await last_state(client, execution)
        if projection is None:
            if execution.history_length > _NEVER_BEGAN:
                silent.add(execution.id)
            continue
        await _write(pool, projection)
        written.add(projection.snapshot.case_number)
    async for execution in client.list_workflows(_ROUNDS):
        held = await last_answer(client, execution, RoundProjection)
        if held is not None:
            await _write_round(pool, held)
        elif execution.history_length > _NEVER_BEGAN:
            silent.add(execution.id)
    left_out = tuple(sorted(silent - written))
    log.info("read_model_rebuilt", cases=len(written), left_out=len(left_out))
    return Rebuilt(len(written), left_out)


async def _write(pool: asyncpg.Pool, projection: CaseProjection) -> None:
    case = projection.snapshot
    async with transaction(pool) as db:
        await records.save_case(db, case)
        await records.save_assignments(db, case)
        for task in projection.tasks:
            await records.save_task(db, task)
        await journal.extend(db, case.case_number, projection.journal)


async def _write_round(pool: asyncpg.Pool, projection: RoundProjection) -> None:
    round_id = projection.snapshot.round_id
    async with transaction(pool) as db:
        await rounds.save(db, projection.snapshot)
        for task in projection.tasks:
            await records.save_task(db, task)
        await journal.extend(db, round_id, projection.journal)
