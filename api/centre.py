"""What a running API process holds: connections, secrets, the clock."""

import hmac
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Final, cast
from zoneinfo import ZoneInfo

import asyncpg
from fastapi import Request
from temporalio.client import Client

from matching.live import LiveIndex

SEOUL: Final = ZoneInfo("Asia/Seoul")
# No 0/O, 1/I/L, U/V: read out over the telephone and typed by hand.
CODE_ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTWXYZ"
CODE_LENGTH: Final = 10


def utc_now() -> datetime:
    """The clock of a real centre."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Secrets:
    """Everything derived from the one secret key; each use has a label of its own."""

    key: bytes = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse a key that could be guessed."""
        if len(self.key) < 32:  # noqa: PLR2004  # bytes of a SHA-256 key
            raise ValueError("The secret key needs at least 32 bytes.")

    def tracking_code(self, case_number: str, salt: str = "") -> str:
        """The tracking code of a case: derived, so that a repeated request gives it again.

        Args:
            case_number: The case.
            salt: What the row of its intake holds since the code was replaced.
        """
        message = f"{case_number}|{salt}" if salt else case_number
        number = int.from_bytes(self._digest(b"tracking-code", message.encode()))
        letters: list[str] = []
        for _ in range(CODE_LENGTH):
            number, place = divmod(number, len(CODE_ALPHABET))
            letters.append(CODE_ALPHABET[place])
        return "".join(letters)

    def tracking_code_hash(self, code: str) -> bytes:
        """What is stored of a tracking code."""
        return self._digest(b"tracking-code-hash", code.encode())

    def body_hash(self, body: bytes) -> str:
        """Tells whether a repeated request is the same; keyed, as bodies hold personal data."""
        return self._digest(b"body", body).hex()

    def attempt_key(self, subject: str) -> bytes:
        """What is stored of an address or username that failed."""
        return self._digest(b"attempt", subject.encode())

    def _digest(self, label: bytes, message: bytes) -> bytes:
        return hmac.digest(self.key, label + b"\0" + message, sha256)


@dataclass(frozen=True, kw_only=True)
class Centre:
    """The parts that routes work with.

    Attributes:
        index: Of what is public, and of nothing else.
        clock: Stamps `submitted_at`; the only clock of the API.
        secure_cookies: Whether cookies travel over TLS only; off for plain http on one machine.
        temporal_ui_url: Of the Temporal UI, which may call the codec endpoint.
        mailbox_dir: Where the local mailbox keeps messages; None when mail goes out.
    """

    pool: asyncpg.Pool
    temporal: Client
    secrets: Secrets
    index: LiveIndex
    clock: Callable[[], datetime] = utc_now
    secure_cookies: bool = True
    temporal_ui_url: str | None = None
    mailbox_dir: Path | None = None

    def korean_day(self, at: datetime) -> date:
        """The date in Korea at `at`: validity dates are Korean dates."""
        return at.astimezone(SEOUL).date()


def centre_of(request: Request) -> Centre:
    """The centre that the application of this request runs on."""
    return cast("Centre", request.app.state.centre)


@contextmanager
def calling_temporal() -> Generator[None]:
    """Tell a server that cannot be reached from a defect.

    A client that connects with its first call raises a bare RuntimeError when it cannot.
    """
    try:
        yield
    except RuntimeError as error:
        raise ConnectionError("Temporal cannot be reached") from error
