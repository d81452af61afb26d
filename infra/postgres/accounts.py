"""Accounts of staff."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

import asyncpg
from argon2 import PasswordHasher

from infra.postgres.pool import Database
from schemas.actor import CENTRE_ROLES, Actor, Role

_ROLES_OF_A_DESK: Final = {
    "head": (Role.DEPT_HEAD, "전담부서장"),
    "support": (Role.SUPPORT, "전담인력"),
    "researcher": (Role.RESEARCHER, "연구자"),
    "tlo": (Role.TLO, "기술이전 담당"),
}
_DEMO_PANEL: Final = 3
_ROLES_OF_THE_CENTRE: Final = {
    Role.AGENT: "상담원",
    Role.REGIONAL: "지역센터 상담역",
    Role.TRIAGE: "접수 분석역",
    Role.COORDINATOR: "조정자",
    Role.DIRECTOR: "센터장",
    Role.SURVEY: "사후점검 담당",
    Role.COMPLAINT: "고충 담당",
    Role.PRIVACY: "개인정보 보호책임자",
    Role.OPERATOR: "운영 담당",
    Role.AUDITOR: "감사관",
    Role.MINISTRY: "소관부처 담당",
}


@dataclass(frozen=True, kw_only=True)
class Account:
    """A member of staff who may sign in.

    Attributes:
        valid_to: The last day on which the account works; None while it has no end.
    """

    account_id: str
    username: str
    role: Role
    institute: str | None
    display_name: str
    email: str
    active: bool
    valid_from: date
    valid_to: date | None

    @property
    def actor(self) -> Actor:
        """The account as it appears in workflows and journals: by id only."""
        return Actor(id=self.account_id, role=self.role, institute=self.institute)

    def works_on(self, day: date) -> bool:
        """Whether the account may be used on `day` (a Korean date)."""
        ended = self.valid_to is not None and self.valid_to < day
        return self.active and self.valid_from <= day and not ended


async def find_credentials(db: Database, username: str) -> tuple[Account, str] | None:
    """The account called `username` with its password hash; None when there is no such account."""
    row = await db.fetchrow(
        """
        SELECT account_id, username, role, institute, display_name, email, active, valid_from,
               valid_to, password_hash
          FROM account
         WHERE username = $1
        """,
        username.lower(),
    )
    return None if row is None else (account_of(row), row["password_hash"])


async def find(db: Database, account_id: str) -> Account | None:
    """The account with this id."""
    row = await db.fetchrow(
        """
        SELECT account_id, username, role, institute, display_name, email, active, valid_from,
               valid_to
          FROM account
         WHERE account_id = $1
        """,
        account_id,
    )
    return None if row is None else account_of(row)


async def all_accounts(db: Database) -> list[Account]:
    """Every account, by role, institute and username."""
    rows = await db.fetch(
        """
        SELECT account_id, username, role, institute, display_name, email, active, valid_from,
               valid_to
          FROM account
         ORDER BY role, institute NULLS FIRST, username
        """
    )
    return [account_of(row) for row in rows]


async def colleagues(db: Database, role: Role, institute: str | None, day: date) -> list[Account]:
    """Accounts with `role` at `institute` (None for the centre) that work on `day`."""
    rows = await db.fetch(
        """
        SELECT account_id, username, role, institute, display_name, email, active, valid_from,
               valid_to
          FROM account
         WHERE role = $1
           AND institute IS NOT DISTINCT FROM $2
           AND active
           AND valid_from <= $3
           AND (valid_to IS NULL OR valid_to >= $3)
         ORDER BY username
        """,
        role.value,
        institute,
        day,
    )
    return [account_of(row) for row in rows]


async def save(db: Database, account: Account, password_hash: str) -> None:
    """Add the account, or bring the stored one up to date, password included."""
    await db.execute(
        """
        INSERT INTO account AS stored (account_id, username, password_hash, role, institute,
                                       display_name, email, active, valid_from, valid_to)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        ON CONFLICT (account_id) DO UPDATE
           SET username = excluded.username, password_hash = excluded.password_hash,
               role = excluded.role, institute = excluded.institute,
               display_name = excluded.display_name, email = excluded.email,
               active = excluded.active, valid_from = excluded.valid_from,
               valid_to = excluded.valid_to
        """,
        account.account_id,
        account.username,
        password_hash,
        account.role.value,
        account.institute,
        account.display_name,
        account.email,
        account.active,
        account.valid_from,
        account.valid_to,
    )


async def close(db: Database, account_id: str) -> None:
    """Let nobody sign in with the account any more."""
    await db.execute("UPDATE account SET active = false WHERE account_id = $1", account_id)


async def replace_password(db: Database, account_id: str, old: str, new: str) -> None:
    """Store a hash made with today's parameters, unless the password was changed meanwhile."""
    await db.execute(
        "UPDATE account SET password_hash = $3 WHERE account_id = $1 AND password_hash = $2",
        account_id,
        old,
        new,
    )


