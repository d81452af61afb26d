"""The public cannot learn of a researcher by any public route (R067, C27).

Every route that anybody may call is asked with the words of a researcher who is not there, and
again when they are: each answer has to be the same, byte for byte.
"""

import re
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from api.centre import Centre
from infra.postgres.catalogue import load_sample
from infra.postgres.institutes import load_reference
from infra.sample_catalogue import sample_catalogue
from schemas.search import OpenDatabase
from tests.api.access_table import Cell, routes
from tests.api.conftest import browser, serving, signed_in

RESEARCHER: Final = "SAMPLE-R-9001"
DEPARTMENT: Final = "표지양자부서"
FIELD: Final = "표지냉각분야"
# A word that only the researcher has, and one that some documents have too: were they counted, the
# mistyped one would be corrected, and the other would weigh less beside its neighbours.
OWN_WORD: Final = "quantumglow"
MISTYPED: Final = "quantumglaw"
SHARED: Final = "다이캐스팅"
# Of a sample patent; the planted researcher's department is named after its inventor.
INVENTOR: Final = "합성발명자 001"
WORDS: Final = (
    DEPARTMENT, FIELD, OWN_WORD, MISTYPED, f"{SHARED} 알루미늄 주조", RESEARCHER, INVENTOR,
    f"{DEPARTMENT} {FIELD}", "표지양", "표지양자부셔", "합성발명자 001 연구실", "방법", "",
)  # fmt: skip
# What differs each time it is asked: keys of forms, and the ids of requests.
_KEYS: Final = re.compile(
    rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{32}"
)
_PARAMETERS: Final = ("q", "institute", "location", "status", "case", "next")


@dataclass(frozen=True)
class Question:
    """One request that anybody may send."""

    method: str
    url: str
    query: Mapping[str, str] = field(default_factory=dict[str, str])
    form: Mapping[str, str] | None = None
    json: Mapping[str, object] | None = None


@pytest.fixture
async def app(centre: Centre, database: asyncpg.Pool) -> AsyncIterator[FastAPI]:
    await load_reference(database)
    await load_sample(database, sample_catalogue())
    async with serving(centre) as app:
        yield app


def public_routes(app: FastAPI) -> list[Cell]:
    return [cell for cell in routes(app) if cell.access.anyone]


def questions(app: FastAPI) -> Iterator[Question]:
    """Every public route with the researcher's words in every place that takes words."""
    for cell in public_routes(app):
        searches = ("search" in cell.path or "databases" in cell.path) and "item" not in cell.path
        for path in _paths(cell.path):
            for words in WORDS if searches else WORDS[:2]:
                yield from _with_words(cell.method, path, words)


def _paths(path: str) -> list[str]:
    names = re.findall(r"\{([a-z_]+)\}", path)
    if not names:
        return [path]
    databases = [*(database.value for database in OpenDatabase), "researchers"]
    items = [RESEARCHER, "10-0000-0000001", "SAMPLE-LAB-001", "SAMPLE-EQ-0001", "SAMPLE-T-0001"]
    values = {"database": databases, "item_id": items, "name": ["not-found", RESEARCHER]}
    found = [path]
    for name in names:
        found = [each.replace(f"{{{name}}}", value) for each in found for value in values[name]]
    return found


def _with_words(method: str, path: str, words: str) -> Iterator[Question]:
    if method == "GET":
        yield Question("GET", path, {"q": words})
        yield Question("GET", path, {name: words for name in _PARAMETERS if words})
        yield Question("GET", path, {"item_kind": "researcher", "item_id": words or RESEARCHER})
        if path.endswith("suggest"):
            for kind in (*OpenDatabase, "researchers", "profile"):
                yield Question("GET", path, {"kind": str(kind), "q": words})
    elif method == "POST":
        details = {"item_kind": "researcher", "item_id": RESEARCHER}
        form = {"case_number": words, "username": words, "title": words, "description": words}
        yield Question("POST", path, form=form | details | {"tracking_code": "WRONGCODE2"})
        yield Question("POST", path, json={**form, "details": details, "password": words})
    else:
        yield Question(method, path)


