"""Step 3, additional R&D: scoping, the track, and the fast lane of short R&D (domain: 3.4)."""

import asyncio
from datetime import datetime

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from schemas.actor import COMPANY_GROUP, Role, centre_group
    from schemas.case import CaseOutcome, CaseStatus, CaseStep, PromiseState, Track
    from schemas.outcome import (
        ApprovePlan,
        DecideLateAgreement,
        DecideOverrun,
        DecideTrack,
        DraftAgreement,
        ReportProgress,
        ReportResult,
        ScopeProject,
        SignAsCompany,
        SignAsInstitute,
    )
    from schemas.policy import Clock, Period
    from workflows.policy.tracks import propose_track

from workflows.asking import Question, ask, ask_until
from workflows.case_file import CaseFile, Ended, abandon, both
from workflows.resolution.by_hand import handle_by_hand
from workflows.resolution.result import Rework, confirm_result

_GAPS_GO_TO = centre_group(Role.COORDINATOR)
_TRACKS = {
    "short_fast": Track.SHORT,
    "short_monthly": Track.SHORT,
    "medium": Track.MEDIUM,
    "long": Track.LONG,
}


async def research(case: CaseFile) -> CaseOutcome:
    """Scope the work, settle the track, carry it out."""
    decision = await settle_track(case)
    if decision == "short_fast":
        return await fast_lane(case)
    return await handle_by_hand(case, decision)


async def settle_track(case: CaseFile) -> str:
    """Scope until a track is chosen that the plan fits, or a reason is given (C04).

    Returns:
        `short_fast`, `short_monthly`, `medium`, `long` or `guidance`.

    Raises:
        Ended: The work is not feasible.
    """
    while True:
        case.move(CaseStatus.IN_SERVICE, CaseStep.RD_SCOPING)
        scope = await ask(
            case,
            Question(
                ScopeProject,
                case.lead_group(Role.SUPPORT),
                due="rd.scoping",
                assignee=case.snapshot.handler,
            ),
        )
        plan = case.snapshot.plan.model_copy(
            update={
                "months": scope.months,
                "budget_krw": scope.budget_krw,
                "own_share_krw": scope.own_share_krw,
                "document": scope.plan,
            }
        )
        proposal = propose_track(plan.months, plan.budget_krw, case.snapshot.urgency, case.policy)
        case.move(CaseStatus.IN_SERVICE, CaseStep.RD_TRACK, plan=plan, proposal=proposal)
        answer = await ask(
            case,
            Question(
                DecideTrack,
                _GAPS_GO_TO if proposal.track is None else centre_group(Role.TRIAGE),
                due="rd.track_decision",
                documents={"plan": scope.plan},
                parameters={
                    "proposed": proposal.track.value if proposal.track else "",
                    "flags": " ".join(flag.value for flag in proposal.flags),
                },
            ),
        )
        match answer.decision:
            case "change_plan":
                case.note("case:plan:returned")
            case "not_feasible":
                raise Ended(CaseOutcome.NOT_SOLVED, "not_feasible", answer.reason)
            case decided:
                mode = decided.removeprefix("short_") if decided.startswith("short") else None
                case.change(track=_TRACKS.get(decided), track_mode=mode)
                case.note("case:track:decided", track=decided)
                return decided


# -- the fast lane (domain: 3.4.1) --


async def fast_lane(case: CaseFile) -> CaseOutcome:
    """Agreement within two weeks of acceptance, project, result."""
    case.move(CaseStatus.IN_SERVICE, CaseStep.AGREEMENT)
    await case.promise(
        "agreement",
        "track.short.fast.agreement",
        start=_accepted_at(case),
        reminders="agreement.remind_before",
    )
    late = await agree_in_time(case)
    if late is not None:
        return await handle_by_hand(case, late)
    return await carry_out(case)


def _accepted_at(case: CaseFile) -> datetime:
    return case.snapshot.assignments[-1].answered_at or workflow.now()


async def agree_in_time(case: CaseFile) -> str | None:
    """Have the agreement signed; when it is late, the coordinator decides what follows (U08).

    Returns:
        None when it is signed; else the procedure that takes its place.

    Raises:
        Ended: One side refused, or the coordinator closed the case.
    """
    signing = asyncio.create_task(sign(case))
    try:
        while True:
            await case.wait(lambda: signing.done() or not case.is_running("agreement"))
            if signing.done():
                await signing
                case.end_promise("agreement", PromiseState.KEPT, workflow.now())
                return None
            decision = await _decide_on_delay(case, signing)
            if decision == "extend":
                await case.promise(
                    "agreement",
                    "agreement.extension",
                    start=workflow.now(),
                    reminders="agreement.remind_before",
                )
                case.move(CaseStatus.IN_SERVICE, CaseStep.AGREEMENT)
            elif decision is not None:
                return decision
    finally:
        abandon(signing)


async def _decide_on_delay(case: CaseFile, signing: asyncio.Task[None]) -> str | None:
    """Ask the coordinator; the agreement can still be signed meanwhile.

    Returns:
        The decision; None when the agreement was signed first.
    """
    case.move(CaseStatus.IN_SERVICE, CaseStep.AGREEMENT_LATE)
    deciding = asyncio.create_task(
        ask(
            case,
            Question(DecideLateAgreement, centre_group(Role.COORDINATOR), due="rd.track_decision"),
        )
    )
    try:
        await case.wait(lambda: deciding.done() or signing.done())
        if not deciding.done():
            return None
        answer = await deciding
    finally:
        abandon(deciding)
    if answer.decision == "close":
        raise Ended(CaseOutcome.AGREEMENT_FAILED, "agreement_late", answer.reason)
    return "short_monthly" if answer.decision == "monthly_round" else answer.decision


