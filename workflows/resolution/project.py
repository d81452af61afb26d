"""A project of joint R&D: reports on the way, its end, its result."""

import asyncio
from datetime import datetime

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from schemas.actor import Role, centre_group
    from schemas.case import CaseOutcome, CaseStatus, CaseStep, Route
    from schemas.outcome import (
        CheckMidterm,
        DecideOverrun,
        ReportProgress,
        ReportResult,
        TaskKind,
    )
    from schemas.policy import Clock, Period
    from workflows.policy.business_calendar import day_of, start_of
    from workflows.policy.programmes import Programme, extended

from workflows.asking import Question, ask, ask_until
from workflows.case_file import CaseFile
from workflows.proceeding import Ended, abandon
from workflows.resolution.agreement import sign
from workflows.resolution.result import Rework, confirm_result

_COORDINATORS = centre_group(Role.COORDINATOR)


async def carry_out(case: CaseFile, programme: Programme) -> CaseOutcome | Route:
    """Run the project to its result, with reports on the way.

    Returns:
        How it ended; or where it goes on, when that is more than its track allows.
    """
    # A place in a round is used up by now: nothing of it can be given up any more.
    case.move(CaseStatus.IN_SERVICE, CaseStep.RD_ACTIVE, entry=None)
    plan = case.snapshot.plan
    started_at = workflow.now()
    if plan.starts_on is not None:
        started_at = max(started_at, start_of(plan.starts_on))
    case.tell("project_started", held_on=day_of(started_at).isoformat())
    period = Period(length=_iso_months(plan.months or 0), clock=Clock.CALENDAR)
    result = asyncio.create_task(_await_result(case, programme, period, started_at))
    try:
        await _follow_progress(case, programme, result, started_at)
        report = await result
    finally:
        abandon(result)
    if report is None:
        report = await overrun(case, programme)
    if report is None:
        return programme.beyond
    return await accept(case, programme, report)


def _iso_months(months: float) -> str:
    """An agreed duration as ISO 8601; the part of a month is counted in days of 1/30."""
    whole, days = int(months), round((months - int(months)) * 30)
    return f"P{whole}M{days}D" if days else f"P{whole}M"


async def _await_result(
    case: CaseFile, programme: Programme, period: Period, started_at: datetime
) -> ReportResult | None:
    return await ask_until(
        case,
        Question(
            ReportResult,
            case.lead_group(Role.SUPPORT),
            due="rd.project",
            period=period,
            start=started_at,
            assignee=case.snapshot.handler,
            reminders=programme.end_reminders,
            remind="project_ending",
        ),
    )


async def _follow_progress(
    case: CaseFile,
    programme: Programme,
    result: asyncio.Task[ReportResult | None],
    started_at: datetime,
) -> None:
    """Ask for a report at every interval until the result is there or the project's end has come.

    Half the time of a medium project brings its check.

    Raises:
        Ended: The project leader stopped the project, or the check did.
    """
    began_at, is_checked = started_at, programme.midterm is None
    # Projects that run already are checked with the first report after half their time.
    is_checked_at_half = not is_checked and workflow.patched("checked-at-half")
    while not result.done():
        next_report = await case.deadline(programme.progress, start=started_at)
        half = _half(case, began_at)
        if is_checked_at_half and not is_checked and half and half < next_report.due_at:
            if await case.wait(result.done, until=half, summary="half of the project"):
                return
            is_checked = True
            await case.unless(result.done, _check_at_half(case, programme))
        if await case.wait(result.done, until=next_report.due_at, summary="report on the way"):
            return
        started_at = next_report.due_at
        report = await case.unless(result.done, _ask_progress(case))
        if report is not None and report.decision == "stop":
            raise Ended(CaseOutcome.RD_STOPPED, "stopped", report.note)
        if report is not None and report.decision in {"at_risk", "blocked"}:
            case.tell("project_at_risk")
            case.tell("project_at_risk", _COORDINATORS)
        half = _half(case, began_at)
        if not is_checked and not result.done() and half and half <= workflow.now():
            is_checked = True
            await case.unless(result.done, _check_at_half(case, programme))


