"""Screening, triage, designation and first contact."""

from typing import Literal

from pydantic import Field

from schemas.base import CaseNumber, Krw, WireModel
from schemas.case import Branch, DeclineReason, Service, Urgency
from schemas.outcome.fields import marks, optional, required, text


class ScreenCase(WireModel):
    """Is the request one for this centre, and complete?"""

    kind: Literal["screen_case"] = "screen_case"
    decision: Literal[
        "proceed",
        "supplement",
        "answer",
        "wrong_channel",
        "duplicate",
        "not_sme",
        "abuse",
        "refer_part",
    ] = required("Decision")
    question: str | None = text("What is missing, in words for the company", decision="supplement")
    answer: str | None = text("Answer to the company", decision="answer")
    duplicate_of: CaseNumber | None = optional("Earlier case", decision="duplicate")
    reason: str | None = text("Reason, told to the company", decision=("not_sme", "abuse"))


class SupplyInformation(WireModel):
    """The company's answer to a request for information."""

    kind: Literal["supply_information"] = "supply_information"
    decision: Literal["supply", "more_time"] = required("Your answer")
    information: str | None = text("The information asked for", decision="supply")


class ReferCase(WireModel):
    """Names the body that can help where the centre cannot (U21)."""

    kind: Literal["refer_case"] = "refer_case"
    body: Literal[
        "finance", "labour", "legal", "sales", "visa", "patent_filing", "safety", "other"
    ] = required("Kind of body")
    body_name: str | None = text("Name and telephone number of the body", body="other")
    warm_transfer: bool = Field(
        default=False,
        title="Hand the request over if the company wishes",
        json_schema_extra=marks("decision", {}),
    )
    reason: str | None = text("Why, and what to ask for there")


class TriageCase(WireModel):
    """Service, branch and first estimate of the work.

    `further_service` is asked for in the same text, and follows in the same case (U23).
    """

    kind: Literal["triage_case"] = "triage_case"
    service: Service = required("Service")
    branch: Branch | None = optional("Branch", service="difficulty")
    urgency: Urgency = Field(
        default=Urgency.NONE, title="Urgency", json_schema_extra=marks("decision", {})
    )
    months: float | None = Field(
        default=None,
        ge=0,
        le=120,
        title="Expected duration in months",
        json_schema_extra=marks("decision", {}),
    )
    budget_krw: Krw | None = Field(
        default=None, title="Expected budget in won", json_schema_extra=marks("decision", {})
    )
    further_service: (
        Literal[
            Service.GUIDANCE,
            Service.EQUIPMENT,
            Service.EXCHANGE,
            Service.INFORMATION,
            Service.TRANSFER,
        ]
        | None
    ) = optional("Second service, if the company asks for two")
    note: str | None = text("Note for the institute")


class AssignInstitute(WireModel):
    """Who is asked to take the case on."""

    kind: Literal["assign_institute"] = "assign_institute"
    decision: Literal["assign", "no_match", "back_to_triage"] = required("Decision")
    institute: str | None = optional("Lead institute", decision="assign")
    reason: str | None = text("Reason", decision=("no_match", "back_to_triage"))


class DecideNoMatch(WireModel):
    """The panel's way out when no institute was found or two declined (U01, U02)."""

    kind: Literal["decide_no_match"] = "decide_no_match"
    decision: Literal["choose", "broadcast", "information_only", "refer", "close"] = required(
        "Decision"
    )
    institute: str | None = optional("Institute", decision="choose")
    reason: str | None = text(
        "Reason, told to the company", decision=("information_only", "refer", "close")
    )


class Volunteer(WireModel):
    """An institute's offer to take a case that was put to all of them."""

    kind: Literal["volunteer"] = "volunteer"
    note: str | None = text("How your institute can help")


class AcceptCase(WireModel):
    """The answer of the support department's head to a designation."""

    kind: Literal["accept_case"] = "accept_case"
    decision: Literal["accept", "decline", "ask_company"] = required("Decision")
    named_staff: str | None = optional("Member of staff who takes the case")
    decline_reason: DeclineReason | None = optional("Reason for declining", decision="decline")
    better_institute: str | None = optional(
        "Institute that suits better", decline_reason="better_institute"
    )
    question: str | None = text("Question to the company", decision="ask_company")
    note: str | None = text("Note for the centre")


class ContactCompany(WireModel):
    """The first substantive contact, which ends the three-day promise (R004)."""

    kind: Literal["contact_company"] = "contact_company"
    decision: Literal["contacted", "not_reached"] = required("Result")
    channel: Literal["phone", "mobile", "email", "visit", "video"] = required("By")
    summary: str | None = text("What was agreed", decision="contacted")


class AnswerContact(WireModel):
    """The company gets in touch after all (U07)."""

    kind: Literal["answer_contact"] = "answer_contact"
    best_time: str | None = text("When and how you can be reached")