async def answer(client: httpx.AsyncClient, question: Question) -> tuple[object, ...]:
    got = await client.request(
        question.method,
        question.url,
        params=question.query,
        data=question.form,
        json=question.json,
    )
    headers = sorted((name, _KEYS.sub(b"", value)) for name, value in got.headers.raw)
    return got.status_code, headers, _settled(question, got.content)


def _settled(question: Question, body: bytes) -> bytes:
    if question.url == "/metrics":
        # Numbers of the process itself move all the time; what is counted must stay.
        return b"\n".join(line.rpartition(b" ")[0] for line in body.splitlines())
    return _KEYS.sub(b"", body)


async def all_answers(app: FastAPI, asked: list[Question]) -> list[tuple[object, ...]]:
    async with browser(app) as client:
        client.headers["Accept-Language"] = "ko"
        return [await answer(client, question) for question in asked]


@pytest.fixture
async def planted(database: asyncpg.Pool) -> AsyncIterator[None]:
    """Removes whom a test planted."""
    yield
    await database.execute("DELETE FROM technology WHERE technology_id = 'SAMPLE-T-9001'")
    await database.execute("DELETE FROM researcher WHERE researcher_id = $1", RESEARCHER)


async def plant(database: asyncpg.Pool) -> None:
    """A researcher who knows a technology, in the department that an inventor gave its name."""
    await database.execute(
        """
        INSERT INTO researcher (researcher_id, institute, department, fields, source, as_of)
        VALUES ($1, 'KRISS', $2, $3, 'sample', '2026-11-01')
        """,
        RESEARCHER,
        f"{DEPARTMENT} {INVENTOR} 연구실",
        [FIELD, OWN_WORD, SHARED, "방법"],
    )
    await database.execute(
        """
        INSERT INTO technology_researcher (technology_id, researcher_id)
        VALUES ('SAMPLE-T-9001', $1)
        """,
        RESEARCHER,
    )


@pytest.mark.timeout(600)
async def test_every_public_answer_is_the_same_with_and_without_a_researcher(
    app: FastAPI, database: asyncpg.Pool, planted: None
) -> None:
    await database.execute(
        """
        INSERT INTO technology (technology_id, institute, name, summary, source, as_of)
        VALUES ('SAMPLE-T-9001', 'KRISS', '견본 방법 기술', '견본', 'sample', '2013-08-26')
        """
    )
    asked = [
        question
        for question in questions(app)
        if question.url not in {"/healthz", "/readyz"}  # of the machine
    ]
    assert len({question.url for question in asked}) > 30
    before = await all_answers(app, asked)

    await plant(database)
    after = await all_answers(app, asked)

    for question, one, other in zip(asked, before, after, strict=True):
        assert one == other, question
        # Two failures would be the same too.
        assert one[0] in {200, 202, 204, 303, 401, 403, 404, 422, 429}, (question, one)
        if question.method == "GET" and question.url.startswith("/api/v1/search/patents"):
            assert one[0] == 200 or "institute" in question.query, (question, one)
    # The same words do find the researcher where they may.
    staff = await signed_in(app, "kitech.support")
    found = await staff.get("/api/v1/search/researchers", params={"q": FIELD})
    assert [row["researcher_id"] for row in found.json()["items"]] == [RESEARCHER]


async def test_nothing_is_found_by_an_inventors_name(app: FastAPI) -> None:
    async with browser(app) as public:
        for kind in OpenDatabase:
            for typed in (INVENTOR, "합성발명자"):
                got = await public.get(f"/api/v1/search/{kind.value}", params={"q": typed})
                assert "합성발명자" not in str(got.json()["facets"])
                hits = [row for row in got.json()["items"] if "합성발명자" in str(row["terms"])]
                assert hits == []
                offered = await public.get(
                    "/api/v1/search/suggest", params={"q": typed, "kind": kind.value}
                )
                assert offered.json()["items"] == []


async def test_public_addresses_do_not_speak_of_researchers(app: FastAPI) -> None:
    named = [cell for cell in public_routes(app) if "researcher" in cell.path]

    assert named == []
