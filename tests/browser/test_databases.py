"""The open databases by keyboard alone, on a telephone, in both languages."""

import csv
import io
from pathlib import Path
from typing import Final

import asyncpg
import pytest
from playwright.async_api import Page, expect

from infra.postgres.catalogue import load_sample
from infra.postgres.institutes import load_reference
from infra.sample_catalogue import sample_catalogue
from tests.api.conftest import business_number
from tests.browser.findings import check_page, check_shown, focused, press_tab, tab_to

PAGES: Final = (
    "/databases",
    "/databases?q=알루미늄",
    "/databases/patents?q=방법&year_from=2004",
    "/databases/equipment",
    "/databases/labs?q=쀍쀍쀍",
    "/databases/patents/10-0000-0000001",
    "/databases/equipment/SAMPLE-EQ-0001",
    "/databases/labs/SAMPLE-LAB-001",
    "/cases/new?item_kind=equipment&item_id=SAMPLE-EQ-0001",
)


@pytest.fixture
async def sample(database: asyncpg.Pool, address: str) -> None:
    await load_reference(database)
    await load_sample(database, sample_catalogue())


@pytest.mark.usefixtures("sample")
@pytest.mark.parametrize("path", PAGES)
async def test_a_page_can_be_read_and_operated(screen: Page, path: str) -> None:
    await check_page(screen, path)
    for folded in await screen.locator("main summary").all():
        await folded.press("Enter")
    await check_shown(screen)


@pytest.mark.usefixtures("sample")
async def test_suggestions_are_chosen_with_the_arrow_keys_and_announced(screen: Page) -> None:
    await screen.goto("/databases/equipment")
    field, listed = screen.locator("#q"), screen.locator("#q-suggestions")
    await tab_to(screen, "#q")
    await screen.keyboard.type("다이캐스팅")

    await expect(listed.get_by_role("option").first).to_be_visible()
    assert await field.get_attribute("aria-expanded") == "true"
    count = await listed.get_by_role("option").count()
    await expect(screen.locator(".suggesting [role=status]")).to_contain_text(str(count))
    await check_shown(screen)
    await screen.keyboard.press("ArrowDown")
    chosen = listed.locator("[aria-selected=true]")
    await check_shown(screen)
    assert await field.get_attribute("aria-activedescendant") == await chosen.get_attribute("id")
    assert await field.input_value() == await chosen.inner_text()
    await screen.keyboard.press("Escape")
    await expect(listed).to_be_hidden()
    assert await field.input_value() == "다이캐스팅"
    assert await field.get_attribute("aria-expanded") == "false"
    await screen.keyboard.press("Tab")
    await screen.keyboard.press("Shift+Tab")
    await screen.keyboard.press("End")
    await screen.keyboard.type(" ")
    await expect(listed.get_by_role("option").first).to_be_visible()
    await screen.keyboard.press("ArrowDown")
    await screen.keyboard.press("Enter")

    await screen.wait_for_url("**/databases/equipment?**q=**")
    await expect(screen.locator(".hit").first).to_be_visible()


@pytest.mark.usefixtures("sample")
async def test_an_item_is_found_filtered_downloaded_opened_and_asked_for(
    screen: Page, tmp_path: Path
) -> None:
    await screen.goto("/")
    await press_tab(screen)
    assert await focused(screen, "className") == "skip"
    await tab_to(screen, 'a[href="/databases"]')
    await screen.keyboard.press("Enter")
    await screen.wait_for_url("**/databases")

    await tab_to(screen, 'h2 a[href="/databases/equipment"]')
    await screen.keyboard.press("Enter")
    await screen.wait_for_url("**/databases/equipment")
    await tab_to(screen, "#q")
    await screen.keyboard.type("시험")
    await screen.keyboard.press("Enter")
    await screen.wait_for_url("**/databases/equipment?**")
    everything = await screen.locator("#results").inner_text()
    assert await screen.locator("mark").count() > 0

    # Narrowed down to one institute: the address says so, and the count is what the link said.
    await tab_to(screen, ".narrowing > summary")
    await screen.keyboard.press("Enter")
    await tab_to(screen, '.facet a[href*="institute="]')
    said = await screen.locator(":focus .count").inner_text()
    await screen.keyboard.press("Enter")
    await screen.wait_for_url("**institute=**")
    assert "q=" in screen.url
    await expect(screen.locator("#results")).to_contain_text(said)
    await expect(screen.locator("#results")).not_to_have_text(everything)

    await tab_to(screen, 'a[href*="equipment.csv"]')
    async with screen.expect_download() as downloading:
        await screen.keyboard.press("Enter")
    file = tmp_path / "found.csv"
    await (await downloading.value).save_as(file)
    rows = list(csv.reader(io.StringIO(file.read_bytes().decode("utf-8-sig"))))
    assert len(rows) == 1 + int(said)

    await tab_to(screen, ".hit-title a")
    name = await screen.locator(":focus").inner_text()
    await screen.keyboard.press("Enter")
    await expect(screen.locator("h1")).to_have_text(name)
    await tab_to(screen, "main .actions a")
    await screen.keyboard.press("Enter")
    await screen.wait_for_url("**/cases/new?**")
    await expect(screen.locator(".item-asked strong")).to_have_text(name)
    assert name in await screen.locator("[name=title]").input_value()
    assert await screen.locator("[name=service]").input_value() == "equipment"

    await fill_in_by_keyboard(screen)
    await screen.wait_for_url("**/receipt")
    assert await screen.locator(".keep dd").count() == 2


async def fill_in_by_keyboard(screen: Page) -> None:
    """What the company has still to say, and off it goes."""
    answers: dict[str, str] = {
        "description": "시제품 열 개의 시험이 필요합니다.",
        "company.name": "예시정밀 주식회사",
        "company.business_registration_number": business_number(),
        "company.contact_name": "예시 담당자",
        "company.email": "contact@company.example",
    }
    for _ in range(60):
        await press_tab(screen)
        name = await focused(screen, "name")
        if name in answers:
            await screen.keyboard.type(answers.pop(name))
        elif name == "consents.collect_use":
            await screen.keyboard.press("Space")
        elif await focused(screen, "type") == "submit":
            break
    assert answers == {}
    await screen.keyboard.press("Enter")
