"""Deny by default: every route says who may call it, and nobody else gets in."""

from pathlib import Path

import asyncpg
import httpx
import pytest
from fastapi import APIRouter, FastAPI

from api.app import check_access, served_routes
from api.auth import STAFF_ROLES
from schemas.actor import Role, institute_group
from schemas.outcome import (
    TaskKind,
)
from schemas.problem import ProblemType
from tests.api.access_table import access_table, routes
from tests.api.conftest import (
    PASSWORD,
    add_task,
    browser,
    filed,
    project,
    signed_in,
    username_of,
)

SIGNING_OUT = {"/api/v1/sessions", "/sign-out"}
DOCUMENT = Path(__file__).parents[2] / "docs" / "access.md"


def address(path: str, case_number: str, task_id: str) -> str:
    """A route's address for a case, one of its tasks, and a document that it does not have."""
    return path.format(
        case_number=case_number,
        task_id=task_id,
        document_id="0" * 32,
        name="not-found",
        mail_id="none",
        round_id="round-medium-2000-01",
        database="patents",
        item_id="none",
        synonym_id=0,
    )


def is_asked_who_they_are(answer: httpx.Response) -> bool:
    """Whether somebody unknown was refused: by the API with 401, by a page with the way in."""
    way_in = answer.headers.get("location", "").startswith(("/sign-in?", "/track?"))
    if answer.request.url.path == "/sign-in":
        return False  # It says 401 of a wrong password.
    return answer.status_code == 401 or (answer.status_code == 303 and way_in)


def test_the_access_table_is_up_to_date(app: FastAPI) -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == access_table(app)


def test_the_table_names_the_routes_that_are_served(app: FastAPI) -> None:
    assert len(served_routes(app)) > 30
    assert "| `POST /api/v1/tasks/{task_id}/complete` | agent, regional," in access_table(app)


def test_a_route_without_access_is_refused_at_start_up() -> None:
    broken = FastAPI(docs_url=None, redoc_url=None)
    inner = APIRouter()
    inner.add_api_route("/open-to-all", lambda: None)
    broken.include_router(inner)

    with pytest.raises(RuntimeError, match="/open-to-all"):
        check_access(broken)


@pytest.mark.parametrize("role", sorted(STAFF_ROLES), ids=str)
async def test_every_route_lets_in_exactly_the_roles_it_names(
    app: FastAPI, public: httpx.AsyncClient, database: asyncpg.Pool, role: Role
) -> None:
    number = (await filed(public))["case_number"]
    await project(database, number, institute="KITECH")
    task = await add_task(
        database, number, TaskKind.ACCEPT_CASE, institute_group("KITECH", Role.DEPT_HEAD)
    )

    client = await signed_in(app, username_of(role))
    for cell in routes(app):
        answer = await client.request(cell.method, address(cell.path, number, task))
        what = (cell, answer.status_code, answer.text)
        if cell.access.anyone or role in cell.access.roles:
            assert not is_asked_who_they_are(answer), what
            # An auditor has to say why; the role itself is let in.
            assert answer.status_code != 403 or role is Role.AUDITOR, what
        elif cell.access.roles:
            assert answer.status_code == 403, what
        else:
            assert is_asked_who_they_are(answer), what
        if cell.path in SIGNING_OUT and cell.method in {"DELETE", "POST"}:
            client = await signed_in(app, username_of(role))


async def test_without_a_session_only_public_routes_answer(
    app: FastAPI, public: httpx.AsyncClient
) -> None:
    number = (await filed(public))["case_number"]

    for cell in routes(app):
        url = address(cell.path, number, f"{number}.accept_case.1")
        answer = await public.request(cell.method, url)
        assert is_asked_who_they_are(answer) != cell.access.anyone, (cell, answer.text)


async def test_an_institute_sees_nothing_of_cases_that_others_were_offered(
    app: FastAPI, public: httpx.AsyncClient, database: asyncpg.Pool
) -> None:
    number = (await filed(public))["case_number"]
    await project(database, number, institute="KITECH")
    task = await add_task(
        database, number, TaskKind.ACCEPT_CASE, institute_group("KITECH", Role.DEPT_HEAD)
    )
    own, foreign = await signed_in(app, "kitech.head"), await signed_in(app, "keri.head")

    assert (await own.get(f"/api/v1/cases/{number}")).status_code == 200
    assert number in (await own.get("/api/v1/cases")).text
    assert task in (await own.get("/api/v1/tasks")).text
    assert (await own.get(f"/api/v1/tasks/{task}")).headers["ETag"] == '"1"'
    for url in (f"/api/v1/cases/{number}", f"/api/v1/cases/{number}/original"):
        unknown = url.replace(number, "1379-2026-999990")
        answers = [await foreign.get(url), await foreign.get(unknown)]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].content == answers[1].content
    assert number not in (await foreign.get("/api/v1/cases")).text
    assert number not in (await foreign.get("/api/v1/cases", params={"q": number})).text
    assert number not in (await foreign.get("/api/v1/tasks", params={"status": "all"})).text
    assert (await foreign.get(f"/api/v1/tasks/{task}")).status_code == 404
    for act in ("claim", "release", "complete"):
        answer = await foreign.post(
            f"/api/v1/tasks/{task}/{act}",
            json={"outcome": {"decision": "accept"}},
            headers={"If-Match": '"1"'},
        )
        assert answer.json()["type"] == "/problems/task-not-found"


