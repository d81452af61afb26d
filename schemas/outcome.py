"""What a person may answer: one outcome model for each kind of task.

A field is a `decision` (a code, a number, a date) or a `text`; the API stores texts as documents
and puts their references in the same fields before the outcome enters a workflow. What must be
filled in depends on other fields: `needed_when` says so once, for the rule that checks an outcome
and for the form that asks for it.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final, Literal, TypeAlias, get_args

from pydantic import Field

from schemas.base import CaseNumber, Krw, WireModel
from schemas.case import Branch, DeclineReason, Service, Urgency

MAX_TEXT: Final = 4000


class TaskKind(StrEnum):
    """The kinds of task of every procedure."""

    SCREEN_CASE = "screen_case"
    SUPPLY_INFORMATION = "supply_information"
    REFER_CASE = "refer_case"
    TRIAGE_CASE = "triage_case"
    ASSIGN_INSTITUTE = "assign_institute"
    DECIDE_NO_MATCH = "decide_no_match"
    VOLUNTEER = "volunteer"
    ACCEPT_CASE = "accept_case"
    CONTACT_COMPANY = "contact_company"
    ANSWER_CONTACT = "answer_contact"
    CONFIRM_TECHNOLOGY = "confirm_technology"
    PROPOSE_SOLUTION = "propose_solution"
    CHOOSE_SOLUTION = "choose_solution"
    ANSWER_QUESTION = "answer_question"
    AGREE_TERMS = "agree_terms"
    HANDLE_BY_HAND = "handle_by_hand"
    NAME_ADVISER = "name_adviser"
    PLAN_SESSION = "plan_session"
    RECORD_SESSION = "record_session"
    WRITE_ADVICE = "write_advice"
    CONFIRM_ADVICE = "confirm_advice"
    CHECK_EQUIPMENT = "check_equipment"
    ACCEPT_USE = "accept_use"
    MOVE_BOOKING = "move_booking"
    RECORD_USE = "record_use"
    REPORT_USE = "report_use"
    SCOPE_PROJECT = "scope_project"
    DECIDE_TRACK = "decide_track"
    APPROVE_PLAN = "approve_plan"
    DRAFT_AGREEMENT = "draft_agreement"
    SIGN_AS_COMPANY = "sign_as_company"
    SIGN_AS_INSTITUTE = "sign_as_institute"
    DECIDE_LATE_AGREEMENT = "decide_late_agreement"
    FIND_CALL = "find_call"
    REPORT_APPLICATION = "report_application"
    ASK_FOR_APPLICATION = "ask_for_application"
    RECORD_EXTERNAL_DECISION = "record_external_decision"
    CHOOSE_NEXT = "choose_next"
    DECIDE_NEXT = "decide_next"
    REPORT_PROGRESS = "report_progress"
    DECIDE_OVERRUN = "decide_overrun"
    REPORT_RESULT = "report_result"
    CONFIRM_RESULT = "confirm_result"
    SETTLE_DISPUTE = "settle_dispute"
    ANSWER_SURVEY = "answer_survey"
    CALL_FOR_SURVEY = "call_for_survey"
    CALL_BACK = "call_back"
    END_HOLD = "end_hold"
    CONSENT_EXTENSION = "consent_extension"
    RESOLVE_OVERDUE = "resolve_overdue"
    NOTIFY_OTHERWISE = "notify_otherwise"


COMPANY_TASKS: Final = frozenset(
    {
        TaskKind.SUPPLY_INFORMATION, TaskKind.ANSWER_CONTACT, TaskKind.CHOOSE_SOLUTION,
        TaskKind.SIGN_AS_COMPANY, TaskKind.CONFIRM_RESULT, TaskKind.ANSWER_SURVEY,
        TaskKind.CONFIRM_ADVICE, TaskKind.ACCEPT_USE, TaskKind.MOVE_BOOKING,
        TaskKind.REPORT_APPLICATION, TaskKind.CHOOSE_NEXT, TaskKind.END_HOLD,
        TaskKind.CONSENT_EXTENSION,
    }
)  # fmt: skip


def required(title: str, **needed_when: str | tuple[str, ...]) -> Any:  # noqa: ANN401  # like pydantic's Field
    """A required code, number or date of an outcome; `title` is the form's label (a message id)."""
    return Field(title=title, json_schema_extra=_marks("decision", needed_when))


def optional(title: str, **needed_when: str | tuple[str, ...]) -> Any:  # noqa: ANN401  # like pydantic's Field
    """A decision that is needed only with certain values of other fields, or never.

    Args:
        title: The form's label (a message id).
        needed_when: Field name to the values (one or a tuple) with which this one is required.
    """
    return Field(default=None, title=title, json_schema_extra=_marks("decision", needed_when))


def text(title: str, *, max_length: int = MAX_TEXT, **needed_when: str | tuple[str, ...]) -> Any:  # noqa: ANN401  # like pydantic's Field
    """A text, stored as a document; its reference stands in this field inside workflows."""
    return Field(
        default=None,
        title=title,
        max_length=max_length,
        json_schema_extra=_marks("text", needed_when),
    )


def date_field(title: str, **needed_when: str | tuple[str, ...]) -> Any:  # noqa: ANN401  # like pydantic's Field
    """A day such as `2026-12-01`; required when it does not depend on other fields."""
    return Field(
        default=None if needed_when else ...,
        pattern=r"^\d{4}-\d{2}-\d{2}$",
        title=title,
        json_schema_extra={**_marks("decision", needed_when), "format": "date"},
    )


def _marks(kind: str, needed_when: Mapping[str, str | tuple[str, ...]]) -> dict[str, Any]:
    return {
        "x-kind": kind,
        "x-needed-when": {
            name: [values] if isinstance(values, str) else list(values)
            for name, values in needed_when.items()
        },
    }


