"""A database with institutes, and files as suppliers send them."""

from collections.abc import AsyncIterator
from uuid import uuid4

import asyncpg
import pytest

from infra.postgres.institutes import load_reference
from infra.postgres.migrate import migrate
from infra.postgres.pool import open_pool
from tests.conftest import NewDatabase


@pytest.fixture
async def catalogue_url(new_database: NewDatabase) -> str:
    url = await new_database(f"imports-{uuid4().hex[:8]}")
    await migrate(url)
    return url


@pytest.fixture
async def catalogue(catalogue_url: str) -> AsyncIterator[asyncpg.Pool]:
    pool = await open_pool(catalogue_url)
    await load_reference(pool)
    yield pool
    await pool.close()