async def test_a_tracking_code_opens_its_own_case_only(public: httpx.AsyncClient) -> None:
    mine, other = await filed(public), await filed(public)

    for path in ("", "/tasks"):
        answer = await public.get(
            f"/api/v1/cases/{other['case_number']}{path}",
            headers={"X-Tracking-Code": mine["tracking_code"]},
        )
        assert answer.status_code == 404


async def test_reading_the_original_is_recorded_and_auditors_say_why(
    app: FastAPI, public: httpx.AsyncClient, database: asyncpg.Pool
) -> None:
    number = (await filed(public))["case_number"]
    auditor = await signed_in(app, "auditor")
    url = f"/api/v1/cases/{number}/original"

    assert (await auditor.get(url)).status_code == 403
    answer = await auditor.get(url, headers={"X-Access-Reason": "audit"})

    assert answer.json()["email"] == "contact@company.example"
    reads = await database.fetch(
        """
        SELECT actor, detail ->> 'reason' AS reason
          FROM journal_entry
         WHERE stream = 'access'
           AND detail ->> 'case' = $1
        """,
        number,
    )
    assert [tuple(row) for row in reads] == [("acc-auditor", "audit")]


async def test_an_institute_learns_the_contact_only_with_the_companys_consent(
    app: FastAPI, public: httpx.AsyncClient, database: asyncpg.Pool
) -> None:
    version = {"given": True, "text_version": "2013-1"}
    without = await filed(public)
    given = await filed(public, consents={"collect_use": version, "provide_to_institutes": version})
    support = await signed_in(app, "kitech.support")
    shown: list[str | None] = []
    for receipt in (without, given):
        await project(database, receipt["case_number"], institute="KITECH")
        answer = await support.get(f"/api/v1/cases/{receipt['case_number']}/original")
        shown.append(answer.json()["email"])

    assert shown == [None, "contact@company.example"]


async def test_a_change_by_cookie_needs_the_sessions_token(app: FastAPI) -> None:
    client = browser(app)
    session = (
        await client.post(
            "/api/v1/sessions", json={"username": "coordinator", "password": PASSWORD}
        )
    ).json()

    assert (await client.get("/api/v1/sessions/current")).status_code == 200
    without = await client.delete("/api/v1/sessions")
    wrong = await client.delete("/api/v1/sessions", headers={"X-CSRF-Token": "wrong"})
    assert [without.status_code, wrong.status_code] == [403, 403]
    assert without.json()["type"] == "/problems/csrf-failed"
    right = await client.delete("/api/v1/sessions", headers={"X-CSRF-Token": session["csrf_token"]})
    assert right.status_code == 204
    again = await client.get(
        "/api/v1/sessions/current", headers={"Authorization": f"Bearer {session['token']}"}
    )
    assert again.status_code == 401


async def test_a_page_of_another_site_cannot_make_a_browser_change_anything(
    public: httpx.AsyncClient,
) -> None:
    answer = await public.post(
        "/api/v1/sessions",
        json={"username": "coordinator", "password": PASSWORD},
        headers={"Sec-Fetch-Site": "cross-site"},
    )

    assert answer.json()["type"] == "/problems/csrf-failed"


async def test_the_session_cookie_is_out_of_reach_of_scripts(public: httpx.AsyncClient) -> None:
    answer = await public.post(
        "/api/v1/sessions", json={"username": "coordinator", "password": PASSWORD}
    )

    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie


@pytest.mark.parametrize("username", ["coordinator", "nobody"])
async def test_guessing_passwords_ends_and_tells_nothing_about_accounts(
    public: httpx.AsyncClient, username: str
) -> None:
    answers = [
        await public.post("/api/v1/sessions", json={"username": username, "password": "wrong"})
        for _ in range(11)
    ]

    assert [answer.status_code for answer in answers] == [401] * 10 + [429]
    assert answers[0].json()["type"] == "/problems/wrong-credentials"


