"""The read model: complete, rebuildable, and never ahead of or behind its workflow."""

from typing import LiteralString

import asyncpg
import pytest
from temporalio.testing import WorkflowEnvironment

from infra.postgres import journal
from schemas.actor import COMPANY
from schemas.case import Branch, Service
from schemas.outcome import (
    ScreenCase,
    SupplyInformation,
    TaskKind,
    TriageCase,
)
from tests.driver import TRIAGE, CaseDriver, StartCase, written
from workers.rebuild import rebuild

TECH_HELD = TriageCase(service=Service.DIFFICULTY, branch=Branch.TECH_HELD)


async def read_model(database: asyncpg.Pool, case: str) -> dict[str, list[tuple[object, ...]]]:
    """A case's rows: other tests write rows of cases that no workflow stands behind."""
    queries: dict[str, LiteralString] = {
        "case": "SELECT * FROM support_case WHERE case_number = $1",
        "tasks": "SELECT * FROM human_task WHERE case_number = $1 ORDER BY task_id",
        "offers": "SELECT * FROM assignment WHERE case_number = $1 ORDER BY nth",
        "journal": "SELECT * FROM journal_entry WHERE stream = $1 ORDER BY seq",
    }
    return {
        name: [tuple(row) for row in await database.fetch(query, case)]
        for name, query in queries.items()
    }


async def with_a_past(start_case: StartCase) -> CaseDriver:
    case = await start_case()
    await case.complete(ScreenCase(decision="supplement", question=written("질문")), TRIAGE)
    await case.complete(SupplyInformation(decision="supply", information=written("정보")), COMPANY)
    await case.get_contacted(TECH_HELD)
    await case.open_task(TaskKind.CONFIRM_TECHNOLOGY)
    return case


async def test_a_dropped_read_model_is_rebuilt_row_by_row(
    start_case: StartCase, temporal: WorkflowEnvironment, database: asyncpg.Pool
) -> None:
    case = await with_a_past(start_case)
    await case.settle(database)
    before = await read_model(database, case.handle.id)
    await database.execute("TRUNCATE support_case, human_task, assignment")

    await rebuild(temporal.client, database)

    assert await read_model(database, case.handle.id) == before


async def test_every_entry_of_a_case_is_in_the_journal_and_its_chain_holds(
    start_case: StartCase, database: asyncpg.Pool
) -> None:
    case = await with_a_past(start_case)
    await case.settle(database)

    entries = await journal.entries_of(database, case.handle.id)

    assert entries == list((await case.projection()).journal)
    assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
    assert [found async for found in journal.verify(database, case.handle.id)] == []


async def test_the_journal_refuses_changes_and_shows_what_was_tampered_with(
    start_case: StartCase, database: asyncpg.Pool
) -> None:
    case = await with_a_past(start_case)
    await case.settle(database)
    stream = case.handle.id
    for statement in (
        "UPDATE journal_entry SET tag = 'x' WHERE stream = $1",
        "DELETE FROM journal_entry WHERE stream = $1",
    ):
        with pytest.raises(asyncpg.RaiseError, match="append-only"):
            await database.execute(statement, stream)

    async def broken_by(statement: str) -> list[tuple[int, str]]:
        """What verification finds when somebody with the owner's rights goes around the trigger."""
        async with database.acquire() as connection:
            change = connection.transaction()
            await change.start()
            await connection.execute("ALTER TABLE journal_entry DISABLE TRIGGER USER")
            await connection.execute(statement, stream)
            found = [(b.seq, b.reason) async for b in journal.verify_on(connection, stream)]
            await change.rollback()
        return found

    last = (await case.projection()).journal[-1].seq
    assert await broken_by(
        "UPDATE journal_entry SET actor = 'acc-x' WHERE stream = $1 AND seq = 3"
    ) == [(3, "changed")]
    assert await broken_by("DELETE FROM journal_entry WHERE stream = $1 AND seq = 3") == [
        (3, "gap"),
    ]
    assert await broken_by(
        "DELETE FROM journal_entry WHERE stream = $1 AND seq > "
        "(SELECT max(seq) - 1 FROM journal_entry WHERE stream = $1)"
    ) == [(last, "cut_off")]
    assert await broken_by("DELETE FROM journal_entry WHERE stream = $1") == [(1, "cut_off")]