# -- front part --


class ScreenCase(WireModel):
    """Is the request one for this centre, and complete?"""

    kind: Literal["screen_case"] = "screen_case"
    decision: Literal[
        "proceed", "supplement", "answer", "wrong_channel", "duplicate", "not_sme", "abuse"
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
        json_schema_extra=_marks("decision", {}),
    )
    reason: str | None = text("Why, and what to ask for there")


class TriageCase(WireModel):
    """Service, branch and first estimate of the work."""

    kind: Literal["triage_case"] = "triage_case"
    service: Service = required("Service")
    branch: Branch | None = optional("Branch", service="difficulty")
    urgency: Urgency = Field(
        default=Urgency.NONE, title="Urgency", json_schema_extra=_marks("decision", {})
    )
    months: float | None = Field(
        default=None,
        ge=0,
        le=120,
        title="Expected duration in months",
        json_schema_extra=_marks("decision", {}),
    )
    budget_krw: Krw | None = Field(
        default=None, title="Expected budget in won", json_schema_extra=_marks("decision", {})
    )
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


# -- technology held --


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
        default=None, ge=1, le=104, title="Weeks needed", json_schema_extra=_marks("decision", {})
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


# -- guidance --


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
    place: str | None = text("Time and place")


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


# -- equipment --


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
        json_schema_extra=_marks("decision", {"decision": ("available", "alternative")}),
    )
    hours: int | None = Field(
        default=None,
        ge=1,
        le=240,
        title="Hours",
        json_schema_extra=_marks("decision", {"decision": ("available", "alternative")}),
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
    hours: int = Field(ge=1, le=240, title="Hours used", json_schema_extra=_marks("decision", {}))
    fee_krw: Krw = required("Fee in won")
    report: str | None = text("What was measured or made")


# -- additional R&D --


class ScopeProject(WireModel):
    """Goal, work, duration, budget: what the track is decided on."""

    kind: Literal["scope_project"] = "scope_project"
    months: float = Field(
        ge=0.5, le=120, title="Duration in months", json_schema_extra=_marks("decision", {})
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


class ReportProgress(WireModel):
    """The project leader's periodic report."""

    kind: Literal["report_progress"] = "report_progress"
    decision: Literal["on_plan", "at_risk", "blocked", "stop"] = required("State")
    note: str | None = text("Note", decision=("at_risk", "blocked", "stop"))


class DecideOverrun(WireModel):
    """What follows when a project reached its end without a result (U11)."""

    kind: Literal["decide_overrun"] = "decide_overrun"
    decision: Literal["finish_now", "extend", "partial", "medium", "stop"] = required("Decision")
    weeks: int | None = Field(
        default=None,
        ge=1,
        le=17,
        title="Weeks more",
        json_schema_extra=_marks("decision", {"decision": "extend"}),
    )
    reason: str | None = text("Reason", decision=("extend", "partial", "medium", "stop"))


class ReportResult(WireModel):
    """The result, honestly: a missed goal is not a fault (U12)."""

    kind: Literal["report_result"] = "report_result"
    goal: Literal["met", "partly", "missed"] = required("Goal")
    report: str | None = text("Result and lessons", goal=("met", "partly", "missed"))


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


# -- after-check --

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
        json_schema_extra=_marks("decision", {}),
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


# -- pauses and extensions --


class EndHold(WireModel):
    """Whether a case that the company paused goes on."""

    kind: Literal["end_hold"] = "end_hold"
    decision: Literal["go_on", "withdraw"] = required("How do you want to go on?")
    reason: str | None = text("Why (you need not say)")


class ConsentExtension(WireModel):
    """The company's consent to a second extension."""

    kind: Literal["consent_extension"] = "consent_extension"
    decision: Literal["agree", "refuse"] = required("Do you agree?")


# -- the ladder --


class ResolveOverdue(WireModel):
    """The coordinator's decision on a task that nobody did."""

    kind: Literal["resolve_overdue"] = "resolve_overdue"
    decision: Literal["remind", "reassign", "extend", "close_case"] = required("Decision")
    assignee: str | None = optional("New assignee", decision="reassign")
    reason: str | None = text("Reason", decision=("extend", "close_case"))


class NotifyOtherwise(WireModel):
    """A message could not be delivered; somebody tells the person another way."""

    kind: Literal["notify_otherwise"] = "notify_otherwise"
    decision: Literal["told", "not_reached"] = required("Result")
    channel: Literal["phone", "letter", "visit", "other"] = required("By")


Outcome: TypeAlias = (
    ScreenCase | SupplyInformation | ReferCase | TriageCase | AssignInstitute | DecideNoMatch
    | Volunteer | AcceptCase | ContactCompany | AnswerContact | ConfirmTechnology
    | ProposeSolution | ChooseSolution | AnswerQuestion | AgreeTerms | HandleByHand | NameAdviser
    | PlanSession | RecordSession | WriteAdvice | ConfirmAdvice | CheckEquipment | AcceptUse
    | MoveBooking | RecordUse | ReportUse | ScopeProject | DecideTrack | ApprovePlan
    | DraftAgreement | SignAsCompany | SignAsInstitute | DecideLateAgreement | FindCall
    | ReportApplication | AskForApplication | RecordExternalDecision | ChooseNext | DecideNext
    | ReportProgress | DecideOverrun | ReportResult | ConfirmResult | SettleDispute | AnswerSurvey
    | CallForSurvey | CallBack | EndHold | ConsentExtension | ResolveOverdue | NotifyOtherwise
)  # fmt: skip

OUTCOMES: Final[dict[TaskKind, type[WireModel]]] = {
    TaskKind(model.model_fields["kind"].default): model for model in get_args(Outcome)
}
