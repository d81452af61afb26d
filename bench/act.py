"""Completing a task through the API beside a bare update, on one server in one run.

uv run python -m bench.act
"""

import asyncio
from datetime import UTC, datetime
from typing import Final
from uuid import uuid4

from bench.local_centre import PASSWORD, Bench, difficulty, local_centre, report, timed
from schemas.actor import Actor, Role
from schemas.outcome import (
    ScreenCase,
)
from schemas.task import (
    TaskCompletion,
)
from workflows.support_case import SupportCase

COUNT: Final = 50


async def file_one(bench: Bench) -> str:
    """A new case, whose screening is open."""
    answer = await bench.http.post("/cases", json=difficulty())
    answer.raise_for_status()
    return answer.json()["case_number"]


async def through_the_api(bench: Bench, token: str, case: str) -> None:
    """As the worklist does it: version checked, answer stored, projected."""
    answer = await bench.http.post(
        f"/tasks/{case}.screen_case.1/complete",
        json={"outcome": {"kind": "screen_case", "decision": "proceed"}},
        headers={"Authorization": f"Bearer {token}", "If-Match": '"1"'},
    )
    answer.raise_for_status()


async def bare(bench: Bench, case: str) -> None:
    """The update and nothing else."""
    await bench.temporal.get_workflow_handle_for(SupportCase.run, case).execute_update(
        SupportCase.complete_task,
        TaskCompletion(
            task_id=f"{case}.screen_case.1",
            actor=Actor(id="acc-triage", role=Role.TRIAGE),
            submitted_at=datetime.now(UTC),
            outcome=ScreenCase(decision="proceed"),
        ),
        id=uuid4().hex,
    )


async def main() -> None:
    async with local_centre() as bench:
        signed_in = await bench.http.post(
            "/sessions", json={"username": "triage", "password": PASSWORD}
        )
        token = signed_in.json()["token"]
        bench.http.cookies.clear()
        cases = [await file_one(bench) for _ in range(2 * COUNT)]
        await asyncio.sleep(3)  # their screening opens
        rate_bare, took_bare = await timed(lambda n: bare(bench, cases[n]), COUNT)
        rate_api, took_api = await timed(
            lambda n: through_the_api(bench, token, cases[COUNT + n]), COUNT
        )
    report("bare update", rate_bare, took_bare)
    report("completion through the API", rate_api, took_api)
    print(f"ratio of rates, bare to API: {rate_bare / rate_api:.1f}")


if __name__ == "__main__":
    asyncio.run(main())
