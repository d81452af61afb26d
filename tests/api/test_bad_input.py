"""Whatever is sent, the answer names the field and what to do, and nothing is half-written."""

from collections.abc import Iterator
from typing import Any

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from schemas.actor import COMPANY_GROUP, Role, centre_group, institute_group
from schemas.company import IntakeRequest
from schemas.outcome import OUTCOMES, TaskKind
from schemas.outcome.fields import MAX_TEXT
from schemas.outcome.kinds import COMPANY_TASKS
from tests.api.conftest import add_task, difficulty, filed, project, signed_in

PROBLEM = "application/problem+json"
_NOTHING_TAKES_THIS = {"a": [1]}
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
    wrong = [1] if pointer in {"/company", "/details", "/consents"} else _NOTHING_TAKES_THIS

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


# -- outcomes --


def group_of(kind: TaskKind) -> str:
    """A group that the callers of these tests belong to."""
    if kind in COMPANY_TASKS:
        return COMPANY_GROUP
    if kind is TaskKind.ACCEPT_CASE:
        return institute_group("KITECH", Role.DEPT_HEAD)
    return centre_group(Role.COORDINATOR)


class Desk:
    """Sends outcomes for open tasks of one case, one task for each kind."""

    def __init__(self, number: str, clients: dict[str, httpx.AsyncClient]) -> None:
        self.number = number
        self.clients = clients

    async def complete(
        self, kind: TaskKind, outcome: dict[str, object], *, etag: bytes = b'"1"'
    ) -> httpx.Response:
        group = group_of(kind)
        prefix = f"/api/v1/cases/{self.number}/tasks" if kind in COMPANY_TASKS else "/api/v1/tasks"
        return await self.clients[group].post(
            f"{prefix}/{self.number}.{kind.value}.1/complete",
            json={"outcome": outcome},
            headers={b"If-Match": etag},
        )


@pytest.fixture
async def desk(app: FastAPI, public: httpx.AsyncClient, database: asyncpg.Pool) -> Desk:
    receipt = await filed(public)
    number = receipt["case_number"]
    await project(database, number, institute="KITECH")
    for kind in TaskKind:
        await add_task(database, number, kind, group_of(kind))
    public.headers["X-Tracking-Code"] = receipt["tracking_code"]
    return Desk(
        number,
        {
            COMPANY_GROUP: public,
            institute_group("KITECH", Role.DEPT_HEAD): await signed_in(app, "kitech.head"),
            centre_group(Role.COORDINATOR): await signed_in(app, "coordinator"),
        },
    )


def fillings(kind: TaskKind) -> dict[str, object]:
    """A value of the right form for every field that must be sent, or is needed with these."""
    schema = OUTCOMES[kind].model_json_schema()
    filled: dict[str, object] = {
        name: a_value(schema, schema["properties"][name]) for name in schema.get("required", [])
    }
    for name, field in schema["properties"].items():
        needed = field.get("x-needed-when", {}).items()
        if any(filled.get(other) in values for other, values in needed):
            filled[name] = a_value(schema, field)
    return filled


def a_value(schema: dict[str, Any], field: dict[str, Any]) -> object:
    """A value of the right form for one field."""
    if field.get("format") == "date":
        return "2026-12-01"
    shapes = [field, *field.get("anyOf", [])]
    shapes += [schema["$defs"][one["$ref"].rpartition("/")[2]] for one in shapes if "$ref" in one]
    for shape in shapes:
        if "enum" in shape:
            return shape["enum"][0]
        if "pattern" in shape:
            return "0" * 64  # A hash; days are above.
    return "x" if any(shape.get("type") == "string" for shape in shapes) else 1


