"""The pages over a real database, as a browser without JavaScript sees them."""

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape
from typing import Final

import asyncpg
import httpx
import pytest
from fastapi import FastAPI
from temporalio import workflow
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from api.centre import Centre
from infra.postgres import effects
from infra.postgres.policies import add_policy, current_policy_version, set_current_policy
from schemas.actor import Role, institute_group
from schemas.outcome import (
    TaskKind,
)
from tests.api.conftest import (
    NOW,
    PASSWORD,
    add_task,
    browser,
    business_number,
    difficulty,
    filed,
    project,
    serving,
)
from workers.policy_files import default_policy

PUBLIC_PAGES: Final = ("/", "/cases/new", "/track", "/sign-in")


@pytest.fixture
async def visitor(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with browser(app) as client:
        client.headers["Accept-Language"] = "en"
        yield client


def difficulty_form(html: str, **changes: str) -> dict[str, str]:
    """The form as a person fills it in, with what the page hid in it."""
    return {
        **hidden(html),
        "title": "주조품 기포 불량",
        "description": "주조품 내부에 기포가 생겨 누설 시험에서 불량이 납니다.",
        "company.name": "예시정밀 주식회사",
        "company.business_registration_number": business_number(),
        "company.contact_name": "예시 담당자",
        "company.email": "contact@company.example",
        "consents.collect_use": "true",
    } | changes


def hidden(html: str, action: str = "") -> dict[str, str]:
    """The hidden fields of the page's last form, or of the one with an action."""
    start = html.index(f'action="{action}"') if action else 0
    inputs = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', html[start:])
    found: dict[str, str] = {}
    for name, value in inputs:
        if action:
            found.setdefault(name, unescape(value))
        else:
            found[name] = unescape(value)
    return found


@asynccontextmanager
async def sign_in(app: FastAPI, username: str) -> AsyncGenerator[httpx.AsyncClient]:
    async with browser(app) as client:
        client.headers["Accept-Language"] = "en"
        answer = await client.post("/sign-in", data={"username": username, "password": PASSWORD})
        assert answer.status_code == 303, answer.text
        yield client


def check_page(answer: httpx.Response, language: str) -> None:
    """What holds of every page."""
    html = answer.text
    assert answer.headers["content-type"].startswith("text/html"), html
    assert f'<html lang="{language}">' in html
    assert html.count("<h1>") == 1
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?! src=)", html)
    assert "Content-Security-Policy" in answer.headers
    sources = re.findall(r'(?:src|href)="([^"]+)"', html)
    assert not [link for link in sources if link.startswith(("http:", "https:", "//"))]


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("path", PUBLIC_PAGES)
async def test_public_pages_keep_to_the_rules_of_every_page(
    visitor: httpx.AsyncClient, path: str, language: str
) -> None:
    answer = await visitor.get(path, params={"lang": language})

    assert answer.status_code == 200, answer.text
    check_page(answer, language)
    assert answer.headers["content-language"] == language


async def test_the_chosen_language_is_remembered(visitor: httpx.AsyncClient) -> None:
    await visitor.get("/?lang=ko")

    assert '<html lang="ko">' in (await visitor.get("/track")).text


async def test_a_difficulty_is_filed_once_and_its_code_is_in_no_address(
    visitor: httpx.AsyncClient,
) -> None:
    form = difficulty_form((await visitor.get("/cases/new")).text)

    first = await visitor.post("/cases/new", data=form)
    second = await visitor.post("/cases/new", data=form)

    assert first.status_code == 303, first.text
    assert first.headers["location"] == second.headers["location"]
    assert "httponly" in first.headers["set-cookie"].lower()
    receipt = await visitor.get(first.headers["location"])
    check_page(receipt, "en")
    code = re.findall(r'<dd class="code">([^<]+)</dd>', receipt.text)[1]
    assert code.replace("-", "") not in str(receipt.url) + first.headers["location"]
    assert "stored safely" in receipt.text  # Temporal is away: no promise yet
    case = await visitor.get(first.headers["location"].removesuffix("/receipt"))
    check_page(case, "en")
    assert "주조품 기포 불량" in case.text


async def test_what_is_wrong_stands_beside_its_field_and_nothing_typed_is_lost(
    visitor: httpx.AsyncClient,
) -> None:
    form = difficulty_form(
        (await visitor.get("/cases/new")).text,
        **{"company.business_registration_number": "1234567890"},
    )
    del form["consents.collect_use"]

    answer = await visitor.post("/cases/new", data=form)

    assert answer.status_code == 422
    check_page(answer, "en")
    assert 'href="#field-company-business_registration_number"' in answer.text
    assert 'aria-describedby="field-company-business_registration_number-error' in answer.text
    assert "주조품 기포 불량" in answer.text
    assert form["idempotency_key"] in answer.text
    form["company.business_registration_number"] = business_number()
    without_consent = await visitor.post("/cases/new", data=form)
    assert 'href="#field-consents-collect_use"' in without_consent.text