async def load_demo_accounts(db: Database, password: str) -> list[Account]:
    """Add accounts for every role of the centre and each institute, and return them.

    For demonstrations and tests: all share one password and, because hashing is slow on purpose,
    one hash.
    """
    institutes = await db.fetch("SELECT code, name_ko FROM institute ORDER BY code")
    accounts = demo_accounts([(row["code"], row["name_ko"]) for row in institutes])
    password_hash = PasswordHasher().hash(password)
    for account in accounts:
        await save(db, account, password_hash)
    return accounts


def demo_accounts(institutes: Sequence[tuple[str, str]]) -> list[Account]:
    """The demonstration accounts: of nobody, named after their desks.

    Args:
        institutes: Code and Korean name of each institute.
    """
    centre = [
        _demo(role.value, role, None, f"데모 센터 {_ROLES_OF_THE_CENTRE[role]}")
        for role in Role
        if role in CENTRE_ROLES or role in {Role.AUDITOR, Role.MINISTRY}
    ]
    panel = [
        _demo(f"evaluator{nth}", Role.EVALUATOR, None, f"데모 평가위원 {nth}")
        for nth in range(1, _DEMO_PANEL + 1)
    ]
    desks = [
        _demo(f"{code.lower()}.{desk}", role, code, f"데모 {name} {title}")
        for code, name in institutes
        for desk, (role, title) in _ROLES_OF_A_DESK.items()
    ]
    return centre + panel + desks


def _demo(username: str, role: Role, institute: str | None, display_name: str) -> Account:
    return Account(
        account_id="acc-" + username.replace(".", "-"),
        username=username,
        role=role,
        institute=institute,
        display_name=display_name,
        email=f"{username}@center1379.example",
        active=True,
        valid_from=date(2013, 1, 1),
        valid_to=None,
    )


def account_of(row: asyncpg.Record) -> Account:
    """The account in a row that holds all its columns."""
    return Account(
        account_id=row["account_id"],
        username=row["username"],
        role=Role(row["role"]),
        institute=row["institute"],
        display_name=row["display_name"],
        email=row["email"],
        active=row["active"],
        valid_from=row["valid_from"],
        valid_to=row["valid_to"],
    )


async def count_failures(db: Database, keys: Sequence[bytes], since: datetime) -> dict[bytes, int]:
    """Failed attempts of each key in windows that began at or after `since`."""
    rows = await db.fetch(
        """
        SELECT key, sum(failures)::int AS failures
          FROM failed_attempt
         WHERE key = ANY($1)
           AND window_start >= $2
         GROUP BY key
        """,
        list(keys),
        since,
    )
    return {row["key"]: row["failures"] for row in rows}


async def add_failure(db: Database, keys: Sequence[bytes], window_start: datetime) -> None:
    """Count one more failed attempt for each key."""
    await db.execute(
        """
        INSERT INTO failed_attempt AS stored (key, window_start, failures)
        SELECT key, $2, 1
          FROM unnest($1::bytea[]) AS key
         ORDER BY key
        ON CONFLICT (key, window_start) DO UPDATE SET failures = stored.failures + 1
        """,
        list(keys),
        window_start,
    )


async def forget_failures(db: Database, before: datetime) -> None:
    """Remove windows that no limit looks at any more."""
    await db.execute("DELETE FROM failed_attempt WHERE window_start < $1", before)
