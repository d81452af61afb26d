"""Staff maintain the synonyms in the browser, and every search knows them at once."""

import re
from collections.abc import AsyncIterator

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from infra.postgres.catalogue import load_sample
from infra.postgres.institutes import load_reference
from infra.sample_catalogue import sample_catalogue
from schemas.actor import Role
from tests.api.conftest import username_of
from tests.api.pages.conftest import check_page, hidden, sign_in


@pytest.fixture
async def editor(app: FastAPI, database: asyncpg.Pool) -> AsyncIterator[httpx.AsyncClient]:
    await load_reference(database)
    await load_sample(database, sample_catalogue())
    async with sign_in(app, "triage") as staff:
        yield staff
    await database.execute("DELETE FROM synonym")


async def post(staff: httpx.AsyncClient, path: str, **typed: str) -> httpx.Response:
    token = hidden((await staff.get("/synonyms")).text)["csrf_token"]
    return await staff.post(path, data={"csrf_token": token, **typed})


def ids(html: str) -> list[str]:
    return re.findall(r'action="/synonyms/(\d+)/change"', html)


async def test_a_pair_is_added_found_changed_and_removed_and_each_is_kept_with_who_and_when(
    editor: httpx.AsyncClient, database: asyncpg.Pool
) -> None:
    added = await post(editor, "/synonyms", word=" 물고기쇠 ", other="알루미늄")
    again = await post(editor, "/synonyms", word="알루미늄", other="물고기쇠")
    assert added.headers["location"] == "/synonyms?done=added"
    assert again.headers["location"] == "/synonyms?done=there"

    found = await editor.get("/synonyms?q=고기")
    check_page(found, "en")
    [pair] = ids(found.text)
    assert ids((await editor.get("/synonyms?q=쀍")).text) == []
    refused = await post(editor, f"/synonyms/{pair}/change", q="고기", word="물고기철", other="")
    assert refused.status_code == 422
    assert 'name="word" value="물고기철"' in refused.text
    assert "<details open>" in refused.text
    strange = {"q": "고기\0" * 99, "page": "9" * 5000, "word": "물고기철", "other": ""}
    assert (await post(editor, f"/synonyms/{pair}/change", **strange)).status_code == 422
    await post(editor, f"/synonyms/{pair}/change", word="물고기철", other="알루미늄")
    await post(editor, f"/synonyms/{pair}/remove")
    gone = await post(editor, f"/synonyms/{pair}/remove")
    assert gone.headers["location"] == "/synonyms?done=gone"

    kept = await database.fetch(
        "SELECT act, word, other, old_word, actor FROM synonym_change ORDER BY seq DESC LIMIT 3"
    )
    assert [tuple(row) for row in reversed(kept)] == [
        ("added", "물고기쇠", "알루미늄", None, "acc-triage"),
        ("changed", "물고기철", "알루미늄", "물고기쇠", "acc-triage"),
        ("removed", "물고기철", "알루미늄", None, "acc-triage"),
    ]
    history = (await editor.get("/synonyms?lang=ko")).text
    check_page(await editor.get("/synonyms?lang=ko"), "ko")
    assert "변경 전:" in history
    with pytest.raises(asyncpg.RaiseError):
        await database.execute("DELETE FROM synonym_change")


async def test_a_search_knows_a_pair_at_once_and_forgets_it_when_it_is_removed(
    editor: httpx.AsyncClient,
) -> None:
    async def total() -> int:
        answer = await editor.get("/api/v1/search/patents", params={"q": "쀍쀍"})
        return answer.json()["total"]

    assert await total() == 0
    await post(editor, "/synonyms", word="쀍쀍", other="알루미늄")
    assert await total() > 0
    [pair] = ids((await editor.get("/synonyms?q=쀍쀍")).text)
    await post(editor, f"/synonyms/{pair}/remove")
    assert await total() == 0


@pytest.mark.parametrize(
    ("word", "other"), [("", "부식"), ("부식", "부식"), ("가" * 61, "부식"), ("  ", " ")]
)
async def test_what_is_no_pair_is_refused_beside_the_form(
    editor: httpx.AsyncClient, word: str, other: str
) -> None:
    answer = await post(editor, "/synonyms", word=word, other=other)

    assert answer.status_code == 422
    check_page(answer, "en")
    assert 'role="alert"' in answer.text


async def test_only_those_who_designate_maintain_them(app: FastAPI) -> None:
    for role in (Role.AGENT, Role.SUPPORT, Role.AUDITOR):
        async with sign_in(app, username_of(role)) as staff:
            assert (await staff.get("/synonyms")).status_code == 403
