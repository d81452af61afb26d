"""The supervisor keeps watching, whatever ends at the same moment."""

import asyncio
import os
import signal
import socket
import sys
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from workers import processes
from workers.local import Supervisor
from workers.local_parts import CannotStart, free_port
from workers.processes import Part, ProcessEntry


def part(folder: Path, program: str) -> Part:
    return Part(
        name="probe",
        command=[sys.executable, "-c", program],
        environment=dict(os.environ),
        log=folder / "probe.log",
    )


async def test_a_process_that_has_ended_is_not_written_down(tmp_path: Path) -> None:
    short = part(tmp_path, "")
    process = await processes.start(short)
    await process.wait()

    assert processes.entry_of(short, process.pid) is None


async def test_a_part_is_started_again_though_what_runs_cannot_be_written(tmp_path: Path) -> None:
    written: list[list[ProcessEntry]] = []
    said: list[str] = []

    def record(entries: list[ProcessEntry]) -> None:
        written.append(entries)
        if len(written) > 1:
            raise OSError("no space left")

    async def ready() -> bool:
        return True

    supervisor = Supervisor(record, said.append)
    await supervisor.start(part(tmp_path, "import time; time.sleep(60)"), ready)
    [[first]] = written
    os.kill(first.pid, signal.SIGKILL)
    for _ in range(100):
        if len(written) > 1:
            break
        await asyncio.sleep(0.1)
    [second] = written[-1]
    alive = psutil.pid_exists(second.pid)
    await supervisor.stop()

    assert second.pid != first.pid
    assert alive
    assert any("no space left" in line for line in said)


async def test_a_part_serves_when_it_listens_itself_not_when_a_stranger_does(
    tmp_path: Path,
) -> None:
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", 0))
        stranger.listen()
        port = stranger.getsockname()[1]
        busy = replace(
            part(tmp_path, f"import socket; socket.socket().bind(('127.0.0.1', {port}))"),
            ports={"probe": port},
        )
        supervisor = Supervisor(lambda _: None, lambda _: None)

        with pytest.raises(CannotStart, match="probe ended while starting"):
            await supervisor.start(busy)
        await supervisor.stop()


def test_a_port_in_use_or_promised_is_passed_over() -> None:
    taken: set[int] = set()
    first = free_port(20_000, taken)
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", first + 1))
        second = free_port(first, taken)

    assert second > first + 1
    assert taken == {first, second}
