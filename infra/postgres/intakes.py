"""Intake: what a company filed, kept before any workflow exists."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from infra.postgres.pool import Database
from schemas.base import case_number
from schemas.case import CaseIntake
from schemas.company import ConsentKind, ConsentText
from schemas.record import SplitRequest


@dataclass(frozen=True, kw_only=True)
class StoredIntake:
    """An intake under its idempotency key.

    Attributes:
        body_sha256: Keyed hash of the request that made it.
        pending: Whether its workflow has not been started yet.
        personal_data: What was found in its texts.
    """

    case_number: str
    body_sha256: str
    pending: bool
    intake: CaseIntake
    personal_data: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Filing:
    """How an intake came to be.

    Attributes:
        body_sha256: Keyed hash of the request, to know a repeated one.
        registered_by: The account that filed it for a caller, or `company`.
    """

    company_id: UUID
    body_sha256: str
    tracking_code_hash: bytes
    registered_by: str


@dataclass(frozen=True, kw_only=True)
class CaseText:
    """What a company wrote.

    Attributes:
        title, description, details: As written, without resident registration numbers.
        title_masked, description_masked: Without any personal data that could be found.
        personal_data: The kinds that were found.
    """

    title: str
    description: str
    title_masked: str
    description_masked: str
    details: dict[str, Any]
    personal_data: tuple[str, ...]


async def find_by_key(db: Database, idempotency_key: str) -> StoredIntake | None:
    """The intake that was made under this key."""
    row = await db.fetchrow(
        """
        SELECT i.case_number, i.body_sha256, i.status, i.intake, t.personal_data
          FROM intake AS i
          JOIN case_text AS t ON t.case_number = i.case_number
         WHERE i.idempotency_key = $1
        """,
        idempotency_key,
    )
    if row is None:
        return None
    return StoredIntake(
        case_number=row["case_number"],
        body_sha256=row["body_sha256"],
        pending=row["status"] == "pending",
        intake=CaseIntake.model_validate(row["intake"]),
        personal_data=tuple(row["personal_data"]),
    )


@dataclass(frozen=True)
class TrackingCode:
    """What is stored of a tracking code.

    Attributes:
        salt: With the case number it makes the code; empty until that was replaced.
        code_hash: Keyed, of the code that opens the case.
    """

    salt: str
    code_hash: bytes


async def next_serial(db: Database) -> int:
    """The next number of a case. Numbers of intakes that failed are not used again."""
    serial: int = await db.fetchval("SELECT nextval('case_serial')")
    return serial


async def add(
    db: Database,
    intake: CaseIntake,
    filing: Filing,
) -> bool:
    """Store a pending intake.

    Returns:
        Whether it was stored; False when another request with the same key came first.
    """
    stored = await db.fetchval(
        """
        INSERT INTO intake (case_number, idempotency_key, body_sha256, tracking_code_hash, intake,
                            company_id, submitted_at, registered_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (idempotency_key) DO NOTHING
        RETURNING true
        """,
        intake.case_number,
        intake.idempotency_key,
        filing.body_sha256,
        filing.tracking_code_hash,
        intake.model_dump(mode="json"),
        filing.company_id,
        intake.registered_at,
        filing.registered_by,
    )
    return stored is True


async def add_text(db: Database, case_number: str, text: CaseText) -> None:
    """Store what the company wrote, as written and masked."""
    await db.execute(
        """
        INSERT INTO case_text (case_number, title, description, title_masked, description_masked,
                               details, personal_data)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        """,
        case_number,
        text.title,
        text.description,
        text.title_masked,
        text.description_masked,
        text.details,
        list(text.personal_data),
    )


async def split(db: Database, request: SplitRequest) -> str:
    """File a second case about the request of a first one; the sweeper starts it.

    The company opens it by the tracking code that it has. Caller opens the transaction.

    Returns:
        The second case's number; the same one for a repeated request.
    """
    key = f"split/{request.key}"
    made = await db.fetchval("SELECT case_number FROM intake WHERE idempotency_key = $1", key)
    if made is not None:
        return str(made)
    first = CaseIntake.model_validate(
        await db.fetchval("SELECT intake FROM intake WHERE case_number = $1", request.case_number)
    )
    number = case_number(first.registered_at.year, await next_serial(db))
    second = first.model_copy(
        update={
            "case_number": number,
            "received_at": request.at,
            "registered_at": request.at,
            "idempotency_key": key,
            "institute_wish": request.institute,
            "linked_case": request.case_number,
        }
    )
    await db.execute(
        """
        INSERT INTO intake (case_number, idempotency_key, body_sha256, tracking_code_hash, intake,
                            company_id, submitted_at, registered_by)
        SELECT $2, $3, body_sha256, tracking_code_hash, $4, company_id, $5, 'system'
          FROM intake
         WHERE case_number = $1
        """,
        request.case_number,
        number,
        key,
        second.model_dump(mode="json"),
        request.at,
    )
    await _copy_what_was_written(db, request.case_number, number)
    return number


async def _copy_what_was_written(db: Database, first: str, second: str) -> None:
    await db.execute(
        """
        INSERT INTO case_text (case_number, title, description, title_masked, description_masked,
                               details, personal_data)
        SELECT $2, title, description, title_masked, description_masked, details, personal_data
          FROM case_text
         WHERE case_number = $1
        """,
        first,
        second,
    )
    await db.execute(
        """
        INSERT INTO contact (case_number, name, email, phone, language)
        SELECT $2, name, email, phone, language FROM contact WHERE case_number = $1
        """,
        first,
        second,
    )
    await db.execute(
        """
        INSERT INTO consent (case_number, kind, given, text_version, given_at, withdrawn_at)
        SELECT $2, kind, given, text_version, given_at, withdrawn_at
          FROM consent
         WHERE case_number = $1
        """,
        first,
        second,
    )


async def mark_started(db: Database, case_number: str, at: datetime) -> None:
    """The workflow of this intake runs."""
    await db.execute(
        """
        UPDATE intake
           SET status = 'started', started_at = $2
         WHERE case_number = $1
           AND status = 'pending'
        """,
        case_number,
        at,
    )


async def pending_intakes(
    db: Database, submitted_before: datetime, limit: int = 100
) -> list[CaseIntake]:
    """Intakes whose workflows were not started, oldest first: for the sweeper.

    Args:
        db: Where intakes are kept.
        submitted_before: Leaves out those that a request is probably starting right now.
        limit: At most so many.
    """
    rows = await db.fetch(
        """
        SELECT intake
          FROM intake
         WHERE status = 'pending'
           AND submitted_at < $1
         ORDER BY submitted_at
         LIMIT $2
        """,
        submitted_before,
        limit,
    )
    return [CaseIntake.model_validate(row["intake"]) for row in rows]


async def tracking_code(db: Database, case_number: str) -> TrackingCode | None:
    """What is stored of a case's tracking code; None for a case that does not exist."""
    row = await db.fetchrow(
        "SELECT code_salt, tracking_code_hash FROM intake WHERE case_number = $1", case_number
    )
    return None if row is None else TrackingCode(row["code_salt"], row["tracking_code_hash"])


async def replace_tracking_code(db: Database, case_number: str, code: TrackingCode) -> list[str]:
    """Let another code open a case, and every other case that the old one opened.

    The caller opens the transaction.

    Returns:
        The numbers of those cases.
    """
    await db.execute(
        "UPDATE intake SET code_salt = $2 WHERE case_number = $1", case_number, code.salt
    )
    rows = await db.fetch(
        """
        UPDATE intake SET tracking_code_hash = $2
         WHERE tracking_code_hash = (SELECT tracking_code_hash FROM intake WHERE case_number = $1)
        RETURNING case_number
        """,
        case_number,
        code.code_hash,
    )
    return [row["case_number"] for row in rows]


async def is_channel_open(db: Database, channel: str, day: date) -> bool:
    """Whether companies can come in through this channel on `day`."""
    is_open = await db.fetchval(
        """
        SELECT EXISTS (SELECT FROM channel
                        WHERE code = $1
                          AND valid_from <= $2
                          AND (valid_to IS NULL OR valid_to >= $2))
        """,
        channel,
        day,
    )
    return is_open is True


async def find_region(db: Database, region: str | None) -> str | None:
    """The regional centre that a company names by its code or its region.

    Returns:
        The centre's code; None where it is not known yet which centre serves the region. That is
        no reason to turn a company away.
    """
    return await db.fetchval(
        """
        SELECT code
          FROM regional_centre
         WHERE code = $1 OR $1 = ANY (string_to_array(region, '·'))
         ORDER BY code
         LIMIT 1
        """,
        region,
    )


async def is_institute(db: Database, code: str, day: date) -> bool:
    """Whether the institute takes part on `day`."""
    exists = await db.fetchval(
        """
        SELECT EXISTS (SELECT FROM institute
                        WHERE code = $1
                          AND valid_from <= $2
                          AND (valid_to IS NULL OR valid_to >= $2))
        """,
        code,
        day,
    )
    return exists is True


async def consent_texts(db: Database, day: date, *, language: str = "ko") -> list[ConsentText]:
    """The consent texts in force on `day`, the required ones first."""
    rows = await db.fetch(
        """
        SELECT kind, text_version, required,
               CASE WHEN $2 = 'en' THEN title_en ELSE title_ko END AS title,
               CASE WHEN $2 = 'en' THEN body_en ELSE body_ko END AS body
          FROM consent_text
         WHERE valid_from <= $1
           AND (valid_to IS NULL OR valid_to >= $1)
         ORDER BY required DESC, kind, text_version
        """,
        day,
        language,
    )
    return [
        ConsentText(
            kind=ConsentKind(row["kind"]),
            text_version=row["text_version"],
            required=row["required"],
            title=row["title"],
            body=row["body"],
        )
        for row in rows
    ]