async def sign(case: CaseFile) -> None:
    """Plan approved, agreement drafted, signed by both sides; changes lead to a new draft.

    Raises:
        Ended: One side refused.
    """
    head = case.lead_group(Role.DEPT_HEAD)
    while True:
        approval = await ask(
            case,
            Question(
                ApprovePlan,
                head,
                due="rd.plan_approval",
                documents={"plan": case.snapshot.plan.document},
            ),
        )
        if approval.decision == "refuse":
            raise Ended(CaseOutcome.AGREEMENT_FAILED, "plan_refused", approval.reason)
        draft = await ask(
            case,
            Question(
                DraftAgreement,
                case.lead_group(Role.SUPPORT),
                due="agreement.draft",
                assignee=case.snapshot.handler,
                documents={"wanted_change": approval.reason},
            ),
        )
        documents: dict[str, str | None] = {"agreement": draft.agreement}
        company, institute = await both(
            ask(
                case,
                Question(
                    SignAsCompany,
                    COMPANY_GROUP,
                    due="agreement.sign",
                    announce="agreement_to_sign",
                    remind="agreement_reminder",
                    documents=documents,
                ),
            ),
            ask(case, Question(SignAsInstitute, head, due="agreement.sign", documents=documents)),
        )
        for side, answer in (("company", company), ("institute", institute)):
            if answer.decision == "refuse":
                raise Ended(CaseOutcome.AGREEMENT_FAILED, f"refused_by_{side}", answer.reason)
        if company.decision == "sign" and institute.decision == "sign":
            case.note("case:agreement:signed", starts_on=draft.starts_on)
            return


async def carry_out(case: CaseFile) -> CaseOutcome:
    """Run the project to its result, with a report each month."""
    case.move(CaseStatus.IN_SERVICE, CaseStep.RD_ACTIVE)
    case.tell("project_started")
    started_at = workflow.now()
    months = case.snapshot.plan.months or 0
    result = asyncio.create_task(
        _await_result(case, Period(length=_iso_months(months), clock=Clock.CALENDAR), started_at)
    )
    try:
        await _follow_progress(case, result, started_at)
        report = await result
    finally:
        abandon(result)
    if report is None:
        report = await overrun(case)
    return await accept(case, report)


def _iso_months(months: float) -> str:
    """An agreed duration as ISO 8601; the part of a month is counted in days of 1/30."""
    whole, days = int(months), round((months - int(months)) * 30)
    return f"P{whole}M{days}D" if days else f"P{whole}M"


async def _await_result(
    case: CaseFile, period: Period, started_at: datetime
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
            reminders="rd.end.remind_before",
            remind="project_ending",
        ),
    )


async def _follow_progress(
    case: CaseFile, result: asyncio.Task[ReportResult | None], started_at: datetime
) -> None:
    """Ask for a report each month until the result is there or the project's end has come.

    Raises:
        Ended: The project leader stopped the project.
    """
    while not result.done():
        next_report = await case.deadline("rd.progress.every.short", start=started_at)
        if await case.wait(result.done, until=next_report.due_at, summary="monthly report"):
            return
        started_at = next_report.due_at
        report = await _first_of(case, result)
        if report is not None and report.decision == "stop":
            raise Ended(CaseOutcome.RD_STOPPED, "stopped", report.note)


async def _first_of(
    case: CaseFile, result: asyncio.Task[ReportResult | None]
) -> ReportProgress | None:
    """The monthly report; None when the result came first and made it unnecessary."""
    asking = asyncio.create_task(
        ask(
            case,
            Question(
                ReportProgress,
                case.lead_group(Role.SUPPORT),
                due="rd.plan_approval",
                assignee=case.snapshot.handler,
            ),
        )
    )
    try:
        await case.wait(lambda: asking.done() or result.done())
        return await asking if asking.done() else None
    finally:
        abandon(asking)


async def overrun(case: CaseFile) -> ReportResult:
    """The project's end came without a result (U11). No silent extension beyond the track.

    Returns:
        The result, in the end.

    Raises:
        Ended: Stopped, or ended with what there is.
    """
    while True:
        case.move(CaseStatus.IN_SERVICE, CaseStep.RD_OVERRUN)
        decision = await ask(
            case,
            Question(
                DecideOverrun,
                case.lead_group(Role.DEPT_HEAD),
                due="rd.overrun_decision.short",
            ),
        )
        match decision.decision:
            case "stop":
                raise Ended(CaseOutcome.RD_STOPPED, "overrun", decision.reason)
            case "partial":
                raise Ended(CaseOutcome.PARTIAL, "overrun", decision.reason)
            case "medium":
                raise Ended(await handle_by_hand(case, "medium"), "continued_as_medium")
            case "finish_now" | "extend":
                case.move(CaseStatus.IN_SERVICE, CaseStep.RD_ACTIVE)
                weeks = decision.weeks if decision.decision == "extend" else 1
                result = await _await_result(
                    case, Period(length=f"P{weeks}W", clock=Clock.CALENDAR), workflow.now()
                )
                if result is not None:
                    return result


async def accept(case: CaseFile, report: ReportResult) -> CaseOutcome:
    """The company accepts the result, or has it worked over once."""
    reworks = case.policy.count("rd.rework.max")
    while True:
        case.move(CaseStatus.IN_SERVICE, CaseStep.RD_RESULT)
        outcome = {
            "met": CaseOutcome.RESOLVED_RD_SHORT,
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
