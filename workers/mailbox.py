"""A mail server for one machine: takes every message and keeps it as a file."""

import asyncio
import signal
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from uuid import uuid4

import structlog
from aiosmtpd.smtp import SMTP, Envelope, Session

log = structlog.stdlib.get_logger()

# A message is a few lines of text; more is not from us.
_MAX_BYTES: Final = 10 * 1024 * 1024


class KeepMessages:
    """Writes each message to `<time>-<id>.eml`, complete or not at all."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def handle_DATA(  # noqa: N802  # the name that aiosmtpd calls
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Keep a message before saying that it was taken."""
        content = envelope.original_content or b""
        name = f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{uuid4().hex[:8]}"
        unfinished = self._folder / f".{name}.part"
        unfinished.write_bytes(content)
        unfinished.rename(self._folder / f"{name}.eml")
        log.info("mail_received", size=len(content))
        return "250 Message taken"


async def run_mailbox(host: str, port: int, folder: Path) -> None:
    """Take mail until SIGTERM or SIGINT, into a folder that exists."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signal_number, stop.set)
    server = await loop.create_server(
        lambda: SMTP(
            KeepMessages(folder), data_size_limit=_MAX_BYTES, enable_SMTPUTF8=True, loop=loop
        ),
        host,
        port,
    )
    log.info("mailbox_started", port=port)
    async with server:
        await stop.wait()
    log.info("mailbox_stopped")
