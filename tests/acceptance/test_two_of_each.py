"""Two API and two worker processes side by side are one centre."""

import asyncio
import json
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

from tests.acceptance.conftest import POLICY, ROOT, running_centre
from tests.acceptance.test_faults import check_records, drive
from tests.acceptance.test_journeys import DIFFICULTY
from tests.acceptance.visitors import Centre, Company, Staff
from workers.local import environment_of
from workers.local_parts import free_port

_SECOND_API = 21_379
_CASES = 4
# Four cases at once take several times as long; the test checks that they are still on their way.
_HALF_WAY_SECONDS = 4


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
    port = str(free_port(_SECOND_API, set()))
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


async def screen(centre: Centre, by: Staff, task: dict[str, Any], version: str) -> httpx.Response:
    """Complete the screening of a case through one of the API processes."""
    return await centre.call(
        "POST",
        f"/tasks/{task['task']['task_id']}/complete",
        body={"outcome": {"kind": "screen_case", "decision": "proceed"}},
        headers={
            "Authorization": f"Bearer {by.token}",
            "If-Match": version,
            "Idempotency-Key": uuid4().hex,
        },
    )


@pytest.mark.timeout(200)
async def test_a_receipt_and_a_session_of_one_api_process_are_known_to_the_other(
    first: Centre,
) -> None:
    async with first.connected(), second_api(first) as second:
        body, key = first.difficulty(DIFFICULTY), {"Idempotency-Key": uuid4().hex}
        receipt, replayed = [
            await centre.call("POST", "/cases", body=body, headers=key)
            for centre in (first, second)
        ]
        triage = await first.staff("triage")
        elsewhere = Staff(second, "triage", triage.token)
        company = Company(second, receipt.json()["case_number"], receipt.json()["tracking_code"])
        found, _ = await elsewhere.task(company.case_number, "screen_case")

        assert replayed.json() == receipt.json()
        assert found["task"]["case_number"] == (await company.case())["case_number"]


@pytest.mark.timeout(200)
async def test_a_version_that_passed_at_one_api_process_is_refused_at_the_other(
    first: Centre,
) -> None:
    async with first.connected(), second_api(first) as second:
        number = (await first.file(DIFFICULTY)).case_number
        triage = await first.staff("triage")
        task, version = await triage.task(number, "screen_case")
        claimed = await first.call(
            "POST",
            f"/tasks/{task['task']['task_id']}/claim",
            headers={
                "Authorization": f"Bearer {triage.token}",
                "If-Match": version,
                "Idempotency-Key": uuid4().hex,
            },
        )
        stale = await screen(second, triage, task, version)
        current = await screen(second, triage, task, claimed.headers["ETag"])

        assert claimed.status_code == 200, claimed.text
        assert stale.status_code == 412, stale.text
        assert current.status_code == 200, current.text


@pytest.mark.timeout(200)
async def test_of_two_people_at_two_api_processes_one_completes_the_task(first: Centre) -> None:
    async with first.connected(), second_api(first) as second:
        company = await first.file(DIFFICULTY)
        people = await first.staff("triage"), await second.staff("coordinator")
        task, version = await people[0].task(company.case_number, "screen_case")
        answers = await asyncio.gather(
            *(
                screen(centre, by, task, version)
                for centre, by in zip((first, second), people, strict=True)
            )
        )

        taken, refused = sorted(answer.status_code for answer in answers)
        assert (taken, refused) in {(200, 409), (200, 412)}
        auditor = await second.staff("auditor")
        journal = await auditor.get(f"/cases/{company.case_number}/journal")
        assert [entry["tag"] for entry in journal["items"]].count("task:work:completed") == 1


@pytest.mark.timeout(300)
async def test_cases_go_on_when_one_of_two_workers_is_killed(first: Centre) -> None:
    async with first.connected(), second_api(first) as second:
        first.is_patient = True
        with beside(first, "worker") as worker:
            await worker_is_there(first)
            driven = asyncio.gather(
                *(drive((first, second)[number % 2]) for number in range(_CASES))
            )
            await asyncio.sleep(_HALF_WAY_SECONDS)
            assert not driven.done()
            worker.kill()
            companies = await driven
        for company in companies:
            assert (await company.until(status="closed"))["outcome"] == "resolved_tech_held"
            await first.mail_to(company.case_number, "company@sme.example", "처리가 끝났습니다")
        await check_records(first, companies)

        histories = "".join([await raw_history(first, company) for company in companies])
        assert f'"{worker.pid}@' in histories, "the worker that was killed had done nothing"


async def raw_history(centre: Centre, company: Company) -> str:
    auditor = await centre.staff("auditor")
    return json.dumps(await auditor.get(f"/cases/{company.case_number}/history?format=raw"))
