"""The console over a real database, as staff without JavaScript see it."""

import asyncio
import re
from html import unescape

import asyncpg
import httpx
import pytest
from fastapi import FastAPI
from temporalio import workflow
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from api.centre import Centre
from infra.postgres import reviews
from schemas.actor import Role, institute_group
from schemas.case import CaseStatus
from schemas.outcome import (
    TaskKind,
)
from tests.api.conftest import (
    NOW,
    PASSWORD,
    add_task,
    browser,
    difficulty,
    filed,
    project,
    serving,
)
from tests.api.pages.conftest import check_page, hidden, sign_in


@pytest.mark.parametrize("path", ["/worklist", "/staff/cases", "/calls/new", "/operations"])
async def test_staff_pages_lead_to_signing_in(visitor: httpx.AsyncClient, path: str) -> None:
    answer = await visitor.get(path)

    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in?next=")


@pytest.mark.parametrize("wanted", ["https://elsewhere.example/", "//elsewhere.example", "/\\x"])
async def test_signing_in_never_leads_to_another_site(
    visitor: httpx.AsyncClient, wanted: str
) -> None:
    answer = await visitor.post(
        "/sign-in", data={"username": "triage", "password": PASSWORD, "next": wanted}
    )

    assert answer.headers["location"] == "/worklist"


async def test_a_role_sees_its_own_pages_and_is_told_of_others(app: FastAPI) -> None:
    async with sign_in(app, "operator") as operator:
        assert (await operator.get("/operations")).status_code == 200
        refused = await operator.get("/audit/1379-2026-000001")

    assert refused.status_code == 403
    check_page(refused, "en")


@pytest.fixture
async def app_of_a_case(
    app: FastAPI, public: httpx.AsyncClient, database: asyncpg.Pool
) -> tuple[FastAPI, str]:
    """Pages with a case in service, whose review is due."""
    number = (await filed(public))["case_number"]
    await project(database, number, institute="KITECH", status=CaseStatus.IN_SERVICE)
    assert await reviews.open_review(database, number, NOW)
    return app, number


async def test_a_task_stands_beside_its_case(
    app: FastAPI, public: httpx.AsyncClient, database: asyncpg.Pool
) -> None:
    number = (await filed(public))["case_number"]
    await project(database, number, institute="KITECH")
    task = await add_task(
        database, number, TaskKind.ACCEPT_CASE, institute_group("KITECH", Role.SUPPORT)
    )

    async with sign_in(app, "kitech.support") as support:
        worklist = await support.get("/worklist", params={"q": number})
        page = await support.get(f"/tasks/{task}")
        incomplete = await support.post(
            f"/tasks/{task}/complete",
            data={**hidden(page.text), "decision": "decline", "note": "다른 곳이 낫습니다."},
        )

    check_page(worklist, "en")
    assert f"/tasks/{task}" in worklist.text
    check_page(page, "en")
    assert "누설 시험" in page.text
    assert 'data-needed-when="{&#34;decision&#34;: [&#34;decline&#34;]}"' in page.text
    assert incomplete.status_code == 422
    assert "다른 곳이 낫습니다." in incomplete.text
    assert 'href="#field-decline_reason"' in incomplete.text


@pytest.mark.parametrize(
    ("form", "typed", "shown", "status"),
    [
        ("matters", {"matter": "", "reason": "회생 절차 개시"}, ">회생 절차 개시</textarea>", 422),
        (
            "matters",
            {"matter": "company_status", "reason": "회생 절차 개시"},
            ">회생 절차 개시</textarea>",
            503,
        ),
        ("partners", {"institute": "KERI"}, '<option value="KERI" selected>', 503),
        ("partners", {"institute": ""}, 'id="field-partners-institute-error"', 422),
        ("handler", {"handler": "", "reason": "휴가"}, ">휴가</textarea>", 503),
        ("handler", {"handler": "acc-nobody", "reason": "휴가"}, ">휴가</textarea>", 422),
        ("reviews", {"finding": ""}, 'class="error-summary"', 422),
    ],
)
async def test_what_was_typed_about_a_case_is_shown_again_with_what_is_wrong(
    app_of_a_case: tuple[FastAPI, str], form: str, typed: dict[str, str], shown: str, status: int
) -> None:
    app, number = app_of_a_case
    action = f"/staff/cases/{number}/{form}"

    async with sign_in(app, "coordinator") as staff:
        fields = hidden((await staff.get(f"/staff/cases/{number}")).text, action)
        again = await staff.post(action, data={**fields, **typed})

    assert again.status_code == status
    check_page(again, "en")
    assert shown in again.text
    assert 'class="error-summary"' in again.text
    # What may have happened is repeated under its key; what was refused is another act.
    kept = hidden(again.text, action)["idempotency_key"] == fields["idempotency_key"]
    assert kept is (status == 503)


