"""What a keyboard, a screen reader and a narrow screen need, checked in a real browser."""

from typing import Any, Final

import pytest
from playwright.async_api import Page

from tests.api.conftest import business_number

PAGES: Final = ("/", "/cases/new", "/track", "/sign-in")

_FINDINGS: Final = """() => {
  const found = [];
  const named = (field) => field.labels?.length || field.ariaLabel
    || field.getAttribute("aria-labelledby");
  for (const field of document.querySelectorAll("input:not([type=hidden]), select, textarea"))
    if (!named(field)) found.push(`no label: ${field.name}`);
  for (const field of document.querySelectorAll("[aria-describedby]"))
    for (const id of field.getAttribute("aria-describedby").split(" ").filter(Boolean))
      if (!document.getElementById(id)) found.push(`describes nothing: ${id}`);
  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  found.push(...ids.filter((id, at) => ids.indexOf(id) !== at).map((id) => `id twice: ${id}`));
  let level = 0;
  for (const heading of document.querySelectorAll("h1, h2, h3, h4")) {
    const own = Number(heading.tagName[1]);
    if (own > level + 1) found.push(`heading skips a level: ${heading.textContent}`);
    level = own;
  }
  if (document.querySelectorAll("h1").length !== 1) found.push("not one h1");
  for (const landmark of ["header", "main", "footer"])
    if (document.querySelectorAll(`body > ${landmark}`).length !== 1) found.push(landmark);
  if (document.documentElement.scrollWidth > innerWidth) found.push("wider than the screen");
  return found;
}"""

# Contrast of every text with the nearest background that is painted behind it (WCAG 1.4.3).
_PALE: Final = """() => {
  const parts = (colour) => colour.match(/[0-9.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((value) => value / 255)
    .map((value) => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
    .reduce((sum, value, at) => sum + value * [0.2126, 0.7152, 0.0722][at], 0);
  const behind = (element) => {
    for (; element; element = element.parentElement) {
      const colour = parts(getComputedStyle(element).backgroundColor);
      if (colour.length === 3 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const pale = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || !element.checkVisibility()) continue;
    const style = getComputedStyle(element);
    const [one, other] = [light(parts(style.color)), light(behind(element))].sort((a, b) => b - a);
    const large = parseFloat(style.fontSize) >= 24;
    if ((one + 0.05) / (other + 0.05) < (large ? 3 : 4.5)) pale.push(element.textContent.trim());
  }
  return pale;
}"""


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_can_be_read_and_operated(screen: Page, path: str) -> None:
    problems: list[str] = []
    screen.on("console", lambda message: problems.append(message.text))

    await screen.goto(path)

    assert await screen.evaluate(_FINDINGS) == []
    assert await screen.evaluate(_PALE) == []
    assert problems == []


async def test_errors_are_announced_and_lead_to_their_fields(screen: Page) -> None:
    await screen.goto("/cases/new")
    await screen.locator("main button[type=submit]").click()

    summary = screen.locator(".error-summary")
    assert await summary.get_attribute("role") == "alert"
    assert await summary.evaluate("element => element === document.activeElement")
    await summary.locator("a").first.press("Enter")

    assert await screen.evaluate("document.activeElement.name") == "title"
    assert await screen.evaluate("document.activeElement.ariaInvalid") == "true"
    assert await screen.evaluate(_FINDINGS) == []
    assert await screen.evaluate(_PALE) == []


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
    await screen.keyboard.press("Tab")
    assert await _focused(screen, "className") == "skip"
    await screen.keyboard.press("Enter")

    for _ in range(40):
        await screen.keyboard.press("Tab")
        assert await screen.evaluate(_IS_FOCUS_VISIBLE), await _focused(screen, "outerHTML")
        name = await _focused(screen, "name")
        if name in answers:
            await screen.keyboard.type(answers.pop(name))
        elif name == "consents.collect_use":
            await screen.keyboard.press("Space")
        elif await _focused(screen, "type") == "submit":
            break
    await screen.keyboard.press("Enter")
    await screen.wait_for_url("**/receipt")

    assert answers == {}
    assert await screen.locator(".keep dd").count() == 2
    assert await screen.evaluate(_FINDINGS) == []
    await screen.goto(screen.url.removesuffix("/receipt"))
    assert await screen.evaluate(_FINDINGS) == []
    assert await screen.evaluate(_PALE) == []


_IS_FOCUS_VISIBLE: Final = """() => {
  const focused = document.activeElement;
  const drawn = [focused, focused.closest(".option")].filter(Boolean);
  return drawn.some((element) => {
    const style = getComputedStyle(element);
    return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  });
}"""


async def _focused(screen: Page, attribute: str) -> Any:
    return await screen.evaluate(f"document.activeElement.{attribute}")
