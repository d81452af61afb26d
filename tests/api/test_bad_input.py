"""Whatever is sent, the answer names the field and what to do, and nothing is half-written."""

from typing import Any

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from schemas.company import IntakeRequest
from tests.api.conftest import difficulty, filed, signed_in
from tests.api.refusals import NOTHING_TAKES_THIS, assert_refused, rows

# -- intake --


def changed(pointer: str, value: object) -> dict[str, Any]:
    """A good intake but for one value."""
    body = difficulty()
    *parents, name = pointer.strip("/").split("/")
    part = body
    for parent in parents:
        part = part.setdefault(parent, {})
    part[name] = value
    return body


_INTAKE_FIELDS = [
    *(f"/{name}" for name in IntakeRequest.model_fields),
    "/company/name", "/company/business_registration_number", "/company/contact_name",
    "/company/email", "/company/phone", "/company/region", "/company/has_research_lab",
    "/consents/collect_use", "/consents/collect_use/given", "/consents/collect_use/text_version",
    "/details/alloy",
]  # fmt: skip
_INTAKE_TEXTS = {
    "/title": 200, "/description": 10_000, "/company/name": 200, "/company/contact_name": 100,
    "/company/business_registration_number": 20, "/company/region": 20, "/channel": 40,
    "/company/email": 254, "/company/phone": 24, "/consents/collect_use/text_version": 20,
    "/details/alloy": 1000,
}  # fmt: skip


@pytest.mark.parametrize("pointer", _INTAKE_FIELDS)
async def test_an_intake_field_of_a_wrong_type_is_named(
    public: httpx.AsyncClient, database: asyncpg.Pool, pointer: str
) -> None:
    before = await rows(database)
    wrong = [1] if pointer in {"/company", "/details", "/consents"} else NOTHING_TAKES_THIS

    answer = await public.post("/api/v1/cases", json=changed(pointer, wrong))

    errors = answer.json()["errors"]
    assert all(error["pointer"].startswith(pointer) for error in errors), errors
    assert_refused(answer, errors[0]["pointer"])
    assert await rows(database) == before


@pytest.mark.parametrize("pointer", sorted(_INTAKE_TEXTS))
async def test_an_intake_text_that_is_too_long_is_named(
    public: httpx.AsyncClient, database: asyncpg.Pool, pointer: str
) -> None:
    before = await rows(database)

    answer = await public.post(
        "/api/v1/cases", json=changed(pointer, "9" * (_INTAKE_TEXTS[pointer] + 1))
    )

    assert_refused(answer, pointer)
    assert await rows(database) == before


@pytest.mark.parametrize("pointer", sorted(_INTAKE_TEXTS))
@pytest.mark.parametrize("raw", [r"\u0000", r"\ud800", r"a\u0000b", r"\udfff\ud800"])
async def test_a_character_that_cannot_be_kept_is_refused_with_its_field(
    public: httpx.AsyncClient, database: asyncpg.Pool, pointer: str, raw: str
) -> None:
    before = await rows(database)
    client_body = httpx.Request("POST", "/", json=changed(pointer, "<MARK>")).content

    answer = await public.post(
        "/api/v1/cases",
        content=client_body.replace(b"<MARK>", f"0123456789{raw}".encode()),
        headers={"Content-Type": "application/json"},
    )

    assert_refused(answer, pointer)
    assert await rows(database) == before


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("/service", "magic"),
        ("/channel", "carrier_pigeon"),
        ("/institute_wish", "NOSUCH"),
        ("/institute_wish", "kitech"),
        ("/language", "xx"),
        ("/company/email", "not an address"),
        ("/company/phone", "call me"),
        ("/consents/world_domination", {"given": True, "text_version": "2013-1"}),
        ("/consents/collect_use/text_version", "1999-9"),
        ("/received_at", "2026-02-30T09:00:00+09:00"),
        ("/received_at", "2026-11-20T09:00:00"),
        ("/received_at", "0001-01-01T00:00:00+23:59"),
        ("/received_at", "9999-12-31T23:59:59-23:59"),
        ("/received_at", 10**30),
        ("/unknown", 1),
        ("/company/unknown", 1),
        ("/consents/collect_use/unknown", 1),
        ("/details/number", 10**30),
        ("/details/list", []),
    ],
)
async def test_an_intake_value_that_does_not_exist_is_named(
    public: httpx.AsyncClient, database: asyncpg.Pool, pointer: str, value: object
) -> None:
    before = await rows(database)

    answer = await public.post("/api/v1/cases", json=changed(pointer, value))

    assert_refused(answer, pointer)
    assert await rows(database) == before


@pytest.mark.parametrize("missing", ["company", "title", "description", "consents"])
async def test_a_missing_intake_field_is_named(public: httpx.AsyncClient, missing: str) -> None:
    body = difficulty()
    del body[missing]

    assert_refused(await public.post("/api/v1/cases", json=body), f"/{missing}")


async def test_the_desk_cannot_date_a_case_before_calendars_begin(app: FastAPI) -> None:
    agent = await signed_in(app, "agent")

    for at in ("0001-01-01T00:00:00+23:59", "0001-01-01T00:00:00Z", "2012-01-01T00:00:00Z"):
        assert_refused(await agent.post("/api/v1/cases", json=changed("/received_at", at)))