async def test_the_contact_is_read_on_its_own_and_the_read_is_recorded(
    app: FastAPI, public: httpx.AsyncClient, database: asyncpg.Pool
) -> None:
    number = (await filed(public))["case_number"]
    action = f"/staff/cases/{number}/original"

    async with sign_in(app, "triage") as desk:
        case = (await desk.get(f"/staff/cases/{number}")).text
        token = hidden(case, action)
        read = await desk.post(action, data={**token, "reason": "handling"})

    assert "contact@company.example" not in case
    check_page(read, "en")
    assert "contact@company.example" in read.text
    reads = await database.fetchval(
        "SELECT count(*) FROM journal_entry WHERE stream = 'access' AND detail ->> 'case' = $1",
        number,
    )
    assert reads == 2  # the original, and the documents


async def test_what_the_company_sent_is_listed_and_fetched_with_a_reason(
    app: FastAPI, public: httpx.AsyncClient, database: asyncpg.Pool
) -> None:
    receipt = await filed(public)
    number = receipt["case_number"]
    await public.post(
        f"/api/v1/cases/{number}/attachments",
        files={"file": ("시편.txt", "가나다".encode(), "text/plain")},
        headers={"X-Tracking-Code": receipt["tracking_code"]},
    )
    action = f"/staff/cases/{number}/original"

    async with sign_in(app, "auditor") as auditor:
        case = (await auditor.get(f"/staff/cases/{number}")).text
        read = await auditor.post(action, data={**hidden(case, action), "reason": "audit"})
        [link] = re.findall(rf'href="(/staff/cases/{number}/documents/[^"]+)"', read.text)
        fetched = await auditor.get(unescape(link))
        unexplained = await auditor.get(link.partition("?")[0])

    assert "What the company sent since" in case
    assert "<h3>File</h3>" in read.text
    assert fetched.content.decode() == "가나다"
    assert fetched.headers["content-disposition"].startswith("attachment")
    assert unexplained.status_code == 403
    check_page(unexplained, "en")


async def test_auditors_see_the_journal_even_when_temporal_is_away(
    app: FastAPI, public: httpx.AsyncClient, database: asyncpg.Pool
) -> None:
    number = (await filed(public))["case_number"]
    await project(database, number)

    async with sign_in(app, "auditor") as auditor:
        page = await auditor.get(f"/audit/{number}")

    assert page.status_code == 200, page.text
    check_page(page, "en")
    assert "Temporal cannot be reached" in page.text
    assert "chain holds" in page.text


@workflow.defn(sandboxed=False)
class Broken:
    @workflow.run
    async def run(self) -> None:
        raise RuntimeError("a defect")


async def test_operators_see_procedures_whose_program_fails(
    live: Centre, temporal: WorkflowEnvironment
) -> None:
    async with Worker(temporal.client, task_queue="broken", workflows=[Broken]):
        broken = await temporal.client.start_workflow(
            Broken.run, id="broken-procedure", task_queue="broken"
        )
        async with serving(live) as app, sign_in(app, "operator") as operator:
            page = await operator.get("/operations")
            for _ in range(100):
                if "broken-procedure" in page.text:
                    break
                await asyncio.sleep(0.1)
                page = await operator.get("/operations")
    await broken.terminate()

    check_page(page, "en")
    assert "broken-procedure" in page.text
    assert "WorkflowTaskFailed" in page.text


async def test_operators_are_told_when_temporal_is_away(app: FastAPI) -> None:
    async with sign_in(app, "operator") as operator:
        page = await operator.get("/operations")

    assert "Temporal cannot be reached at the moment." in page.text


async def test_a_head_gives_a_task_to_a_colleague(live: Centre) -> None:
    async with serving(live) as app, browser(app) as company:
        number = (await company.post("/api/v1/cases", json=difficulty())).json()["case_number"]
        task = f"/tasks/{number}.screen_case.1"
        async with sign_in(app, "triage") as desk:
            assert "Give the task to somebody else" not in (await desk.get(task)).text
        async with sign_in(app, "coordinator") as coordinator:
            page = (await coordinator.get(task)).text
            given = {**hidden(page, f"{task}/reassign"), "assignee": "acc-triage"}
            done = await coordinator.post(f"{task}/reassign", data=given)
            after = (await coordinator.get(task)).text

    assert done.headers["location"] == task
    assert '<option value="acc-triage" selected>' in after
