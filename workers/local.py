"""The whole centre on one machine: every part started, watched and stopped in order."""

import asyncio
import fcntl
import os
import signal
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import Final, TextIO, cast
from urllib.error import URLError
from urllib.request import urlopen

import asyncpg
from google.protobuf.duration_pb2 import Duration
from pydantic import BaseModel, ConfigDict
from rich.console import Console
from temporalio.api.namespace.v1 import NamespaceConfig
from temporalio.api.workflowservice.v1 import UpdateNamespaceRequest
from temporalio.client import Client

from infra import search_attributes
from infra.postgres.migrate import migrate
from infra.postgres.pool import open_pool
from infra.settings import Settings
from infra.telemetry import configure_logging
from infra.temporal import connect_client
from schemas.policy import Policy
from workers import processes
from workers.deployment import build_id, try_make_current
from workers.loading import load_centre, load_demonstration
from workers.local_parts import (
    API,
    DATABASE,
    HOST,
    MAILBOX,
    CannotStart,
    DataDir,
    LocalSecrets,
    Ports,
    choose_ports,
    environment,
    own_part,
    postgres_part,
    temporal_part,
)
from workers.processes import Part, ProcessEntry
from workers.registry import CASE, INSTITUTE, MATCHING, NOTIFY
from workers.schedules import plan

Ready = Callable[[], Awaitable[bool]]

# Closed cases' histories stay at hand; the dev server forgets them after a day otherwise.
_RETENTION: Final = timedelta(days=3650)
_START_SECONDS: Final = 60
_POLL_SECONDS: Final = 0.05
_PROBE_SECONDS: Final = 2
_FIRST_PAUSE_SECONDS: Final = 0.5
_LONGEST_PAUSE_SECONDS: Final = 10
# Who ran that long was not broken by its start; its next pause is short again.
_STEADY_SECONDS: Final = 60
_LOG_LINES: Final = 5


class RunningCentre(BaseModel):
    """What runs on a data directory, as written to `processes.json`."""

    model_config = ConfigDict(frozen=True)

    supervisor_pid: int
    url: str
    database_url: str
    temporal_address: str
    smtp_port: int
    parts: list[ProcessEntry]


@dataclass(frozen=True)
class _Child:
    part: Part
    process: asyncio.subprocess.Process
    entry: ProcessEntry | None


class Supervisor:
    """Keeps the parts running: restarts what ends by itself, stops all in reverse order."""

    def __init__(
        self, record: Callable[[list[ProcessEntry]], None], say: Callable[[str], None]
    ) -> None:
        """Begin with nothing running.

        Args:
            record: Called with what runs, whenever that changed.
            say: Tells the person at the terminal.
        """
        self._record = record
        self._say = say
        self._children: dict[str, _Child] = {}
        self._watchers: list[asyncio.Task[None]] = []

    async def start(self, part: Part, ready: Ready | None = None) -> None:
        """Start a part and wait until it listens on its ports itself, and serves.

        Args:
            part: What to start.
            ready: Whether it serves; None where listening is enough.

        Raises:
            CannotStart: It ended, or did not serve in time; with the end of its log.
        """
        process = await self._spawn(part)
        deadline = monotonic() + _START_SECONDS

        async def serves() -> bool:
            listens = processes.listens(process.pid, part.ports.values())
            return listens and (ready is None or await ready())

        while not await serves():
            if process.returncode is not None:
                raise CannotStart(f"{part.name} ended while starting. {_end_of_log(part.log)}")
            if monotonic() > deadline:
                raise CannotStart(
                    f"{part.name} did not answer within {_START_SECONDS} s. {_end_of_log(part.log)}"
                )
            await asyncio.sleep(_POLL_SECONDS)
        self._watchers.append(asyncio.create_task(self._watch(part, process)))

    async def stop(self) -> None:
        """Stop all parts, last started first."""
        for watcher in self._watchers:
            watcher.cancel()
        await asyncio.gather(*self._watchers, return_exceptions=True)
        for child in reversed(list(self._children.values())):
            await processes.stop(child.process, child.part)
            del self._children[child.part.name]
            self._write()

    async def _spawn(self, part: Part) -> asyncio.subprocess.Process:
        try:
            process = await processes.start(part)
        except OSError as error:
            raise CannotStart(f"{part.name} can't be run: {error}.") from error
        # Asked once: a moment later the process may be gone, while another part is written down.
        self._children[part.name] = _Child(part, process, processes.entry_of(part, process.pid))
        self._write()
        return process

    async def _watch(self, part: Part, process: asyncio.subprocess.Process) -> None:
        pause = _FIRST_PAUSE_SECONDS
        while True:
            started = monotonic()
            status = await process.wait()
            if monotonic() - started > _STEADY_SECONDS:
                pause = _FIRST_PAUSE_SECONDS
            self._say(f"{part.name} ended (status {status}); starting it again. Log: {part.log}")
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
            try:
                process = await self._spawn(part)
            except CannotStart as reason:
                # It ended, and its program with it, during an upgrade say: tried again.
                self._say(str(reason))

    def _write(self) -> None:
        """Write down what runs. That it can't be written must not end the watch over a part."""
        entries = [
            child.entry
            for child in self._children.values()
            if child.entry is not None and child.process.returncode is None
        ]
        try:
            self._record(entries)
        except OSError as error:
            self._say(f"What runs could not be written down: {error}.")


