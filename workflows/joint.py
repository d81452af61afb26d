"""Joint cases: one institute leads, and others take part beside it (U04, U05, C44)."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from schemas.actor import Role, institute_group
    from schemas.case import (
        Assignment,
        AssignmentRole,
        CaseSnapshot,
        OfferAnswer,
        PartnerInvitation,
    )
    from schemas.outcome import JoinCase

from workflows.asking import Question, ask_until
from workflows.case_file import CaseFile


def invite(case: CaseFile, invitation: PartnerInvitation) -> None:
    """Ask an institute to take part; what it answers does not stop the lead."""
    made = Assignment(
        institute=invitation.institute, role=AssignmentRole.PARTNER, offered_at=workflow.now()
    )
    case.change(assignments=(*case.snapshot.assignments, made))
    case.note("case:partner:asked", invitation.actor, institute=made.institute)
    case.spawn(_ask_partner(case, made.institute))


async def _ask_partner(case: CaseFile, institute: str) -> None:
    answer = await ask_until(
        case,
        Question(
            JoinCase,
            institute_group(institute, Role.DEPT_HEAD),
            due="intake.accept.due",
            expiry="intake.accept.reassign_after",
            parameters={"institute": institute},
        ),
    )
    if answer is None:
        answered = OfferAnswer.SILENT
    elif answer.decision == "join":
        answered = OfferAnswer.ACCEPTED
    else:
        answered = OfferAnswer.DECLINED
    changed = change_partner(
        case.snapshot,
        institute,
        answer=answered,
        answered_at=workflow.now(),
        named_staff=answer and answer.named_staff,
        decline_reason=answer and answer.decline_reason,
    )
    case.change(assignments=changed)
    case.note(f"case:partner:{answered.value}", institute=institute)
    case.tell("partner_answered", case.handlers, institute=institute, answer=answered.value)


def change_partner(
    snapshot: CaseSnapshot, institute: str, **changes: object
) -> tuple[Assignment, ...]:
    """Every offer, with changes to the one that asks `institute` to take part."""
    asked = next(offer for offer in snapshot.partners if offer.institute == institute)
    return tuple(
        offer.model_copy(update=changes) if offer is asked else offer
        for offer in snapshot.assignments
    )


async def begin_again(case: CaseFile) -> None:
    """Let the lead institute go: what it was working on is taken back (U04).

    The company is promised a first contact anew, as by a case that was just received. Invitations
    that nobody answered lapse.
    """
    with case.transition():
        case.resume()
        case.resume_clocks(workflow.now())
        case.stop_background()
        former = case.snapshot.lead_assignment
        case.change(
            lead_institute=None,
            handler=None,
            on_hold_until=None,
            assignments=tuple(
                offer.model_copy(update={"answer": OfferAnswer.REPLACED})
                if offer is former or offer.answer is OfferAnswer.WAITING
                else offer
                for offer in case.snapshot.assignments
            ),
        )
        case.note("case:lead:gone", institute=former and former.institute)
        case.tell("case_reassigned")
        await case.promise("first_contact", "intake.promise.total", start=workflow.now())


def take_over(case: CaseFile, institute: str) -> None:
    """Let a partner lead from now on."""
    promoted = change_partner(
        case.snapshot, institute, role=AssignmentRole.LEAD, answered_at=workflow.now()
    )
    lead = next(
        offer
        for offer in reversed(promoted)
        if offer.institute == institute and offer.answer is OfferAnswer.ACCEPTED
    )
    case.change(assignments=promoted, lead_institute=institute, handler=lead.named_staff)
    case.note("case:lead:taken_over", institute=institute)
    case.tell("case_accepted", institute=institute)
