"""Step 3, guidance and advice: an expert of the institute looks at it with the company."""

from datetime import date, datetime, time

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from schemas.actor import COMPANY_GROUP, Role
    from schemas.case import CaseOutcome, CaseStatus, CaseStep, PromiseState, Route
    from schemas.outcome import (
        ConfirmAdvice,
        NameAdviser,
        PlanSession,
        RecordSession,
        WriteAdvice,
    )
    from workflows.policy.business_calendar import SEOUL

from workflows.appointments import keep_appointment
from workflows.asking import Question, ask, ask_until
from workflows.case_file import CaseFile
from workflows.designation import designate
from workflows.first_contact import make_contact
from workflows.proceeding import Ended


async def guide(case: CaseFile) -> CaseOutcome | Route:
    """Name an adviser, meet the company as often as it takes, advise in writing.

    Returns:
        How it ended; or the procedure that takes its place when the problem turns out to need
        research or an instrument.

    Raises:
        Ended: The company did not come, or the advice did not help.
    """
    await case.promise("guidance", "guidance.total", start=workflow.now())
    await _name_adviser(case)
    moved_on = await _meet(case)
    if moved_on is not None:
        case.end_promise("guidance", PromiseState.VOID, workflow.now())
        return moved_on
    case.move(CaseStatus.IN_SERVICE, CaseStep.GUIDANCE_REPORT)
    advice = await ask(
        case,
        Question(
            WriteAdvice,
            case.lead_group(Role.SUPPORT),
            due="guidance.report",
            assignee=case.snapshot.handler,
        ),
    )
    case.end_promise("guidance", PromiseState.KEPT, workflow.now())
    return await _confirm(case, advice.advice)


async def _name_adviser(case: CaseFile) -> None:
    """Have the head name somebody; an institute that has nobody is replaced."""
    while True:
        case.move(CaseStatus.IN_SERVICE, CaseStep.GUIDANCE_ADVISER)
        answer = await ask(
            case,
            Question(NameAdviser, case.lead_group(Role.DEPT_HEAD), due="guidance.advisor"),
        )
        if answer.decision == "named":
            case.note("case:adviser:named", adviser=answer.named_staff)
            case.tell("adviser_named")
            return
        await designate(case)
        await make_contact(case)


async def _meet(case: CaseFile) -> Route | None:
    """Meet the company until its problem is understood.

    Returns:
        The procedure that fits better; None when advice can be written.

    Raises:
        Ended: The company stayed away too often.
    """
    absences = 0
    while True:
        case.move(CaseStatus.IN_SERVICE, CaseStep.GUIDANCE_SESSION)
        plan = await ask(
            case,
            Question(
                PlanSession,
                case.lead_group(Role.SUPPORT),
                due="guidance.first_session",
                assignee=case.snapshot.handler,
            ),
        )
        begins = datetime.combine(date.fromisoformat(plan.held_on), time(plan.start_hour), SEOUL)
        held_on = f"{begins:%Y-%m-%d %H:%M}"
        case.tell("session_planned", held_on=held_on, mode=plan.mode)
        await keep_appointment(
            case,
            begins,
            "guidance.remind_before",
            "session_reminder",
            held_on=held_on,
            mode=plan.mode,
        )
        record = await ask(
            case,
            Question(
                RecordSession,
                case.lead_group(Role.SUPPORT),
                due="guidance.record",
                assignee=case.snapshot.handler,
            ),
        )
        match record.decision:
            case "held":
                return None
            case "needs_rd":
                return _go_over(case, Route.RESEARCH)
            case "needs_equipment":
                return _go_over(case, Route.EQUIPMENT)
            case "no_show":
                absences += 1
                if absences >= case.policy.count("noshow.max"):
                    raise Ended(CaseOutcome.CLOSED_NO_RESPONSE, "no_show")
            case "more_sessions":
                pass


def _go_over(case: CaseFile, route: Route) -> Route:
    case.note("case:route:changed", route=route.value)
    return route


async def _confirm(case: CaseFile, advice: str | None) -> CaseOutcome:
    """Ask the company whether the advice helped; silence leaves it unconfirmed."""
    case.move(CaseStatus.RESULT_CONFIRM)
    answer = await ask_until(
        case,
        Question(
            ConfirmAdvice,
            COMPANY_GROUP,
            due="guidance.sme_confirm",
            announce="result_to_confirm",
            documents={"result": advice},
        ),
    )
    if answer is None:
        case.change(unconfirmed=True)
        return CaseOutcome.RESOLVED_GUIDANCE
    match answer.decision:
        case "helpful":
            return CaseOutcome.RESOLVED_GUIDANCE
        case "partly":
            return CaseOutcome.PARTIAL
        case "not_helpful":
            raise Ended(CaseOutcome.NOT_SOLVED, "advice_did_not_help", answer.open_points)
