"""Step 3, long R&D: the company leads and another ministry selects."""

from datetime import date, datetime, time
from typing import Literal, TypeAlias

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from schemas.actor import COMPANY_GROUP, Role
    from schemas.case import CaseOutcome, CaseStatus, CaseStep, Route
    from schemas.outcome import (
        AskForApplication,
        FindCall,
        RecordExternalDecision,
        ReportApplication,
    )
    from workflows.policy.business_calendar import SEOUL
    from workflows.policy.programmes import LONG, next_opening

from workflows.appointments import keep_appointment
from workflows.asking import Question, ask, ask_until
from workflows.case_file import CaseFile
from workflows.proceeding import Ended
from workflows.resolution.agreement import INSTEAD, agree_in_time
from workflows.resolution.next_step import choose_next
from workflows.resolution.project import carry_out

_DAY_ENDS = time(23, 59, 59)
_Selected: TypeAlias = Literal["selected", "not_selected"]


async def long_track(case: CaseFile) -> CaseOutcome | Route:
    """Find a yearly call, help to apply, wait for its decision, then run the project.

    A call that selects others, or that there is none, leads to the next year's as often as the
    policy allows.

    Raises:
        Ended: The company did not apply, or was not selected in the end.
    """
    entries = case.policy.count("round.max_reentry")
    while True:
        call = await _find_call(case)
        if call is not None:
            await _apply(case, call)
            if await _decision(case) == "selected":
                return await _run(case)
            entries -= 1
        route = await choose_next(case, may_wait=entries >= 0)
        if isinstance(route, Route):
            return route
        await _wait_for_next_year(case)


async def _find_call(case: CaseFile) -> FindCall | None:
    """The call to apply to; None when there is none this year, which the company is told."""
    case.move(CaseStatus.IN_SERVICE, CaseStep.CALL_SEARCH)
    found = await ask(
        case,
        Question(
            FindCall,
            case.lead_group(Role.SUPPORT),
            due="long.find_call",
            assignee=case.snapshot.handler,
        ),
    )
    if found.decision == "found":
        return found
    case.tell("no_call_this_year", held_on=_next_opening(case).isoformat())
    return None


async def _apply(case: CaseFile, call: FindCall) -> None:
    """Help the company up to the closing date, then hear whether it applied."""
    case.move(CaseStatus.IN_SERVICE, CaseStep.CALL_OPEN)
    closes_on = call.closes_on or ""
    case.tell("call_found", held_on=closes_on)
    await keep_appointment(
        case,
        datetime.combine(date.fromisoformat(closes_on), _DAY_ENDS, SEOUL),
        "long.prepare.remind_before",
        "call_reminder",
        held_on=closes_on,
    )
    answer = await ask_until(
        case,
        Question(
            ReportApplication,
            COMPANY_GROUP,
            due="long.ask_after_closing",
            announce="application_asked",
            documents={"call": call.call},
        ),
    )
    if answer is None:
        asked = await ask(
            case,
            Question(
                AskForApplication,
                case.lead_group(Role.SUPPORT),
                due="long.ask_after_closing",
                assignee=case.snapshot.handler,
            ),
        )
        if asked.decision != "applied":
            raise Ended(CaseOutcome.NOT_APPLIED, asked.decision)
    elif answer.decision == "not_applied":
        raise Ended(CaseOutcome.NOT_APPLIED, "not_applied", answer.reason)


async def _decision(case: CaseFile) -> _Selected:
    """What the other ministry decided; nothing heard for too long counts as not selected."""
    case.move(CaseStatus.IN_SERVICE, CaseStep.CALL_DECISION)
    answer = await ask_until(
        case,
        Question(
            RecordExternalDecision,
            case.lead_group(Role.SUPPORT),
            due="long.wait.max",
            reminders="long.wait.remind",
            assignee=case.snapshot.handler,
        ),
    )
    if answer is None:
        case.note("case:call:unknown")
        return "not_selected"
    case.note(f"case:call:{answer.decision}", document=answer.reason)
    return answer.decision


async def _run(case: CaseFile) -> CaseOutcome | Route:
    """The institute's part is agreed on, then the project runs; the institute is partner now."""
    case.move(CaseStatus.IN_SERVICE, CaseStep.AGREEMENT)
    await case.promise(
        "agreement",
        LONG.agreement,
        start=workflow.now(),
        reminders=LONG.agreement_reminders,
    )
    late = await agree_in_time(case, LONG)
    return await carry_out(case, LONG) if late is None else INSTEAD[late]


async def _wait_for_next_year(case: CaseFile) -> None:
    opens_on = _next_opening(case)
    case.note("case:call:awaited", opens_on=opens_on.isoformat())
    case.move(CaseStatus.IN_SERVICE, CaseStep.CALL_SEARCH)
    begins_at = datetime.combine(opens_on, time(9), SEOUL)
    with case.waiting_for("next_call", begins_at):
        await case.wait(lambda: False, until=begins_at, summary="next year's call")


def _next_opening(case: CaseFile) -> date:
    today = workflow.now().astimezone(SEOUL).date()
    return next_opening(today, case.policy.counts("track.long.round_months"))
