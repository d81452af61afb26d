"""What every command stands on: settings, a database, Temporal, and how a command ends badly."""

from collections.abc import Awaitable, Callable
from typing import NoReturn

import asyncpg
import typer
from pydantic import ValidationError
from rich.console import Console
from temporalio.client import Client

from infra.postgres.pool import open_pool
from infra.settings import Settings
from infra.telemetry import configure_logging
from infra.temporal import connect_client

console = Console()
problems = Console(stderr=True)


def read_settings() -> Settings:
    """The settings of this process; a wrong one ends it and says which variable to change."""
    try:
        settings = Settings()  # pyright: ignore[reportCallIssue]  # from the environment
    except ValidationError as invalid:
        end_with(
            "\n".join(
                f"CENTER1379_{'_'.join(str(part) for part in error['loc']).upper()}: {error['msg']}"
                if error["loc"]
                else error["msg"]
                for error in invalid.errors(include_input=False, include_url=False)
            )
        )
    configure_logging(settings)
    return settings


async def reach_temporal(settings: Settings) -> Client:
    """A client of Temporal; the command ends when nobody answers."""
    try:
        return await connect_client(settings)
    except RuntimeError:
        end_with("Temporal cannot be reached; TEMPORAL_ADDRESS says where it is.")


async def with_pool(settings: Settings, act: Callable[[asyncpg.Pool], Awaitable[None]]) -> None:
    """Do something with connections to the database."""
    pool = await open_pool(settings.database_url.get_secret_value(), max_size=2)
    try:
        await act(pool)
    finally:
        await pool.close()


def end_with(reason: str) -> NoReturn:
    """Say why the command cannot go on, and end with status 1."""
    problems.print(reason, style="red", highlight=False, soft_wrap=True, markup=False)
    raise typer.Exit(1)
