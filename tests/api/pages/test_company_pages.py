"""The company's pages over a real database, as a browser without JavaScript sees them."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Final

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from api.centre import Centre
from infra.postgres import effects
from infra.postgres.policies import add_policy, current_policy_version, set_current_policy
from tests.api.conftest import (
    NOW,
    browser,
    business_number,
    filed,
    serving,
)
from tests.api.pages.conftest import check_page, difficulty_form, hidden, sign_in
from workers.policy_files import default_policy

PUBLIC_PAGES: Final = ("/", "/cases/new", "/track", "/sign-in", "/figures")


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


async def test_who_files_sees_the_receipt_whatever_others_tried_from_the_same_address(
    visitor: httpx.AsyncClient,
) -> None:
    for nth in range(41):
        await visitor.post(
            "/track", data={"case_number": f"1379-2013-{nth:06d}", "tracking_code": "WRONGCODE2"}
        )
    form = difficulty_form((await visitor.get("/cases/new")).text)

    filed_case = await visitor.post("/cases/new", data=form)
    receipt = await visitor.get(filed_case.headers["location"])

    assert filed_case.headers["location"].endswith("/receipt")
    assert receipt.status_code == 200


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


async def test_a_companys_session_lasts_from_its_last_page_but_not_for_ever(
    centre: Centre, public: httpx.AsyncClient
) -> None:
    receipt = await filed(public)
    number = receipt["case_number"]
    opened_at, passed = centre.clock(), timedelta()
    async with (
        serving(replace(centre, clock=lambda: opened_at + passed)) as app,
        browser(app) as visitor,
    ):
        await visitor.post(
            "/track", data={"case_number": number, "tracking_code": receipt["tracking_code"]}
        )

        async def seen_after(hours: float) -> bool:
            nonlocal passed
            passed = timedelta(hours=hours)
            return (await visitor.get(f"/cases/{number}")).status_code == 200

        used = [await seen_after(hours) for hours in (1.5, 3.4, 5.3, 7.2, 9.1, 11, 11.9)]
        over = await seen_after(12.1)

    assert used == [True] * 7
    assert not over


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
    early = await visitor.post(
        f"{case}/effects", data={**sent, "nth": "2", "idempotency_key": "other"}
    )

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
