"""How a case gets to each task: what is decided on the way, and what is done beside it."""

from collections.abc import Mapping
from typing import Final

import asyncpg

from schemas.actor import Role
from schemas.case import Matter
from schemas.outcome import TaskKind
from tests.driver import COORDINATOR, CaseDriver, head_of, support_of
from tests.workflows.task_table import LADDER, Row, first_awaited, questions, rows
from tests.workflows.test_hold import extend, hold
from tests.workflows.test_joint import JOINS, invite, raise_matter, store_request
from tests.workflows.walking import SILENT, Act, Answer, Way
from workflows.support_case import SupportCase


async def pauses(case: CaseDriver, _: asyncpg.Pool) -> None:
    await hold(case)


async def asks_for_time_twice(case: CaseDriver, _: asyncpg.Pool) -> None:
    for _nth in range(2):
        await extend(case, TaskKind.HANDLE_BY_HAND)


async def invites(case: CaseDriver, _: asyncpg.Pool) -> None:
    await invite(case, "KERI")


async def disagrees(case: CaseDriver, database: asyncpg.Pool) -> None:
    await store_request(database, case)
    await invite(case, "KERI")
    await case.complete(JOINS, head_of("KERI"))
    await raise_matter(case, Matter.DISAGREEMENT, head_of("KERI"))


async def gives_back(case: CaseDriver, _: asyncpg.Pool) -> None:
    await raise_matter(case, Matter.LEAD_GIVES_BACK, head_of("KITECH"))


async def leaves(case: CaseDriver, _: asyncpg.Pool) -> None:
    await raise_matter(case, Matter.HANDLER_LEAVES, support_of("KITECH"))


async def reports_insolvency(case: CaseDriver, _: asyncpg.Pool) -> None:
    await raise_matter(case, Matter.COMPANY_STATUS, COORDINATOR)


async def misses_a_message(case: CaseDriver, _: asyncpg.Pool) -> None:
    message = f"{case.handle.id}/1/case_received/company"
    await case.handle.signal(SupportCase.message_failed, message)


def _decides(decision: str) -> Answer:
    return {"decision": decision}


def _beside(act: Act) -> Way:
    """Something is done while the institute works on the case by hand."""
    return Way(first={TaskKind.HANDLE_BY_HAND: (SILENT,)}, act=(TaskKind.HANDLE_BY_HAND, act))


_RESEARCH: Final[Mapping[TaskKind, Answer]] = {
    TaskKind.TRIAGE_CASE: {"service": "difficulty", "branch": "additional_rd"},
    TaskKind.SCOPE_PROJECT: {"months": 3, "budget_krw": 20_000_000},
}


def _track(decision: str, months: float, budget_krw: int) -> Way:
    return Way(
        {
            **_RESEARCH,
            TaskKind.SCOPE_PROJECT: {"months": months, "budget_krw": budget_krw},
            TaskKind.DECIDE_TRACK: _decides(decision),
        }
    )


