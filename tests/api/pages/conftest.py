"""What tests of pages share: a browser without JavaScript, and its forms."""

import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape

import httpx
import pytest
from fastapi import FastAPI
from temporalio.testing import WorkflowEnvironment

from api.centre import Centre
from tests.api.conftest import (
    PASSWORD,
    browser,
    business_number,
)


@pytest.fixture
async def visitor(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with browser(app) as client:
        client.headers["Accept-Language"] = "en"
        yield client


def difficulty_form(html: str, **changes: str) -> dict[str, str]:
    """The form as a person fills it in, with what the page hid in it."""
    return {
        **hidden(html),
        "title": "주조품 기포 불량",
        "description": "주조품 내부에 기포가 생겨 누설 시험에서 불량이 납니다.",
        "company.name": "예시정밀 주식회사",
        "company.business_registration_number": business_number(),
        "company.contact_name": "예시 담당자",
        "company.email": "contact@company.example",
        "consents.collect_use": "true",
    } | changes


def hidden(html: str, action: str = "") -> dict[str, str]:
    """The hidden fields of the page's last form, or of the one with an action."""
    start = html.index(f'action="{action}"') if action else 0
    inputs = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', html[start:])
    found: dict[str, str] = {}
    for name, value in inputs:
        if action:
            found.setdefault(name, unescape(value))
        else:
            found[name] = unescape(value)
    return found


def check_page(answer: httpx.Response, language: str) -> None:
    """What holds of every page."""
    html = answer.text
    assert answer.headers["content-type"].startswith("text/html"), html
    assert f'<html lang="{language}">' in html
    assert html.count("<h1>") == 1
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?! src=)", html)
    assert "Content-Security-Policy" in answer.headers
    # Nothing is loaded from elsewhere; what leads elsewhere says so.
    sources = re.findall(r'(?:src|href)="([^"]+)"(?! rel="external noopener")', html)
    assert not [link for link in sources if link.startswith(("http:", "https:", "//"))]


@pytest.fixture
def live(centre: Centre, temporal: WorkflowEnvironment, workers: None) -> Centre:
    return replace(centre, temporal=temporal.client, clock=lambda: datetime.now(UTC))


@asynccontextmanager
async def sign_in(app: FastAPI, username: str) -> AsyncGenerator[httpx.AsyncClient]:
    async with browser(app) as client:
        client.headers["Accept-Language"] = "en"
        answer = await client.post("/sign-in", data={"username": username, "password": PASSWORD})
        assert answer.status_code == 303, answer.text
        yield client
