"""Step 3, additional R&D: scoping, and the track that the work follows."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from schemas.actor import Role, centre_group
    from schemas.case import CaseOutcome, CaseStatus, CaseStep, Route, Track
    from schemas.outcome import DecideTrack, ScopeProject
    from workflows.policy.tracks import propose_track

from workflows.asking import Question, ask
from workflows.case_file import CaseFile
from workflows.proceeding import Ended

_GAPS_GO_TO = centre_group(Role.COORDINATOR)
_TRACKS = {
    Route.SHORT_FAST: Track.SHORT,
    Route.SHORT_MONTHLY: Track.SHORT,
    Route.MEDIUM: Track.MEDIUM,
    Route.LONG: Track.LONG,
}


async def research(case: CaseFile) -> Route:
    """Scope until a track is chosen that the plan fits, or a reason is given (C04).

    Returns:
        The procedure of the track, or guidance.

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
                route = Route(decided)
                mode = decided.removeprefix("short_") if decided.startswith("short") else None
                case.change(track=_TRACKS.get(route), track_mode=mode)
                case.note("case:track:decided", track=decided)
                return route