_FRONT: Final = Way({TaskKind.TRIAGE_CASE: {"service": "exchange"}})
# What a case asks for in order to come to a procedure; those of the front part are everybody's.
INTO: Final[Mapping[str, Way]] = {
    "Technology held": Way(
        {TaskKind.TRIAGE_CASE: {"service": "difficulty", "branch": "tech_held"}}
    ),
    "Additional R&D: scoping and track": Way(_RESEARCH),
    "Short R&D, fast lane": _track("short_fast", 3, 20_000_000),
    "Short R&D, monthly round": _track("short_monthly", 3, 20_000_000),
    "Medium R&D": _track("medium", 8, 60_000_000),
    "Long R&D": _track("long", 14, 200_000_000),
    "Guidance": Way({TaskKind.TRIAGE_CASE: {"service": "guidance"}}),
    "Equipment": Way({TaskKind.TRIAGE_CASE: {"service": "equipment"}}),
}
_NOT_SELECTED: Final = Way(
    {TaskKind.RECORD_EXTERNAL_DECISION: _decides("not_selected")}, rounds=("not_selected",)
)
_NOT_REACHED: Final[tuple[Answer, ...]] = tuple(
    {"decision": "not_reached", "channel": channel} for channel in ("phone", "mobile", "email")
)
# What brings a task about that is not on the way to a good end.
LEADS_TO: Final[Mapping[TaskKind, Way]] = {
    TaskKind.SUPPLY_INFORMATION: Way(first={TaskKind.SCREEN_CASE: (_decides("supplement"),)}),
    TaskKind.REFER_CASE: Way(first={TaskKind.SCREEN_CASE: (_decides("wrong_channel"),)}),
    TaskKind.DECIDE_NO_MATCH: Way(first={TaskKind.ASSIGN_INSTITUTE: (_decides("no_match"),)}),
    TaskKind.VOLUNTEER: Way(
        first={
            TaskKind.ASSIGN_INSTITUTE: (_decides("no_match"),),
            TaskKind.DECIDE_NO_MATCH: (_decides("broadcast"),),
        }
    ),
    TaskKind.ANSWER_CONTACT: Way(first={TaskKind.CONTACT_COMPANY: _NOT_REACHED}),
    TaskKind.ANSWER_QUESTION: Way(first={TaskKind.CHOOSE_SOLUTION: (_decides("ask"),)}),
    TaskKind.SETTLE_DISPUTE: Way(first={TaskKind.CONFIRM_RESULT: (_decides("dispute"),)}),
    TaskKind.DECIDE_LATE_AGREEMENT: Way(first={TaskKind.SIGN_AS_COMPANY: (SILENT,)}),
    TaskKind.REPORT_PROGRESS: Way(first={TaskKind.REPORT_RESULT: (SILENT,)}),
    TaskKind.CHECK_MIDTERM: Way(first={TaskKind.REPORT_RESULT: (SILENT,)}),
    TaskKind.DECIDE_OVERRUN: Way(first={TaskKind.REPORT_RESULT: (SILENT,)}),
    TaskKind.ASK_FOR_APPLICATION: Way(first={TaskKind.REPORT_APPLICATION: (SILENT,)}),
    TaskKind.CHOOSE_NEXT: _NOT_SELECTED,
    TaskKind.DECIDE_NEXT: _NOT_SELECTED.then(Way(first={TaskKind.CHOOSE_NEXT: (SILENT,)})),
    TaskKind.DECIDE_OBJECTION: _NOT_SELECTED.then(
        Way(first={TaskKind.CHOOSE_NEXT: (_decides("object"),)})
    ),
    TaskKind.CALL_FOR_SURVEY: Way(first={TaskKind.ANSWER_SURVEY: (SILENT,)}),
    TaskKind.CALL_BACK: Way(first={TaskKind.ANSWER_SURVEY: ({"overall": 1, "solved": "no"},)}),
    TaskKind.MOVE_BOOKING: Way(first={TaskKind.MOVE_BOOKING: ({},)}),
    TaskKind.END_HOLD: _beside(pauses),
    TaskKind.CONSENT_EXTENSION: _beside(asks_for_time_twice),
    TaskKind.JOIN_CASE: _beside(invites),
    TaskKind.MEDIATE: _beside(disagrees),
    TaskKind.NAME_LEAD: _beside(gives_back),
    TaskKind.NAME_HANDLER: _beside(leaves),
    TaskKind.DECIDE_STATUS: _beside(reports_insolvency),
    TaskKind.NOTIFY_OTHERWISE: _beside(misses_a_message),
}
# Where the designation asks what others ask too.
_BY_PANEL: Final = LEADS_TO[TaskKind.DECIDE_NO_MATCH]
IN_DESIGNATION: Final[Mapping[TaskKind, Way]] = {
    TaskKind.SUPPLY_INFORMATION: Way(first={TaskKind.ACCEPT_CASE: (_decides("ask_company"),)}),
    TaskKind.REFER_CASE: _BY_PANEL.then(
        Way(first={TaskKind.DECIDE_NO_MATCH: (_decides("refer"),)})
    ),
    TaskKind.HANDLE_BY_HAND: _BY_PANEL.then(
        Way(first={TaskKind.DECIDE_NO_MATCH: (_decides("information_only"),)})
    ),
}
_CONTENT: Final[Answer] = {
    "overall": 5, "solved": "yes", "ease": 5, "speed": 5, "competence": 5, "result": 5
}  # fmt: skip
# What is decided where nothing else is said: the first choice of each form, with these details.
GOING_ON: Final[Mapping[TaskKind, Answer]] = {
    **_FRONT.always,
    **_RESEARCH,
    TaskKind.TRIAGE_CASE: {"service": "exchange"},
    TaskKind.PROPOSE_SOLUTION: {"offers": "licence"},
    TaskKind.NAME_LEAD: _decides("search"),
    TaskKind.ANSWER_SURVEY: _CONTENT,
    TaskKind.MOVE_BOOKING: SILENT,
    TaskKind.RESOLVE_OVERDUE: SILENT,
}
# And where a case has been where it should: the shortest way to its end.
ENDING: Final[Mapping[TaskKind, Answer]] = {
    **GOING_ON,
    TaskKind.SCREEN_CASE: _decides("not_sme"),
    TaskKind.ASSIGN_INSTITUTE: _decides("no_match"),
    TaskKind.DECIDE_NO_MATCH: _decides("close"),
    TaskKind.HANDLE_BY_HAND: {"outcome": "not_solved"},
    TaskKind.CHOOSE_SOLUTION: _decides("decline"),
    TaskKind.DECIDE_TRACK: _decides("not_feasible"),
    TaskKind.APPROVE_PLAN: _decides("refuse"),
    TaskKind.SIGN_AS_COMPANY: _decides("refuse"),
    TaskKind.SIGN_AS_INSTITUTE: _decides("refuse"),
    TaskKind.DECIDE_LATE_AGREEMENT: _decides("close"),
    TaskKind.PREPARE_APPLICATION: _decides("not_apply"),
    TaskKind.REPORT_APPLICATION: _decides("not_applied"),
    TaskKind.FIND_CALL: _decides("none_this_year"),
    TaskKind.CHOOSE_NEXT: _decides("close"),
    TaskKind.DECIDE_NEXT: _decides("close"),
    TaskKind.REPORT_PROGRESS: _decides("stop"),
    TaskKind.CHECK_MIDTERM: _decides("stop"),
    TaskKind.DECIDE_OVERRUN: _decides("stop"),
    TaskKind.CHECK_EQUIPMENT: _decides("not_possible"),
}
# What else a form asks for with a decision.
DETAILS: Final[Mapping[tuple[TaskKind, str], Answer]] = {
    (TaskKind.SCREEN_CASE, "duplicate"): {"duplicate_of": "1379-2026-000001"},
    (TaskKind.MEDIATE, "split"): {"institute": "KERI"},
    (TaskKind.RESOLVE_OVERDUE, "reassign"): {"assignee": f"acc-{Role.TRIAGE.value}-2"},
    **{
        (TaskKind.DECIDE_TRACK, track): {"reason": "사유"}
        for track in ("short_fast", "short_monthly", "medium", "long")
    },
}


def way_to(row: Row) -> Way:
    """How a case gets to a task of a procedure."""
    into = INTO.get(row.procedure, _FRONT)
    if any(asked.module == LADDER and asked.kind is row.kind for asked in questions()):
        overdue = first_awaited(row.procedure, rows())
        assert overdue is not None
        before = way_to(Row(row.procedure, overdue))
        return before.then(Way(first={**before.first, overdue: (SILENT,)}))
    if row.procedure == "Designation" and row.kind in IN_DESIGNATION:
        return into.then(IN_DESIGNATION[row.kind])
    return into.then(LEADS_TO.get(row.kind, Way()))
