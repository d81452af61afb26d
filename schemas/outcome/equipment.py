"""Use of an instrument: terms, booking, use, fee."""

from typing import Literal

from pydantic import Field

from schemas.base import Krw, WireModel
from schemas.outcome.fields import date_field, marks, optional, required, text


class CheckEquipment(WireModel):
    """Which instrument, when, and on what terms."""

    kind: Literal["check_equipment"] = "check_equipment"
    decision: Literal["available", "alternative", "not_possible"] = required("Decision")
    equipment_id: str | None = optional("Instrument", decision=("available", "alternative"))
    starts_on: str | None = date_field("Day", decision=("available", "alternative"))
    start_hour: int | None = Field(
        default=None,
        ge=0,
        le=23,
        title="From, full hour",
        json_schema_extra=marks("decision", {"decision": ("available", "alternative")}),
    )
    hours: int | None = Field(
        default=None,
        ge=1,
        le=240,
        title="Hours",
        json_schema_extra=marks("decision", {"decision": ("available", "alternative")}),
    )
    fee_krw: Krw | None = optional("Fee in won", decision=("available", "alternative"))
    terms: str | None = text(
        "Safety training, hazards of the samples, secrecy", decision=("available", "alternative")
    )
    reason: str | None = text("Reason, told to the company", decision="not_possible")


class AcceptUse(WireModel):
    """The company's answer to time and terms."""

    kind: Literal["accept_use"] = "accept_use"
    decision: Literal["accept", "other_time", "decline"] = required("Your answer")
    wish: str | None = text("When it suits you, or why not", decision="other_time")


class MoveBooking(WireModel):
    """The company moves its booking; possible once."""

    kind: Literal["move_booking"] = "move_booking"
    wish: str | None = text("When it suits you instead")


class RecordUse(WireModel):
    """What became of the booked time."""

    kind: Literal["record_use"] = "record_use"
    decision: Literal["used", "no_show", "broken"] = required("Result")


class ReportUse(WireModel):
    """The use and its fee."""

    kind: Literal["report_use"] = "report_use"
    hours: int = Field(ge=1, le=240, title="Hours used", json_schema_extra=marks("decision", {}))
    fee_krw: Krw = required("Fee in won")
    report: str | None = text("What was measured or made")
