"""A difficulty from the form to the answered survey in a browser, page by page.

The company's browser runs no JavaScript: its forms have to work without.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final

from playwright.async_api import Browser, Page, expect

from tests.acceptance.conftest import PASSWORD
from tests.acceptance.test_journeys import DIFFICULTY
from tests.acceptance.visitors import Centre
from tests.api.conftest import business_number

_LOADS_AGAIN: Final = 40
_FORM: Final = {
    "title": "주조품 내부 기공",
    "description": DIFFICULTY,
    "company.name": "합성기업",
    "company.business_registration_number": business_number(),
    "company.contact_name": "합성 담당자",
    "company.email": "pages@sme.example",
    "consents.collect_use": "true",
    "consents.provide_to_institutes": "true",
}


async def fill(page: Page, answers: dict[str, str]) -> None:
    """Fill the fields of the page in by their names, each as its kind wants it."""
    for name, value in answers.items():
        field = page.locator(f'main [name="{name}"]')
        match await field.first.get_attribute("type"), await field.first.evaluate("f => f.tagName"):
            case "radio", _:
                await page.locator(f'main [name="{name}"][value="{value}"]').check()
            case "checkbox", _:
                await field.check()
            case _, "SELECT":
                await field.select_option(value)
            case _:
                await field.fill(value)


async def see(page: Page, path: str, selector: str) -> None:
    """Open a page again until what is looked for has come."""
    for _ in range(_LOADS_AGAIN):
        await page.goto(path)
        if await page.locator(selector).count():
            return
        await page.wait_for_timeout(250)
    raise AssertionError(f"{selector} never came: {await page.locator('main').inner_text()}")


@asynccontextmanager
async def person(
    chromium: Browser, centre: Centre, *, javascript: bool = True
) -> AsyncGenerator[Page]:
    """Somebody at a browser of their own."""
    context = await chromium.new_context(
        base_url=centre.url, locale="ko", java_script_enabled=javascript
    )
    yield await context.new_page()
    await context.close()


@asynccontextmanager
async def member(chromium: Browser, centre: Centre, username: str) -> AsyncGenerator[Page]:
    """A member of staff who signed in."""
    async with person(chromium, centre) as page:
        await page.goto("/sign-in")
        await fill(page, {"username": username, "password": PASSWORD})
        await page.locator("main button[type=submit]").click()
        await expect(page.locator(".who")).to_be_visible()
        yield page


async def enter(page: Page, case_number: str, code: str) -> None:
    """Open a case with what its receipt says."""
    await page.goto("/track")
    await fill(page, {"case_number": case_number, "tracking_code": code})
    await page.locator("main button[type=submit]").click()
    await expect(page.locator(".eyebrow")).to_have_text(case_number)


async def work(page: Page, case_number: str, kind: str, **answers: str) -> None:
    """Find the task in the worklist, and complete it on its page."""
    link = f'a[href="/tasks/{case_number}.{kind}.1"]'
    await see(page, f"/worklist?q={case_number}", link)
    await page.locator(link).first.click()
    await fill(page, answers)
    await page.locator("form.answer button[type=submit]").click()
    await expect(page.locator("[role=status], .notice.success").first).to_be_visible()


async def answer(page: Page, case_number: str, kind: str, **answers: str) -> None:
    """Answer what is expected of the company on its case page."""
    link = f'a[href^="/cases/{case_number}/tasks/{case_number}.{kind}."]'
    await see(page, f"/cases/{case_number}", link)
    await page.locator(link).click()
    await fill(page, answers)
    await page.locator("form.answer button[type=submit]").click()
    await expect(page.locator("[role=status]")).to_be_visible()


async def test_the_whole_way_through_the_pages(centre: Centre, chromium: Browser) -> None:
    async with person(chromium, centre, javascript=False) as company:
        await company.goto("/cases/new")
        await fill(company, _FORM)
        await company.locator("main button[type=submit]").click()
        number, code = await company.locator("dl.keep dd").all_inner_texts()
        await enter(company, number, code)

        async with member(chromium, centre, "triage") as triage:
            await work(triage, number, "screen_case", decision="proceed")
            await work(triage, number, "triage_case", service="difficulty", branch="tech_held")
        async with member(chromium, centre, "coordinator") as coordinator:
            await work(
                coordinator, number, "assign_institute", decision="assign", institute="KITECH"
            )
        async with (
            member(chromium, centre, "kitech.head") as head,
            member(chromium, centre, "kitech.support") as support,
        ):
            await work(head, number, "accept_case", decision="accept")
            await work(
                support, number, "contact_company",
                decision="contacted", channel="phone", summary="통화 완료",
            )  # fmt: skip
            await work(support, number, "confirm_technology", decision="solves")
            await work(
                support, number, "propose_solution", offers="licence", proposal="실시권 제안"
            )
            await answer(company, number, "choose_solution", decision="accept")
            await work(head, number, "agree_terms", decision="agreed", terms="통상실시권")
        await answer(company, number, "confirm_result", decision="confirm")
        await answer(
            company, number, "answer_survey",
            ease="5", speed="4", competence="5", result="5", overall="5", solved="yes",
        )  # fmt: skip
        await see(company, f"/cases/{number}", ".stages li.done:last-child")
        await company.goto(f"/cases/{number}?lang=en")
        await expect(company.locator(".status-line")).to_contain_text("Closed")

    async with member(chromium, centre, "auditor") as auditor:
        await auditor.goto(f"/audit/{number}")
        journal = auditor.locator("section[aria-labelledby=journal]")
        history = auditor.locator("section[aria-labelledby=history]")
        await expect(journal).to_be_visible()
        await expect(history).to_be_visible()
        assert await journal.locator("li").count() > 20
        assert await history.locator("li").count() > 50
        assert "통상실시권" not in await auditor.locator("main").inner_text()


async def test_pressing_the_button_twice_files_one_case(centre: Centre, chromium: Browser) -> None:
    title = "두 번 누른 접수"
    async with person(chromium, centre, javascript=False) as company:
        await company.goto("/cases/new")
        await fill(company, {**_FORM, "title": title})
        await company.locator("main button[type=submit]").dblclick()
        await expect(company.locator("dl.keep")).to_be_visible()

    found = await (await centre.staff("triage")).get(f"/cases?q={title}")

    assert [case["title"] for case in found["items"]] == [title]
