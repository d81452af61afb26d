"""The agreement of a project: drafted, signed by both sides, and what follows when it is late."""

import asyncio
from datetime import date

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from schemas.actor import COMPANY_GROUP, Role, centre_group
    from schemas.case import CaseOutcome, CaseStatus, CaseStep, PromiseState, Route
    from schemas.outcome import (
        ApprovePlan,
        DecideLateAgreement,
        DraftAgreement,
        SignAsCompany,
        SignAsInstitute,
    )
    from workflows.policy.programmes import Programme

from workflows.asking import Question, ask
from workflows.case_file import CaseFile, both
from workflows.proceeding import Ended, abandon

# What a coordinator may decide instead of an agreement that is late (U08).
INSTEAD = {
    "short_monthly": Route.SHORT_MONTHLY,
    "other_track": Route.RESEARCH,
    "guidance": Route.GUIDANCE,
}


async def agree_in_time(case: CaseFile, programme: Programme) -> str | None:
    """Have the agreement signed; when it is late, the coordinator decides what follows (U08).

    Returns:
        None when it is signed; else the procedure that takes its place.

    Raises:
        Ended: One side refused, or the coordinator closed the case.
    """
    signing = asyncio.create_task(sign(case, programme))
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


async def sign(case: CaseFile, programme: Programme) -> None:
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
                due=programme.draft,
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
            case.change(
                plan=case.snapshot.plan.model_copy(
                    update={"starts_on": date.fromisoformat(draft.starts_on)}
                )
            )
            case.note("case:agreement:signed", starts_on=draft.starts_on)
            return
