"""The local centre as its user meets it: started, killed, started again, stopped."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import IO, Any
from urllib.request import urlopen

import psutil
import pytest

START_SECONDS = 60


class Centre:
    """`center1379 up` on a data directory of its own, in a process of its own."""

    def __init__(self, data_dir: Path, output: IO[str]) -> None:
        self.data_dir = data_dir
        self._output = output
        self.process = self.up()

    def up(self) -> "subprocess.Popen[str]":
        return subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "workers.cli", "up", "--data-dir", self.data_dir],
            stdout=self._output,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def running(self) -> dict[str, Any]:
        return json.loads((self.data_dir / "processes.json").read_text())

    def pids(self) -> dict[str, int]:
        return {part["name"]: part["pid"] for part in self.running()["parts"]}

    def printed(self) -> str:
        return (self.data_dir.parent / "output").read_text()

    def until(self, what: str, true: Callable[[], bool]) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not true():
            assert self.process.poll() is None, f"it ended before {what}:\n{self.printed()}"
            assert time.monotonic() < deadline, f"{what} did not happen:\n{self.printed()}"
            time.sleep(0.1)

    def until_ready(self, times: int = 1) -> None:
        self.until("ready", lambda: self.printed().count("The centre is ready") == times)

    def end(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)


@pytest.fixture
def centre() -> Iterator[Centre]:
    # Not pytest's temporary directory: a start as root lets PostgreSQL's user pass through it.
    home = Path(mkdtemp(prefix="center1379-up-"))
    with (home / "output").open("w") as output:
        started = Centre(home / "data", output)
        try:
            yield started
        finally:
            if started.process.poll() is None:
                started.end()
    rmtree(home)


def gone(pids: list[int]) -> bool:
    return not any(psutil.pid_exists(pid) and _alive(pid) for pid in pids)


def _alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=5) as response:  # noqa: S310
            return response.status == 200
    except OSError:
        return False


def test_it_starts_says_where_to_look_and_stops_without_a_trace(centre: Centre) -> None:
    centre.until_ready()
    running = centre.running()
    pids = centre.pids()

    assert set(pids) == {"postgres", "temporal", "mailbox", "worker", "worker-matching", "api"}
    centre.until("it can serve", lambda: answers(running["url"] + "/readyz"))
    assert running["url"] in centre.printed()
    assert "kitech.support" in centre.printed()
    assert (centre.data_dir / "secrets.json").stat().st_mode & 0o077 == 0

    second = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "workers.cli", "up", "--data-dir", centre.data_dir],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert second.returncode == 1
    assert len(second.stderr.splitlines()) == 1
    assert f"already runs on {centre.data_dir}: {running['url']}" in second.stderr
    centre.until("it can serve", lambda: answers(running["url"] + "/readyz"))

    centre.process.send_signal(signal.SIGINT)

    assert centre.process.wait(60) == 0
    assert gone(list(pids.values()))
    assert not (centre.data_dir / "processes.json").exists()


def test_a_part_that_is_killed_comes_back(centre: Centre) -> None:
    centre.until_ready()
    before = centre.pids()

    for name in ("postgres", "temporal", "worker", "api"):
        os.kill(before[name], signal.SIGKILL)

    centre.until("a new pid for each", lambda: _all_new(before, centre.pids()))
    centre.until("ready again", lambda: answers(centre.running()["url"] + "/readyz"))
    assert "starting it again" in centre.printed()


def _all_new(before: dict[str, int], now: dict[str, int]) -> bool:
    return set(now) == set(before) and all(
        now[name] != before[name] for name in ("postgres", "temporal", "worker", "api")
    )


def test_after_kill_9_nothing_is_left_and_the_next_start_goes_on_from_the_data(
    centre: Centre,
) -> None:
    centre.until_ready()
    pids = list(centre.pids().values())
    secrets = (centre.data_dir / "secrets.json").read_text()

    centre.process.kill()
    centre.process.wait()
    if sys.platform == "linux":
        _, alive = psutil.wait_procs(
            [psutil.Process(pid) for pid in pids if psutil.pid_exists(pid)], 30
        )
        assert not alive
    centre.process = centre.up()

    centre.until_ready(times=2)
    assert (centre.data_dir / "secrets.json").read_text() == secrets
    assert answers(centre.running()["url"] + "/readyz")


def test_what_outlived_its_supervisor_is_ended_by_the_next_start(centre: Centre) -> None:
    centre.until_ready()
    stubborn = centre.pids()["mailbox"]
    os.kill(stubborn, signal.SIGSTOP)  # stopped, it can't follow the kernel's request to end

    centre.process.kill()
    centre.process.wait()
    assert _alive(stubborn)
    centre.process = centre.up()

    centre.until_ready(times=2)
    assert gone([stubborn])
    assert "Ended mailbox, left over" in centre.printed()


def test_a_part_that_cannot_start_is_named_with_its_log(centre: Centre) -> None:
    centre.until_ready()
    centre.end()
    (centre.data_dir / "temporal.db").write_bytes(b"not a database" * 100)

    centre.process = centre.up()

    assert centre.process.wait(60) == 1
    assert "temporal ended while starting. The end of" in centre.printed()
    assert "temporal.log" in centre.printed()
    assert not (centre.data_dir / "processes.json").exists()
