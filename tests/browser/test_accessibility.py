"""What a keyboard, a screen reader and a narrow screen need, checked in a real browser."""

from typing import Final

import pytest
from playwright.async_api import Page

from tests.api.conftest import business_number
from tests.browser.findings import check_page, check_shown, focused, press_tab

PAGES: Final = ("/", "/cases/new", "/track", "/sign-in")


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_can_be_read_and_operated(screen: Page, path: str) -> None:
    await check_page(screen, path)


async def test_errors_are_announced_and_lead_to_their_fields(screen: Page) -> None:
    await screen.goto("/cases/new")
    await screen.locator("main button[type=submit]").click()

    summary = screen.locator(".error-summary")
    assert await summary.get_attribute("role") == "alert"
    assert await summary.evaluate("element => element === document.activeElement")
    await summary.locator("a").first.press("Enter")

    assert await screen.evaluate("document.activeElement.name") == "title"
    assert await screen.evaluate("document.activeElement.ariaInvalid") == "true"
    await check_shown(screen)


async def test_a_difficulty_is_filed_with_the_keyboard_alone(screen: Page) -> None:
    answers: dict[str, str] = {
        "title": "주조품 기포 불량",
        "description": "주조품 내부에 기포가 생겨 누설 시험에서 불량이 납니다.",
        "company.name": "예시정밀 주식회사",
        "company.business_registration_number": business_number(),
        "company.contact_name": "예시 담당자",
        "company.email": "contact@company.example",
    }
    await screen.goto("/cases/new")
    await press_tab(screen)
    assert await focused(screen, "className") == "skip"
    await screen.keyboard.press("Enter")

    for _ in range(40):
        await press_tab(screen)
        name = await focused(screen, "name")
        if name in answers:
            await screen.keyboard.type(answers.pop(name))
        elif name == "consents.collect_use":
            await screen.keyboard.press("Space")
        elif await focused(screen, "type") == "submit":
            break
    await screen.keyboard.press("Enter")
    await screen.wait_for_url("**/receipt")

    assert answers == {}
    assert await screen.locator(".keep dd").count() == 2
    await check_shown(screen)
    await screen.goto(screen.url.removesuffix("/receipt"))
    await check_shown(screen)
