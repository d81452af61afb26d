"""What the databases hold is told with its date, and how many researchers there are is not."""

from collections.abc import AsyncIterator
from datetime import date

import asyncpg
import httpx
import pytest

from api.centre import Centre
from infra.postgres.catalogue import load_sample
from infra.postgres.institutes import load_reference
from infra.postgres.merging import merge
from infra.postgres.pool import transaction
from infra.sample_catalogue import sample_catalogue
from schemas.actor import Role
from schemas.catalogue import DataSet
from tests.api.conftest import browser, serving, signed_in, username_of

COUNTS = "/api/v1/catalogue"


@pytest.fixture
async def visitor(centre: Centre, database: asyncpg.Pool) -> AsyncIterator[httpx.AsyncClient]:
    await load_reference(database)
    await load_sample(database, sample_catalogue())
    async with serving(centre) as app, browser(app) as client:
        yield client


async def test_every_count_has_its_date_and_what_was_expected(visitor: httpx.AsyncClient) -> None:
    answer = await visitor.get(COUNTS)

    counts = {item["data_set"]: item for item in answer.json()["items"]}
    assert {name: item["expected"] for name, item in counts.items()} == {
        "patents": 13_588,
        "equipment": 1_881,
        "labs": 200,
        "technologies": None,
        "calls": None,
    }
    assert counts["patents"]["held"] == 30_000
    assert counts["patents"]["expected_as_of"] == "2013-08-26"
    sample = sample_catalogue()
    (patents,) = (s for s in counts["patents"]["sources"] if s["source"] == "sample")
    assert patents == {
        "source": "sample",
        "loaded": len(sample.patents),
        "oldest": "2013-08-26",
        "newest": "2013-08-26",
    }
    kept = sum(not item.sme_available for item in sample.equipment)
    assert counts["equipment"]["loaded"] - counts["equipment"]["offered"] == kept


async def test_the_public_never_learns_how_many_researchers_there_are(
    visitor: httpx.AsyncClient,
) -> None:
    answer = await visitor.get(COUNTS)

    assert "researchers" not in answer.text
    assert "projects" not in answer.text
    assert "no-store" in answer.headers["cache-control"]


@pytest.mark.usefixtures("visitor")
@pytest.mark.parametrize(
    ("role", "told"), [(Role.SUPPORT, True), (Role.AUDITOR, True), (Role.MINISTRY, False)]
)
async def test_only_staff_who_work_with_cases_learn_it(
    centre: Centre,
    role: Role,
    told: bool,  # noqa: FBT001  # a table's column
) -> None:
    async with serving(centre) as app:
        answer = await (await signed_in(app, username_of(role))).get(COUNTS)

    counts = {item["data_set"]: item for item in answer.json()["items"]}
    assert ("researchers" in counts) is told
    if told:
        assert counts["researchers"]["expected"] == 4_814
        assert counts["researchers"]["loaded"] == len(sample_catalogue().researchers)


async def test_calls_are_listed_until_they_close(
    visitor: httpx.AsyncClient, database: asyncpg.Pool
) -> None:
    def call(number: str, closes_on: date | None) -> dict[str, object]:
        return {
            "call_id": number, "title": f"합성 공고 {number}", "summary": None, "audience": None,
            "period": None, "opens_on": None, "closes_on": closes_on, "ministry": "합성부",
            "executing_agency": None, "url": None, "application_url": None, "source": "test",
            "as_of": date(2026, 11, 1),
        }  # fmt: skip

    async with transaction(database) as db:
        await merge(
            db,
            DataSet.CALLS,
            [
                call("PBLN_1", date(2026, 11, 22)),
                call("PBLN_2", date(2026, 11, 23)),
                call("PBLN_3", None),
            ],
        )

    first = (await visitor.get(f"{COUNTS}/calls", params={"q": "합성부", "limit": 1})).json()
    rest = (
        await visitor.get(f"{COUNTS}/calls", params={"q": "공고", "cursor": first["next_cursor"]})
    ).json()

    assert [item["call_id"] for item in first["items"] + rest["items"]] == ["PBLN_2", "PBLN_3"]


async def test_projects_are_for_staff(visitor: httpx.AsyncClient) -> None:
    assert (await visitor.get(f"{COUNTS}/projects")).status_code == 401
