"""Reads what the local mailbox took: the mails of a centre that runs on one machine."""

import re
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Final

# What the mailbox calls its files: `<time>-<id>.eml`; nothing else is opened.
_MAIL_ID: Final = re.compile(r"\d{8}T\d{12}-[0-9a-f]{8}")


@dataclass(frozen=True, kw_only=True)
class MailHeaders:
    """A mail in a list.

    Attributes:
        mail_id: Names it in the mailbox; ids rise with arrival.
        recipients: As in its header; none when several people got it.
        sent_at: None for a mail that does not say when it was sent.
    """

    mail_id: str
    message_id: str
    sender: str
    recipients: str
    subject: str
    sent_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Mail:
    """A whole mail.

    Attributes:
        html: As it was sent: only to be shown where it can do no harm (a sandboxed frame).
    """

    headers: MailHeaders
    text: str
    html: str | None


def list_mails(folder: Path, limit: int = 100) -> list[MailHeaders]:
    """The newest mails, the last one that arrived first.

    Args:
        folder: Where the mailbox keeps them; it need not exist yet.
        limit: At most so many.
    """
    ids = sorted((path.stem for path in folder.glob("*.eml") if _is_id(path.stem)), reverse=True)
    return [
        _headers(mail_id, _parse(folder, mail_id, headers_only=True)) for mail_id in ids[:limit]
    ]


def read_mail(folder: Path, mail_id: str) -> Mail | None:
    """One mail; None when there is none with this id."""
    if not _is_id(mail_id) or not (folder / f"{mail_id}.eml").is_file():
        return None
    parsed = _parse(folder, mail_id)
    return Mail(
        headers=_headers(mail_id, parsed),
        text=_content(parsed, "plain") or "",
        html=_content(parsed, "html"),
    )


def _is_id(name: str) -> bool:
    return _MAIL_ID.fullmatch(name) is not None


def _parse(folder: Path, mail_id: str, *, headers_only: bool = False) -> EmailMessage:
    with (folder / f"{mail_id}.eml").open("rb") as file:
        return BytesParser(policy=policy.default).parse(file, headersonly=headers_only)


def _headers(mail_id: str, mail: EmailMessage) -> MailHeaders:
    return MailHeaders(
        mail_id=mail_id,
        message_id=mail["Message-ID"] or "",
        sender=mail["From"] or "",
        recipients=mail["To"] or "",
        subject=mail["Subject"] or "",
        sent_at=_sent_at(mail),
    )


def _sent_at(mail: EmailMessage) -> datetime | None:
    try:
        return parsedate_to_datetime(mail["Date"])
    except (TypeError, ValueError):
        return None


def _content(mail: EmailMessage, subtype: str) -> str | None:
    part = mail.get_body((subtype,))
    return None if part is None else part.get_content()
