"""Prints `docs/access.md`: `python -m tests.api.access_table > docs/access.md`."""

import sys
from contextlib import nullcontext
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

| Route | Who |
| --- | --- |
"""


def api_routes(app: FastAPI) -> list[tuple[str, str, Access]]:
    """Method, path and access of everything the API serves, without the pages."""
    return sorted(
        (
            (method, route.path, route.access)
            for route in served_routes(app)
            if route.access is not None and route.module.startswith("api.routes.")
            for method in route.methods
        ),
        key=lambda item: (item[1], item[0]),
    )


def access_table(app: FastAPI) -> str:
    """The document."""
    lines: list[str] = []
    for method, path, access in api_routes(app):
        who = ["anyone"] if access.anyone else []
        who += ["company"] if access.company else []
        who += [role.value for role in Role if role in access.roles]
        lines.append(f"| `{method} {path}` | {', '.join(who)} |\n")
    return _HEAD + "".join(lines)


if __name__ == "__main__":
    no_centre: Any = nullcontext()
    sys.stdout.write(access_table(application(no_centre)))
