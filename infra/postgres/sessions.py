"""Sessions: of staff who signed in, and of companies who showed their tracking code."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from infra.postgres.accounts import Account, account_of
from infra.postgres.pool import Database


@dataclass(frozen=True, kw_only=True)
class Session:
    """Who is signed in until when.

    Attributes:
        account: The member of staff; None in the session of a company.
        case_number: The one case that a company's session opens; None in a session of staff.
        csrf_token: What a page must send back with every change it makes.
    """

    account: Account | None
    case_number: str | None
    csrf_token: str
    expires_at: datetime


async def add(db: Database, token_hash: bytes, session: Session, created_at: datetime) -> None:
    """Store a new session."""
    await db.execute(
        """
        INSERT INTO session (token_hash, account_id, case_number, csrf_token, created_at,
                             expires_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        """,
        token_hash,
        None if session.account is None else session.account.account_id,
        session.case_number,
        session.csrf_token,
        created_at,
        session.expires_at,
    )


async def find(db: Database, token_hash: bytes, now: datetime) -> Session | None:
    """The session with this token; None when there is none or it has ended."""
    row = await db.fetchrow(
        """
        SELECT s.case_number, s.csrf_token, s.expires_at, a.account_id, a.username, a.role,
               a.institute, a.display_name, a.email, a.active, a.valid_from, a.valid_to
          FROM session AS s
          LEFT JOIN account AS a ON a.account_id = s.account_id
         WHERE s.token_hash = $1
           AND s.expires_at > $2
        """,
        token_hash,
        now,
    )
    if row is None:
        return None
    return Session(
        account=None if row["account_id"] is None else account_of(row),
        case_number=row["case_number"],
        csrf_token=row["csrf_token"],
        expires_at=row["expires_at"],
    )


async def prolong(db: Database, token_hash: bytes, until: datetime, at_most: timedelta) -> None:
    """Let a session last until then, but no longer than `at_most` from its beginning."""
    await db.execute(
        """
        UPDATE session SET expires_at = greatest(expires_at, least($2, created_at + $3))
         WHERE token_hash = $1
        """,
        token_hash,
        until,
        at_most,
    )


async def end(db: Database, token_hash: bytes) -> None:
    """Sign out: the token opens nothing any more."""
    await db.execute("DELETE FROM session WHERE token_hash = $1", token_hash)


async def end_all(db: Database, account_id: str) -> None:
    """Sign somebody out everywhere."""
    await db.execute("DELETE FROM session WHERE account_id = $1", account_id)


async def end_of_cases(db: Database, case_numbers: Sequence[str]) -> None:
    """Close cases in every browser of their company."""
    await db.execute("DELETE FROM session WHERE case_number = ANY($1)", list(case_numbers))


async def forget_ended(db: Database, now: datetime) -> None:
    """Remove sessions that have run out."""
    await db.execute("DELETE FROM session WHERE expires_at <= $1", now)
