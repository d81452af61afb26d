"""The morning's walk, with the activities that a worker serves."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
from temporalio.testing import WorkflowEnvironment

from workers.registry import CASE
from workflows.morning_walk import MorningWalk

YESTERDAY = datetime.now(UTC).date() - timedelta(days=1)
NEXT_YEAR = YESTERDAY + timedelta(days=365)


async def walk(temporal: WorkflowEnvironment) -> None:
    await temporal.client.execute_workflow(
        MorningWalk.run, id=f"walk-{uuid4()}", task_queue=CASE, run_timeout=timedelta(minutes=1)
    )


async def test_contact_data_is_destroyed_when_its_time_has_passed(
    temporal: WorkflowEnvironment, workers: None, database: asyncpg.Pool
) -> None:
    cases = {f"1379-2019-{uuid4().int % 10**6:06d}": day for day in (YESTERDAY, NEXT_YEAR, None)}
    await database.executemany(
        """
        INSERT INTO contact (case_number, name, email, phone, destroy_after)
        VALUES ($1, '합성 담당자', 'a@sme.example', '02-0000-0000', $2)
        """,
        list(cases.items()),
    )
    await walk(temporal)
    await walk(temporal)

    rows = await database.fetch(
        """
        SELECT destroy_after, name, email, phone, destroyed_at IS NOT NULL AS destroyed
          FROM contact WHERE case_number = ANY($1)
        """,
        list(cases),
    )
    left = {row["destroy_after"]: row for row in rows}
    assert [left[YESTERDAY][name] for name in ("name", "email", "phone")] == [None, None, None]
    assert {day for day, row in left.items() if row["destroyed"]} == {YESTERDAY}
    assert left[NEXT_YEAR]["name"] == left[None]["name"] == "합성 담당자"


async def test_what_nobody_asks_for_any_more_is_forgotten(
    temporal: WorkflowEnvironment, workers: None, database: asyncpg.Pool
) -> None:
    now = datetime.now(UTC)
    scope = f"walk-{uuid4()}"
    await database.executemany(
        "INSERT INTO request_key (scope, key, body_sha256, created_at) VALUES ($1, $2, '', $3)",
        [(scope, "old", now - timedelta(days=31)), (scope, "new", now - timedelta(days=29))],
    )
    await database.executemany(
        "INSERT INTO failed_attempt (key, window_start, failures) VALUES ($1, $2, 1)",
        [
            (f"{scope}-old".encode(), now - timedelta(days=2)),
            (f"{scope}-new".encode(), now - timedelta(minutes=5)),
        ],
    )
    await walk(temporal)

    keys = await database.fetch("SELECT key FROM request_key WHERE scope = $1", scope)
    failures = await database.fetchval(
        "SELECT count(*) FROM failed_attempt WHERE key = ANY($1)",
        [f"{scope}-old".encode(), f"{scope}-new".encode()],
    )
    assert [row["key"] for row in keys] == ["new"]
    assert failures == 1