def wrong_outcomes(kind: TaskKind) -> Iterator[tuple[str, dict[str, object]]]:
    """Each field of the kind's outcome with values it cannot have, by its name."""
    model = OUTCOMES[kind]
    good = fillings(kind)
    for name, field in model.model_fields.items():
        if name == "kind":
            yield name, good | {name: "another_kind"}
            yield name, good | {name: _NOTHING_TAKES_THIS}
            continue
        marks: Any = field.json_schema_extra
        yield name, good | {name: _NOTHING_TAKES_THIS}
        yield name, good | {name: "\0"}
        if marks["x-kind"] == "text":
            yield name, good | {name: "가" * (MAX_TEXT + 1)}
            yield name, good | {name: 5}
        else:
            yield name, good | {name: "no_such_code"}
            yield name, good | {name: -(10**30)}
        if field.is_required():
            yield name, {other: value for other, value in good.items() if other != name}
    yield "unknown", good | {"unknown": 1}
    yield "a/~b", good | {"a/~b": 1}


@pytest.mark.parametrize("kind", list(TaskKind), ids=str)
async def test_each_wrong_field_of_an_outcome_is_named_and_nothing_is_stored(
    desk: Desk, database: asyncpg.Pool, kind: TaskKind
) -> None:
    before = await rows(database)

    for name, outcome in wrong_outcomes(kind):
        answer = await desk.complete(kind, outcome)
        escaped = name.replace("~", "~0").replace("/", "~1")
        assert_refused(answer, f"/outcome/{escaped}")

    assert await rows(database) == before


@pytest.mark.parametrize("kind", list(TaskKind), ids=str)
async def test_each_needed_field_that_is_left_out_is_named_and_nothing_is_stored(
    desk: Desk, database: asyncpg.Pool, kind: TaskKind
) -> None:
    before = await rows(database)

    for name, field in OUTCOMES[kind].model_fields.items():
        marks: Any = field.json_schema_extra or {}
        for other, values in marks.get("x-needed-when", {}).items():
            for value in values:
                needing = {**fillings(kind), other: value}
                if other == "decline_reason":
                    needing["decision"] = "decline"
                answer = await desk.complete(kind, {**needing, name: None})
                pointers = {error["pointer"] for error in answer.json()["errors"]}
                assert answer.status_code == 422, (name, value, answer.text)
                # Several may be needed with the same answer; the first one is named.
                assert all(pointer.startswith("/outcome/") for pointer in pointers)
                assert answer.json()["type"] == "/problems/outcome-incomplete"

    assert await rows(database) == before


@pytest.mark.parametrize(
    ("kind", "outcome", "field"),
    [
        (TaskKind.ASSIGN_INSTITUTE, {"decision": "assign", "institute": "NOSUCH"}, "institute"),
        (TaskKind.DECIDE_NO_MATCH, {"decision": "choose", "institute": "NOSUCH"}, "institute"),
        (TaskKind.DECIDE_NO_MATCH, {"decision": "choose", "institute": "'; --"}, "institute"),
        (
            TaskKind.ACCEPT_CASE,
            {
                "decision": "decline",
                "decline_reason": "better_institute",
                "better_institute": "NOSUCH",
            },
            "better_institute",
        ),
        (TaskKind.ACCEPT_CASE, {"decision": "accept", "named_staff": "nobody"}, "named_staff"),
        (
            TaskKind.ACCEPT_CASE,
            {"decision": "accept", "named_staff": "acc-keri-support"},
            "named_staff",
        ),
        (
            TaskKind.ACCEPT_CASE,
            {"decision": "accept", "named_staff": "acc-coordinator"},
            "named_staff",
        ),
        (TaskKind.RESOLVE_OVERDUE, {"decision": "reassign", "assignee": "nobody"}, "assignee"),
        (
            TaskKind.RESOLVE_OVERDUE,
            {"decision": "reassign", "assignee": "acc-keri-tlo"},
            "assignee",
        ),
        (
            TaskKind.SCREEN_CASE,
            {"decision": "duplicate", "duplicate_of": "1379-2026-999997"},
            "duplicate_of",
        ),
        (TaskKind.DRAFT_AGREEMENT, {"starts_on": "2026-02-30"}, "starts_on"),
        (TaskKind.DRAFT_AGREEMENT, {"starts_on": "２０２６-12-01"}, "starts_on"),
        (TaskKind.SCOPE_PROJECT, {"months": 1, "budget_krw": 2**63}, "budget_krw"),
        (TaskKind.SCOPE_PROJECT, {"months": 121, "budget_krw": 1}, "months"),
    ],
)
async def test_what_an_outcome_names_must_exist(
    desk: Desk, database: asyncpg.Pool, kind: TaskKind, outcome: dict[str, object], field: str
) -> None:
    before = await rows(database)

    assert_refused(await desk.complete(kind, outcome), f"/outcome/{field}")

    assert await rows(database) == before


