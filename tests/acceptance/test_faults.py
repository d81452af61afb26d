"""Parts of the centre are killed while cases run; the cases end as they would have.

The moments and the victims are drawn from a seed, which is printed: `CHAOS_SEED=… pytest` repeats
a run.
"""

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import asyncpg
import pytest

from tests.acceptance.conftest import POLICY, running_centre
from tests.acceptance.test_journeys import CONTENT, DIFFICULTY, to_the_first_contact
from tests.acceptance.visitors import Centre, Company

VICTIMS = ("worker", "api", "temporal", "postgres")
KILLS = 8


@pytest.fixture(scope="module")
def doomed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    """A centre of its own: the others are not to be disturbed."""
    yield from running_centre(
        tmp_path_factory.mktemp("doomed"), POLICY.replace('"PT60S"', '"PT600S"')
    )


async def kill(data: Path, name: str) -> None:
    """`kill -9` of one part, by the process id that the centre wrote down once it had started."""
    for _ in range(100):
        parts = json.loads((data / "processes.json").read_text("utf-8"))["parts"]
        for part in parts:
            if part["name"] != name:
                continue
            # One that has just ended stands there until it is started again.
            with suppress(ProcessLookupError):
                os.kill(part["pid"], signal.SIGKILL)
                return
        await asyncio.sleep(0.2)
    raise AssertionError(f"{name} was never started again")


async def kill_at_random(data: Path, seed: int) -> list[str]:
    """Kill parts, one after the other, each victim at least twice."""
    chance = random.Random(seed)  # noqa: S311  # repeatable on purpose
    victims = [*VICTIMS, *VICTIMS][:KILLS]
    chance.shuffle(victims)
    for victim in victims:
        await asyncio.sleep(chance.uniform(0.5, 3.0))
        await kill(data, victim)
    return victims


async def drive(centre: Centre) -> Company:
    """The technology-held branch, by people who try again when something is away."""
    company = await centre.file(DIFFICULTY)
    await to_the_first_contact(centre, company, "tech_held")
    support, licensing = await centre.staff("kitech.support"), await centre.staff("kitech.tlo")
    await support.complete(company, "confirm_technology", decision="solves")
    await support.complete(company, "propose_solution", offers="licence", proposal="실시권 제안")
    await company.answer("choose_solution", decision="accept")
    await licensing.complete(company, "agree_terms", decision="agreed", terms="통상실시권")
    await company.answer("confirm_result", decision="confirm")
    await company.answer("answer_survey", **CONTENT)
    return company


@pytest.mark.timeout(400)
async def test_cases_end_as_they_would_have_though_every_part_is_killed(doomed: Centre) -> None:
    seed = int(os.environ.get("CHAOS_SEED", str(random.SystemRandom().randrange(10**6))))
    print(f"CHAOS_SEED={seed}")  # noqa: T201  # to repeat the run
    doomed.is_patient = True
    async with doomed.connected():
        await doomed.staff("triage")

        companies, victims = await asyncio.gather(
            asyncio.gather(*(drive(doomed) for _ in range(3))), kill_at_random(doomed.data, seed)
        )

        assert Counter(victims) == dict.fromkeys(VICTIMS, 2)
        for company in companies:
            case = await company.until(status="closed")
            assert case["outcome"] == "resolved_tech_held", seed
            await doomed.mail_to(company.case_number, "company@sme.example", "처리가 끝났습니다")
        await check_records(doomed, companies)


async def check_records(centre: Centre, companies: list[Company]) -> None:
    """One record a message, no mail twice but those marked, the journal whole."""
    described = json.loads((centre.data / "processes.json").read_text("utf-8"))
    database = await asyncpg.connect(described["database_url"])
    try:
        for company in companies:
            messages = await database.fetch(
                "SELECT key, status, repeated, message_id FROM notification WHERE case_number = $1",
                company.case_number,
            )
            assert len(messages) > 10
            marked = {row["message_id"] for row in messages if row["repeated"]}
            sent = Counter(str(mail["Message-ID"]) for mail in centre.mails(company.case_number))
            twice = {message_id for message_id, times in sent.items() if times > 1}
            assert twice <= marked
            entries = await database.fetch(
                "SELECT seq FROM journal_entry WHERE stream = $1 ORDER BY seq", company.case_number
            )
            assert [row["seq"] for row in entries] == list(range(1, len(entries) + 1))
    finally:
        await database.close()
    verified = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "workers.cli", "--local", centre.data, "audit", "verify"],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert "chains hold" in verified.stdout
