"""What the simulated year is drawn from: one table each for companies, for habits, for decisions.

Sources: the founding release of 2013-08-26 for the volumes, the successor's figures of November
2016 for kinds and fields. The other rates are assumptions, made to exercise every way the
procedures have; they are not measured, and nothing about real institutes follows from them.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from schemas.case import Branch, Service, Urgency
from schemas.outcome import TaskKind

# -- volumes: the release's table of targets for 2014 --

DIFFICULTIES: Final = 7_000
CONSULTATIONS: Final = 20_000
COMPANIES_WITH_DIFFICULTIES: Final = 3_800
COMPANIES_WITH_CONSULTATIONS: Final = 3_900

# -- what is filed: shares that do not add up to one leave the rest to `other` --

OTHER: Final = "other"
KINDS: Final[Mapping[str, float]] = {
    "process problem": 0.318, "advice": 0.200, "technical information": 0.190,
    "technology search": 0.131,
}  # fmt: skip
FIELDS: Final[Mapping[str, float]] = {
    "machinery": 0.182, "electrical": 0.153, "materials": 0.114, "chemistry": 0.108,
}  # fmt: skip
# Which institutes a field's difficulties are written about; `other` is everybody else's.
INSTITUTES_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "machinery": ("KIMM", "KITECH", "KARI", "KRRI"),
    "electrical": ("KERI", "ETRI", "NSRI"),
    "materials": ("KIMS", "KIST", "KRISS"),
    "chemistry": ("KRICT", "KIT", "KIER"),
}
SERVICES_OF: Final[Mapping[str, Mapping[Service, float]]] = {
    "process problem": {Service.DIFFICULTY: 1.0},
    "advice": {Service.GUIDANCE: 1.0},
    "technical information": {Service.INFORMATION: 1.0},
    "technology search": {Service.DIFFICULTY: 0.6, Service.TRANSFER: 0.4},
    OTHER: {Service.EQUIPMENT: 0.7, Service.EXCHANGE: 0.3},
}
BRANCHES_OF: Final[Mapping[str, Mapping[Branch, float]]] = {
    "process problem": {Branch.TECH_HELD: 0.45, Branch.ADDITIONAL_RD: 0.55},
    "technology search": {Branch.TECH_HELD: 1.0},
}
CHANNELS: Final[Mapping[str, float]] = {
    "phone_1379": 0.45, "web": 0.3, "app": 0.1, "regional_centre": 0.1, "phone_080": 0.05,
}  # fmt: skip
# A company may turn to the centre at any time, by what is open at any time.
OUT_OF_HOURS: Final = 0.15
REGIONS: Final = ("RC01", "RC02", "RC03", "RC04", "RC05", "RC06", "RC07", "RC08", "RC09")


class Project(NamedTuple):
    """A project that a difficulty may need, by the release's table."""

    share: float
    urgency: Urgency
    months: tuple[float, float]
    budget_krw: tuple[int, int]


PROJECTS: Final = (
    Project(0.6, Urgency.URGENT_FIELD, (1, 3), (5_000_000, 30_000_000)),
    Project(0.25, Urgency.URGENT_NOT_SHORT, (4, 11), (31_000_000, 99_000_000)),
    Project(0.1, Urgency.NEW_PRODUCT, (12, 24), (100_000_000, 300_000_000)),
    # A plan that no track fits: more than four months for little money.
    Project(0.05, Urgency.NONE, (5, 11), (5_000_000, 25_000_000)),
)

# -- who answers when --


class Habit(NamedTuple):
    """How somebody deals with a task, in shares of tasks.

    Attributes:
        dawdles: Answers only after it was due.
        forgets: Does not think of it again unless somebody pushes.
    """

    dawdles: float
    forgets: float


# By the role that a task is for; `company` is everybody outside.
HABITS: Final[Mapping[str, Habit]] = {
    "company": Habit(0.10, 0.12),
    "triage": Habit(0.04, 0.01),
    "coordinator": Habit(0.05, 0.01),
    "director": Habit(0.10, 0.02),
    "survey": Habit(0.10, 0.05),
    "dept_head": Habit(0.08, 0.04),
    "support": Habit(0.10, 0.04),
    "researcher": Habit(0.15, 0.06),
    "tlo": Habit(0.10, 0.04),
}
DEFAULT_HABIT: Final = Habit(0.10, 0.05)
HABITS_WITH: Final[Mapping[str, Habit]] = {
    TaskKind.ANSWER_SURVEY: Habit(0.05, 0.55),
    TaskKind.ANSWER_CONTACT: Habit(0.05, 0.45),
    TaskKind.MOVE_BOOKING: Habit(0.0, 0.96),
    TaskKind.VOLUNTEER: Habit(0.0, 0.4),
    TaskKind.CONFIRM_RESULT: Habit(0.05, 0.25),
    TaskKind.CONFIRM_ADVICE: Habit(0.05, 0.25),
    # A project ends late now and then; its end expires, and the head decides.
    TaskKind.REPORT_RESULT: Habit(0.12, 0.03),
}
# The part of a task's time after which it is answered: in time, dawdling, pushed.
IN_TIME: Final = (0.1, 0.85)
LATE: Final = (1.05, 1.9)
PUSHED: Final = (0.05, 0.5)
# Work of months is reported when it is done, not when it could be.
AT_THE_END: Final = (0.85, 1.0)
LONG_WORK: Final = frozenset({TaskKind.REPORT_RESULT, TaskKind.RECORD_EXTERNAL_DECISION})
ANSWERS_WHEN_PUSHED: Final = 0.75

