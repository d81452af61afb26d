"""Applying for a project: rounds of the centre, calls of other ministries, what follows."""

from typing import Literal

from pydantic import Field

from schemas.base import Krw, WireModel
from schemas.outcome.fields import date_field, marks, optional, required, text


class FindCall(WireModel):
    """The yearly call of another ministry that suits the project (C21)."""

    kind: Literal["find_call"] = "find_call"
    decision: Literal["found", "none_this_year"] = required("Is there a call?")
    closes_on: str | None = date_field("Applications close on", decision="found")
    call: str | None = text("Ministry, programme and number of the call", decision="found")
    reason: str | None = text("What was looked for", decision="none_this_year")


class ReportApplication(WireModel):
    """Whether the company applied; it leads the project itself (C24)."""

    kind: Literal["report_application"] = "report_application"
    decision: Literal["applied", "not_applied"] = required("Did you apply?")
    application: str | None = text("Number of the application", decision="applied")
    reason: str | None = text("Why not (you need not say)")


class AskForApplication(WireModel):
    """The handler asks a company that did not say whether it applied."""

    kind: Literal["ask_for_application"] = "ask_for_application"
    decision: Literal["applied", "not_applied", "not_reached"] = required("Result")
    application: str | None = text("Number of the application", decision="applied")


class RecordExternalDecision(WireModel):
    """What the other ministry decided; the centre only hears of it."""

    kind: Literal["record_external_decision"] = "record_external_decision"
    decision: Literal["selected", "not_selected"] = required("Decision of the programme")
    reason: str | None = text("Reasons, as far as they are known")


class PrepareApplication(WireModel):
    """The application to a round, written by the institute with the company (domain 3.4.1, 3.4.2).

    `partners` says who else takes part: medium R&D needs industry, university and institute.
    """

    kind: Literal["prepare_application"] = "prepare_application"
    decision: Literal["apply", "not_apply"] = required("Does the project apply?")
    application: str | None = text(
        "Application: goal, work, people, use of the money", decision="apply"
    )
    partners: str | None = text("Further partners and their parts (needed in medium R&D)")
    reason: str | None = text("Why not", decision="not_apply")


class ScoreApplications(WireModel):
    """A reviewer hands in the score sheet of a round, blind of the others' sheets.

    `sheet` is the SHA-256 of the saved sheet: it names exactly what was handed in.
    """

    kind: Literal["score_applications"] = "score_applications"
    decision: Literal["hand_in", "cannot_review"] = required("Decision")
    sheet: str | None = Field(
        default=None,
        pattern="^[0-9a-f]{64}$",
        title="Saved sheet",
        json_schema_extra=marks("decision", {"decision": "hand_in"}),
    )
    reason: str | None = text("Why not", decision="cannot_review")


class DecideRound(WireModel):
    """The centre confirms a ranking, or ranks anew.

    With another budget; or with every score, also of applications that few reviewers could score.
    All of them, so that the same bar holds for everybody; one that nobody could score has no place
    in a ranking, and may object or apply again.
    """

    kind: Literal["decide_round"] = "decide_round"
    decision: Literal["confirm", "change_budget", "admit"] = required("Decision")
    budget_krw: Krw | None = optional("Budget of the round in won", decision="change_budget")
    reason: str | None = text("Reason", decision=("change_budget", "admit"))


class DecideObjection(WireModel):
    """The centre's decision on an objection to a round's decision."""

    kind: Literal["decide_objection"] = "decide_objection"
    decision: Literal["stands", "selected"] = required("Decision")
    reason: str | None = text("Reasons, told to the company", decision=("stands", "selected"))


class ChooseNext(WireModel):
    """The company's choice when its project was not selected, or no call is open (U09, U10)."""

    kind: Literal["choose_next"] = "choose_next"
    decision: Literal["wait", "smaller", "guidance", "object", "close"] = required(
        "How do you want to go on?"
    )
    reason: str | None = text("Anything that we should know", decision="object")


class DecideNext(WireModel):
    """The coordinator's decision for a company that did not choose."""

    kind: Literal["decide_next"] = "decide_next"
    decision: Literal["wait", "smaller", "guidance", "close"] = required("Decision")
    reason: str | None = text("Reason", decision=("wait", "smaller", "guidance", "close"))
