"""Every message the centre can send reads well in both languages."""

import ast
from pathlib import Path

import pytest
from jinja2 import TemplateError

import workflows
from activities.mail_templates import FOLDER, LANGUAGES, Handler, MailTemplates, moment, words
from schemas.actor import COMPANY_GROUP
from schemas.case import CaseOutcome
from schemas.outcome import (
    ReferCase,
    TaskKind,
)
from schemas.record import Message
from schemas.selection import Ineligibility

TEMPLATES = sorted(path.stem for path in (FOLDER / "ko").glob("*.j2"))
CASE = "1379-2026-000123"
EVERY_PARAMETER = {
    "due_at": "2026-11-24T09:00:00+00:00",
    "reopen_until": "2026-12-24T09:00:00+00:00",
    "outcome": CaseOutcome.PARTIAL.value,
    "institute": "KITECH",
    "attempt": "2",
    "body": "finance",
    "promise": "first_contact",
    "task": f"{CASE}.accept_case.1",
    "task_kind": TaskKind.ACCEPT_CASE.value,
    "kind": "message",
    "held_on": "2026-12-01",
    "mode": "visit",
    "reason": "broken",
    "round_reason": "budget",
    "answer": "accepted",
    "matter": "disagreement",
    "weeks": "2",
    "linked": "1379-2026-000124",
}


@pytest.fixture(scope="module")
def templates() -> MailTemplates:
    return MailTemplates("https://center1379.example")


def message(template: str, audience: str = COMPANY_GROUP, **parameters: str) -> Message:
    return Message(
        key="k", case_number=CASE, template=template, audience=audience, parameters=parameters
    )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("audience", [COMPANY_GROUP, "centre:coordinator"])
@pytest.mark.parametrize("template", TEMPLATES)
def test_every_template_tells_case_and_subject(
    templates: MailTemplates, template: str, audience: str, language: str
) -> None:
    letter = templates.render(
        message(template, audience, **EVERY_PARAMETER), language=language, handler=None
    )

    assert letter.subject.startswith(f"[{CASE}] ")
    assert len(letter.subject) > len(f"[{CASE}] ") + 3
    assert CASE in letter.text
    assert "https://center1379.example/" in letter.text
    assert "\n\n\n" not in letter.text
    assert letter.html.startswith("<!doctype html>")
    assert len(letter.version) == 12


def test_both_languages_have_the_same_templates() -> None:
    assert sorted(path.stem for path in (FOLDER / "en").glob("*.j2")) == TEMPLATES
    assert len(TEMPLATES) > 30


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_has_a_word(language: str) -> None:
    told = words(language)

    assert set(told["outcome"]) == {outcome.value for outcome in CaseOutcome}
    assert set(told["task"]) == {kind.value for kind in TaskKind}
    assert set(told["round_reason"]) == {reason.value for reason in Ineligibility} | {
        "below_threshold", "budget", "too_few_scores", "no_place_left"
    }  # fmt: skip
    schema = ReferCase.model_json_schema()["properties"]["body"]
    assert set(told["referral"]) == set(schema["enum"])


def test_every_message_that_a_workflow_sends_has_a_template() -> None:
    assert sent_by_workflows() <= set(TEMPLATES)
    assert {"case_received", "supplement_reminder", "task_overdue"} <= sent_by_workflows()


def sent_by_workflows() -> set[str]:
    """Names given to `tell`, and as `announce` or `remind`, anywhere in the procedures."""
    assert workflows.__file__ is not None
    names: set[str] = set()
    for path in Path(workflows.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.Call(
                    func=ast.Attribute(attr="tell" | "_tell"),
                    args=[ast.Constant(value=str(name)), *_],
                ):
                    names.add(name)
                case ast.keyword(arg="announce" | "remind", value=ast.Constant(value=str(name))):
                    names.add(name)
                case _:
                    pass
    return names


@pytest.mark.parametrize(
    ("template", "facts"),
    [
        ("case_closed", {"outcome": "partial"}),
        ("case_closed", {"outcome": "partial", "reopen_until": "tomorrow"}),
        ("case_closed", {"outcome": "no_such", "reopen_until": EVERY_PARAMETER["reopen_until"]}),
        ("no_such_template", {}),
    ],
)
def test_what_is_missing_is_an_error_and_not_a_gap(
    templates: MailTemplates, template: str, facts: dict[str, str]
) -> None:
    with pytest.raises(TemplateError):
        templates.render(message(template, **facts), language="ko", handler=None)


def test_a_language_that_the_centre_does_not_write_is_answered_in_korean(
    templates: MailTemplates,
) -> None:
    french = templates.render(message("withdrawn"), language="fr", handler=None)

    assert french == templates.render(message("withdrawn"), language="ko", handler=None)


def test_names_are_escaped_in_html_and_plain_in_text(templates: MailTemplates) -> None:
    letter = templates.render(
        message("withdrawn"), language="ko", handler=Handler("R&D <협력실>", None)
    )

    assert "R&D <협력실>" in letter.text
    assert "R&amp;D &lt;협력실&gt;" in letter.html
    assert "<협력실>" not in letter.html


def test_times_are_told_as_they_are_in_korea() -> None:
    assert moment("2026-11-24T15:30:00+00:00", language="ko") == "2026년 11월 25일(수) 00:30"
    assert (
        moment("2026-11-24T15:30:00+00:00", language="en") == "Wed 25 Nov 2026, 00:30 Korean time"
    )


def test_everybody_is_led_to_their_task(templates: MailTemplates) -> None:
    task = f"{CASE}.supply_information.1"
    facts = {"task": task, "task_kind": "supply_information", "due_at": EVERY_PARAMETER["due_at"]}

    company = templates.render(message("task_reminder", **facts), language="ko", handler=None)
    staff = templates.render(
        message("task_reminder", "centre:triage", **facts), language="ko", handler=None
    )

    assert f"/cases/{CASE}/tasks/{task}\n" in company.text
    assert f".example/tasks/{task}\n" in staff.text


def test_without_a_task_everybody_is_led_to_the_case(templates: MailTemplates) -> None:
    company = templates.render(message("withdrawn"), language="ko", handler=None)
    staff = templates.render(
        message("case_withdrawn_staff", "institute:KITECH:dept_head"), language="ko", handler=None
    )

    assert f".example/cases/{CASE}\n" in company.text
    assert f".example/staff/cases/{CASE}\n" in staff.text
