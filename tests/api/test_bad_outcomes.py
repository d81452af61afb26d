"""Wrong answers to tasks are refused with their field, and nothing of them is stored."""

from collections.abc import Iterator
from typing import Any

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from schemas.actor import COMPANY_GROUP, Role, centre_group, institute_group
from schemas.outcome import OUTCOMES, TaskKind
from schemas.outcome.fields import MAX_TEXT
from schemas.outcome.kinds import COMPANY_TASKS
from tests.api.conftest import add_task, filed, project, signed_in
from tests.api.refusals import NOTHING_TAKES_THIS, assert_refused, rows


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
            yield name, good | {name: NOTHING_TAKES_THIS}
            continue
        marks: Any = field.json_schema_extra
        yield name, good | {name: NOTHING_TAKES_THIS}
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
