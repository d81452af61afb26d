"""Mails that came over SMTP can be listed and read."""

import asyncio
from collections.abc import AsyncIterator
from email.message import EmailMessage
from pathlib import Path

import aiosmtplib
import pytest
from aiosmtpd.smtp import SMTP

from infra.mailbox import list_mails, read_mail
from workers.mailbox import KeepMessages

FROM = "no-reply@center1379.example"
TO = "contact@company.example"


@pytest.fixture
async def port(tmp_path: Path) -> AsyncIterator[int]:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(KeepMessages(tmp_path), enable_SMTPUTF8=True, loop=loop), "127.0.0.1", 0
    )
    async with server:
        yield server.sockets[0].getsockname()[1]


def mail(subject: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = FROM
    message["To"] = TO
    message["Subject"] = subject
    message["Date"] = "Tue, 24 Nov 2026 09:00:00 +0000"
    message["Message-ID"] = "<1@center1379.example>"
    message.set_content(f"{subject}: 본문\n")
    message.add_alternative(f"<p>{subject}</p>", subtype="html")
    return message


async def send(port: int, subject: str) -> None:
    await aiosmtplib.send(mail(subject), hostname="127.0.0.1", port=port)


async def test_mails_are_listed_from_the_newest(tmp_path: Path, port: int) -> None:
    for subject in ("첫째", "둘째", "셋째"):
        await send(port, subject)

    assert [mail.subject for mail in list_mails(tmp_path)] == ["셋째", "둘째", "첫째"]
    assert [mail.subject for mail in list_mails(tmp_path, limit=2)] == ["셋째", "둘째"]


async def test_a_mail_is_read_with_its_text_and_html(tmp_path: Path, port: int) -> None:
    await send(port, "접수되었습니다")
    [listed] = list_mails(tmp_path)

    read = read_mail(tmp_path, listed.mail_id)

    assert read is not None
    assert read.headers == listed
    assert (listed.sender, listed.recipients) == (FROM, TO)
    assert listed.message_id == "<1@center1379.example>"
    assert listed.sent_at is not None
    assert listed.sent_at.isoformat() == "2026-11-24T09:00:00+00:00"
    assert read.text == "접수되었습니다: 본문\n"
    assert read.html == "<p>접수되었습니다</p>\n"


@pytest.mark.parametrize(
    "mail_id",
    ["../secrets", "20261124T090000000000-abcdef01", "", "*", "20261124T090000000000-abcdef0/"],
)
async def test_what_is_no_mail_of_the_mailbox_is_not_read(tmp_path: Path, mail_id: str) -> None:
    (tmp_path.parent / "secrets.eml").write_text("Subject: secret\n\nsecret")

    assert read_mail(tmp_path, mail_id) is None


async def test_other_files_and_unfinished_mails_are_not_listed(tmp_path: Path) -> None:
    (tmp_path / "notes.eml").write_text("Subject: notes\n\n")
    (tmp_path / ".20261124T090000000000-abcdef01.part").write_text("Subject: half")

    assert list_mails(tmp_path) == []


async def test_a_mail_without_any_headers_is_shown_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "20261124T090000000000-abcdef01.eml").write_bytes(b"\r\nbare\r\n")

    [listed] = list_mails(tmp_path)
    read = read_mail(tmp_path, listed.mail_id)

    assert (listed.subject, listed.sent_at) == ("", None)
    assert read is not None
    assert read.text.strip() == "bare"
    assert read.html is None


def test_a_mailbox_that_took_nothing_yet_is_empty(tmp_path: Path) -> None:
    assert list_mails(tmp_path / "mail") == []
