"""The monthly review: listed for coordinators, recorded once, with its consequence."""

from datetime import UTC, datetime

import httpx
from fastapi import FastAPI

from api.centre import Centre
from infra.postgres import journal, reviews
from schemas.actor import Role
from schemas.case import CaseStatus
from tests.api.conftest import filed, project, signed_in, username_of

DUE = datetime(2026, 8, 1, tzinfo=UTC)


async def due_case(centre: Centre, public: httpx.AsyncClient) -> str:
    number = (await filed(public))["case_number"]
    await project(centre.pool, number, institute="KITECH", status=CaseStatus.IN_SERVICE)
    assert await reviews.open_review(centre.pool, number, DUE)
    return number


async def test_a_review_that_is_due_is_listed_and_recorded_once(
    app: FastAPI, centre: Centre, public: httpx.AsyncClient
) -> None:
    number = await due_case(centre, public)
    coordinator = await signed_in(app, username_of(Role.COORDINATOR))
    listed = (await coordinator.get("/api/v1/cases", params={"review_due": True})).json()
    url = f"/api/v1/cases/{number}/reviews"

    first = await coordinator.post(
        url, json={"finding": "needs_attention"}, headers={"Idempotency-Key": "review-1"}
    )
    repeated = await coordinator.post(
        url, json={"finding": "needs_attention"}, headers={"Idempotency-Key": "review-1"}
    )
    second = await coordinator.post(url, json={"finding": "on_course"})

    assert number in {line["case_number"] for line in listed["items"]}
    assert (first.status_code, first.json()["nth"]) == (201, 1)
    assert repeated.json() == first.json()
    assert second.json()["type"] == "/problems/task-not-found"
    assert "once a month" in second.json()["detail"]
    told = await centre.pool.fetch(
        "SELECT audience FROM notification WHERE case_number = $1 AND template = $2",
        number,
        "review_attention",
    )
    assert [row["audience"] for row in told] == ["institute:KITECH:support"]
    recorded = [
        entry.detail
        for entry in await journal.entries_of(centre.pool, journal.CENTRE_STREAM)
        if entry.tag == "case:review:recorded" and entry.detail["case"] == number
    ]
    assert recorded == [{"case": number, "nth": "1", "finding": "needs_attention"}]


async def test_the_page_of_a_case_asks_coordinators_for_its_review_and_nobody_else(
    app: FastAPI, centre: Centre, public: httpx.AsyncClient
) -> None:
    number = await due_case(centre, public)
    coordinator = await signed_in(app, username_of(Role.COORDINATOR))
    support = await signed_in(app, username_of(Role.SUPPORT))

    asked = await coordinator.get(f"/staff/cases/{number}")
    not_asked = await support.get(f"/staff/cases/{number}")

    assert 'name="finding" value="on_course"' in asked.text
    assert f'action="/staff/cases/{number}/partners"' in asked.text
    assert 'name="finding"' not in not_asked.text
    assert f'action="/staff/cases/{number}/matters"' in not_asked.text
