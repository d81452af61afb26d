"""Step 3, selection: applying to a round of the centre, its decision, and what follows."""

from datetime import datetime

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from schemas.actor import COMPANY_GROUP, Role, centre_group
    from schemas.case import CaseOutcome, CaseStatus, CaseStep, RoundEntry, Route
    from schemas.outcome import DecideObjection, PrepareApplication, TaskKind
    from schemas.selection import (
        ApplicationRequest,
        ApplicationState,
        Place,
        PlannedRound,
        RoundDecision,
        RoundQuery,
    )
    from workflows.policy.rounds import LATE_AGREEMENT, Competition, round_for

from workflows import activity_stubs
from workflows.asking import Question, ask, ask_until
from workflows.case_file import CaseFile
from workflows.proceeding import Ended
from workflows.resolution.next_step import Objection, choose_next

_HAS_A_PLACE = frozenset(
    {
        ApplicationState.APPLIED.value,
        ApplicationState.RESERVE.value,
        ApplicationState.SELECTED.value,
    }
)


async def compete(case: CaseFile, competition: Competition) -> Route | None:
    """Apply, wait for the decision, and enter again as often as the policy allows (U09, U10).

    Returns:
        None when the project was selected; else where the case goes on.

    Raises:
        Ended: It did not apply, or nothing follows.
    """
    entries = case.policy.count("round.max_reentry")
    while True:
        if await _enter(case, competition):
            return None
        entries -= 1
        objection_ends = await case.deadline("round.objection", reminders=None)
        choice = await choose_next(case, may_wait=entries >= 0, object_until=objection_ends.due_at)
        if isinstance(choice, Objection):
            if await _is_right(case, choice):
                return None
            choice = await choose_next(case, may_wait=entries >= 0)
        if isinstance(choice, Route):
            return choice


async def _enter(case: CaseFile, competition: Competition) -> bool:
    """Take part in one round; whether the project was selected."""
    await _hand_in(case, competition)
    entry = await _hear(case, competition)
    return entry.state == ApplicationState.SELECTED.value


async def _hand_in(case: CaseFile, competition: Competition) -> None:
    """Hand an application in; one that misses its cut-off goes to the next round."""
    missed = 0
    while True:
        planned = await _next_round(case, competition)
        case.move(CaseStatus.IN_SERVICE, CaseStep.ROUND_APPLICATION)
        case.tell("round_announced", due_at=planned.cutoff_at.isoformat())
        answer = await ask_until(
            case,
            Question(
                PrepareApplication,
                case.lead_group(Role.SUPPORT),
                due=competition.every,
                due_at=planned.cutoff_at,
                assignee=case.snapshot.handler,
                reminders=competition.reminders,
                documents={"plan": case.snapshot.plan.document},
                parameters={"round": planned.round_id},
            ),
        )
        if answer is not None:
            break
        missed += 1
        case.note("case:round:missed", round=planned.round_id)
        for audience in (COMPANY_GROUP, case.lead_group(Role.DEPT_HEAD)):
            case.tell("round_missed", audience)
        if missed > case.policy.count("round.max_reentry"):
            raise Ended(CaseOutcome.NOT_APPLIED, "rounds_missed")
    if answer.decision == "not_apply":
        raise Ended(CaseOutcome.NOT_APPLIED, "not_applied", answer.reason)
    plan = case.snapshot.plan
    receipt = await activity_stubs.apply_to_round(
        ApplicationRequest(
            case_number=case.number,
            programme=competition.programme,
            policy_version=case.policy.version,
            submitted_at=_submitted_at(case),
            institute=case.snapshot.lead_institute or "",
            round_id=planned.round_id,
            months=plan.months,
            budget_krw=plan.budget_krw,
            own_share_krw=plan.own_share_krw,
            plan=answer.application,
            partners=answer.partners,
        )
    )
    with case.transition():
        case.note("case:round:applied", round=receipt.round_id)
        case.move(
            CaseStatus.IN_SERVICE,
            CaseStep.ROUND_DECISION,
            entry=RoundEntry(
                round_id=receipt.round_id,
                cutoff_at=receipt.cutoff_at,
            ),
        )
        case.tell("round_applied", due_at=receipt.cutoff_at.isoformat())


