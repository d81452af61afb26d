"""The pages of a running centre, on a telephone and on a desk, in both languages.

Cases are driven to where a page has something to show. What is folded up is opened first.
"""

from typing import Any, Final

import pytest
from playwright.async_api import Browser, Page, expect

from tests.acceptance.conftest import PASSWORD
from tests.acceptance.test_faults import drive
from tests.acceptance.test_journeys import DIFFICULTY, to_the_first_contact
from tests.acceptance.test_pages import enter, member, person
from tests.acceptance.visitors import Centre, Company
from tests.browser.findings import check_page, check_shown, focused, press_tab, tab_to

_WIDTHS: Final = (390, 1280)
_LANGUAGES: Final = ("ko", "en")

# Who answers what, until an institute is asked for an instrument.
_STEPS: Final[tuple[tuple[str, str, dict[str, Any]], ...]] = (
    ("triage", "screen_case", {"decision": "proceed"}),
    ("triage", "triage_case", {"service": "equipment"}),
    ("coordinator", "assign_institute", {"decision": "assign", "institute": "KITECH"}),
    ("kitech.head", "accept_case", {"decision": "accept"}),
    (
        "kitech.support",
        "contact_company",
        {"decision": "contacted", "channel": "phone", "summary": "통화 완료"},
    ),
)
# Also the fields that only some answers ask for.
_UNFOLD: Final = """() => {
  for (const details of document.querySelectorAll("details")) details.open = true;
  for (const field of document.querySelectorAll("[data-needed-when]")) field.hidden = false;
}"""
_KINDS_OF_FIELD: Final = """() =>
  [...document.querySelectorAll("form.answer :is(input, select, textarea)")]
    .filter((field) => field.type !== "hidden").map((field) => field.type)"""


async def look_at(page: Page, path: str) -> set[str]:
    """Find nothing wrong with a page at any width, in any language, folded up and opened.

    Returns:
        The kinds of fields in its answer.
    """
    for width in _WIDTHS:
        await page.set_viewport_size({"width": width, "height": 800})
        for language in _LANGUAGES:
            await check_page(page, f"{path}?lang={language}")
            assert await page.locator("html").get_attribute("lang") == language
            await page.evaluate(_UNFOLD)
            await check_shown(page)
    return set(await page.evaluate(_KINDS_OF_FIELD))


async def test_the_consoles_pages_can_be_read_and_operated(
    centre: Centre, chromium: Browser
) -> None:
    number = (await drive(centre)).case_number
    pages = {
        "agent": ("/calls/new",),
        "auditor": (f"/audit/{number}", f"/staff/cases/{number}"),
        "coordinator": (
            "/worklist",
            "/staff/cases",
            f"/staff/cases/{number}",
            "/synonyms",
            "/designation",
        ),
        "operator": ("/operations", "/mailbox"),
    }
    for username, paths in pages.items():
        async with member(chromium, centre, username) as page:
            for path in paths:
                await look_at(page, path)


async def test_every_kind_of_field_can_be_read_and_operated(
    centre: Centre, chromium: Browser
) -> None:
    company = await centre.file(DIFFICULTY, service="equipment")
    kinds: set[str] = set()
    for username, kind, outcome in _STEPS:
        kinds |= await look_as_staff(chromium, company, username, kind)
        await (await centre.staff(username)).complete(company, kind, **outcome)
    kinds |= await look_as_staff(chromium, company, "kitech.support", "check_equipment")
    await company.withdraw()

    assert kinds == {"radio", "select-one", "textarea", "text", "date"}


async def look_as_staff(chromium: Browser, company: Company, username: str, kind: str) -> set[str]:
    """Look at a task as the one who is to complete it."""
    task, _ = await (await company.centre.staff(username)).task(company.case_number, kind)
    async with member(chromium, company.centre, username) as page:
        return await look_at(page, f"/tasks/{task['task']['task_id']}")


async def test_the_companys_pages_can_be_read_and_operated(
    centre: Centre, chromium: Browser
) -> None:
    company = await centre.file(DIFFICULTY)
    await to_the_first_contact(centre, company, "tech_held")
    support, licensing = await centre.staff("kitech.support"), await centre.staff("kitech.tlo")
    await support.complete(company, "confirm_technology", decision="solves")
    await support.complete(company, "propose_solution", offers="licence", proposal="실시권 제안")
    async with person(chromium, centre) as page:
        await enter(page, company.case_number, company.code)
        assert await look_at_task(page, company, "choose_solution") == {"radio", "textarea"}
        await company.answer("choose_solution", decision="accept")
        await licensing.complete(company, "agree_terms", decision="agreed", terms="통상실시권")
        await company.answer("confirm_result", decision="confirm")
        kinds = await look_at_task(page, company, "answer_survey")

    assert kinds == {"radio", "textarea", "checkbox"}


async def look_at_task(page: Page, company: Company, kind: str) -> set[str]:
    """Look at the company's case with an open task, and at the task."""
    task = await company.task(kind)
    path = f"/cases/{company.case_number}"
    await look_at(page, path)
    await expect(page.locator("a.expected")).to_be_visible()
    return await look_at(page, f"{path}/tasks/{task['task_id']}")


@pytest.mark.parametrize("width", _WIDTHS)
async def test_a_task_is_found_and_completed_with_the_keyboard_alone(
    centre: Centre, chromium: Browser, width: int
) -> None:
    number = (await centre.file(DIFFICULTY)).case_number
    triage = await centre.staff("triage")
    await triage.task(number, "screen_case")
    async with person(chromium, centre) as page:
        await page.set_viewport_size({"width": width, "height": 800})
        await page.goto("/sign-in")
        await press_tab(page)
        assert await focused(page, "className") == "skip"
        await page.keyboard.press("Enter")
        await press_tab(page)
        assert await focused(page, "name") == "username"
        await page.keyboard.type("triage")
        await press_tab(page)
        await page.keyboard.type(PASSWORD)
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/worklist")

        await tab_to(page, "[name=q]")
        await page.keyboard.type(number)
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/worklist?*")
        await tab_to(page, f'a[href="/tasks/{number}.screen_case.1"]')
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/tasks/*")

        await tab_to(page, "[name=decision]")
        await page.keyboard.press("ArrowDown")
        assert await focused(page, "value") == "proceed"
        await tab_to(page, "form.answer button[type=submit]")
        await page.keyboard.press("Enter")
        await expect(page.locator("[role=status]")).to_be_visible()

    await triage.task(number, "triage_case")
