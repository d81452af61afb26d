"""Guidance and advice: adviser, sessions, report."""

from typing import Literal

from pydantic import Field

from schemas.base import WireModel
from schemas.outcome.fields import date_field, marks, optional, required, text


class NameAdviser(WireModel):
    """Who advises the company; an institute that has nobody is replaced."""

    kind: Literal["name_adviser"] = "name_adviser"
    decision: Literal["named", "none"] = required("Decision")
    named_staff: str | None = optional("Adviser", decision="named")
    reason: str | None = text("Reason", decision="none")


class PlanSession(WireModel):
    """The next meeting with the company."""

    kind: Literal["plan_session"] = "plan_session"
    mode: Literal["visit", "at_institute", "video", "phone"] = required("Kind of meeting")
    held_on: str = date_field("Day")
    start_hour: int = Field(
        default=9, ge=0, le=23, title="From, full hour", json_schema_extra=marks("decision", {})
    )
    place: str | None = text("Place")


class RecordSession(WireModel):
    """What came of a meeting."""

    kind: Literal["record_session"] = "record_session"
    decision: Literal["held", "more_sessions", "no_show", "needs_rd", "needs_equipment"] = required(
        "Result"
    )
    record: str | None = text(
        "What was found and said", decision=("held", "more_sessions", "needs_rd", "needs_equipment")
    )


class WriteAdvice(WireModel):
    """Advice in writing, with the limits of liability."""

    kind: Literal["write_advice"] = "write_advice"
    advice: str | None = text("Advice, and what it does not cover")


class ConfirmAdvice(WireModel):
    """The company's word on the advice."""

    kind: Literal["confirm_advice"] = "confirm_advice"
    decision: Literal["helpful", "partly", "not_helpful"] = required("Did the advice help?")
    open_points: str | None = text("What is still open", decision=("partly", "not_helpful"))
