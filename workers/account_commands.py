"""Commands that say who may sign in."""

import asyncio
import re
from datetime import UTC, datetime
from typing import Annotated, Final
from uuid import uuid4

import asyncpg
import typer
from argon2 import PasswordHasher
from rich.table import Table

from infra.postgres import accounts, intakes, journal, sessions, tasks
from infra.postgres.accounts import Account
from infra.postgres.pool import Database, transaction
from schemas.actor import INSTITUTE_ROLES, SYSTEM, Role
from workers.terminal import console, end_with, read_settings, with_pool
from workflows.policy.business_calendar import day_of

accounts_app = typer.Typer(help="Who may sign in.", no_args_is_help=True)

_USERNAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{2,49}")
_SHORTEST_PASSWORD: Final = 12

_Username = Annotated[str, typer.Argument(help="Small letters, digits, dots, hyphens.")]
_Password = Annotated[
    str,
    typer.Option(
        envvar="CENTER1379_ACCOUNT_PASSWORD",
        prompt=True,
        hide_input=True,
        confirmation_prompt=True,
        help=f"Asked for when left out; at least {_SHORTEST_PASSWORD} characters.",
    ),
]
_Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"])]


@accounts_app.command("list")
def list_accounts() -> None:
    """Show every account: id, user name, role, institute, validity."""

    async def show(pool: asyncpg.Pool) -> None:
        table = Table(box=None)
        for heading in ("id", "user name", "role", "institute", "from", "to", "active"):
            table.add_column(heading)
        for account in await accounts.all_accounts(pool):
            table.add_row(
                account.account_id,
                account.username,
                account.role.value,
                account.institute or "",
                account.valid_from.isoformat(),
                "" if account.valid_to is None else account.valid_to.isoformat(),
                "yes" if account.active else "no",
            )
        console.print(table)

    asyncio.run(with_pool(read_settings(), show))


@accounts_app.command()
def add(  # noqa: PLR0913  # each is an option
    username: _Username,
    *,
    role: Annotated[Role, typer.Option(help="What the person does.")],
    name: Annotated[str, typer.Option(help="As colleagues see it.")],
    email: Annotated[str, typer.Option(help="Where tasks are announced.")],
    institute: Annotated[str | None, typer.Option(help="Code, for roles of an institute.")] = None,
    first_day: _Day = None,
    last_day: _Day = None,
    password: _Password,
) -> None:
    """Let somebody sign in."""
    account = Account(
        # An id stands in histories for ever, so it says nothing of the person.
        account_id=f"acc-{uuid4().hex[:12]}",
        username=username,
        role=role,
        institute=institute,
        display_name=name,
        email=email,
        active=True,
        valid_from=day_of(datetime.now(UTC)) if first_day is None else first_day.date(),
        valid_to=None if last_day is None else last_day.date(),
    )
    _check(account)

    async def save(pool: asyncpg.Pool) -> None:
        if institute and not await intakes.is_institute(pool, institute, account.valid_from):
            end_with(f"There is no institute {institute}.")
        password_hash = _hash(password)
        try:
            async with transaction(pool) as db:
                await accounts.save(db, account, password_hash)
                await _note(db, "added", account)
        except asyncpg.UniqueViolationError:
            end_with(f"There is an account {username} already.")
        console.print(f"{account.account_id} may sign in as {username}.", highlight=False)

    asyncio.run(with_pool(read_settings(), save))


@accounts_app.command()
def close(username: _Username) -> None:
    """Let somebody sign in no more, from now on; what they did stays."""

    async def end(pool: asyncpg.Pool) -> None:
        account = await _find(pool, username)
        async with transaction(pool) as db:
            await accounts.close(db, account.account_id)
            await sessions.end_all(db, account.account_id)
            await _note(db, "closed", account)
        console.print(f"{username} may sign in no more.", highlight=False)
        if left := await tasks.open_of(pool, account.account_id):
            console.print(
                f"{left} open tasks are still theirs: the head or a coordinator gives them to "
                "somebody else.",
                highlight=False,
            )

    asyncio.run(with_pool(read_settings(), end))


@accounts_app.command("password")
def change_password(username: _Username, password: _Password) -> None:
    """Give an account another password; whoever is signed in with the old one is signed out."""

    async def change(pool: asyncpg.Pool) -> None:
        account = await _find(pool, username)
        password_hash = _hash(password)
        async with transaction(pool) as db:
            await accounts.save(db, account, password_hash)
            await sessions.end_all(db, account.account_id)
            await _note(db, "password_changed", account)
        console.print(f"{username} has another password.", highlight=False)

    asyncio.run(with_pool(read_settings(), change))


def _check(account: Account) -> None:
    if _USERNAME.fullmatch(account.username) is None:
        end_with("A user name has 3 to 50 small letters, digits, dots, hyphens and underscores.")
    if account.role in {Role.SME, Role.SYSTEM}:
        end_with(f"Nobody signs in as {account.role.value}.")
    if (account.role in INSTITUTE_ROLES) != (account.institute is not None):
        end_with(
            f"{account.role.value} works "
            + ("at an institute: name it with --institute." if account.institute is None
               else "for the centre: leave --institute out.")
        )  # fmt: skip
    if account.valid_to is not None and account.valid_to < account.valid_from:
        end_with("The last day comes before the first.")
    if "@" not in account.email:
        end_with("This is no e-mail address.")


def _hash(password: str) -> str:
    if len(password) < _SHORTEST_PASSWORD:
        end_with(f"A password has at least {_SHORTEST_PASSWORD} characters.")
    return PasswordHasher().hash(password)


async def _find(pool: asyncpg.Pool, username: str) -> Account:
    found = await accounts.find_credentials(pool, username)
    if found is None:
        end_with(f"There is no account {username}.")
    return found[0]


async def _note(db: Database, what: str, account: Account) -> None:
    await journal.append_within(
        db,
        journal.CENTRE_STREAM,
        datetime.now(UTC),
        SYSTEM,
        f"centre:account:{what}",
        {
            "account": account.account_id,
            "role": account.role.value,
            **({"institute": account.institute} if account.institute else {}),
        },
    )
