"""Step 1: receipt, screening, supplement, referral and triage."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from schemas.actor import COMPANY_GROUP, Role, centre_group
    from schemas.case import CaseOutcome, CaseStatus, Service
    from schemas.outcome import (
        ReferCase,
        ScreenCase,
        SupplyInformation,
        TriageCase,
    )
    from schemas.record import ScreeningRequest

from workflows import activity_stubs
from workflows.asking import Question, ask, ask_until
from workflows.case_file import CaseFile
from workflows.proceeding import Ended

TRIAGE_DESK = centre_group(Role.TRIAGE)


async def receive(case: CaseFile) -> None:
    """Acknowledge the receipt and promise the first contact (R004, C07)."""
    case.note(
        "case:intake:registered",
        channel=case.intake.channel,
        policy_version=case.intake.policy_version,
    )
    await case.promise("first_contact", "intake.promise.total", start=case.intake.received_at)
    promise = case.promise_of("first_contact")
    case.tell("case_received", due_at=promise.deadline.due_at.isoformat() if promise else "")


async def screen(case: CaseFile) -> None:
    """Decide whether the request is one for this centre, and complete.

    Raises:
        Ended: Answered at the desk, referred, merged, out of scope, abuse, or no response.
    """
    case.move(CaseStatus.SCREENING)
    findings = await activity_stubs.screen(
        ScreeningRequest(
            case_number=case.intake.case_number,
            duplicate_window=case.policy.period("dup.window").length,
            duplicate_similarity=case.policy.share("dup.similarity"),
        )
    )
    hints = {
        "duplicate_candidates": " ".join(findings.duplicate_candidates),
        "personal_data": " ".join(findings.personal_data),
        "language": findings.language,
    }
    while True:
        answer = await ask(
            case,
            Question(
                ScreenCase,
                TRIAGE_DESK,
                due="intake.triage.due",
                start=case.intake.received_at,
                parameters={name: hint for name, hint in hints.items() if hint},
            ),
        )
        match answer.decision:
            case "proceed":
                return
            case "supplement":
                await supplement(case, answer.question)
                case.move(CaseStatus.SCREENING)
            case "answer":
                # An enquiry answered at once is a contact, not a case (C42).
                case.change(counted_as="contact", service=Service.ENQUIRY)
                raise Ended(CaseOutcome.ANSWERED_AT_DESK, document=answer.answer)
            case "wrong_channel":
                await refer(case)
            case "refer_part":
                referral = await _name_body(case)
                case.tell("part_referred", body=referral.body)
                case.move(CaseStatus.SCREENING)
            case "duplicate":
                case.change(merged_into=answer.duplicate_of)
                raise Ended(CaseOutcome.MERGED, "duplicate")
            case "not_sme":
                # Told why; information is all that it can have (U26).
                raise Ended(CaseOutcome.OUT_OF_SCOPE, "not_sme", answer.reason)
            case "abuse":
                raise Ended(CaseOutcome.CLOSED_ABUSE, "abuse", answer.reason)


async def supplement(case: CaseFile, question: str | None) -> None:
    """Ask the company for what is missing; the centre's clocks stand still meanwhile.

    A second request follows the first. The company may ask for more time, as often as the policy
    allows.

    Raises:
        Ended: The company did not answer the second request in time.
    """
    case.pause_clocks()
    case.move(CaseStatus.SUPPLEMENT)
    extensions = case.policy.count("intake.supplement.applicant_extensions")
    due = "intake.supplement.first"
    while True:
        answer = await ask_until(
            case,
            Question(
                SupplyInformation,
                COMPANY_GROUP,
                due=due,
                announce="supplement_requested",
                remind="supplement_reminder",
                documents={"question": question},
                parameters={"extensions_left": str(extensions)},
            ),
        )
        if answer is None and due == "intake.supplement.second":
            case.resume_clocks(workflow.now())
            raise Ended(CaseOutcome.CLOSED_NO_RESPONSE, "no_supplement")
        if answer is None:
            due = "intake.supplement.second"
        elif answer.decision == "more_time" and extensions > 0:
            extensions -= 1
        elif answer.decision == "supply":
            case.resume_clocks(workflow.now())
            return


async def refer(case: CaseFile) -> None:
    """Name the body that can help (U21).

    Raises:
        Ended: Always: the case ends as referred.
    """
    referral = await _name_body(case)
    case.tell("case_referred", body=referral.body)
    raise Ended(CaseOutcome.REFERRED_OUT, referral.body, referral.reason)


async def _name_body(case: CaseFile) -> ReferCase:
    """Who can help with the request, or with a part of it (U22)."""
    case.move(CaseStatus.REFERRED_OUT)
    referral = await ask(case, Question(ReferCase, TRIAGE_DESK, due="intake.referral.due"))
    case.note("case:referral:made", body=referral.body)
    return referral


async def triage(case: CaseFile) -> None:
    """Settle service, branch and first estimate of the work."""
    case.move(CaseStatus.TRIAGE)
    answer = await ask(
        case,
        Question(TriageCase, TRIAGE_DESK, due="intake.triage.due", start=case.intake.received_at),
    )
    plan = case.snapshot.plan.model_copy(
        update={"months": answer.months, "budget_krw": answer.budget_krw}
    )
    case.change(
        service=answer.service,
        branch=answer.branch,
        further_service=answer.further_service,
        urgency=answer.urgency,
        plan=plan,
    )
