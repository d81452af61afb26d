"""Staff keep profiles and weights in the browser; an institute keeps its own profile only."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from infra.postgres import phrases
from infra.postgres.institutes import load_reference
from infra.reference_files import institute_phrases
from tests.api.pages.conftest import check_page, hidden, sign_in


@pytest.fixture(autouse=True)
async def profiles(database: asyncpg.Pool) -> AsyncIterator[None]:
    await load_reference(database)
    await phrases.load_shipped(database, institute_phrases(), datetime.now(UTC))
    yield
    await database.execute("DELETE FROM institute_phrase")
    await database.execute("DELETE FROM designation_weight")


async def post(staff: httpx.AsyncClient, path: str, **typed: str) -> httpx.Response:
    token = hidden((await staff.get("/designation")).text)["csrf_token"]
    return await staff.post(f"/designation/{path}", data={"csrf_token": token, **typed})


async def phrases_of(database: asyncpg.Pool, institute: str) -> set[str]:
    return {row.phrase for row in await phrases.in_force(database, institute)}


async def test_a_phrase_is_added_and_removed_for_good(app: FastAPI, database: asyncpg.Pool) -> None:
    async with sign_in(app, "coordinator") as staff:
        page = await staff.get("/designation?institute=KIMM&lang=ko")
        added = await post(
            staff, "phrases", institute="KIMM", sort="requests", phrase=" 물고기  용접 "
        )
        shown = await staff.get(added.headers["location"] + "&lang=en")
        known = await phrases_of(database, "KIMM")
        await post(staff, "phrases/remove", institute="KIMM", phrase="물고기 용접")

    check_page(page, "ko")
    check_page(shown, "en")
    assert "물고기 용접" in shown.text
    assert "물고기 용접" in known
    assert "물고기 용접" not in await phrases_of(database, "KIMM")


async def test_weights_are_kept_where_they_differ_from_what_is_shipped(
    app: FastAPI, database: asyncpg.Pool
) -> None:
    shipped = {
        "profile": "1.0", "documents": "0.15", "named": "0.6", "workload": "0.03",
        "success": "0.03", "region": "0.02",
    }  # fmt: skip
    async with sign_in(app, "coordinator") as staff:
        await post(staff, "weights", institute="KIMM", **{**shipped, "workload": "0"})
        switched_off = await phrases.weights(database)
        refused = await post(staff, "weights", institute="KIMM", **{**shipped, "region": "nan"})
        none = await post(staff, "weights", institute="KIMM", **{**shipped, "region": ""})

    assert switched_off == {"workload": 0}
    assert (refused.status_code, none.status_code) == (422, 422)
    assert 'name="region" value="nan"' in refused.text
    assert await phrases.weights(database) == {"workload": 0}


async def test_an_institutes_head_keeps_its_own_profile_only(
    app: FastAPI, database: asyncpg.Pool
) -> None:
    before = await phrases_of(database, "KIMM")
    async with sign_in(app, "kitech.head") as staff:
        page = await staff.get("/designation?institute=KIMM")
        own = await post(staff, "phrases", institute="KITECH", sort="strengths", phrase="새 분야")
        other = await post(staff, "phrases", institute="KIMM", sort="strengths", phrase="새 분야")
        weights = await post(staff, "weights", institute="KITECH", profile="0")

    assert 'name="institute" value="KITECH"' in page.text
    assert "weights" not in page.text
    assert own.status_code == 303
    assert "새 분야" in await phrases_of(database, "KITECH")
    assert (other.status_code, weights.status_code) == (403, 403)
    assert await phrases_of(database, "KIMM") == before


@pytest.mark.parametrize(
    ("sort", "phrase", "status"),
    [("requests", "", 422), ("requests", "가" * 121, 422), ("other", "가", 422)],
)
async def test_what_is_no_phrase_is_refused(
    app: FastAPI, sort: str, phrase: str, status: int
) -> None:
    async with sign_in(app, "coordinator") as staff:
        answer = await post(staff, "phrases", institute="KIMM", sort=sort, phrase=phrase)

    assert answer.status_code == status
