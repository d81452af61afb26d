"""The open databases: what the public finds, and what it never does."""

from collections.abc import AsyncIterator

import asyncpg
import httpx
import pytest

from api.centre import Centre
from infra.postgres.catalogue import load_sample
from infra.postgres.institutes import load_reference
from infra.sample_catalogue import sample_catalogue
from tests.api.conftest import browser, serving, signed_in

PUBLIC = ("patents", "equipment", "labs", "technologies")


@pytest.fixture
async def visitor(centre: Centre, database: asyncpg.Pool) -> AsyncIterator[httpx.AsyncClient]:
    await load_reference(database)
    await load_sample(database, sample_catalogue())
    async with serving(centre) as app, browser(app) as client:
        yield client


async def found(client: httpx.AsyncClient, what: str, **asked: str | int) -> list[dict[str, str]]:
    answer = await client.get(f"/api/v1/search/{what}", params=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def test_an_answer_says_how_much_fits_of_how_much_there_is(
    visitor: httpx.AsyncClient,
) -> None:
    asked = {"q": "방법", "institute": "KITECH", "limit": 1}
    answer = (await visitor.get("/api/v1/search/patents", params=asked)).json()

    [item] = answer["items"]
    assert 0 <= item["score"] <= 1
    assert answer["next_cursor"]
    assert answer["total"] == sum(answer["facets"]["year"].values()) > 1
    assert answer["facets"]["institute"] == {"KITECH": answer["total"]}
    assert answer["database"]["offered"] >= answer["total"]
    assert answer["database"]["held"] == 30_000
    assert answer["database"]["as_of"] == "2013-08-26"
    year = next(iter(answer["facets"]["year"]))
    narrowed = await visitor.get(
        "/api/v1/search/patents", params={**asked, "year_from": year, "year_to": year}
    )
    assert narrowed.json()["total"] == answer["facets"]["year"][year]


async def test_what_was_typed_is_completed_from_what_is_open(visitor: httpx.AsyncClient) -> None:
    for kind in PUBLIC[:3]:
        answer = await visitor.get("/api/v1/search/suggest", params={"q": "시험", "kind": kind})
        assert answer.status_code == 200
        assert len(answer.json()["items"]) <= 8
    equipment = await visitor.get(
        "/api/v1/search/suggest", params={"q": "시험", "kind": "equipment"}
    )
    assert any("시험" in text for text in equipment.json()["items"])
    closed = await visitor.get(
        "/api/v1/search/suggest", params={"q": "시험", "kind": "researchers"}
    )
    assert closed.status_code == 422


async def test_every_word_has_to_occur(visitor: httpx.AsyncClient) -> None:
    items = await found(visitor, "patents", q="알루미늄 다이캐스팅", institute="KITECH")

    assert items
    for item in items:
        assert item["institute"] == "KITECH"
        assert "알루미늄" in item["title_ko"] + item["summary"]
    some = await visitor.get("/api/v1/search/patents", params={"q": "알루미늄 그런단어는없습니다"})
    assert some.json()["every_word"] is False
    assert await found(visitor, "patents", q="쀍쀍쀍") == []


@pytest.mark.parametrize("what", PUBLIC[:3])
async def test_pages_follow_each_other_without_gaps(visitor: httpx.AsyncClient, what: str) -> None:
    whole = await found(visitor, what, limit=100)
    first = (await visitor.get(f"/api/v1/search/{what}", params={"limit": 7})).json()
    second = await found(visitor, what, limit=7, cursor=first["next_cursor"])

    assert first["items"] + second == whole[:14]


@pytest.mark.parametrize("text", ["%", "_", "\\", "'; DROP TABLE patent; --", "<b>", "\0", "😀"])
async def test_what_has_a_meaning_elsewhere_means_itself_here(
    visitor: httpx.AsyncClient, text: str
) -> None:
    for what in PUBLIC:
        answer = await visitor.get(f"/api/v1/search/{what}", params={"q": text})
        assert answer.status_code == 200
        # What has no letters or digits is no word, and finds nothing; SQL is just words.
        assert answer.json()["total"] == 0 or not answer.json()["every_word"] or text == "\0"


async def test_equipment_that_is_not_offered_is_never_found(
    visitor: httpx.AsyncClient, database: asyncpg.Pool
) -> None:
    kept = await database.fetchval("SELECT count(*) FROM equipment WHERE NOT sme_available")
    listed = await found(visitor, "equipment", limit=100)

    assert kept > 0
    assert all(item["sme_available"] for item in listed)


async def test_researchers_are_closed_to_the_public_and_nowhere_in_what_it_finds(
    visitor: httpx.AsyncClient,
) -> None:
    assert (await visitor.get("/api/v1/search/researchers")).status_code == 401
    for what in PUBLIC:
        answer = await visitor.get(f"/api/v1/search/{what}", params={"limit": 100})
        assert "SAMPLE-R-" not in answer.text


@pytest.mark.usefixtures("visitor")
async def test_staff_find_fields_and_departments(centre: Centre) -> None:
    async with serving(centre) as app:
        items = await found(
            await signed_in(app, "kitech.support"), "researchers", institute="KITECH"
        )

    assert items
    assert set(items[0]) == {
        "researcher_id", "institute", "department", "fields", "source", "as_of"
    }  # fmt: skip
