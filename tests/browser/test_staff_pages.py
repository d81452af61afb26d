"""The console and the company's own pages, in a real browser as wide as a telephone."""

from typing import Any

import asyncpg
import httpx
import pytest
from playwright.async_api import Page, expect

from schemas.actor import COMPANY_GROUP, Role, centre_group
from schemas.outcome import TaskKind
from tests.api.conftest import PASSWORD, add_task, filed, project
from tests.browser.findings import check_page, tab_to


@pytest.fixture
async def receipt(address: str, reference: asyncpg.Pool) -> dict[str, Any]:
    """A case with a task of the desk and one of the company."""
    async with httpx.AsyncClient(base_url=address) as client:
        receipt = await filed(client)
    number = receipt["case_number"]
    await project(reference, number)
    for kind, group in (
        (TaskKind.TRIAGE_CASE, centre_group(Role.TRIAGE)),
        (TaskKind.ANSWER_SURVEY, COMPANY_GROUP),
    ):
        await add_task(reference, number, kind, group)
    return receipt


async def sign_in(page: Page, username: str) -> None:
    await page.goto("/sign-in")
    await page.locator("[name=username]").press_sequentially(username)
    await page.keyboard.press("Tab")
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.locator("nav.console")).to_be_visible()


@pytest.mark.parametrize(
    ("username", "path"),
    [
        ("triage", "/worklist"),
        ("triage", "/tasks/{number}.triage_case.1"),
        ("coordinator", "/tasks/{number}.triage_case.1"),
        ("coordinator", "/staff/cases"),
        ("coordinator", "/staff/cases/{number}"),
        ("agent", "/calls/new"),
        ("auditor", "/audit/{number}"),
        ("operator", "/operations"),
    ],
)
async def test_a_page_of_the_console_can_be_read_and_operated(
    screen: Page, receipt: dict[str, Any], username: str, path: str
) -> None:
    await sign_in(screen, username)

    await check_page(screen, path.format(number=receipt["case_number"]))


async def test_the_companys_case_and_task_can_be_read_and_operated(
    screen: Page, receipt: dict[str, Any]
) -> None:
    number = receipt["case_number"]
    await screen.goto("/track")
    await screen.locator("[name=case_number]").fill(number)
    await screen.locator("[name=tracking_code]").fill(receipt["tracking_code"])
    await screen.keyboard.press("Enter")
    await expect(screen.locator("a.expected")).to_be_visible()

    await check_page(screen, f"/cases/{number}")
    await check_page(screen, f"/cases/{number}/tasks/{number}.answer_survey.1")


async def test_a_task_is_answered_with_the_keyboard_alone(
    screen: Page, receipt: dict[str, Any]
) -> None:
    await sign_in(screen, "triage")
    await screen.goto(f"/tasks/{receipt['case_number']}.triage_case.1")
    service = screen.locator("[name=service]")
    await tab_to(screen, "[name=service]")
    await screen.keyboard.press("ArrowDown")
    await tab_to(screen, "form.answer button[type=submit]")
    await screen.keyboard.press("Enter")

    # The branch is needed and was not chosen: the answer is refused, and what is missing is named.
    await expect(screen.locator(".error-summary")).to_be_focused()
    assert await service.input_value() != ""
