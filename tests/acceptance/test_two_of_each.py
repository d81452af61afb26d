"""Two API and two worker processes side by side are one centre."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncGenerator, Generator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.acceptance.conftest import POLICY, ROOT, free_port, running_centre
from tests.acceptance.test_faults import check_records, drive
from tests.acceptance.test_journeys import DIFFICULTY
from tests.acceptance.visitors import Centre, Company
from workers.local import environment_of

_CASES = 4


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    """A centre of its own, with an API and a worker."""
    yield from running_centre(tmp_path_factory.mktemp("two"), POLICY.replace('"PT60S"', '"PT600S"'))


@contextmanager
def beside(centre: Centre, command: str, **settings: str) -> Generator["subprocess.Popen[bytes]"]:
    """One more process of the centre; ended at the latest with the test."""
    log = (centre.data / f"second-{command}.log").open("wb")
    process = subprocess.Popen(  # noqa: S603  # our own command
        [sys.executable, "-m", "workers.cli", command],
        cwd=ROOT,
        env={**os.environ, **environment_of(Path(centre.data)), **settings},
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=60)
        log.close()


@asynccontextmanager
async def second_api(centre: Centre) -> AsyncGenerator[Centre]:
    """The same centre through another API process."""
    port = str(free_port())
    with beside(centre, "api", CENTER1379_HTTP_PORT=port):
        other = centre.at(f"http://127.0.0.1:{port}")
        async with other.connected():
            other.is_patient = True
            await other.staff("auditor")
            yield other


async def worker_is_there(centre: Centre) -> None:
    for _ in range(200):
        if b"worker_started" in (centre.data / "second-worker.log").read_bytes():
            return
        await asyncio.sleep(0.2)
    raise AssertionError("the second worker never started")


async def complete(
    centre: Centre, token: str, task: dict[str, Any], version: str
) -> httpx.Response:
    return await centre.call(
        "POST",
        f"/tasks/{task['task']['task_id']}/complete",
        body={"outcome": {"kind": "screen_case", "decision": "proceed"}},
        headers={
            "Authorization": f"Bearer {token}",
            "If-Match": version,
            "Idempotency-Key": uuid4().hex,
        },
    )


@pytest.mark.timeout(200)
async def test_what_one_api_process_did_the_other_knows(first: Centre) -> None:
    async with first.connected(), second_api(first) as second:
        key = {"Idempotency-Key": uuid4().hex}
        body = first.difficulty(DIFFICULTY)
        receipts = [
            await centre.call("POST", "/cases", body=body, headers=key)
            for centre in (first, second)
        ]
        number = receipts[0].json()["case_number"]
        company = Company(second, number, receipts[0].json()["tracking_code"])
        triage = await first.staff("triage")
        task, version = await triage.task(number, "screen_case")
        answers = await asyncio.gather(
            *(complete(centre, triage.token, task, version) for centre in (first, second))
        )

        assert receipts[0].json()["case_number"] == receipts[1].json()["case_number"]
        assert (await company.case())["case_number"] == number
        taken, refused = sorted(answer.status_code for answer in answers)
        assert (taken, refused) in {(200, 409), (200, 412)}


@pytest.mark.timeout(300)
async def test_cases_go_on_when_one_of_two_workers_is_killed(first: Centre) -> None:
    async with first.connected(), second_api(first) as second:
        first.is_patient = True
        with beside(first, "worker") as worker:
            await worker_is_there(first)
            driven = asyncio.gather(
                *(drive((first, second)[number % 2]) for number in range(_CASES))
            )
            await asyncio.sleep(4)
            worker.kill()
            companies = await driven
        for company in companies:
            assert (await company.until(status="closed"))["outcome"] == "resolved_tech_held"
        await asyncio.sleep(1)
        await check_records(first, companies)
