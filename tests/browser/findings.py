"""What is wrong with a page for a keyboard, a screen reader, or eyes that see little contrast."""

from typing import Any, Final

from playwright.async_api import Page

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

_IS_FOCUS_VISIBLE: Final = """() => {
  const focused = document.activeElement;
  const drawn = [focused, focused.closest(".option")].filter(Boolean);
  return drawn.some((element) => {
    const style = getComputedStyle(element);
    return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  });
}"""
_MOST_TABS: Final = 60


async def check_shown(page: Page) -> None:
    """Find nothing wrong with what a page shows."""
    assert await page.evaluate(_FINDINGS) == [], page.url
    assert await page.evaluate(_PALE) == [], page.url


async def check_page(page: Page, path: str) -> None:
    """Open a page and find nothing wrong with it."""
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text))

    await page.goto(path)

    await check_shown(page)
    assert problems == []


async def focused(page: Page, attribute: str) -> Any:
    """A property of what the keyboard would act on."""
    return await page.evaluate(f"document.activeElement.{attribute}")


async def press_tab(page: Page) -> None:
    """Go on with the keyboard, and see where one is."""
    await page.keyboard.press("Tab")
    assert await page.evaluate(_IS_FOCUS_VISIBLE), await focused(page, "outerHTML")


async def tab_to(page: Page, selector: str) -> None:
    """Go on with the keyboard until what is looked for has the focus."""
    for _ in range(_MOST_TABS):
        await press_tab(page)
        if await page.locator(f"{selector}:focus").count():
            return
    raise AssertionError(f"the keyboard does not come to {selector}")
