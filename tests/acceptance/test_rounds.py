"""A selection round from outside: application, score sheets, ranking, agreement."""

import asyncio
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final
from uuid import uuid4

from playwright.async_api import Browser, expect

from tests.acceptance.test_accessibility_of_pages import look_at
from tests.acceptance.test_journeys import DIFFICULTY, to_the_first_contact
from tests.acceptance.test_pages import fill, member, see
from tests.acceptance.visitors import Centre, Company, Staff

PANEL = ("evaluator1", "evaluator2", "evaluator3")
SCORES = {"need": 25, "technology": 35, "feasibility": 20}


# By track: what is planned, and who takes part.
PLANS: Final[dict[str, tuple[int, int, dict[str, str]]]] = {
    "short_monthly": (3, 20_000_000, {}),
    "medium": (8, 80_000_000, {"partners": "합성대학교 산학협력단"}),
}


async def apply(centre: Centre, track: str = "short_monthly") -> tuple[Company, str]:
    """A project that applies to the round of its track; and which round took it."""
    months, budget, partners = PLANS[track]
    company = await centre.file(DIFFICULTY)
    await to_the_first_contact(centre, company, "additional_rd")
    triage, support = await centre.staff("triage"), await centre.staff("kitech.support")
    await support.complete(
        company, "scope_project", months=months, budget_krw=budget, plan="금형 냉각 개선"
    )
    await triage.complete(company, "decide_track", decision=track, reason="과제에 알맞음")
    await support.complete(
        company,
        "prepare_application",
        decision="apply",
        application="냉각 구조를 바꾸는 과제",
        **partners,
    )
    await company.until(step="round_decision")
    case = await support.get(f"/cases/{company.case_number}")
    return company, case["snapshot"]["entry"]["round_id"]


async def own_sheet(evaluator: Staff, round_id: str) -> str:
    """The task of a reviewer's own sheet."""
    for _ in range(300):
        listed = await evaluator.get(f"/tasks?mine=true&kind=score_applications&q={round_id}")
        if listed["items"]:
            return listed["items"][0]["task_id"]
        await asyncio.sleep(0.3)
    raise AssertionError(f"{evaluator.username} got no sheet of {round_id}")


async def hand_in(
    centre: Centre, username: str, round_id: str, assessment: Mapping[str, object] = SCORES
) -> None:
    """Assess everything alike, and hand the sheet in."""
    evaluator = await centre.staff(username)
    task_id = await own_sheet(evaluator, round_id)
    headers = {"Authorization": f"Bearer {evaluator.token}"}
    view = await evaluator.get(f"/tasks/{task_id}/sheet")
    assert "냉각" in view["lines"][0]["application"]
    saved = await centre.call(
        "PUT",
        f"/tasks/{task_id}/sheet",
        body={"assessments": {line["case_number"]: assessment for line in view["lines"]}},
        headers=headers,
    )
    assert saved.status_code == 200, saved.text
    assert saved.json()["complete"]
    answer = await centre.call(
        "POST",
        f"/tasks/{task_id}/complete",
        body={"outcome": {"decision": "hand_in", "sheet": saved.json()["sheet"]}},
        headers={**headers, "If-Match": "*", "Idempotency-Key": uuid4().hex},
    )
    assert answer.status_code == 200, answer.text
    again = await centre.call(
        "PUT", f"/tasks/{task_id}/sheet", body={"assessments": {}}, headers=headers
    )
    assert again.status_code == 409


async def decide(centre: Centre, round_id: str) -> None:
    """Have the panel score, and the ranking confirmed."""
    await asyncio.gather(*(hand_in(centre, username, round_id) for username in PANEL))
    coordinator = await centre.staff("coordinator")
    task, version = await coordinator.task(round_id, "decide_round")
    ranking = await coordinator.get(f"/rounds/{round_id}")
    assert [one["score"] for one in ranking["applications"]] == [80.0]
    confirmed = await centre.call(
        "POST",
        f"/tasks/{task['task']['task_id']}/complete",
        body={"outcome": {"decision": "confirm"}},
        headers={
            "Authorization": f"Bearer {coordinator.token}",
            "If-Match": version,
            "Idempotency-Key": uuid4().hex,
        },
    )
    assert confirmed.status_code == 200, confirmed.text


