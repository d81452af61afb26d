"""A running centre, started as a new user starts it, and reached only from outside."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from time import monotonic

import pytest

from tests.acceptance.visitors import Centre

ROOT = Path(__file__).parents[2]
PASSWORD = "acceptance-password"  # noqa: S105  # of demonstration accounts in a temporary folder

# A day passes in four seconds; the promise is short enough to be broken on purpose.
POLICY = """
version = "acceptance"
clock = "elapsed"
day = "PT4S"

[values]
"expiry.grace_seconds" = 1
"intake.promise.total" = "PT60S"
"intake.triage.due" = "PT40S"
"intake.assign.due" = "PT40S"
"intake.accept.due" = "PT20S"
"intake.accept.reassign_after" = "PT40S"
"techheld.sme_choice" = "PT60S"
"case.result_confirm" = "PT60S"
"track.short.fast.agreement" = "PT60S"
"track.short.monthly.agreement" = "PT120S"
"track.short.monthly.evaluation" = "PT120S"
"round.monthly.every" = "PT20S"
"round.medium.every" = "PT30S"
"round.medium.evaluation" = "PT120S"
"round.notice.min" = "PT20S"
"survey.close" = "PT60S"
"survey.phone" = "PT50S"
"survey.remind" = ["PT20S", "PT40S"]
"reopen.window" = "PT90S"
"""

# The same, with every period short enough to watch it expire.
IMPATIENT = """
version = "impatient"
clock = "elapsed"
day = "PT1S"

[values]
"expiry.grace_seconds" = 1
"intake.promise.total" = "PT8S"
"intake.triage.due" = "PT5S"
"intake.assign.due" = "PT5S"
"intake.accept.due" = "PT2S"
"intake.accept.reassign_after" = "PT4S"
"intake.first_contact.due" = "PT5S"
"rd.scoping" = "PT10S"
"rd.track_decision" = "PT10S"
"track.short.fast.agreement" = "PT12S"
"survey.close" = "PT8S"
"survey.phone" = "PT5S"
"survey.remind" = ["PT2S", "PT4S"]
"reopen.window" = "PT12S"
"""


@pytest.fixture(scope="session")
def centre_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    """`center1379 up` in a folder of its own, under the policy in seconds."""
    yield from running_centre(tmp_path_factory.mktemp("acceptance"), POLICY)


@pytest.fixture(scope="session")
def impatient_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    """Another centre, under a policy in which everything expires soon."""
    yield from running_centre(tmp_path_factory.mktemp("impatient"), IMPATIENT)


def running_centre(folder: Path, policy: str) -> Iterator[Centre]:
    """Start a centre, wait until it is ready, and stop it as Ctrl-C does."""
    (folder / "policy.toml").write_text(policy, "utf-8")
    data = folder / "data"
    log = (folder / "up.log").open("w", encoding="utf-8")
    process = subprocess.Popen(  # noqa: S603  # our own command
        [
            sys.executable, "-m", "workers.cli", "up", "--data-dir", data,
            "--policy", folder / "policy.toml",
        ],
        cwd=ROOT,
        env={
            **os.environ,
            "CENTER1379_DEMO_PASSWORD": PASSWORD,
            # Days pass in seconds here: nobody waits for meanings, which have tests of their own.
            "CENTER1379_ENCODER": "none",
        },
        stdout=log,
        stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        _wait_until_ready(process, data, folder / "up.log")
        described = json.loads((data / "processes.json").read_text("utf-8"))
        yield Centre(described["url"], PASSWORD, data)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)
        log.close()


def _wait_until_ready(process: "subprocess.Popen[bytes]", data: Path, log: Path) -> None:
    give_up_at = monotonic() + 60
    while monotonic() < give_up_at:
        try:
            process.wait(timeout=0.1)
        except subprocess.TimeoutExpired:
            if (data / "processes.json").exists() and "ready" in log.read_text("utf-8"):
                return
        else:
            break
    raise AssertionError(f"the centre did not get ready: {log.read_text('utf-8')[-2000:]}")


@pytest.fixture
async def centre(centre_process: Centre) -> AsyncIterator[Centre]:
    async with centre_process.connected():
        yield centre_process


@pytest.fixture
async def impatient(impatient_process: Centre) -> AsyncIterator[Centre]:
    async with impatient_process.connected():
        yield impatient_process