def _half(case: CaseFile, began_at: datetime) -> datetime | None:
    """When half the time until the result is due has passed; None when nobody is asked for it."""
    ends = [
        task.deadline.due_at for task in case.tasks.open_ones if task.kind is TaskKind.REPORT_RESULT
    ]
    return began_at + (ends[0] - began_at) / 2 if ends else None


async def _check_at_half(case: CaseFile, programme: Programme) -> None:
    """The mid-term check: go on, sign a changed plan, or stop."""
    answer = await ask(
        case,
        Question(
            CheckMidterm,
            case.lead_group(Role.DEPT_HEAD),
            due=programme.midterm or programme.overrun,
        ),
    )
    case.note("case:midterm:checked", decision=answer.decision)
    match answer.decision:
        case "continue":
            return
        case "stop":
            raise Ended(CaseOutcome.RD_STOPPED, "midterm", answer.reason)
        case "change":
            await _change_agreement(case, programme, answer.change)


async def _change_agreement(case: CaseFile, programme: Programme, change: str | None) -> None:
    """Have both sides sign a changed plan; the old one holds until they do, or when one refuses."""
    agreed = case.snapshot.plan
    case.change(plan=agreed.model_copy(update={"document": change}))
    try:
        await sign(case, programme)
    except (asyncio.CancelledError, Ended) as unsigned:
        case.change(plan=agreed)
        if not isinstance(unsigned, Ended) or case.is_ending:
            raise
        case.note("case:agreement:kept", reason=unsigned.reason)


async def _ask_progress(case: CaseFile) -> ReportProgress:
    return await ask(
        case,
        Question(
            ReportProgress,
            case.lead_group(Role.SUPPORT),
            due="rd.plan_approval",
            assignee=case.snapshot.handler,
        ),
    )


async def overrun(case: CaseFile, programme: Programme) -> ReportResult | None:
    """The project's end came without a result (U11). No silent extension beyond the track.

    Returns:
        The result, in the end; None when the work goes on in a longer track.

    Raises:
        Ended: Stopped, or ended with what there is.
    """
    while True:
        case.move(CaseStatus.IN_SERVICE, CaseStep.RD_OVERRUN)
        case.tell("project_overdue")
        case.tell("project_overdue", _COORDINATORS)
        decision = await ask(
            case,
            Question(
                DecideOverrun,
                case.lead_group(Role.DEPT_HEAD),
                due=programme.overrun,
            ),
        )
        match decision.decision:
            case "stop":
                raise Ended(CaseOutcome.RD_STOPPED, "overrun", decision.reason)
            case "partial":
                raise Ended(CaseOutcome.PARTIAL, "overrun", decision.reason)
            case "medium":
                return None
            case "finish_now" | "extend":
                weeks = decision.weeks or 1 if decision.decision == "extend" else 1
                case.move(
                    CaseStatus.IN_SERVICE,
                    CaseStep.RD_ACTIVE,
                    plan=extended(case.snapshot.plan, weeks),
                )
                case.tell("project_extended", weeks=str(weeks))
                case.tell("project_extended", _COORDINATORS, weeks=str(weeks))
                period = Period(length=f"P{weeks}W", clock=Clock.CALENDAR)
                result = await _await_result(case, programme, period, workflow.now())
                if result is not None:
                    return result


async def accept(case: CaseFile, programme: Programme, report: ReportResult) -> CaseOutcome:
    """The company accepts the result, or has it worked over once."""
    reworks = case.policy.count("rd.rework.max")
    while True:
        case.move(CaseStatus.IN_SERVICE, CaseStep.RD_RESULT)
        outcome = {
            "met": programme.resolved,
            "partly": CaseOutcome.PARTIAL,
            "missed": CaseOutcome.RD_FAILED,
        }[report.goal]
        try:
            return await confirm_result(case, outcome, report.report, may_rework=reworks > 0)
        except Rework:
            reworks -= 1
        case.move(CaseStatus.IN_SERVICE, CaseStep.RD_ACTIVE)
        report = await ask(
            case,
            Question(
                ReportResult,
                case.lead_group(Role.SUPPORT),
                due="rd.rework.due",
                assignee=case.snapshot.handler,
            ),
        )
