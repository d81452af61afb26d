"""A company that lost its tracking code gets another one from the desk."""

from uuid import uuid4

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from api.centre import Centre
from infra.postgres import intakes
from infra.postgres.pool import transaction
from schemas.record import SplitRequest
from tests.api.conftest import NOW, browser, filed, project, signed_in
from tests.api.pages.conftest import hidden, sign_in


@pytest.fixture
async def lost(app: FastAPI, database: asyncpg.Pool) -> tuple[str, str]:
    """Number and code of a case that was filed."""
    async with browser(app) as company:
        receipt = await filed(company)
    await project(database, receipt["case_number"])
    return receipt["case_number"], receipt["tracking_code"]


async def replaced(app: FastAPI, number: str, key: str, by: str = "agent") -> httpx.Response:
    staff = await signed_in(app, by)
    return await staff.post(
        f"/api/v1/cases/{number}/tracking-code", headers={"Idempotency-Key": key}
    )


async def opens(app: FastAPI, number: str, code: str) -> bool:
    async with browser(app) as company:
        answer = await company.get(f"/api/v1/cases/{number}", headers={"X-Tracking-Code": code})
    return answer.status_code == 200


async def test_the_new_code_opens_the_case_and_the_old_one_does_not(
    app: FastAPI, lost: tuple[str, str], database: asyncpg.Pool
) -> None:
    number, old = lost
    async with browser(app) as company:
        typed = {"case_number": number, "tracking_code": old}
        assert (await company.post("/track", data=typed)).status_code == 303
        before = await company.get(f"/cases/{number}/receipt")
        key = uuid4().hex
        first, again = [await replaced(app, number, key) for _ in range(2)]
        after = await company.get(f"/cases/{number}/receipt")
    new = first.json()["tracking_code"]

    assert first.json() == again.json() == {"case_number": number, "tracking_code": new}
    assert new != old
    assert (await opens(app, number, new), await opens(app, number, old)) == (True, False)
    # The page that the old code opened is closed too, and the new receipt says the new code.
    assert (before.status_code, after.status_code) == (200, 303)
    entries = await database.fetch(
        "SELECT actor FROM journal_entry WHERE stream = 'centre' "
        "AND tag = 'case:tracking_code:replaced' AND detail ->> 'case' = $1",
        number,
    )
    assert [row["actor"] for row in entries] == ["acc-agent"]
    told = await database.fetch(
        "SELECT audience FROM notification "
        "WHERE case_number = $1 AND template = 'tracking_code_replaced'",
        number,
    )
    assert [row["audience"] for row in told] == ["company"]


async def test_cases_that_were_split_are_opened_by_the_same_new_code(
    app: FastAPI, centre: Centre, lost: tuple[str, str]
) -> None:
    number, old = lost
    async with transaction(centre.pool) as db:
        request = SplitRequest(case_number=number, key=uuid4().hex, institute="KERI", at=NOW)
        second = await intakes.split(db, request)
    new = (await replaced(app, second, uuid4().hex)).json()["tracking_code"]
    async with browser(app) as company:
        await company.post("/track", data={"case_number": number, "tracking_code": new})
        receipt = await company.get(f"/cases/{number}/receipt", params={"lang": "en"})

    assert new != old
    assert [await opens(app, one, new) for one in (number, second)] == [True, True]
    # From its own number another code would follow; a wrong one is not shown.
    assert "The same as that of the case this one is linked with." in receipt.text


@pytest.mark.parametrize("by", ["kitech.support", "auditor", "operator"])
async def test_nobody_but_the_desk_gives_a_code(
    app: FastAPI, lost: tuple[str, str], by: str
) -> None:
    number, old = lost

    assert (await replaced(app, number, uuid4().hex, by)).status_code == 403
    assert await opens(app, number, old)


async def test_there_is_no_code_for_an_unknown_case(app: FastAPI, lost: tuple[str, str]) -> None:
    answer = await replaced(app, "1379-2026-999999", uuid4().hex)

    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/case-not-found")


async def test_the_desk_reads_the_code_from_a_page(app: FastAPI, lost: tuple[str, str]) -> None:
    number, _ = lost
    path = f"/staff/cases/{number}/tracking-code"
    async with sign_in(app, "agent") as agent:
        form = hidden((await agent.get(f"/staff/cases/{number}")).text, path)
        shown = [(await agent.post(path, data=form)).text for _ in range(2)]
    codes = [page.split('class="code">')[2][:11] for page in shown]

    # Sent twice by a double click it is the same.
    assert codes[0] == codes[1]
    assert await opens(app, number, codes[0])
