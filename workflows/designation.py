"""Step 2: find an institute that can help, and have one accept the case."""

from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from schemas.actor import ANY_INSTITUTE_HEAD, Role, centre_group, institute_group
    from schemas.case import (
        Assignment,
        CaseOutcome,
        CaseStatus,
        DeclineReason,
        OfferAnswer,
    )
    from schemas.designation import MatchRequest
    from schemas.outcome import (
        AcceptCase,
        AssignInstitute,
        DecideNoMatch,
        HandleByHand,
        Volunteer,
    )

from workflows import activity_stubs
from workflows.asking import Question, ask, ask_until
from workflows.case_file import CaseFile
from workflows.front_desk import refer, supplement, triage
from workflows.proceeding import Ended

COORDINATORS = centre_group(Role.COORDINATOR)


async def designate(case: CaseFile) -> None:
    """Offer the case to one institute after another until one accepts (R023, R024).

    After a decline or silence the next candidate is asked at once; after as many declines as the
    policy allows, or with no candidate left, the panel decides (U01-U03).

    Raises:
        Ended: The panel found nobody.
    """
    await rank(case)
    institute = await choose(case) or await convene_panel(case)
    declines = 0
    while (answer := await offer(case, institute)) is not OfferAnswer.ACCEPTED:
        declines += answer is OfferAnswer.DECLINED
        following = next_candidate(case)
        if following is None or declines >= case.policy.count("match.max_declines_before_panel"):
            institute = await convene_panel(case)
            declines = 0
        else:
            institute = following
            case.tell("case_reassigned")
            case.tell("case_reassigned", COORDINATORS, institute=institute)


async def rank(case: CaseFile) -> None:
    """Rank institutes by their catalogue; without an answer in time, a person goes on alone."""
    case.move(CaseStatus.MATCHING)
    try:
        result = await activity_stubs.rank_institutes(
            MatchRequest(
                case_number=case.intake.case_number, top_k=case.policy.count("match.top_k")
            ),
            retry_every=timedelta(minutes=case.policy.count("match.retry.interval_minutes")),
            give_up_after=timedelta(hours=case.policy.count("match.retry.total_hours")),
        )
    except ActivityError:
        case.note("case:match:failed")
        case.tell("matching_failed", COORDINATORS)
        return
    case.change(
        candidates=result.candidates, match_run=result.run_id, match_confidence=result.confidence
    )
    case.note("case:match:ranked", run=result.run_id, index=result.index_version)


async def choose(case: CaseFile, volunteer: str | None = None) -> str | None:
    """Let the coordinator name the lead institute.

    Returns:
        The institute; None when the coordinator finds nobody suitable.
    """
    while True:
        case.move(CaseStatus.ASSIGNING)
        answer = await ask(
            case,
            Question(
                AssignInstitute,
                COORDINATORS,
                due="intake.assign.due",
                parameters={"volunteer": volunteer} if volunteer else {},
            ),
        )
        match answer.decision:
            case "assign":
                return answer.institute
            case "no_match":
                return None
            case "back_to_triage":
                await triage(case)
                await rank(case)


async def offer(case: CaseFile, institute: str) -> OfferAnswer:
    """Put the case to an institute's support department (R037).

    Returns:
        Accepted, declined, or silent when nobody answered in twice the time given.
    """
    made = Assignment(institute=institute, offered_at=workflow.now())
    case.move(
        CaseStatus.OFFERED,
        lead_institute=institute,
        handler=None,
        assignments=(*case.snapshot.assignments, made),
    )
    case.note("case:offer:made", institute=institute)
    case.tell("institute_checking", institute=institute)
    while True:
        answer = await ask_until(
            case,
            Question(
                AcceptCase,
                institute_group(institute, Role.DEPT_HEAD),
                due="intake.accept.due",
                expiry="intake.accept.reassign_after",
                start=made.offered_at,
                parameters={"institute": institute},
            ),
        )
        if answer is None:
            _answer_offer(case, OfferAnswer.SILENT)
            return OfferAnswer.SILENT
        match answer.decision:
            case "accept":
                case.change(handler=answer.named_staff)
                _answer_offer(case, OfferAnswer.ACCEPTED)
                case.tell("case_accepted", institute=institute)
                return OfferAnswer.ACCEPTED
            case "decline":
                _answer_offer(case, OfferAnswer.DECLINED, answer.decline_reason)
                return OfferAnswer.DECLINED
            case "ask_company":
                await supplement(case, answer.question)
                case.move(CaseStatus.OFFERED)
                made = made.model_copy(update={"offered_at": workflow.now()})


def _answer_offer(case: CaseFile, answer: OfferAnswer, reason: DeclineReason | None = None) -> None:
    *earlier, offered = case.snapshot.assignments
    answered = offered.model_copy(
        update={
            "answer": answer,
            "answered_at": workflow.now(),
            "decline_reason": reason,
            "named_staff": case.snapshot.handler,
        }
    )
    changes: dict[str, object] = {"assignments": (*earlier, answered)}
    if answer is not OfferAnswer.ACCEPTED:
        changes["lead_institute"] = None
    case.change(**changes)
    case.note(
        f"case:offer:{answer.value}", institute=offered.institute, reason=reason and reason.value
    )


def next_candidate(case: CaseFile) -> str | None:
    """The best-ranked institute that was not asked yet."""
    asked = [offered.institute for offered in case.snapshot.assignments]
    return next(
        (ranked.institute for ranked in case.snapshot.candidates if ranked.institute not in asked),
        None,
    )


async def convene_panel(case: CaseFile) -> str:
    """Let the coordinators find a way when nobody was found or two declined (U01).

    Returns:
        The institute to ask next.

    Raises:
        Ended: Nobody can help; or information is all that can be given; or the case is referred.
    """
    case.move(CaseStatus.NO_MATCH, lead_institute=None)
    case.tell("delay_notice", reason="no_match")
    while True:
        answer = await ask(
            case, Question(DecideNoMatch, COORDINATORS, due="match.nomatch.review.due")
        )
        match answer.decision:
            case "choose" if answer.institute is not None:
                return answer.institute
            case "broadcast":
                volunteer = await broadcast(case)
                confirmed = await choose(case, volunteer) if volunteer else None
                if confirmed is not None:
                    return confirmed
                case.move(CaseStatus.NO_MATCH)
            case "information_only":
                done = await ask(
                    case,
                    Question(
                        HandleByHand,
                        COORDINATORS,
                        due="info.simple",
                        parameters={"route": "information"},
                    ),
                )
                raise Ended(CaseOutcome(done.outcome), "information_only", done.result)
            case "refer":
                await refer(case)
            case _:
                raise Ended(CaseOutcome.UNRESOLVABLE_NO_MATCH, "no_match", answer.reason)


async def broadcast(case: CaseFile) -> str | None:
    """Put the case to every institute's department; the first volunteer wins.

    Returns:
        The volunteer; None when nobody came forward in time.
    """
    answer = await ask_until(
        case, Question(Volunteer, ANY_INSTITUTE_HEAD, due="match.nomatch.broadcast")
    )
    if answer is None:
        return None
    by = [task.completed_by for task in case.tasks if isinstance(task.outcome, Volunteer)][-1]
    return by.institute if by is not None else None
