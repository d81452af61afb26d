"""Mail is handed to a real server, and a server that refuses or is silent is a failure."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import aiosmtplib
import pytest
from aiosmtpd.smtp import SMTP

from infra.mail import SmtpMailer
from infra.settings import Settings
from tests.infra.test_telemetry import settings
from workers.mailbox import KeepMessages

Serve = Callable[[Callable[[], asyncio.BaseProtocol]], Awaitable[int]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    servers: list[asyncio.Server] = []

    async def on_a_free_port(protocol: Callable[[], asyncio.BaseProtocol]) -> int:
        server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0)
        servers.append(server)
        return server.sockets[0].getsockname()[1]

    yield on_a_free_port
    for server in servers:
        server.close()


def mailer(port: int) -> SmtpMailer:
    given: Settings = settings()
    return SmtpMailer(given.model_copy(update={"smtp_port": port, "smtp_timeout_seconds": 0.5}))


def message() -> EmailMessage:
    made = EmailMessage()
    made["From"] = "1379 <no-reply@center1379.example>"
    made["To"] = "sample@company.example"
    made["Subject"] = "접수되었습니다"
    made["Message-ID"] = "<1379-2026-000001.receipt@center1379.example>"
    made.set_content("접수번호 1379-2026-000001")
    return made


async def test_the_local_mailbox_keeps_what_was_sent(serve: Serve, tmp_path: Path) -> None:
    port = await serve(lambda: SMTP(KeepMessages(tmp_path), enable_SMTPUTF8=True))

    await mailer(port).send(message())

    [kept] = tmp_path.iterdir()  # noqa: ASYNC240  # one small folder
    read = message_from_bytes(kept.read_bytes(), policy=policy.default)
    assert kept.suffix == ".eml"
    assert read["Subject"] == "접수되었습니다"
    assert read["Message-ID"] == "<1379-2026-000001.receipt@center1379.example>"
    assert "1379-2026-000001" in read.get_content()


async def test_a_refusal_for_good_tells_its_code(serve: Serve) -> None:
    class Refuse:
        async def handle_RCPT(self, *_arguments: object) -> str:  # noqa: N802
            return "550 No such mailbox"

    port = await serve(lambda: SMTP(Refuse()))

    with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as refusal:
        await mailer(port).send(message())

    assert refusal.value.recipients[0].code == 550


async def test_a_silent_server_is_given_up_in_time(serve: Serve) -> None:
    port = await serve(asyncio.Protocol)

    with pytest.raises(aiosmtplib.SMTPTimeoutError):
        await mailer(port).send(message())


async def test_a_server_that_is_not_there_is_a_failure() -> None:
    with pytest.raises(aiosmtplib.SMTPConnectError):
        await mailer(1).send(message())