async def test_a_round_from_the_application_to_the_agreement(centre: Centre) -> None:
    company, round_id = await apply(centre)
    await decide(centre, round_id)

    case = await company.until(step="agreement")
    assert case["status"] == "in_service"
    await centre.mail_to(company.case_number, "company@sme.example", "선정되었습니다")


async def test_a_medium_project_from_the_application_to_its_result(centre: Centre) -> None:
    company, round_id = await apply(centre, "medium")
    assert round_id.startswith("round-medium-")
    await decide(centre, round_id)
    head, support = await centre.staff("kitech.head"), await centre.staff("kitech.support")
    await head.complete(company, "approve_plan", decision="approve")
    today = datetime.now(UTC).date().isoformat()
    await support.complete(company, "draft_agreement", starts_on=today, agreement="협약서")
    await company.answer("sign_as_company", decision="sign")
    await head.complete(company, "sign_as_institute", decision="sign")
    await support.complete(company, "report_result", goal="met", report="결과 보고서")
    await company.answer("confirm_result", decision="confirm")

    case = await company.until(status="survey")
    assert case["outcome"] == "resolved_rd_medium"


async def test_the_pages_of_a_round_take_a_sheet_and_show_the_ranking(
    centre: Centre, chromium: Browser
) -> None:
    company, round_id = await apply(centre)
    task_id = await own_sheet(await centre.staff(PANEL[0]), round_id)
    async with member(chromium, centre, PANEL[0]) as page:
        await look_at(page, f"/tasks/{task_id}")
        assert await look_at(page, f"/tasks/{task_id}/sheet") == {"text", "checkbox"}
        need = page.locator(f'[name="{company.case_number}.need"]')
        await need.fill("99")
        await page.locator("button[value=save]").click()
        await expect(page.locator(".error-summary")).to_be_visible()
        await expect(need).to_have_value("99")
        for name, score in SCORES.items():
            await page.locator(f'[name="{company.case_number}.{name}"]').fill(str(score))
        await page.locator("button[value=save]").click()
        await expect(page.locator("[role=status]")).to_be_visible()
        await page.locator("button[value=hand_in]").click()
        await expect(page).to_have_url(re.compile("done=score_applications"))
    # Both others have an interest in the company, so that one score is all that there is.
    for username in PANEL[1:]:
        await hand_in(centre, username, round_id, {"conflict": True})
    coordinator = await centre.staff("coordinator")
    async with member(chromium, centre, "coordinator") as page:
        ranking, _ = await coordinator.task(round_id, "decide_round")
        await look_at(page, "/rounds")
        await look_at(page, f"/rounds/{round_id}")
        await expect(page.locator("tbody tr")).to_contain_text("Too few reviewers")
        await look_at(page, f"/tasks/{ranking['task']['task_id']}")
        await expect(page.locator("main")).to_contain_text("Scores that a ranking needs")
        await fill(page, {"decision": "admit"})
        await page.locator("form.answer button[type=submit]").click()
        await expect(page.locator(".error-summary")).to_be_visible()
        await expect(page.locator('[name="decision"][value="admit"]')).to_be_checked()
        await fill(page, {"reason": "두 위원이 회사와 이해관계가 있음"})
        await page.locator("form.answer button[type=submit]").click()
        await expect(page).to_have_url(re.compile("done=decide_round"))
        await see(
            page, f"/rounds/{round_id}?lang=en", "tbody tr:has-text('80.0'):has-text('Selected')"
        )
        again, _ = await coordinator.task(round_id, "decide_round")
        await page.goto(f"/tasks/{again['task']['task_id']}")
        await fill(page, {"decision": "confirm"})
        await page.locator("form.answer button[type=submit]").click()
    await company.until(step="agreement")
