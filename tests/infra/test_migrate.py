import asyncio
from pathlib import Path

import asyncpg
import pytest

from infra.postgres.migrate import MigrationChanged, migrate, pending, read_migrations
from tests.conftest import NewDatabase


@pytest.fixture
def migrations(tmp_path: Path) -> Path:
    (tmp_path / "0001_first.sql").write_text("CREATE TABLE first (id int);")
    (tmp_path / "0002_second.sql").write_text("CREATE TABLE second (id int); SELECT 1;")
    return tmp_path


async def test_an_empty_database_gets_every_migration_once_and_in_order(
    new_database: NewDatabase,
) -> None:
    url = await new_database("migrate_once")
    names = [migration.name for migration in read_migrations()]

    assert await migrate(url) == names
    assert await migrate(url) == []


async def test_processes_that_start_together_take_turns(
    new_database: NewDatabase, migrations: Path
) -> None:
    url = await new_database("migrate_together")

    applied = await asyncio.gather(*(migrate(url, migrations) for _ in range(4)))

    assert sorted(applied) == [[], [], [], ["0001_first.sql", "0002_second.sql"]]


async def test_an_edited_migration_is_refused_and_nothing_is_applied(
    new_database: NewDatabase, migrations: Path
) -> None:
    url = await new_database("migrate_edited")
    await migrate(url, migrations)
    (migrations / "0001_first.sql").write_text("CREATE TABLE first (id bigint);")
    (migrations / "0003_third.sql").write_text("CREATE TABLE third (id int);")

    with pytest.raises(MigrationChanged, match=r"0001_first\.sql"):
        await migrate(url, migrations)

    connection = await asyncpg.connect(url)
    assert await connection.fetchval("SELECT to_regclass('third')") is None
    await connection.close()


async def test_a_failing_migration_leaves_no_trace_and_can_be_repeated(
    new_database: NewDatabase, migrations: Path
) -> None:
    url = await new_database("migrate_failing")
    third = migrations / "0003_third.sql"
    third.write_text("CREATE TABLE third (id int); SELECT 1 / 0;")

    with pytest.raises(asyncpg.DivisionByZeroError):
        await migrate(url, migrations)
    third.write_text("CREATE TABLE third (id int);")

    assert await migrate(url, migrations) == ["0003_third.sql"]


async def test_readiness_knows_what_is_missing(new_database: NewDatabase, migrations: Path) -> None:
    url = await new_database("migrate_pending")
    connection = await asyncpg.connect(url)

    assert await pending(connection, migrations) == ["0001_first.sql", "0002_second.sql"]
    await migrate(url, migrations)
    assert await pending(connection, migrations) == []

    await connection.close()
