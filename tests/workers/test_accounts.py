"""Accounts as an operator keeps them."""

from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from argon2 import PasswordHasher

from infra.postgres import accounts, journal, sessions
from infra.postgres.institutes import load_reference
from infra.postgres.sessions import Session
from tests.workers.conftest import Command
from workflows.policy.business_calendar import day_of

PERSON = ("--name", "합성 담당자", "--email", "a@center1379.example")
PASSWORD = ("--password", "plainly synthetic")


async def account_of(database: asyncpg.Pool, username: str) -> tuple[accounts.Account, str]:
    found = await accounts.find_credentials(database, username)
    assert found is not None
    return found


async def test_an_account_is_added_given_a_password_and_closed(
    center1379: Command, own_database: asyncpg.Pool
) -> None:
    await load_reference(own_database)
    at_institute = ("--role", "support", "--institute", "KITECH")
    added = await center1379("accounts", "add", "kim.synthetic", *at_institute, *PERSON, *PASSWORD)
    account, first = await account_of(own_database, "kim.synthetic")
    again = await center1379("accounts", "add", "kim.synthetic", *at_institute, *PERSON, *PASSWORD)
    now = datetime.now(UTC)
    await sessions.add(
        own_database,
        b"token",
        Session(
            account=account,
            case_number=None,
            csrf_token=str(now),
            expires_at=now + timedelta(hours=1),
        ),
        now,
    )
    changed = await center1379(
        "accounts", "password", "kim.synthetic", "--password", "another synthetic"
    )
    _, second = await account_of(own_database, "kim.synthetic")
    closed = await center1379("accounts", "close", "kim.synthetic")
    ended, _ = await account_of(own_database, "kim.synthetic")

    assert [one.returncode for one in (added, again, changed, closed)] == [0, 1, 0, 0], added.stderr
    assert "already" in again.stderr
    assert (account.role.value, account.institute) == ("support", "KITECH")
    assert "kim" not in account.account_id
    assert PasswordHasher().verify(first, "plainly synthetic")
    assert PasswordHasher().verify(second, "another synthetic")
    assert await sessions.find(own_database, b"token", now) is None
    assert account.works_on(day_of(now))
    assert not ended.works_on(day_of(now))
    told = await journal.entries_of(own_database, journal.CENTRE_STREAM)
    assert [entry.tag.rpartition(":")[2] for entry in told] == [
        "added", "password_changed", "closed"
    ]  # fmt: skip
    assert "합성" not in str(told)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("Kim", "--role", "triage"), "user name"),
        (("kim", "--role", "system"), "Nobody signs in"),
        (("kim", "--role", "support"), "--institute"),
        (("kim", "--role", "triage", "--institute", "KITECH"), "leave --institute out"),
        (("kim", "--role", "support", "--institute", "NOBODY"), "no institute NOBODY"),
        (("kim", "--role", "triage", "--last-day", "2013-01-01"), "before the first"),
        (("kim", "--role", "triage", "--password", "short"), "12 characters"),
    ],
)
async def test_an_account_that_cannot_be_is_refused(
    center1379: Command, own_database: asyncpg.Pool, words: tuple[str, ...], said: str
) -> None:
    password = () if "--password" in words else PASSWORD
    refused = await center1379("accounts", "add", *words, *PERSON, *password)

    assert refused.returncode == 1
    assert said in refused.stderr
    assert not await accounts.all_accounts(own_database)


async def test_who_has_no_account_is_not_closed(
    center1379: Command, own_database: asyncpg.Pool
) -> None:
    refused = await center1379("accounts", "close", "nobody")

    assert (refused.returncode, refused.stderr.strip()) == (1, "There is no account nobody.")
