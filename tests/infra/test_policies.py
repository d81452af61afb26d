"""Stored policies: versions never change, and new cases follow the current one."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from infra.postgres.migrate import migrate
from infra.postgres.policies import (
    PolicyVersionExists,
    add_policy,
    current_policy_version,
    get_policy,
    set_current_policy,
    set_standard,
)
from infra.postgres.pool import open_pool
from tests.conftest import NewDatabase
from workers.policy_files import default_policy
from workflows.policy.policy_table import override


@pytest.fixture(scope="module")
async def own_database(new_database: NewDatabase) -> AsyncIterator[asyncpg.Pool]:
    url = await new_database("policy_versions")
    await migrate(url)
    pool = await open_pool(url)
    yield pool
    await pool.close()


async def test_a_policy_is_read_as_it_was_stored(own_database: asyncpg.Pool) -> None:
    quick = override(default_policy(), 'version = "quick"\nclock = "elapsed"\nday = "PT1S"')

    for policy in (default_policy(), quick):
        await add_policy(own_database, policy)
        assert await get_policy(own_database, policy.version) == policy


async def test_the_same_policy_may_be_added_again(own_database: asyncpg.Pool) -> None:
    await add_policy(own_database, default_policy())
    await add_policy(own_database, default_policy())


async def test_a_version_cannot_take_other_values(own_database: asyncpg.Pool) -> None:
    first = override(default_policy(), 'version = "taken"\n[values]\n"reopen.max" = 1')
    second = override(default_policy(), 'version = "taken"\n[values]\n"reopen.max" = 3')
    await add_policy(own_database, first)

    with pytest.raises(PolicyVersionExists, match="taken"):
        await add_policy(own_database, second)

    assert await get_policy(own_database, "taken") == first


async def test_a_version_that_nobody_loaded_is_not_found(own_database: asyncpg.Pool) -> None:
    with pytest.raises(KeyError):
        await get_policy(own_database, "never-loaded")


async def test_new_cases_follow_the_version_set_last(own_database: asyncpg.Pool) -> None:
    await own_database.execute("DELETE FROM current_policy")
    with pytest.raises(LookupError, match="no policy is loaded"):
        await current_policy_version(own_database)
    later = override(default_policy(), 'version = "later"')

    for policy in (default_policy(), later):
        await add_policy(own_database, policy)
        await set_current_policy(own_database, policy.version)

        assert await current_policy_version(own_database) == policy.version


async def test_only_a_stored_version_can_be_set(own_database: asyncpg.Pool) -> None:
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await set_current_policy(own_database, "never-loaded")


async def test_a_version_takes_values_that_it_lacks_from_the_standard(
    own_database: asyncpg.Pool,
) -> None:
    standard = override(default_policy(), 'version = "standard"\n[values]\n"reopen.max" = 1')
    entries = {key: entry for key, entry in standard.entries.items() if key != "noshow.max"}
    older = standard.model_copy(update={"version": "older", "entries": entries})
    changed = override(default_policy(), 'version = "changed"\n[values]\n"reopen.max" = 3')
    for policy in (standard, older, changed):
        await add_policy(own_database, policy)
    await set_current_policy(own_database, older.version)
    assert "noshow.max" not in (await get_policy(own_database, "older")).entries

    await set_standard(own_database, standard.version)

    completed = await get_policy(own_database, "older")
    assert completed.entries["noshow.max"] == standard.entries["noshow.max"]
    assert await get_policy(own_database, "changed") == changed
    await own_database.execute("DELETE FROM current_policy")