# -- what companies do unasked, in shares of difficulties, between these working days --

WITHDRAWS: Final = 0.015
PAUSES: Final = 0.015
UNASKED_AFTER_DAYS: Final = (2, 40)

# -- what is decided --

# Of a choice that is not listed below the first is taken so often; the others share the rest.
# Outcome models list the way on first, so that new kinds of tasks need no line here.
FIRST_CHOICE: Final = 0.9

Weights = Mapping[str, float]
SCREENING_OF_CONSULTATIONS: Final[Weights] = {
    "answer": 0.95, "supplement": 0.02, "wrong_channel": 0.025, "abuse": 0.005,
}  # fmt: skip
BY_HAND: Final[Mapping[str, Weights]] = {
    "information": {"resolved_info": 0.9, "partial": 0.06, "not_solved": 0.04},
    "medium": {"resolved_rd_medium": 0.7, "partial": 0.18, "not_solved": 0.12},
    "short_monthly": {"resolved_rd_short": 0.75, "partial": 0.15, "not_solved": 0.1},
    "transfer": {"resolved_tech_held": 0.6, "not_solved": 0.4},
    "exchange": {"resolved_guidance": 0.7, "partial": 0.1, "not_solved": 0.2},
}
TRACKS: Final[Mapping[str, Weights]] = {
    "short": {"short_fast": 0.8, "short_monthly": 0.2},
    "medium": {"medium": 1.0},
    "long": {"long": 1.0},
    "": {"change_plan": 0.6, "guidance": 0.3, "not_feasible": 0.1},
}
# Scores of companies whose case was resolved, and of the others.
SCORES_RESOLVED: Final[Weights] = {"1": 0.02, "2": 0.03, "3": 0.15, "4": 0.4, "5": 0.4}
SCORES_OTHERWISE: Final[Weights] = {"1": 0.12, "2": 0.18, "3": 0.35, "4": 0.25, "5": 0.1}
SOLVED_RESOLVED: Final[Weights] = {"yes": 0.82, "partly": 0.14, "no": 0.04}
SOLVED_OTHERWISE: Final[Weights] = {"yes": 0.15, "partly": 0.35, "no": 0.5}

# How often a difficulty asks for a second service in the same text (U23).
FURTHER_SERVICE: Final = 0.03

# What reviewers give by criterion, from least to most, and how often one has a conflict.
POINTS: Final[Mapping[str, tuple[int, int]]] = {
    "need": (12, 30), "technology": (16, 40), "feasibility": (12, 30),
}  # fmt: skip
CONFLICTS_OF_INTEREST: Final = 0.03