async def test_typed_html_is_shown_as_text(visitor: httpx.AsyncClient) -> None:
    form = difficulty_form((await visitor.get("/cases/new")).text, title="<script>x</script>")
    form["description"] = ""

    answer = await visitor.post("/cases/new", data=form)

    assert "<script>x" not in answer.text
    assert "&lt;script&gt;x" in answer.text


async def test_a_wrong_code_opens_nothing(app: FastAPI, visitor: httpx.AsyncClient) -> None:
    async with browser(app) as company:
        number = (await filed(company))["case_number"]

    wrong = await visitor.post(
        "/track", data={"case_number": number, "tracking_code": "WRONGCODE2"}
    )

    assert wrong.status_code == 404
    check_page(wrong, "en")
    assert number in wrong.text
    assert (await visitor.get(f"/cases/{number}")).headers["location"] == f"/track?case={number}"


async def test_the_right_code_opens_this_case_and_no_other(
    app: FastAPI, visitor: httpx.AsyncClient
) -> None:
    async with browser(app) as company:
        own, other = await filed(company), await filed(company)
    typed = {"case_number": own["case_number"], "tracking_code": own["tracking_code"].lower()}

    opened = await visitor.post("/track", data=typed)

    assert opened.headers["location"] == f"/cases/{own['case_number']}"
    assert (await visitor.get(opened.headers["location"])).status_code == 200
    assert (await visitor.get(f"/cases/{other['case_number']}")).status_code == 303


async def test_a_change_without_the_pages_own_token_is_refused(
    app: FastAPI, visitor: httpx.AsyncClient
) -> None:
    async with browser(app) as company:
        receipt = await filed(company)
    number = receipt["case_number"]
    typed = {"case_number": number, "tracking_code": receipt["tracking_code"]}
    await visitor.post("/track", data=typed)

    forged = await visitor.post(f"/cases/{number}/withdraw", data={"reason": "forged"})

    assert forged.status_code == 403
    check_page(forged, "en")


async def test_messages_and_files_are_kept_with_the_case(
    app: FastAPI, visitor: httpx.AsyncClient, database: asyncpg.Pool
) -> None:
    form = difficulty_form((await visitor.get("/cases/new")).text)
    case = (await visitor.post("/cases/new", data=form)).headers["location"].rpartition("/")[0]
    page = (await visitor.get(case)).text
    sent = hidden(page, f"{case}/messages")

    answer = await visitor.post(
        f"{case}/messages",
        data={**sent, "text": "시편을 보냈습니다."},
        files={"file": ("시편.txt", "가나다".encode(), "text/plain")},
    )
    empty = await visitor.post(f"{case}/messages", data=sent)

    assert answer.headers["location"] == f"{case}?done=message"
    assert empty.status_code == 422
    assert "Write a message or choose a file." in empty.text
    kept = await database.fetch(
        "SELECT purpose FROM document WHERE case_number = $1", case.rpartition("/")[2]
    )
    assert sorted(row["purpose"] for row in kept) == ["attachment", "message"]


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


async def test_a_company_says_what_its_result_brought(
    app: FastAPI, visitor: httpx.AsyncClient, database: asyncpg.Pool
) -> None:
    form = difficulty_form((await visitor.get("/cases/new")).text)
    case = (await visitor.post("/cases/new", data=form)).headers["location"].rpartition("/")[0]
    number = case.rpartition("/")[2]
    assert f"{case}/effects" not in (await visitor.get(case)).text
    await effects.ask(database, number, 1, NOW)
    page = (await visitor.get(case)).text
    sent = hidden(page, f"{case}/effects")

    wrong = await visitor.post(f"{case}/effects", data={**sent, "jobs": "many"})
    kept = await visitor.post(f"{case}/effects", data={**sent, "jobs": "3"})
    early = await visitor.post(f"{case}/effects", data={**sent, "nth": "2", "idempotency_key": "other"})

    assert (wrong.status_code, early.status_code) == (422, 404)
    check_page(wrong, "en")
    assert kept.headers["location"] == f"{case}?done=effects"
    assert (
        await database.fetchval("SELECT jobs FROM effect_followup WHERE case_number = $1", number)
        == 3
    )
    async with sign_in(app, "ministry") as ministry:
        for_staff = (await ministry.get("/api/v1/statistics", params={"year": 2026})).json()
    for_all = (await visitor.get("/api/v1/statistics", params={"year": 2026})).json()
    assert for_staff["effects"][0]["jobs"] == 3
    assert for_all["effects"][0] == {**for_staff["effects"][0], **dict.fromkeys(
        ("sales_krw", "sales_krw_median", "cost_saving_krw", "jobs", "exports_krw")
    )}  # fmt: skip


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
    assert fetched.content.decode() == "가나다"
    assert fetched.headers["content-disposition"].startswith("attachment")
    assert unexplained.status_code == 403
    check_page(unexplained, "en")


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("text/html,*/*;q=0.8", "text/html; charset=utf-8"),
        ("application/json", "application/problem+json"),
        ("*/*", "application/problem+json"),
    ],
)
async def test_an_unknown_address_answers_a_browser_with_a_page(
    visitor: httpx.AsyncClient, accept: str, media_type: str
) -> None:
    answer = await visitor.get("/nothing-here", headers={"Accept": accept})
    of_the_api = await visitor.get("/api/v1/nothing", headers={"Accept": accept})

    assert (answer.status_code, answer.headers["content-type"]) == (404, media_type)
    assert of_the_api.headers["content-type"] == "application/problem+json"


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


