"""What tests of bad input share: what a refusal looks like, and that nothing was stored."""

import asyncpg
import httpx

PROBLEM = "application/problem+json"
NOTHING_TAKES_THIS = {"a": [1]}
_TABLES = ("intake", "case_text", "company", "consent", "document", "submission")


async def rows(database: asyncpg.Pool) -> dict[str, int]:
    """How many rows each table has that an act writes to."""
    return {
        table: await database.fetchval(f"SELECT count(*) FROM {table}")  # noqa: S608  # our names
        for table in _TABLES
    }


def assert_refused(answer: httpx.Response, pointer: str | None = None, status: int = 422) -> None:
    """The answer is a problem document that says at `pointer` what to do."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == PROBLEM
    problem = answer.json()
    assert problem["status"] == status
    assert problem["type"].startswith("/problems/")
    assert problem["detail"].endswith((".", "”.", "1379."))
    if pointer is not None:
        assert pointer in {error["pointer"] for error in problem["errors"]}, problem
        assert all(error["detail"] for error in problem["errors"])