async def test_names_of_details_are_held_to_the_same_rules(public: httpx.AsyncClient) -> None:
    for raw in (r"\u0000", r"\ud800", "x" * 61):
        body = httpx.Request("POST", "/", json=changed("/details/<MARK>", 1)).content
        answer = await public.post(
            "/api/v1/cases",
            content=body.replace(b"<MARK>", raw.encode()),
            headers={"Content-Type": "application/json"},
        )
        assert_refused(answer)
        assert answer.json()["errors"][0]["pointer"].startswith("/details/")


@pytest.mark.parametrize(
    "text",
    ["'; DROP TABLE intake; --", "<script>alert(1)</script>", "{{ 7 * 7 }}", "%s %d", "🙂\u202e ﷽"],
)
async def test_texts_that_mean_something_elsewhere_are_just_texts(
    public: httpx.AsyncClient, text: str
) -> None:
    receipt = await filed(public, title=text, description=text * 2)

    seen = await public.get(
        receipt["links"]["self"], headers={"X-Tracking-Code": receipt["tracking_code"]}
    )

    assert seen.json()["title"] == text


# -- what is no request at all --


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (b"{", "application/json"),
        (b"", "application/json"),
        (b"[]", "application/json"),
        (b"null", "application/json"),
        (b'"text"', "application/json"),
        (b"\xff\xfe\x00", "application/json"),
        (b'{"title": "\xc3\x28"}', "application/json"),
        (b"[" * 100_000, "application/json"),
        (b'{"title": ' + b"9" * 5000 + b"}", "application/json"),
        (b"title=x", "application/x-www-form-urlencoded"),
        (b"{}", "text/plain"),
        (b"{}", "application/xml"),
        (b"{}", ""),
    ],
)
async def test_what_cannot_be_read_is_refused(
    public: httpx.AsyncClient, database: asyncpg.Pool, content: bytes, content_type: str
) -> None:
    before = await rows(database)

    answer = await public.post(
        "/api/v1/cases", content=content, headers={"Content-Type": content_type}
    )

    assert answer.status_code in {400, 422}, answer.text
    assert_refused(answer, status=answer.status_code)
    assert await rows(database) == before


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e400"])
async def test_numbers_that_are_none_are_refused_with_their_field(
    public: httpx.AsyncClient, number: str
) -> None:
    body = httpx.Request("POST", "/", json=changed("/details/weight", "<MARK>")).content

    answer = await public.post(
        "/api/v1/cases",
        content=body.replace(b'"<MARK>"', number.encode()),
        headers={"Content-Type": "application/json"},
    )

    assert_refused(answer, "/details/weight")


@pytest.mark.parametrize("key", [b"", b"x" * 201, b"\x00", "열쇠".encode()])
async def test_an_idempotency_key_is_short_and_printable(
    public: httpx.AsyncClient, key: bytes
) -> None:
    answer = await public.post(
        "/api/v1/cases", json=difficulty(), headers={b"Idempotency-Key": key}
    )

    assert_refused(answer, "/header/Idempotency-Key")


@pytest.mark.parametrize(
    ("path", "pointer"),
    [
        ("/api/v1/cases?limit=0", "/query/limit"),
        ("/api/v1/cases?limit=99999999999999999999", "/query/limit"),
        ("/api/v1/cases?status=lost", "/query/status"),
        ("/api/v1/cases?institute=%00", "/query/institute"),
        ("/api/v1/cases?cursor=%00", "/query/cursor"),
        ("/api/v1/cases?cursor=MDAwMS0wMS0wMVQwMDowMDowMCsyMzo1OXx4", "/query/cursor"),
        ("/api/v1/cases?cursor=OTk5OS0xMi0zMVQyMzo1OTo1OS0yMzo1OXx4", "/query/cursor"),
        ("/api/v1/tasks?kind=nothing", "/query/kind"),
        ("/api/v1/tasks?mine=perhaps", "/query/mine"),
        ("/api/v1/tasks?q=" + "x" * 101, "/query/q"),
        ("/api/v1/search/patents?cursor=%00", "/query/cursor"),
        ("/api/v1/search/labs?limit=101", "/query/limit"),
        ("/api/v1/statistics?year=1", "/query/year"),
        ("/api/v1/cases/{filed}/journal?after=99999999999999999999", "/query/after"),
        ("/api/v1/cases/not-a-number", None),
        ("/api/v1/cases/1379-2026-000001%00", None),
        ("/api/v1/tasks/1379-2026-000001.nothing.1", None),
        ("/api/v1/tasks/1379-2026-000001.screen_case.1%00", None),
    ],
)
async def test_a_question_that_cannot_be_answered_is_refused(
    app: FastAPI, public: httpx.AsyncClient, path: str, pointer: str | None
) -> None:
    coordinator = await signed_in(app, "coordinator")
    number = (await filed(public))["case_number"]

    answer = await coordinator.get(path.replace("{filed}", number))

    assert answer.status_code in {404, 422}, answer.text
    assert_refused(answer, pointer, answer.status_code)


async def test_a_search_for_characters_that_no_text_has_finds_nothing(app: FastAPI) -> None:
    coordinator = await signed_in(app, "coordinator")

    for list_of in ("cases", "tasks", "search/patents"):
        answer = await coordinator.get(f"/api/v1/{list_of}?q=%00nothing%00")
        assert answer.json()["items"] == [], answer.text


@pytest.mark.parametrize("username", ["\0", "a\0b", "x" * 101, ""])
async def test_a_username_that_no_account_has_is_no_defect(
    public: httpx.AsyncClient, username: str
) -> None:
    answer = await public.post(
        "/api/v1/sessions", json={"username": username, "password": "whatever"}
    )

    assert_refused(answer, "/username")
