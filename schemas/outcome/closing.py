"""The company's word on a result, and the after-check."""

from typing import Literal, TypeAlias

from pydantic import Field

from schemas.base import WireModel
from schemas.outcome.fields import marks, optional, required, text


class ConfirmResult(WireModel):
    """The company's word on the result."""

    kind: Literal["confirm_result"] = "confirm_result"
    decision: Literal["confirm", "partly", "rework", "dispute"] = required("Did it help?")
    reason: str | None = text("What is missing", decision=("partly", "rework", "dispute"))


class SettleDispute(WireModel):
    """The coordinator's decision on a disputed result."""

    kind: Literal["settle_dispute"] = "settle_dispute"
    decision: Literal["stands", "partial", "not_solved"] = required("Decision")
    reason: str | None = text(
        "Reason, told to both sides", decision=("stands", "partial", "not_solved")
    )


Score: TypeAlias = Literal[1, 2, 3, 4, 5]


class AnswerSurvey(WireModel):
    """The satisfaction survey: five items, or two in the short form."""

    kind: Literal["answer_survey"] = "answer_survey"
    ease: Score | None = optional("How easy was it to ask for help?")
    speed: Score | None = optional("How fast was the answer?")
    competence: Score | None = optional("How competent was the support?")
    result: Score | None = optional("How useful was the result?")
    overall: Score = required("How satisfied are you overall?")
    solved: Literal["yes", "partly", "no"] = required("Is the difficulty solved?")
    comment: str | None = text("Anything else you want to say")
    may_be_named: bool = Field(
        default=False,
        title="The centre may name us as an example",
        json_schema_extra=marks("decision", {}),
    )


class CallForSurvey(WireModel):
    """The survey desk telephones a company that did not answer."""

    kind: Literal["call_for_survey"] = "call_for_survey"
    decision: Literal["answered", "not_reached", "no_answer_wanted"] = required("Result")
    overall: Score | None = optional("Overall satisfaction", decision="answered")
    solved: Literal["yes", "partly", "no"] | None = optional("Solved?", decision="answered")


class CallBack(WireModel):
    """The centre calls a dissatisfied company back (U16)."""

    kind: Literal["call_back"] = "call_back"
    decision: Literal["explained", "reopen", "complaint", "other_institute"] = required("Result")
    note: str | None = text(
        "What was said", decision=("explained", "reopen", "complaint", "other_institute")
    )