@pytest.fixture
def live(centre: Centre, temporal: WorkflowEnvironment, workers: None) -> Centre:
    return replace(centre, temporal=temporal.client, clock=lambda: datetime.now(UTC))


async def test_a_case_goes_back_and_forth_between_desk_and_company(live: Centre) -> None:
    async with serving(live) as app, browser(app) as company:
        company.headers["Accept-Language"] = "ko"
        form = difficulty_form((await company.get("/cases/new")).text)
        receipt = await company.post("/cases/new", data=form, follow_redirects=True)
        case = receipt.url.path.removesuffix("/receipt")
        number = case.rpartition("/")[2]
        assert "기한 계산 근거" in receipt.text

        async with sign_in(app, "triage") as desk:
            task = f"/tasks/{number}.screen_case.1"
            page = (await desk.get(task)).text
            seen_before = hidden(page, f"{task}/complete")
            claimed = await desk.post(f"{task}/claim", data=hidden(page, f"{task}/claim"))
            assert claimed.headers["location"] == task
            answer = {"decision": "supplement", "question": "어떤 합금입니까?"}

            stale = await desk.post(f"{task}/complete", data={**seen_before, **answer})
            assert stale.status_code == 412
            assert "어떤 합금입니까?" in stale.text
            assert "It changed while you worked on it" in stale.text
            again = hidden(stale.text, f"{task}/complete")
            done = await desk.post(f"{task}/complete", data={**again, **answer})
            assert done.headers["location"] == "/worklist?done=screen_case"

        expected = await company.get(case)
        assert "부족한 내용을 보완해 주십시오" in expected.text
        asked = f"{case}/tasks/{number}.supply_information.1"
        page = (await company.get(asked)).text
        assert "어떤 합금입니까?" in page
        empty = await company.post(asked, data={**hidden(page, asked), "decision": "supply"})
        assert empty.status_code == 422
        assert 'href="#field-information"' in empty.text
        supplied = await company.post(
            asked,
            data={**hidden(page, asked), "decision": "supply", "information": "ADC12입니다."},
        )
        assert supplied.headers["location"] == f"{case}?done=supply_information"

        page = (await company.get(case)).text
        await company.post(f"{case}/withdraw", data=hidden(page, f"{case}/withdraw"))
        assert "취하" in (await company.get(case)).text

        async with sign_in(app, "auditor") as auditor:
            audit = await auditor.get(f"/audit/{number}")
        check_page(audit, "en")
        assert "Request taken" in audit.text
        assert "acc-triage" in audit.text
        assert "합금" not in audit.text


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
            given = {**hidden(page, f"{task}/reassign"), "new_assignee": "acc-triage"}
            done = await coordinator.post(f"{task}/reassign", data=given)
            after = (await coordinator.get(task)).text

    assert done.headers["location"] == task
    assert '<option value="acc-triage" selected>' in after


async def test_a_test_policy_is_said_on_every_page(
    visitor: httpx.AsyncClient, database: asyncpg.Pool
) -> None:
    usual = await current_policy_version(database)
    test = default_policy().model_copy(update={"version": "test-of-pages", "is_test": True})
    await add_policy(database, test)
    await set_current_policy(database, test.version)
    try:
        during = await visitor.get("/")
    finally:
        await set_current_policy(database, usual)
    after = await visitor.get("/")

    assert "Test operation" in during.text
    assert "Test operation" not in after.text
