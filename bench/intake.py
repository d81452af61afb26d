"""Intake through the API beside bare workflow starts, on one server in one run.

uv run python -m bench.intake
"""

import asyncio
from datetime import UTC, datetime
from typing import Final

from bench.local_centre import Bench, difficulty, local_centre, report, timed
from schemas.base import case_number
from schemas.case import CaseIntake, Service
from workers.policy_files import default_policy
from workflows.support_case import SupportCase

COUNT: Final = 100
_YEAR_OF_BARE_CASES: Final = 2099


async def through_the_api(bench: Bench) -> None:
    """The whole intake: checks, texts, contact, consents, and the case acknowledged."""
    answer = await bench.http.post("/cases", json=difficulty())
    answer.raise_for_status()


async def bare(bench: Bench, number: int) -> None:
    """A workflow start and nothing else."""
    now = datetime.now(UTC)
    intake = CaseIntake(
        case_number=case_number(_YEAR_OF_BARE_CASES, number),
        service=Service.DIFFICULTY,
        channel="web",
        received_at=now,
        registered_at=now,
        policy_version=default_policy().version,
    )
    await bench.temporal.start_workflow(
        SupportCase.run, intake, id=intake.case_number, task_queue="case"
    )


async def main() -> None:
    async with local_centre() as bench:
        await through_the_api(bench)
        rate_bare, took_bare = await timed(lambda number: bare(bench, number), COUNT)
        await asyncio.sleep(5)  # the started cases take their first step
        rate_api, took_api = await timed(lambda _: through_the_api(bench), COUNT)
    report("bare workflow starts", rate_bare, took_bare)
    report("intake through the API", rate_api, took_api)
    print(f"ratio of rates, bare to API: {rate_bare / rate_api:.1f}")


if __name__ == "__main__":
    asyncio.run(main())