async def _next_round(case: CaseFile, competition: Competition) -> PlannedRound:
    """The round that comes next, with the cut-off by which it will judge."""
    if not workflow.patched("rounds-as-told"):
        return round_for(competition, workflow.now(), case.policy)
    return await activity_stubs.next_round(
        RoundQuery(programme=competition.programme, at=workflow.now())
    )


def _submitted_at(case: CaseFile) -> datetime:
    """When the application was handed in: what counts at the cut-off."""
    return case.tasks.answered(TaskKind.PREPARE_APPLICATION).completed_at or workflow.now()


async def _hear(case: CaseFile, competition: Competition) -> RoundEntry:
    """Wait until the round tells its decision; a reserve waits until a place is given up."""
    applied = _entry(case)
    expected = await case.deadline(competition.evaluation, start=applied.cutoff_at, reminders=None)
    with case.waiting_for("round", expected.due_at):
        await case.wait(lambda: _entry(case).state != ApplicationState.APPLIED.value)
    if _entry(case).state == ApplicationState.RESERVE.value:
        places = await case.deadline(
            competition.agreement, extensions=LATE_AGREEMENT, reminders=None
        )
        with case.waiting_for("round", places.due_at):
            await case.wait(lambda: _entry(case).state != ApplicationState.RESERVE.value)
    return _entry(case)


def _entry(case: CaseFile) -> RoundEntry:
    if case.snapshot.entry is None:
        raise ValueError("the case has applied to no round")
    return case.snapshot.entry


async def _is_right(case: CaseFile, objection: Objection) -> bool:
    """Whether the centre follows an objection: the project is selected then after all."""
    entry = _entry(case)
    answer = await ask(
        case,
        Question(
            DecideObjection,
            centre_group(Role.COORDINATOR),
            due="round.decision",
            documents={"objection": objection.reason},
            parameters={"round": entry.round_id},
        ),
    )
    case.note("case:objection:decided", decision=answer.decision, document=answer.reason)
    case.tell(f"objection_{answer.decision}")
    if answer.decision == "stands":
        return False
    await activity_stubs.grant_place(_place(case, entry))
    case.change(entry=entry.model_copy(update={"state": ApplicationState.SELECTED.value}))
    return True


async def give_up(case: CaseFile) -> None:
    """Give a place up that the case does not use; a reserve moves up into it."""
    entry = case.snapshot.entry
    if entry is None or entry.state not in _HAS_A_PLACE:
        return
    await activity_stubs.give_up_place(_place(case, entry))
    case.change(entry=entry.model_copy(update={"state": ApplicationState.GIVEN_UP.value}))
    case.note("case:round:given_up", round=entry.round_id)


def _place(case: CaseFile, entry: RoundEntry) -> Place:
    return Place(round_id=entry.round_id, case_number=case.number, at=workflow.now())


def learn(case: CaseFile, decision: RoundDecision) -> None:
    """Take a round's decision; one that was told before changes nothing."""
    entry = case.snapshot.entry
    state = decision.state.value
    if entry is None or entry.round_id != decision.round_id or entry.state == state:
        return
    if entry.state not in _HAS_A_PLACE:
        return
    case.change(
        entry=entry.model_copy(
            update={"state": state, "rank": decision.rank, "reason": decision.reason}
        )
    )
    case.note("case:round:decided", round=decision.round_id, decision=state, reason=decision.reason)
    for audience in (COMPANY_GROUP, case.handlers):
        case.tell(f"round_{state}", audience, round_reason=decision.reason or "")