async def test_every_problem_has_a_page(public: httpx.AsyncClient) -> None:
    for problem in ProblemType:
        page = await public.get(f"/problems/{problem.value}")
        assert f"/problems/{problem.value}" in page.text
    unknown = await public.get("/problems/..%2f..%2fREADME")
    assert unknown.status_code == 404


async def test_answers_carry_the_headers_that_browsers_obey(public: httpx.AsyncClient) -> None:
    for url in ("/healthz", "/api/v1/tasks", "/no-such-page"):
        headers = (await public.get(url)).headers
        assert "default-src 'self'" in headers["content-security-policy"]
        assert "unsafe-inline" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert len(headers["x-request-id"]) == 32


async def test_completing_needs_the_version_that_was_seen(
    app: FastAPI, public: httpx.AsyncClient, database: asyncpg.Pool
) -> None:
    number = (await filed(public))["case_number"]
    await project(database, number, institute="KITECH")
    task = await add_task(
        database, number, TaskKind.ACCEPT_CASE, institute_group("KITECH", Role.DEPT_HEAD)
    )
    head = await signed_in(app, "kitech.head")
    url, body = f"/api/v1/tasks/{task}/complete", {"outcome": {"decision": "accept"}}

    missing = await head.post(url, json=body)
    away = await head.post(url, json=body, headers={"If-Match": '"1"'})
    wrong = await head.post(
        url, json={"outcome": {"decision": "perhaps"}}, headers={"If-Match": '"1"'}
    )
    incomplete = await head.post(
        url, json={"outcome": {"decision": "decline"}}, headers={"If-Match": '"1"'}
    )

    assert (missing.status_code, missing.json()["type"]) == (428, "/problems/version-required")
    assert (away.status_code, away.headers["Retry-After"]) == (503, "5")
    assert wrong.json()["errors"][0]["pointer"] == "/outcome/decision"
    assert incomplete.json()["type"] == "/problems/outcome-incomplete"
    status = await database.fetchval("SELECT status FROM submission WHERE task_id = $1", task)
    assert status == "stored"


async def test_pages_of_a_list_hold_every_case_once(
    app: FastAPI, public: httpx.AsyncClient, database: asyncpg.Pool
) -> None:
    numbers = {(await filed(public, title="한 장씩 넘기기"))["case_number"] for _ in range(5)}
    for number in numbers:
        await project(database, number)
    coordinator = await signed_in(app, "coordinator")

    seen: list[str] = []
    cursor: str | None = None
    while True:
        params = {"q": "한 장씩", "limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = (await coordinator.get("/api/v1/cases", params=params)).json()
        seen += [line["case_number"] for line in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert sorted(seen) == sorted(numbers)
    broken = await coordinator.get("/api/v1/cases", params={"cursor": "bm90LWEtY3Vyc29y"})
    assert broken.status_code == 422


async def test_the_temporal_ui_alone_may_read_decoded_payloads(app: FastAPI) -> None:
    auditor = await signed_in(app, "auditor")
    url, body = "/codec/decode", {"payloads": [{"data": "e30="}]}

    asked = await auditor.post(url, json=body, headers={"Origin": "http://127.0.0.1:8233"})
    other = await auditor.post(url, json=body, headers={"Origin": "http://elsewhere.example"})

    assert asked.json() == body
    assert asked.headers["access-control-allow-origin"] == "http://127.0.0.1:8233"
    assert "access-control-allow-origin" not in other.headers


async def test_the_openapi_document_describes_problems(public: httpx.AsyncClient) -> None:
    document = (await public.get("/api/v1/openapi.json")).json()

    assert "Problem" in document["components"]["schemas"]
    assert "HTTPValidationError" not in document["components"]["schemas"]
    assert "/api/v1/cases" in document["paths"]


async def test_readiness_names_what_is_missing(public: httpx.AsyncClient) -> None:
    answer = await public.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["parts"] == {"database": "ok", "temporal": "cannot be reached"}


async def test_figures_hide_small_cells_from_the_public(
    app: FastAPI, public: httpx.AsyncClient, database: asyncpg.Pool
) -> None:
    number = (await filed(public))["case_number"]
    await project(database, number, institute="KERI")
    ministry = await signed_in(app, "ministry")

    open_to_all = (await public.get("/api/v1/statistics", params={"year": 2026})).json()
    for_staff = (await ministry.get("/api/v1/statistics", params={"year": 2026})).json()

    assert all(
        cell["companies"] is None or cell["companies"] >= 5 for cell in open_to_all["by_status"]
    )
    assert all(cell["companies"] is not None for cell in for_staff["by_status"])
    assert "center1379_open_cases" in (await public.get("/metrics")).text
