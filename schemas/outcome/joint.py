"""Who works on a case: who takes part, leads and handles it, and how a disagreement ends."""

from typing import Literal

from schemas.base import WireModel
from schemas.case import DeclineReason
from schemas.outcome.fields import optional, required, text


class JoinCase(WireModel):
    """The answer of an institute that is asked to take part beside the lead (U04)."""

    kind: Literal["join_case"] = "join_case"
    decision: Literal["join", "decline"] = required("Decision")
    named_staff: str | None = optional("Member of staff who takes part", decision="join")
    decline_reason: DeclineReason | None = optional("Reason for declining", decision="decline")
    note: str | None = text("Note for the lead institute")


class Mediate(WireModel):
    """The coordinator settles what the institutes of a case disagree about (U05)."""

    kind: Literal["mediate"] = "mediate"
    decision: Literal["one_plan", "split"] = required("Decision")
    plan: str | None = text("The plan for everybody", decision="one_plan")
    institute: str | None = optional(
        "Institute that goes on in a case of its own", decision="split"
    )


class NameLead(WireModel):
    """The coordinator names who leads a case that its lead institute gives back (U04)."""

    kind: Literal["name_lead"] = "name_lead"
    decision: Literal["partner", "search"] = required("Decision")
    institute: str | None = optional("Partner that leads from now on", decision="partner")
    reason: str | None = text("Note for the journal")


class NameHandler(WireModel):
    """The head of the department names who goes on where somebody leaves (U14)."""

    kind: Literal["name_handler"] = "name_handler"
    named_staff: str = required("Member of staff who takes the case")
    reason: str | None = text("Note for the journal")
