"""A reviewer's pages: what is handed in, and what is not."""

from itertools import count

import asyncpg
import pytest
from fastapi import FastAPI

from schemas.actor import Role, centre_group
from schemas.base import round_id
from schemas.outcome import TaskKind
from tests.api.conftest import add_task, signed_in
from tests.api.pages.conftest import hidden, sign_in

_YEARS = count(1990)
_EMPTY_SHEET = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.fixture
async def sheet(database: asyncpg.Pool) -> str:
    """An open score sheet of a round."""
    return await add_task(
        database,
        round_id("short_monthly", f"{next(_YEARS)}-01"),
        TaskKind.SCORE_APPLICATIONS,
        centre_group(Role.EVALUATOR),
    )


async def test_who_cannot_review_hands_in_no_sheet(
    app: FastAPI, database: asyncpg.Pool, sheet: str
) -> None:
    async with sign_in(app, "evaluator1") as reviewer:
        form = hidden((await reviewer.get(f"/tasks/{sheet}")).text, f"/tasks/{sheet}/complete")
        assert form["sheet"] == _EMPTY_SHEET
        await reviewer.post(
            f"/tasks/{sheet}/complete",
            data={**form, "decision": "cannot_review", "reason": "출장"},
        )

    stored = await database.fetchval(
        "SELECT completion -> 'outcome' FROM submission WHERE task_id = $1", sheet
    )
    assert (stored["decision"], stored["sheet"]) == ("cannot_review", None)


async def test_a_sheet_of_who_cannot_review_is_refused(app: FastAPI, sheet: str) -> None:
    reviewer = await signed_in(app, "evaluator1")

    answer = await reviewer.post(
        f"/api/v1/tasks/{sheet}/complete",
        json={"outcome": {"decision": "cannot_review", "reason": "x", "sheet": _EMPTY_SHEET}},
        headers={"If-Match": '"1"'},
    )

    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["pointer"] == "/outcome/sheet"
