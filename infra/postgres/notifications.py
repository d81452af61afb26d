"""Messages: written with the transition that causes them, delivered afterwards."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from infra.postgres.pool import Database
from schemas.record import Message


@dataclass(frozen=True, kw_only=True)
class StoredMessage:
    """A message and how far its delivery got.

    Attributes:
        finished: Whether it was sent, skipped or given up.
        attempted: Whether a mail server was spoken to without its answer being recorded: it may
            have taken the message already.
    """

    message: Message
    finished: bool
    attempted: bool


@dataclass(frozen=True, kw_only=True)
class CompanyContact:
    """How the company of a case is reached.

    Attributes:
        email: None for a company that only telephones, and once the data are destroyed.
        destroyed: Whether its personal data were destroyed when their time had come.
    """

    email: str | None
    language: str
    destroyed: bool


@dataclass(frozen=True, kw_only=True)
class Department:
    """The support department of an institute, as a company is told about it."""

    institute_ko: str
    institute_en: str
    name: str
    phone: str | None
    email: str


async def add_pending(db: Database, messages: Sequence[Message], at: datetime) -> list[str]:
    """Add messages that are to be sent; one that is known already is left as it is.

    Returns:
        Keys of the messages that are new.
    """
    new: list[str] = []
    for message in messages:
        key = await db.fetchval(
            """
            INSERT INTO notification
                   (key, case_number, template, audience, parameters, created_at)
            VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (key) DO NOTHING
            RETURNING key
            """,
            message.key,
            message.case_number,
            message.template,
            message.audience,
            message.parameters,
            at,
        )
        if key is not None:
            new.append(key)
    return new


async def pending(db: Database, created_before: datetime, limit: int = 100) -> list[str]:
    """Keys of messages still to be delivered, oldest first: for the sweeper."""
    rows = await db.fetch(
        """
        SELECT key
          FROM notification
         WHERE status = 'pending'
           AND created_at < $1
         ORDER BY created_at
         LIMIT $2
        """,
        created_before,
        limit,
    )
    return [row["key"] for row in rows]


async def find(db: Database, key: str) -> StoredMessage | None:
    """The message with this key."""
    row = await db.fetchrow(
        """
        SELECT key, case_number, template, audience, parameters, status, attempted_at
          FROM notification
         WHERE key = $1
        """,
        key,
    )
    if row is None:
        return None
    return StoredMessage(
        message=Message(
            key=row["key"],
            case_number=row["case_number"],
            template=row["template"],
            audience=row["audience"],
            parameters=row["parameters"],
        ),
        finished=row["status"] != "pending",
        attempted=row["attempted_at"] is not None,
    )


async def contact_of(db: Database, case_number: str) -> CompanyContact | None:
    """How the company of this case is reached; None for a case that was never filed."""
    row = await db.fetchrow(
        """
        SELECT email, language, destroyed_at IS NOT NULL AS destroyed
          FROM contact
         WHERE case_number = $1
        """,
        case_number,
    )
    if row is None:
        return None
    return CompanyContact(email=row["email"], language=row["language"], destroyed=row["destroyed"])


async def account_addresses(db: Database, account_id: str, day: date) -> list[str]:
    """The address of an account that works on `day`, if it does."""
    rows = await db.fetch(
        """
        SELECT email
          FROM account
         WHERE account_id = $1
           AND active
           AND valid_from <= $2
           AND (valid_to IS NULL OR valid_to >= $2)
        """,
        account_id,
        day,
    )
    return [row["email"] for row in rows]


async def desk_addresses(db: Database, role: str, institute: str | None, day: date) -> list[str]:
    """Addresses of everybody who works in a role on `day`.

    Args:
        db: Where accounts are kept.
        role: What they do.
        institute: Where; `*` for every institute, None for the centre.
        day: A Korean date.
    """
    rows = await db.fetch(
        """
        SELECT DISTINCT email
          FROM account
         WHERE role = $1
           AND (institute IS NOT DISTINCT FROM $2 OR ($2 = '*' AND institute IS NOT NULL))
           AND active
           AND valid_from <= $3
           AND (valid_to IS NULL OR valid_to >= $3)
         ORDER BY email
        """,
        role,
        institute,
        day,
    )
    return [row["email"] for row in rows]


async def lead_institute(db: Database, case_number: str) -> str | None:
    """The institute that handles the case, once one has accepted it."""
    institute: str | None = await db.fetchval(
        "SELECT lead_institute FROM support_case WHERE case_number = $1", case_number
    )
    return institute


async def department_of(db: Database, institute: str, day: date) -> Department | None:
    """The support department of an institute on `day`; None where none is known."""
    row = await db.fetchrow(
        """
        SELECT i.name_ko, i.name_en, d.name, d.phone, d.email
          FROM support_department AS d
          JOIN institute AS i ON i.code = d.institute
         WHERE d.institute = $1
           AND d.valid_from <= $2
           AND (d.valid_to IS NULL OR d.valid_to >= $2)
         ORDER BY d.valid_from DESC
         LIMIT 1
        """,
        institute,
        day,
    )
    if row is None:
        return None
    return Department(
        institute_ko=row["name_ko"],
        institute_en=row["name_en"],
        name=row["name"],
        phone=row["phone"],
        email=row["email"],
    )


async def mark_attempted(db: Database, key: str, at: datetime) -> None:
    """The mail server is about to be spoken to."""
    await db.execute(
        "UPDATE notification SET attempted_at = $2 WHERE key = $1 AND status = 'pending'", key, at
    )


async def mark_refused(db: Database, key: str) -> None:
    """The mail server certainly did not take the message: the next attempt is no repetition."""
    await db.execute(
        "UPDATE notification SET attempted_at = NULL WHERE key = $1 AND status = 'pending'", key
    )


async def mark_sent(  # noqa: PLR0913  # what is known of a mail that went out
    db: Database,
    key: str,
    *,
    at: datetime,
    message_id: str,
    template_version: str,
    repeated: bool,
) -> None:
    """The mail server took the message.

    Args:
        db: Where messages are kept.
        key: Which one.
        at: When.
        message_id: Its Message-ID, always the same for this key.
        template_version: Which wording was sent.
        repeated: It may have gone out before, with the same Message-ID.
    """
    await db.execute(
        """
        UPDATE notification
           SET status = 'sent', finished_at = $2, message_id = $3, template_version = $4,
               repeated = $5, reason = NULL
         WHERE key = $1
           AND status = 'pending'
        """,
        key,
        at,
        message_id,
        template_version,
        repeated,
    )


async def mark_skipped(db: Database, key: str, *, at: datetime, reason: str) -> None:
    """There is nobody to send the message to; `reason` says why."""
    await db.execute(
        """
        UPDATE notification
           SET status = 'skipped', finished_at = $2, reason = $3
         WHERE key = $1
           AND status = 'pending'
        """,
        key,
        at,
        reason,
    )


async def mark_failed(db: Database, key: str, *, at: datetime, reason: str) -> None:
    """Delivery was given up; `reason` is a code."""
    await db.execute(
        """
        UPDATE notification
           SET status = 'failed', finished_at = $2, reason = $3
         WHERE key = $1
           AND status = 'pending'
        """,
        key,
        at,
        reason,
    )
