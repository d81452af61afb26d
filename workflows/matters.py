"""What staff raise about a case beside its procedure, and who settles it."""

from collections.abc import Callable, Coroutine
from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from schemas.actor import SYSTEM, Actor, Role, centre_group, institute_group
    from schemas.case import CaseOutcome, HandlerChange, Matter, MatterReport, OfferAnswer
    from schemas.outcome import DecideStatus, Mediate, NameHandler, NameLead, TaskKind
    from schemas.record import SplitRequest

from workflows import activity_stubs
from workflows.asking import Question, ask
from workflows.case_file import CaseFile
from workflows.joint import change_partner
from workflows.proceeding import Ended, LeadGone
from workflows.task_acts import hand_over

COORDINATORS = centre_group(Role.COORDINATOR)


def raise_matter(case: CaseFile, report: MatterReport) -> None:
    """Put a matter to whoever settles it while the procedure goes on."""
    case.note(
        "case:matter:raised", report.actor, matter=report.matter.value, document=report.reason
    )
    case.spawn(_SETTLED_BY[report.matter](case, report))


async def decide_status(case: CaseFile, report: MatterReport) -> None:
    """The company is insolvent, sold or no SME any more: finish, hand over or stop (U13)."""
    answer = await ask(
        case,
        Question(
            DecideStatus,
            COORDINATORS,
            due="case.company_status.due",
            documents={"reason": report.reason},
        ),
    )
    if answer.decision == "stop":
        stopped = CaseOutcome.NOT_SOLVED if case.snapshot.track is None else CaseOutcome.RD_STOPPED
        case.end(Ended(stopped, "company_status", answer.reason))
        return
    _tell_of_settlement(case, report.matter, answer.decision, answer.reason)


async def mediate(case: CaseFile, report: MatterReport) -> None:
    """Institutes of a joint case disagree: one plan, or two cases with a link (U05)."""
    answer = await ask(
        case,
        Question(Mediate, COORDINATORS, due="joint.mediation", documents={"reason": report.reason}),
    )
    if answer.decision == "split" and answer.institute is not None:
        await _split_off(case, answer.institute)
    _tell_of_settlement(case, report.matter, answer.decision, answer.plan)


async def _split_off(case: CaseFile, institute: str) -> None:
    """Let a partner go on in a case of its own."""
    number = await activity_stubs.split_case(
        SplitRequest(
            case_number=case.number,
            key=f"{case.number}/{institute}/{len(case.journal)}",
            institute=institute,
            at=workflow.now(),
        )
    )
    case.change(assignments=change_partner(case.snapshot, institute, answer=OfferAnswer.REPLACED))
    case.note("case:work:split", linked=number, institute=institute)
    case.tell("case_split", linked=number)


async def name_lead(case: CaseFile, report: MatterReport) -> None:
    """The lead institute gives the case back: a partner leads, or another is searched (U04)."""
    answer = await ask(
        case,
        Question(
            NameLead,
            COORDINATORS,
            due="match.nomatch.review.due",
            documents={"reason": report.reason},
            parameters={"institute": case.snapshot.lead_institute or ""},
        ),
    )
    case.end(LeadGone(answer.institute if answer.decision == "partner" else None))


async def name_handler(case: CaseFile, report: MatterReport) -> None:
    """Who works on the case leaves: the department's head names another in time (U14).

    The open tasks go along, and the company is told. Nothing is left to name when the head, or a
    coordinator, changed the handler meanwhile.
    """
    leaving = case.snapshot.handler
    answer = await case.unless(
        lambda: case.snapshot.handler not in {None, leaving},
        ask(
            case,
            Question(
                NameHandler,
                case.lead_group(Role.DEPT_HEAD),
                due="staff.replacement",
                excluded=() if leaving is None else (leaving,),
                documents={"reason": report.reason},
            ),
        ),
    )
    if answer is not None:
        head = case.tasks.answered(TaskKind.NAME_HANDLER).completed_by or SYSTEM
        successor = Actor(
            id=answer.named_staff, role=Role.SUPPORT, institute=case.snapshot.lead_institute
        )
        hand_over(case, HandlerChange(actor=head, handler=successor, reason=answer.reason))


_SETTLED_BY: dict[Matter, Callable[[CaseFile, MatterReport], Coroutine[Any, Any, None]]] = {
    Matter.COMPANY_STATUS: decide_status,
    Matter.DISAGREEMENT: mediate,
    Matter.LEAD_GIVES_BACK: name_lead,
    Matter.HANDLER_LEAVES: name_handler,
}
# The task in which a matter is settled: while it is open, the same is not raised again.
TASK_OF = {
    Matter.COMPANY_STATUS: TaskKind.DECIDE_STATUS,
    Matter.DISAGREEMENT: TaskKind.MEDIATE,
    Matter.LEAD_GIVES_BACK: TaskKind.NAME_LEAD,
    Matter.HANDLER_LEAVES: TaskKind.NAME_HANDLER,
}


def _tell_of_settlement(
    case: CaseFile, matter: Matter, decision: str, document: str | None
) -> None:
    case.note("case:matter:settled", matter=matter.value, decision=decision, document=document)
    institutes = [offer.institute for offer in case.snapshot.partners]
    if case.snapshot.lead_institute is not None:
        institutes.append(case.snapshot.lead_institute)
    for institute in institutes:
        case.tell("matter_settled", institute_group(institute, Role.DEPT_HEAD), matter=matter.value)
