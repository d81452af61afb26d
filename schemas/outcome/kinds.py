"""The kinds of human task."""

from enum import StrEnum
from typing import Final


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
    PREPARE_APPLICATION = "prepare_application"
    SCORE_APPLICATIONS = "score_applications"
    DECIDE_ROUND = "decide_round"
    DECIDE_OBJECTION = "decide_objection"
    CHOOSE_NEXT = "choose_next"
    DECIDE_NEXT = "decide_next"
    REPORT_PROGRESS = "report_progress"
    CHECK_MIDTERM = "check_midterm"
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
    JOIN_CASE = "join_case"
    MEDIATE = "mediate"
    NAME_LEAD = "name_lead"
    DECIDE_STATUS = "decide_status"
    NAME_HANDLER = "name_handler"


COMPANY_TASKS: Final = frozenset(
    {
        TaskKind.SUPPLY_INFORMATION, TaskKind.ANSWER_CONTACT, TaskKind.CHOOSE_SOLUTION,
        TaskKind.SIGN_AS_COMPANY, TaskKind.CONFIRM_RESULT, TaskKind.ANSWER_SURVEY,
        TaskKind.CONFIRM_ADVICE, TaskKind.ACCEPT_USE, TaskKind.MOVE_BOOKING,
        TaskKind.REPORT_APPLICATION, TaskKind.CHOOSE_NEXT, TaskKind.END_HOLD,
        TaskKind.CONSENT_EXTENSION,
    }
)  # fmt: skip
