"""Prints `docs/access.md`: `python -m tests.api.access_table > docs/access.md`."""

import sys
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI

from api.app import application, served_routes
from api.auth import Access
from schemas.actor import Role

_HEAD = """\
# Who may call what

Made from the routes by `python -m tests.api.access_table`; a test compares it and calls every
route in every role. “company” is the company of the case in the path, known by its tracking code.
Staff reach a case only inside their scope: the centre and the auditor every case, an institute the
cases that were offered to it.

"""
_COLUMNS = "\n| Route | Who |\n| --- | --- |\n"
_PAGES = "api.pages."


@dataclass(frozen=True)
class Cell:
    """One route, and who may call it."""

    method: str
    path: str
    access: Access
    is_page: bool


def routes(app: FastAPI) -> list[Cell]:
    """Everything that is served, by path."""
    return sorted(
        (
            Cell(method, route.path, route.access, route.module.startswith(_PAGES))
            for route in served_routes(app)
            if route.access is not None
            for method in route.methods
        ),
        key=lambda cell: (cell.path, cell.method),
    )


def access_table(app: FastAPI) -> str:
    """The document."""
    found = routes(app)
    pages = [_line(cell) for cell in found if cell.is_page]
    others = [_line(cell) for cell in found if not cell.is_page]
    return "".join((_HEAD, "## API\n", _COLUMNS, *others, "\n## Pages\n", _COLUMNS, *pages))


def _line(cell: Cell) -> str:
    who = ["anyone"] if cell.access.anyone else []
    who += ["company"] if cell.access.company else []
    who += [role.value for role in Role if role in cell.access.roles]
    return f"| `{cell.method} {cell.path}` | {', '.join(who)} |\n"


if __name__ == "__main__":
    no_centre: Any = nullcontext()
    sys.stdout.write(access_table(application(no_centre)))
