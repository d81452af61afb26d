"""A technology leads from a patent to those who know it, and to where they work (R093)."""

from collections.abc import AsyncIterator
from uuid import uuid4

import asyncpg
import pytest

from infra.postgres import technologies
from infra.postgres.catalogue import load_sample
from infra.postgres.institutes import load_reference
from infra.postgres.migrate import migrate
from infra.postgres.pool import open_pool
from infra.sample_catalogue import sample_catalogue
from tests.conftest import NewDatabase
from workers.evaluation.system import sample_rows


@pytest.fixture(scope="module")
async def sample(new_database: NewDatabase) -> AsyncIterator[asyncpg.Pool]:
    url = await new_database(f"technologies-{uuid4().hex[:8]}")
    await migrate(url)
    pool = await open_pool(url)
    await load_reference(pool)
    await load_sample(pool, sample_catalogue())
    yield pool
    await pool.close()


async def test_every_technology_of_the_sample_is_kept_with_its_links(sample: asyncpg.Pool) -> None:
    await load_sample(sample, sample_catalogue())

    for technology in sample_catalogue().technologies:
        assert await technologies.find(sample, technology.technology_id) == technology
    assert await technologies.find(sample, "SAMPLE-T-9999") is None


async def test_a_patent_leads_over_its_technology_to_a_department_of_an_institute(
    sample: asyncpg.Pool,
) -> None:
    technology = sample_catalogue().technologies[4]

    known = await technologies.who_knows(sample, technology.patents[1])

    (person,) = (
        person
        for person in sample_catalogue().researchers
        if person.researcher_id == technology.researchers[0]
    )
    assert known == [
        technologies.Knowledge(
            technology_id=technology.technology_id,
            technology=technology.name,
            researcher_id=person.researcher_id,
            department=person.department,
            institute=person.institute,
        )
    ]


async def test_what_the_public_learns_of_a_patents_technology_names_nobody(
    sample: asyncpg.Pool,
) -> None:
    technology = sample_catalogue().technologies[0]

    shown = await technologies.public_of_patent(sample, technology.patents[0])

    assert shown == [(technology.technology_id, technology.name)]


async def test_the_sample_is_evaluated_as_it_is_searched(sample: asyncpg.Pool) -> None:
    rows = await sample.fetch(
        "SELECT kind, id, institute, title, body FROM search_document WHERE kind <> 'profile'"
    )

    assert {
        (row.kind.value, row.id, row.institute, row.title, row.body) for row in sample_rows()
    } == {tuple(row) for row in rows}
