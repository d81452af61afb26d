"""Applying for a project: calls of other ministries, and what follows when it was not selected."""

from typing import Literal

from schemas.base import WireModel
from schemas.outcome.fields import date_field, required, text


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


class ChooseNext(WireModel):
    """The company's choice when its project was not selected, or no call is open (U09, U10)."""

    kind: Literal["choose_next"] = "choose_next"
    decision: Literal["wait", "smaller", "guidance", "close"] = required(
        "How do you want to go on?"
    )
    reason: str | None = text("Anything that we should know")


class DecideNext(WireModel):
    """The coordinator's decision for a company that did not choose."""

    kind: Literal["decide_next"] = "decide_next"
    decision: Literal["wait", "smaller", "guidance", "close"] = required("Decision")
    reason: str | None = text("Reason", decision=("wait", "smaller", "guidance", "close"))