@dataclass(frozen=True, kw_only=True)
class LocalPlan:
    """What one start of the centre consists of.

    Attributes:
        data: Where everything is kept.
        ports: Where parts will listen.
        held: The directory's secrets.
        policy: Followed by new cases from now on; None leaves it as it is.
    """

    data: DataDir
    ports: Ports
    held: LocalSecrets
    policy: Policy | None


class LocalCentre:
    """One start of the centre on one data directory."""

    def __init__(self, plan: LocalPlan, console: Console, log: TextIO) -> None:
        """Nothing is started yet.

        Args:
            plan: What to start.
            console: Where a person reads.
            log: Where this process's own log lines go.
        """
        self._data = plan.data
        self._ports = plan.ports
        self._held = plan.held
        self._policy = plan.policy
        self._console = console
        self._log = log
        self._url = f"http://{HOST}:{plan.ports.api}"
        self._parts = Supervisor(self._record, self._say)

    async def run(self) -> None:
        """Start, serve until SIGINT or SIGTERM, stop.

        Raises:
            CannotStart: A part can't start; what was started has been stopped.
        """
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for signal_number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(signal_number, stop.set)
        stopping = asyncio.create_task(stop.wait())
        starting = asyncio.create_task(self._start())
        try:
            await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if starting.done():
                starting.result()
                await stopping
        finally:
            starting.cancel()
            stopping.cancel()
            await asyncio.gather(starting, stopping, return_exceptions=True)
            self._say("Stopping …")
            await self._parts.stop()
            self._data.processes.unlink(missing_ok=True)

    async def _start(self) -> None:
        began = monotonic()
        # From here on this process sees what its children see.
        chosen = environment(self._data, self._held, self._ports)
        os.environ.clear()
        os.environ.update(chosen)
        settings = Settings()  # pyright: ignore[reportCallIssue]  # from the environment
        configure_logging(settings, self._log)
        try:
            async with asyncio.TaskGroup() as foundations:
                foundations.create_task(self._start_postgres())
                temporal = foundations.create_task(self._start_temporal(settings))
                foundations.create_task(self._start_mailbox())
            async with asyncio.TaskGroup() as centre:
                centre.create_task(self._start_workers(temporal.result()))
                centre.create_task(self._start_api())
        except ExceptionGroup as failures:
            raise _reason(failures) from failures
        self._show(monotonic() - began)

    async def _start_postgres(self) -> None:
        part = await asyncio.to_thread(postgres_part, self._data)
        await self._parts.start(part, self._postgres_answers)
        await migrate(self._data.database_url)
        pool = await open_pool(self._data.database_url)
        try:
            await load_centre(pool, self._policy)
            await load_demonstration(pool, self._held.demo_password)
        finally:
            await pool.close()

    async def _postgres_answers(self) -> bool:
        try:
            connection = await asyncpg.connect(
                user="postgres", database="postgres", host=str(self._data.socket_folder)
            )
        except (OSError, asyncpg.CannotConnectNowError):
            return False
        try:
            if await connection.fetchval(
                "SELECT true FROM pg_database WHERE datname = $1", DATABASE
            ):
                return True
            await connection.execute(f'CREATE DATABASE "{DATABASE}"')
        finally:
            await connection.close()
        return True

    async def _start_temporal(self, settings: Settings) -> Client:
        await self._parts.start(temporal_part(self._data, self._ports))
        client = await connect_client(settings)
        await search_attributes.register(client)
        await plan(client)
        retention = Duration()
        retention.FromTimedelta(_RETENTION)
        await client.workflow_service.update_namespace(
            UpdateNamespaceRequest(
                namespace=client.namespace,
                config=NamespaceConfig(workflow_execution_retention_ttl=retention),
            )
        )
        return client

    async def _start_mailbox(self) -> None:
        await self._parts.start(
            own_part(
                self._data,
                MAILBOX,
                ["mailbox"],
                ports={"smtp": self._ports.smtp},
                stop_seconds=3,
            )
        )

    async def _start_workers(self, client: Client) -> None:
        async with asyncio.TaskGroup() as group:
            for name, queues in (
                ("worker", (CASE, NOTIFY, INSTITUTE)),
                # Ranking is arithmetic: in a process of its own it can't keep a case waiting.
                ("worker-matching", (MATCHING,)),
            ):
                chosen = [word for queue in queues for word in ("--queue", queue)]
                group.create_task(
                    self._parts.start(
                        own_part(self._data, name, ["worker", *chosen]),
                        lambda: try_make_current(client, build_id()),
                    )
                )

    async def _start_api(self) -> None:
        await self._parts.start(
            own_part(self._data, API, ["api"], ports={"http": self._ports.api}),
            lambda: asyncio.to_thread(_is_ready, f"{self._url}/readyz"),
        )

    def _record(self, entries: list[ProcessEntry]) -> None:
        running = RunningCentre(
            supervisor_pid=os.getpid(),
            url=self._url,
            database_url=self._data.database_url,
            temporal_address=f"{HOST}:{self._ports.temporal}",
            smtp_port=self._ports.smtp,
            parts=entries,
        )
        unfinished = self._data.processes.with_suffix(".part")
        unfinished.write_text(running.model_dump_json(indent=2), "utf-8")
        unfinished.rename(self._data.processes)

    def _show(self, seconds: float) -> None:
        lines = [
            ("Pages", self._url),
            ("API", f"{self._url}/api/v1/openapi.json"),
            ("Mailbox", f"{self._url}/mailbox"),
            ("Temporal", f"http://{HOST}:{self._ports.temporal_ui}"),
            ("Database", self._data.database_url),
            ("Data and logs", str(self._data.root)),
        ]
        self._say(f"\nThe centre is ready ({seconds:.1f} s).\n")
        for what, where in lines:
            self._say(f"  {what:<14} {where}")
        self._say(
            "\nDemonstration accounts, all with the password "
            f"[bold]{self._held.demo_password}[/bold]:\n\n"
            "  agent  regional  triage  coordinator  director  survey  complaint  privacy\n"
            "  operator  auditor  ministry  evaluator1  evaluator2  evaluator3\n"
            "  and for each institute, as kitech:\n"
            "  kitech.head  kitech.support  kitech.researcher  kitech.tlo\n"
            "\nCtrl-C stops everything; the next start goes on where this one ended.\n"
        )

    def _say(self, text: str) -> None:
        # Soft: an address that is wrapped can't be opened.
        self._console.print(text, highlight=False, soft_wrap=True)


