"""Child processes of the local centre: started, watched, ended, and recorded on disk."""

import asyncio
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psutil
from pydantic import BaseModel, ConfigDict

_PR_SET_PDEATHSIG: Final = 1
_SAME_START_SECONDS: Final = 0.5


@dataclass(frozen=True, kw_only=True)
class Part:
    """One program of the local centre.

    Attributes:
        name: As shown, and the log's file name.
        command: Program and arguments.
        environment: All of it; nothing else is inherited.
        log: File that its output is appended to.
        stop_signal: Asks it to stop in order.
        stop_seconds: What it gets until it is killed.
        user: Whom it runs as; None is who runs this.
        ports: By what they serve.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 15
    user: int | None = None
    group: int | None = None
    ports: Mapping[str, int] = field(default_factory=dict[str, int])


class ProcessEntry(BaseModel):
    """A started process, recorded so that a later start can tell whether it still is that one."""

    model_config = ConfigDict(frozen=True)

    name: str
    pid: int
    started: float
    ports: dict[str, int]
    log: str
    stop_signal: int
    stop_seconds: float


def entry_of(part: Part, pid: int) -> ProcessEntry | None:
    """What is recorded of a part's process; None for one that has ended already."""
    try:
        started = psutil.Process(pid).create_time()
    except psutil.NoSuchProcess:
        return None
    return ProcessEntry(
        name=part.name,
        pid=pid,
        started=started,
        ports=dict(part.ports),
        log=str(part.log),
        stop_signal=part.stop_signal,
        stop_seconds=part.stop_seconds,
    )


def listens(pid: int, ports: Iterable[int]) -> bool:
    """Whether this very process listens on all of these ports; another's listening is no answer."""
    try:
        connections = psutil.Process(pid).net_connections("tcp")
    except psutil.NoSuchProcess:
        return False
    own = {found.laddr.port for found in connections if found.status == psutil.CONN_LISTEN}
    return own.issuperset(ports)


async def start(part: Part) -> asyncio.subprocess.Process:
    """Start a part in a session of its own, so that Ctrl-C reaches the supervisor alone.

    On Linux the kernel asks it to stop when the supervisor is gone, however that ended.
    """
    with part.log.open("ab") as log:
        return await asyncio.create_subprocess_exec(
            *part.command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=dict(part.environment),
            start_new_session=True,
            user=part.user,
            group=part.group,
            extra_groups=None if part.user is None else [],
            preexec_fn=_ending_with_us(part.stop_signal),
        )


def _ending_with_us(stop_signal: signal.Signals) -> Callable[[], None] | None:
    if sys.platform != "linux":
        return None
    # Loaded before the fork: the child may do next to nothing between fork and exec.
    libc = ctypes.CDLL(None, use_errno=True)
    supervisor = os.getpid()

    def end_with_supervisor() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(stop_signal))
        if os.getppid() != supervisor:
            os._exit(1)

    return end_with_supervisor


async def stop(process: asyncio.subprocess.Process, part: Part) -> None:
    """Ask a process to stop, wait, and kill its whole session if it doesn't."""
    if process.returncode is None:
        process.send_signal(part.stop_signal)
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), part.stop_seconds)
    _kill_group(process.pid)
    await process.wait()


def end_leftovers(entries: Iterable[ProcessEntry]) -> list[str]:
    """End, last started first, the recorded processes that are still running.

    A process counts as recorded only if its start time matches: a pid that another program got
    since is left alone.

    Returns:
        Names of what was still running.
    """
    ended: list[str] = []
    for entry in reversed(list(entries)):
        try:
            process = psutil.Process(entry.pid)
            if abs(process.create_time() - entry.started) > _SAME_START_SECONDS:
                continue
            process.send_signal(entry.stop_signal)
            process.wait(entry.stop_seconds)
        except psutil.NoSuchProcess:
            continue
        except psutil.TimeoutExpired:
            _kill_group(entry.pid)
        ended.append(entry.name)
    return ended


def _kill_group(leader: int) -> None:
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        return
