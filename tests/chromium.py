"""The browser that tests drive."""

import shutil
from collections.abc import AsyncIterator
from typing import Final

import pytest
from playwright.async_api import Browser, async_playwright

_CHROMIUM: Final = shutil.which("chromium")
_QUIET: Final = (
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """The system's Chromium; nothing is downloaded."""
    if _CHROMIUM is None:
        pytest.skip(
            "Chromium is missing. Install it with: "
            "apt-get install --no-install-recommends chromium fonts-noto-cjk"
        )
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=_CHROMIUM, args=[*_QUIET])
        yield browser
        await browser.close()