async def test_a_case_is_no_duplicate_of_itself(desk: Desk) -> None:
    answer = await desk.complete(
        TaskKind.SCREEN_CASE, {"decision": "duplicate", "duplicate_of": desk.number}
    )

    assert_refused(answer, "/outcome/duplicate_of")


@pytest.mark.parametrize("assignee", ["nobody", "acc-keri-head", "acc-triage", "a\0b", "", 7])
async def test_a_task_goes_only_to_somebody_of_its_group(desk: Desk, assignee: object) -> None:
    head = desk.clients[institute_group("KITECH", Role.DEPT_HEAD)]

    answer = await head.post(
        f"/api/v1/tasks/{desk.number}.accept_case.1/reassign", json={"assignee": assignee}
    )

    assert_refused(answer, "/assignee")


async def test_an_institute_that_has_left_cannot_be_chosen(
    desk: Desk, database: asyncpg.Pool
) -> None:
    await database.execute(
        """
        INSERT INTO institute (code, name_ko, name_en, city, valid_from, valid_to)
        VALUES ('GONE', '데모', 'demo', '데모', '2013-01-01', '2026-11-22')
        ON CONFLICT DO NOTHING
        """
    )

    answer = await desk.complete(
        TaskKind.ASSIGN_INSTITUTE, {"decision": "assign", "institute": "GONE"}
    )

    assert_refused(answer, "/outcome/institute")


@pytest.mark.parametrize("etag", [b"banana", b'"-1"', b"\x00", '"٣"'.encode(), b'"1", "2"'])
async def test_an_etag_that_was_never_ours_is_stale(desk: Desk, etag: bytes) -> None:
    answer = await desk.complete(
        TaskKind.ASSIGN_INSTITUTE, {"decision": "assign", "institute": "KERI"}, etag=etag
    )

    assert_refused(answer, status=412)


async def test_an_answer_to_a_foreign_or_unknown_task_is_answered_alike(
    desk: Desk, app: FastAPI, database: asyncpg.Pool
) -> None:
    before = await rows(database)
    foreign = await signed_in(app, "keri.head")
    body = {"outcome": {"decision": "accept"}}

    answers = [
        await foreign.post(
            f"/api/v1/tasks/{number}.accept_case.1/complete", json=body, headers={"If-Match": "*"}
        )
        for number in (desk.number, "1379-2026-999996")
    ]

    assert answers[0].content == answers[1].content
    for answer in answers:
        assert_refused(answer, status=404)
    assert await rows(database) == before


@pytest.mark.parametrize("path", ["messages", "withdraw", "reopen"])
@pytest.mark.parametrize("text", ["a\0b", "가" * (MAX_TEXT + 1), 5, ["x"]])
async def test_what_a_company_writes_is_held_to_the_same_rules(
    desk: Desk, database: asyncpg.Pool, path: str, text: object
) -> None:
    before = await rows(database)
    field = "text" if path == "messages" else "reason"

    answer = await desk.clients[COMPANY_GROUP].post(
        f"/api/v1/cases/{desk.number}/{path}", json={field: text}
    )

    assert_refused(answer, f"/{field}")
    assert await rows(database) == before
