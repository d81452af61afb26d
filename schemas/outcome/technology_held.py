"""Technology that an institute holds already; and what has no procedure yet."""

from typing import Literal

from pydantic import Field

from schemas.base import Krw, WireModel
from schemas.outcome.fields import marks, optional, required, text


class ConfirmTechnology(WireModel):
    """The researcher's verdict, entered by support."""

    kind: Literal["confirm_technology"] = "confirm_technology"
    decision: Literal["solves", "solves_with_guidance", "needs_rd", "not_ours"] = required(
        "Does our technology solve it?"
    )
    explanation: str | None = text("Explanation")


class ProposeSolution(WireModel):
    """A written proposal to the company."""

    kind: Literal["propose_solution"] = "propose_solution"
    offers: Literal["licence", "guidance", "equipment", "licence_and_guidance"] = required("Offer")
    price_krw: Krw | None = optional("Price in won")
    weeks: int | None = Field(
        default=None, ge=1, le=104, title="Weeks needed", json_schema_extra=marks("decision", {})
    )
    proposal: str | None = text(
        "The proposal", offers=("licence", "guidance", "equipment", "licence_and_guidance")
    )


class ChooseSolution(WireModel):
    """The company's choice."""

    kind: Literal["choose_solution"] = "choose_solution"
    decision: Literal["accept", "ask", "decline", "other_institute"] = required("Your choice")
    question: str | None = text("Your question", decision="ask")
    reason: str | None = text("Why (you need not say)")


class AnswerQuestion(WireModel):
    """The institute's answer to a company's question about a proposal."""

    kind: Literal["answer_question"] = "answer_question"
    answer: str | None = text("Answer")


class AgreeTerms(WireModel):
    """Terms agreed with the company, or not."""

    kind: Literal["agree_terms"] = "agree_terms"
    decision: Literal["agreed", "failed"] = required("Result")
    terms: str | None = text("The terms in short", decision="agreed")
    reason: str | None = text("Why no terms were found", decision="failed")


class HandleByHand(WireModel):
    """The result of a procedure that this release does not carry out by itself yet."""

    kind: Literal["handle_by_hand"] = "handle_by_hand"
    outcome: Literal[
        "resolved_guidance", "resolved_equipment", "resolved_info", "resolved_rd_medium",
        "resolved_rd_long", "resolved_rd_short", "resolved_tech_held", "partial", "not_solved",
    ] = required("How it ended")  # fmt: skip
    result: str | None = text("What was done")
