"""Additional R&D: plan, track, agreement, project."""

from typing import Literal

from pydantic import Field

from schemas.base import Krw, WireModel
from schemas.outcome.fields import date_field, marks, optional, required, text


class ScopeProject(WireModel):
    """Goal, work, duration, budget: what the track is decided on."""

    kind: Literal["scope_project"] = "scope_project"
    months: float = Field(
        ge=0.5, le=120, title="Duration in months", json_schema_extra=marks("decision", {})
    )
    budget_krw: Krw = required("Budget in won")
    own_share_krw: Krw | None = optional("Company's own share in won")
    plan: str | None = text("Goal, work, people and risks")


class DecideTrack(WireModel):
    """The confirmed track; where the grid has no answer, a reason is needed (C04)."""

    kind: Literal["decide_track"] = "decide_track"
    decision: Literal[
        "short_fast", "short_monthly", "medium", "long", "guidance", "change_plan", "not_feasible"
    ] = required("Track")
    reason: str | None = text("Reason", decision=("guidance", "change_plan", "not_feasible"))


class ApprovePlan(WireModel):
    """The department head's approval of the project plan."""

    kind: Literal["approve_plan"] = "approve_plan"
    decision: Literal["approve", "change", "refuse"] = required("Decision")
    reason: str | None = text("Reason", decision=("change", "refuse"))


class DraftAgreement(WireModel):
    """The draft that both sides are asked to sign."""

    kind: Literal["draft_agreement"] = "draft_agreement"
    starts_on: str = date_field("Project start")
    agreement: str | None = text("The agreement in short")


class SignAsCompany(WireModel):
    kind: Literal["sign_as_company"] = "sign_as_company"
    decision: Literal["sign", "change", "refuse"] = required("Decision")
    reason: str | None = text("What should change, or why not", decision=("change", "refuse"))


class SignAsInstitute(WireModel):
    kind: Literal["sign_as_institute"] = "sign_as_institute"
    decision: Literal["sign", "change", "refuse"] = required("Decision")
    reason: str | None = text("What should change, or why not", decision=("change", "refuse"))


class DecideLateAgreement(WireModel):
    """What follows when two weeks passed without a signed agreement (U08). Never automatic."""

    kind: Literal["decide_late_agreement"] = "decide_late_agreement"
    decision: Literal["extend", "monthly_round", "other_track", "guidance", "close"] = required(
        "Decision"
    )
    reason: str | None = text(
        "Reason",
        decision=("extend", "monthly_round", "other_track", "guidance", "close"),
    )


class ReportProgress(WireModel):
    """The project leader's periodic report."""

    kind: Literal["report_progress"] = "report_progress"
    decision: Literal["on_plan", "at_risk", "blocked", "stop"] = required("State")
    note: str | None = text("Note", decision=("at_risk", "blocked", "stop"))


class CheckMidterm(WireModel):
    """The check of a medium project at half its duration (domain 3.4.2)."""

    kind: Literal["check_midterm"] = "check_midterm"
    decision: Literal["continue", "change", "stop"] = required("Decision")
    change: str | None = text("What changes; both sides sign it", decision="change")
    reason: str | None = text("Reason", decision="stop")


class DecideOverrun(WireModel):
    """What follows when a project reached its end without a result (U11)."""

    kind: Literal["decide_overrun"] = "decide_overrun"
    decision: Literal["finish_now", "extend", "partial", "medium", "stop"] = required("Decision")
    weeks: int | None = Field(
        default=None,
        ge=1,
        le=17,
        title="Weeks more",
        json_schema_extra=marks("decision", {"decision": "extend"}),
    )
    reason: str | None = text("Reason", decision=("extend", "partial", "medium", "stop"))


class ReportResult(WireModel):
    """The result, honestly: a missed goal is not a fault (U12)."""

    kind: Literal["report_result"] = "report_result"
    goal: Literal["met", "partly", "missed"] = required("Goal")
    report: str | None = text("Result and lessons", goal=("met", "partly", "missed"))
