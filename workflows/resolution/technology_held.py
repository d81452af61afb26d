"""Step 3, technology held: the institute has what solves the difficulty."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from schemas.actor import COMPANY_GROUP, Role
    from schemas.case import CaseOutcome, CaseStatus, CaseStep, Route
    from schemas.outcome import (
        AgreeTerms,
        AnswerQuestion,
        ChooseSolution,
        ConfirmTechnology,
        ProposeSolution,
    )

from workflows.asking import Question, ask, ask_until
from workflows.case_file import CaseFile
from workflows.designation import designate
from workflows.first_contact import make_contact
from workflows.proceeding import Ended
from workflows.resolution.result import confirm_result


async def technology_held(case: CaseFile) -> CaseOutcome | Route:
    """Confirm, propose, choose, agree on terms; or go over to additional R&D."""
    while True:
        case.move(CaseStatus.IN_SERVICE, CaseStep.TECH_CONFIRM)
        verdict = await ask(
            case,
            Question(
                ConfirmTechnology,
                case.lead_group(Role.RESEARCHER),
                due="techheld.confirm",
            ),
        )
        if verdict.decision == "needs_rd":
            return Route.RESEARCH
        proposal = await _propose(case) if verdict.decision != "not_ours" else None
        if proposal is not None:
            return await _deliver(case, proposal)
        await designate(case)
        await make_contact(case)


async def _propose(case: CaseFile) -> ProposeSolution | None:
    """Agree with the company on a solution.

    Returns:
        The accepted proposal; None when the company wants another institute.

    Raises:
        Ended: The company declined, or did not answer.
    """
    case.move(CaseStatus.IN_SERVICE, CaseStep.TECH_PROPOSAL)
    proposal = await ask(
        case,
        Question(
            ProposeSolution,
            case.lead_group(Role.SUPPORT),
            due="techheld.proposal",
            assignee=case.snapshot.handler,
        ),
    )
    documents: dict[str, str | None] = {"proposal": proposal.proposal}
    while True:
        case.move(CaseStatus.IN_SERVICE, CaseStep.TECH_CHOICE)
        choice = await ask_until(
            case,
            Question(
                ChooseSolution,
                COMPANY_GROUP,
                due="techheld.sme_choice",
                announce="proposal_ready",
                documents=documents,
                parameters={"offers": proposal.offers},
            ),
        )
        if choice is None:
            raise Ended(CaseOutcome.CLOSED_NO_RESPONSE, "no_choice")
        match choice.decision:
            case "accept":
                return proposal
            case "other_institute":
                return None
            case "decline":
                raise Ended(CaseOutcome.DECLINED_BY_SME, "proposal_declined", choice.reason)
            case "ask":
                answer = await ask(
                    case,
                    Question(
                        AnswerQuestion,
                        case.lead_group(Role.SUPPORT),
                        due="techheld.proposal",
                        assignee=case.snapshot.handler,
                        documents={"question": choice.question},
                    ),
                )
                documents = {**documents, "answer": answer.answer}
                case.tell("question_answered")


async def _deliver(case: CaseFile, proposal: ProposeSolution) -> CaseOutcome | Route:
    """Agree on the terms of a licence; guidance and equipment are procedures of their own."""
    case.move(CaseStatus.IN_SERVICE, CaseStep.TECH_DELIVERY)
    if proposal.offers in {"guidance", "equipment"}:
        return Route(proposal.offers)
    terms = await ask(
        case,
        Question(
            AgreeTerms,
            case.lead_group(Role.TLO),
            due="techheld.terms",
        ),
    )
    if terms.decision == "failed":
        raise Ended(CaseOutcome.NOT_SOLVED, "terms_failed", terms.reason)
    # The licence itself is signed and reported on for years, outside the case.
    case.change(interim_note="licence_follows")
    return await confirm_result(case, CaseOutcome.RESOLVED_TECH_HELD, terms.terms)
