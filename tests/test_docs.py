"""What the documentation names exists."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
_LINK = re.compile(r"\]\((?!https?:|mailto:)([^)#\s]+)")
_ROW = re.compile(r"^\| `([a-z0-9-]+)`", re.MULTILINE)
# Of a requirement, a contradiction, an unhappy path or a figure.
_MARK = re.compile(r"\b(R[01][0-9]{2}|[CUK][0-4][0-9])\b")
_NAME = re.compile(r"^[A-Za-z0-9._-]+")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    links = _LINK.findall(page.read_text("utf-8"))

    assert [link for link in links if not (page.parent / link).exists()] == []


def test_every_dependency_has_its_reason() -> None:
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    needed = [
        *project["project"]["dependencies"],
        *project["dependency-groups"]["dev"],
        *project["build-system"]["requires"],
    ]
    names = {match[0] for line in needed if (match := _NAME.match(line))}
    explained = set(_ROW.findall((ROOT / "docs" / "dependencies.md").read_text("utf-8")))

    assert explained - {"krds-uiux"} == names


def test_every_mark_in_the_code_is_explained() -> None:
    explained = set(_MARK.findall((ROOT / "docs" / "requirements.md").read_text("utf-8")))
    marks = {
        mark
        for folder in ("schemas", "workflows", "activities", "matching", "api", "infra", "workers")
        for suffix in ("*.py", "*.sql")
        for path in (ROOT / folder).rglob(suffix)
        for mark in _MARK.findall(path.read_text("utf-8"))
    }

    assert marks - explained == set()