# Kind of task, then field.
DECISIONS: Final[Mapping[str, Mapping[str, Weights]]] = {
    TaskKind.SCORE_APPLICATIONS: {"decision": {"hand_in": 0.96, "cannot_review": 0.04}},
    TaskKind.SCREEN_CASE: {
        "decision": {"proceed": 0.87, "supplement": 0.08, "wrong_channel": 0.03, "answer": 0.01,
                     "not_sme": 0.01},
    },
    TaskKind.SUPPLY_INFORMATION: {"decision": {"supply": 0.88, "more_time": 0.12}},
    TaskKind.REFER_CASE: {
        "body": {"finance": 0.4, "legal": 0.2, "labour": 0.1, "sales": 0.2, "patent_filing": 0.1},
    },
    TaskKind.ASSIGN_INSTITUTE: {"decision": {"assign": 0.97, "no_match": 0.03}},
    TaskKind.DECIDE_NO_MATCH: {
        "decision": {"choose": 0.45, "broadcast": 0.25, "information_only": 0.1, "refer": 0.05,
                     "close": 0.15},
    },
    TaskKind.ACCEPT_CASE: {
        "decision": {"accept": 0.86, "decline": 0.12, "ask_company": 0.02},
        "decline_reason": {"no_capacity": 0.4, "no_technology": 0.3, "better_institute": 0.2,
                           "conflict_of_interest": 0.05, "secrecy": 0.05},
    },
    TaskKind.CONTACT_COMPANY: {
        "decision": {"contacted": 0.87, "not_reached": 0.13},
        "channel": {"phone": 0.5, "mobile": 0.3, "email": 0.2},
    },
    TaskKind.CONFIRM_TECHNOLOGY: {
        "decision": {"solves": 0.45, "solves_with_guidance": 0.25, "needs_rd": 0.2,
                     "not_ours": 0.1},
    },
    TaskKind.PROPOSE_SOLUTION: {
        "offers": {"licence": 0.4, "guidance": 0.3, "equipment": 0.1,
                   "licence_and_guidance": 0.2},
    },
    TaskKind.CHOOSE_SOLUTION: {
        "decision": {"accept": 0.75, "ask": 0.1, "decline": 0.1, "other_institute": 0.05},
    },
    TaskKind.AGREE_TERMS: {"decision": {"agreed": 0.85, "failed": 0.15}},
    TaskKind.RECORD_SESSION: {
        "decision": {"held": 0.75, "more_sessions": 0.12, "no_show": 0.06, "needs_rd": 0.04,
                     "needs_equipment": 0.03},
    },
    TaskKind.CONFIRM_ADVICE: {
        "decision": {"helpful": 0.8, "partly": 0.13, "not_helpful": 0.07},
    },
    TaskKind.CHECK_EQUIPMENT: {
        "decision": {"available": 0.8, "alternative": 0.12, "not_possible": 0.08},
    },
    TaskKind.ACCEPT_USE: {"decision": {"accept": 0.88, "other_time": 0.08, "decline": 0.04}},
    TaskKind.RECORD_USE: {"decision": {"used": 0.93, "no_show": 0.05, "broken": 0.02}},
    TaskKind.APPROVE_PLAN: {"decision": {"approve": 0.9, "change": 0.08, "refuse": 0.02}},
    TaskKind.SIGN_AS_COMPANY: {"decision": {"sign": 0.92, "change": 0.05, "refuse": 0.03}},
    TaskKind.SIGN_AS_INSTITUTE: {"decision": {"sign": 0.96, "change": 0.03, "refuse": 0.01}},
    TaskKind.DECIDE_LATE_AGREEMENT: {
        "decision": {"extend": 0.65, "monthly_round": 0.05, "other_track": 0.05, "guidance": 0.1,
                     "close": 0.15},
    },
    TaskKind.FIND_CALL: {"decision": {"found": 0.75, "none_this_year": 0.25}},
    TaskKind.REPORT_APPLICATION: {"decision": {"applied": 0.8, "not_applied": 0.2}},
    TaskKind.ASK_FOR_APPLICATION: {
        "decision": {"applied": 0.6, "not_applied": 0.25, "not_reached": 0.15},
    },
    TaskKind.RECORD_EXTERNAL_DECISION: {"decision": {"selected": 0.35, "not_selected": 0.65}},
    TaskKind.CHOOSE_NEXT: {
        "decision": {"wait": 0.3, "smaller": 0.2, "guidance": 0.15, "object": 0.1, "close": 0.25},
    },
    TaskKind.DECIDE_NEXT: {
        "decision": {"wait": 0.2, "smaller": 0.1, "guidance": 0.2, "close": 0.5},
    },
    TaskKind.REPORT_PROGRESS: {
        "decision": {"on_plan": 0.8, "at_risk": 0.13, "blocked": 0.05, "stop": 0.02},
    },
    TaskKind.DECIDE_OVERRUN: {
        "decision": {"finish_now": 0.4, "extend": 0.3, "partial": 0.15, "medium": 0.05,
                     "stop": 0.1},
    },
    TaskKind.REPORT_RESULT: {"goal": {"met": 0.7, "partly": 0.2, "missed": 0.1}},
    TaskKind.CONFIRM_RESULT: {
        "decision": {"confirm": 0.8, "partly": 0.1, "rework": 0.06, "dispute": 0.04},
    },
    TaskKind.SETTLE_DISPUTE: {
        "decision": {"stands": 0.5, "partial": 0.35, "not_solved": 0.15},
    },
    TaskKind.CALL_FOR_SURVEY: {
        "decision": {"answered": 0.5, "not_reached": 0.35, "no_answer_wanted": 0.15},
    },
    TaskKind.CALL_BACK: {
        "decision": {"explained": 0.82, "reopen": 0.1, "complaint": 0.05,
                     "other_institute": 0.03},
    },
    TaskKind.END_HOLD: {"decision": {"go_on": 0.85, "withdraw": 0.15}},
    TaskKind.RESOLVE_OVERDUE: {
        "decision": {"remind": 0.6, "reassign": 0.15, "extend": 0.2, "close_case": 0.05},
    },
}  # fmt: skip