def run_local(
    root: Path, *, port: int, policy: Policy | None, demo_password: str | None, console: Console
) -> None:
    """Run the centre on a data directory until it is told to stop.

    Raises:
        CannotStart: It runs there already, or a part can't start.
    """
    data = DataDir(root.resolve())
    data.prepare()
    with _only_one(data):
        for name in _end_leftovers(data):
            console.print(f"Ended {name}, left over from a start that was cut off.")
        held = data.secrets()
        if demo_password is not None:
            held = held.model_copy(update={"demo_password": demo_password})
        ports = choose_ports(port)
        if ports.api != port:
            console.print(f"Port {port} is in use; the pages are on {ports.api}.", highlight=False)
        console.print(f"Starting the centre in {data.root} …", highlight=False, soft_wrap=True)
        plan = LocalPlan(data=data, ports=ports, held=held, policy=policy)
        with data.log("up").open("a", encoding="utf-8") as log:
            asyncio.run(LocalCentre(plan, console, log).run())


@contextmanager
def _only_one(data: DataDir) -> Generator[None]:
    with data.lock.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            running = _recorded(data)
            where = "" if running is None else f": {running.url} (process {running.supervisor_pid})"
            raise CannotStart(f"A centre already runs on {data.root}{where}.") from None
        yield


def _recorded(data: DataDir) -> RunningCentre | None:
    if not data.processes.exists():
        return None
    return RunningCentre.model_validate_json(data.processes.read_text("utf-8"))


def environment_of(folder: Path) -> dict[str, str]:
    """What the other commands have to be set to, to act on the centre that runs in a folder.

    Raises:
        CannotStart: No centre runs there.
    """
    data = DataDir(folder.absolute())
    running = _recorded(data)
    if running is None:
        raise CannotStart(f"No centre runs in {folder}. Start it with `center1379 up`.")
    ports = {name: port for part in running.parts for name, port in part.ports.items()}
    return environment(
        data,
        data.secrets(),
        Ports(
            api=ports["http"],
            temporal=ports["grpc"],
            temporal_ui=ports["ui"],
            smtp=ports["smtp"],
        ),
    )


def _end_leftovers(data: DataDir) -> list[str]:
    recorded = _recorded(data)
    ended = [] if recorded is None else processes.end_leftovers(recorded.parts)
    data.processes.unlink(missing_ok=True)
    return ended


def _reason(failures: ExceptionGroup[Exception]) -> Exception:
    """The first part that can't start; else all that failed."""
    for failure in failures.exceptions:
        if isinstance(failure, CannotStart):
            return failure
        if isinstance(failure, ExceptionGroup):
            inner = _reason(cast("ExceptionGroup[Exception]", failure))
            if isinstance(inner, CannotStart):
                return inner
    return failures


def _is_ready(url: str) -> bool:
    try:
        with urlopen(url, timeout=_PROBE_SECONDS) as answer:  # noqa: S310  # our own address
            return answer.status == 200  # noqa: PLR2004
    # An HTTPError, which says that the process is not ready yet, is one of these.
    except (URLError, OSError):
        return False


def _end_of_log(path: Path) -> str:
    lines = path.read_text("utf-8", errors="replace").splitlines()[-_LOG_LINES:]
    return "\n".join([f"The end of {path}:", *lines])
