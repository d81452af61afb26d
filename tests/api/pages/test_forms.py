"""One description of an answer: the form is drawn from the outcome's schema, and read by it."""

import pytest
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import FormData

from api.pages.forms import Option, answer_from, errors_in, fields_of
from api.pages.languages import WORDS, Language
from api.pages.rounds import _typed_before  # pyright: ignore[reportPrivateUsage]
from api.problems import _ADVICE  # pyright: ignore[reportPrivateUsage]
from api.sheets import SheetLine, SheetView
from api.task_updates import parse_outcome
from schemas.outcome import (
    OUTCOMES,
    TaskKind,
)
from schemas.sheet import Assessment
from tests.api.conftest import NOW

WORDS_EN = WORDS[Language.ENGLISH]


@pytest.mark.parametrize("kind", list(TaskKind))
def test_every_outcome_has_a_form_without_its_kind(kind: TaskKind) -> None:
    drawn = fields_of(OUTCOMES[kind].model_json_schema(), WORDS_EN)

    assert {field.name for field in drawn} == set(OUTCOMES[kind].model_fields) - {"kind"}


@pytest.mark.parametrize(
    ("kind", "name", "widget"),
    [
        (TaskKind.ACCEPT_CASE, "decision", "radio"),
        (TaskKind.ACCEPT_CASE, "decline_reason", "radio"),  # six values
        (TaskKind.SCREEN_CASE, "decision", "select"),  # seven values
        (TaskKind.TRIAGE_CASE, "branch", "radio"),
        (TaskKind.TRIAGE_CASE, "months", "decimal"),
        (TaskKind.TRIAGE_CASE, "budget_krw", "whole"),
        (TaskKind.TRIAGE_CASE, "note", "textarea"),
        (TaskKind.REFER_CASE, "warm_transfer", "checkbox"),
        (TaskKind.DRAFT_AGREEMENT, "starts_on", "date"),
        (TaskKind.SCREEN_CASE, "duplicate_of", "text"),
    ],
)
def test_the_kind_of_value_decides_how_it_is_asked(kind: TaskKind, name: str, widget: str) -> None:
    drawn = fields_of(OUTCOMES[kind].model_json_schema(), WORDS_EN)

    assert next(field.widget for field in drawn if field.name == name) == widget


def test_a_field_says_with_which_answers_it_is_needed() -> None:
    drawn = fields_of(OUTCOMES[TaskKind.ACCEPT_CASE].model_json_schema(), WORDS_EN)
    needed = {field.name: field.needed_when for field in drawn}

    assert needed["decline_reason"] == '{"decision": ["decline"]}'
    assert not needed["note"]


def test_what_was_typed_and_what_is_wrong_is_shown_again() -> None:
    schema = OUTCOMES[TaskKind.SCREEN_CASE].model_json_schema()
    problem = {
        "type": "/problems/invalid-request",
        "detail": "…",
        "errors": [{"pointer": "/outcome/question", "detail": "This field is needed."}],
    }
    errors = errors_in(problem, WORDS[Language.KOREAN], inside="outcome")

    drawn = fields_of(
        schema,
        WORDS_EN,
        typed={"decision": "supplement"},
        errors={error.name: error.text for error in errors},
    )

    by_name = {field.name: field for field in drawn}
    assert by_name["decision"].value == "supplement"
    assert by_name["question"].error == "필수 항목입니다."


def test_values_that_a_schema_leaves_open_can_be_offered() -> None:
    drawn = fields_of(
        OUTCOMES[TaskKind.ASSIGN_INSTITUTE].model_json_schema(),
        WORDS_EN,
        choices={"institute": [Option(value="KITECH", label="Demo")]},
    )

    assert next(field for field in drawn if field.name == "institute").options[0].label == "Demo"


def test_an_answer_is_read_as_the_schema_types_it() -> None:
    schema = OUTCOMES[TaskKind.TRIAGE_CASE].model_json_schema()
    form = FormData(
        {
            "service": "difficulty", "months": "2.5", "budget_krw": "30,000,000", "note": "  ",
            "csrf_token": "not a field",
        }
    )  # fmt: skip

    assert answer_from(schema, form) == {
        "service": "difficulty",
        "months": 2.5,
        "budget_krw": 30_000_000,
    }


def test_a_text_that_is_no_number_is_left_for_the_model_to_refuse() -> None:
    schema = OUTCOMES[TaskKind.TRIAGE_CASE].model_json_schema()

    assert answer_from(schema, FormData({"months": "soon"}))["months"] == "soon"


def test_a_box_that_is_not_ticked_says_no() -> None:
    schema = OUTCOMES[TaskKind.REFER_CASE].model_json_schema()

    assert answer_from(schema, FormData({"body": "legal"}))["warm_transfer"] is False
    ticked = FormData({"body": "legal", "warm_transfer": "true"})
    assert answer_from(schema, ticked)["warm_transfer"] is True


def test_a_refusal_of_the_whole_form_says_what_kind_of_problem_it_is() -> None:
    problem = {"type": "/problems/stale-version", "detail": "It changed (now version 3)."}

    (error,) = errors_in(problem, WORDS[Language.KOREAN])

    assert error.text == "그 사이에 내용이 바뀌었습니다"


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("outcome-incomplete", "Please fill this in: your other answers ask for it."),
        ("invalid-request", "This value is not allowed here."),
    ],
)
def test_a_refusal_that_names_codes_is_put_into_words(kind: str, said: str) -> None:
    problem = {
        "type": f"/problems/{kind}",
        "detail": "…",
        "errors": [{"pointer": "/outcome/question", "detail": "Fill in “question”."}],
    }

    assert [error.text for error in errors_in(problem, WORDS_EN, inside="outcome")] == [said]


@pytest.mark.parametrize("typed", ["soon", "nan", "9" * 400])
def test_what_is_no_number_is_said_to_be_none(typed: str) -> None:
    with pytest.raises(RequestValidationError) as refused:
        parse_outcome(TaskKind.TRIAGE_CASE, {"months": answer_months(typed)})

    [fault] = [item for item in refused.value.errors() if item["loc"][-1] == "months"]
    assert _ADVICE[fault["type"]] in {"Send a number.", "This value is too large."}


def answer_months(typed: str) -> object:
    schema = OUTCOMES[TaskKind.TRIAGE_CASE].model_json_schema()
    return answer_from(schema, FormData({"months": typed}))["months"]


def test_a_score_of_nothing_is_a_score() -> None:
    schema = {"properties": {"need": {"type": "integer", "default": 0, "title": "Need"}}}

    assert [field.value for field in fields_of(schema, WORDS_EN)] == ["0"]
    assert _typed_before(
        SheetView(
            task_id="t", round_id="r", sheet="", complete=False,
            lines=[
                SheetLine(
                    case_number="1379-2026-000001", title="", institute="KITECH", months=None,
                    budget_krw=0, submitted_at=NOW, application=None, partners=None,
                    assessment=Assessment(need=0),
                )
            ],
        )
    ) == {"1379-2026-000001.need": "0"}  # fmt: skip
