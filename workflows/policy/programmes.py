"""The programmes of joint R&D: what each asks of a project, by the keys of the policy table."""

from dataclasses import dataclass, replace
from datetime import date

from schemas.case import CaseOutcome, ProjectPlan, Route, Track
from schemas.outcome import DecideOverrun
from schemas.policy import PolicyValues
from schemas.problem import ProblemType, Refused

_WEEKS_A_MONTH = 365.25 / 12 / 7


@dataclass(frozen=True)
class Programme:
    """How a project of one track runs. Every number stands in the policy, under these keys.

    Attributes:
        agreement: Period in which the agreement is to be signed.
        agreement_reminders: Before that.
        draft: Period for the draft; what a selected plan has to supplement is part of it.
        progress: How often the project leader reports.
        end_reminders: Before the project's end.
        overrun: Period for deciding on a project that reached its end without a result.
        longest: Limit of the duration, extensions included; None where there is none.
        midterm: Period for the check at half the duration; None where there is none.
        resolved: The outcome when the goal is met.
        beyond: Where work goes on that does not fit the track any more; to scoping where it needs a
            new plan and a new decision on its track (domain 3.4.1).
    """

    track: Track
    agreement: str
    agreement_reminders: str
    draft: str
    progress: str
    end_reminders: str
    overrun: str
    longest: str | None
    midterm: str | None
    resolved: CaseOutcome
    beyond: Route


FAST_LANE = Programme(
    track=Track.SHORT,
    agreement="track.short.fast.agreement",
    agreement_reminders="agreement.remind_before",
    draft="agreement.draft",
    progress="rd.progress.every.short",
    end_reminders="rd.end.remind_before",
    overrun="rd.overrun_decision.short",
    longest="track.short.duration_table",
    midterm=None,
    resolved=CaseOutcome.RESOLVED_RD_SHORT,
    beyond=Route.RESEARCH,
)
LONG = Programme(
    track=Track.LONG,
    agreement="agreement.medium_long",
    agreement_reminders="agreement.remind_before",
    draft="agreement.draft",
    progress="rd.progress.every.long",
    end_reminders="rd.long.remind_before",
    overrun="rd.overrun_decision.medium",
    longest=None,
    midterm=None,
    resolved=CaseOutcome.RESOLVED_RD_LONG,
    beyond=Route.LONG,
)
MONTHLY = replace(
    FAST_LANE,
    agreement="track.short.monthly.agreement",
    agreement_reminders="agreement.monthly.remind_before",
)
MEDIUM = Programme(
    track=Track.MEDIUM,
    agreement="agreement.medium_long",
    agreement_reminders="agreement.remind_before",
    draft="round.plan_supplement",
    progress="rd.progress.every.medium",
    end_reminders="rd.medium.remind_before",
    overrun="rd.overrun_decision.medium",
    longest="track.medium.duration_table",
    midterm="rd.midterm.check",
    resolved=CaseOutcome.RESOLVED_RD_MEDIUM,
    beyond=Route.LONG,
)
_BY_TRACK = {programme.track: programme for programme in (FAST_LANE, MEDIUM, LONG)}


def check_extension(
    plan: ProjectPlan, track: Track | None, decision: DecideOverrun, values: PolicyValues
) -> None:
    """Raise `Refused` for an extension beyond what the track allows (U11).

    Handing in what is nearly finished takes a week whatever the limit, but only once beyond it.

    Args:
        plan: The agreed plan; its duration with the extensions so far.
        track: The project's track.
        decision: What is wanted now.
        values: The case's policy.
    """
    programme = None if track is None else _BY_TRACK.get(track)
    if programme is None or programme.longest is None or plan.months is None:
        return
    limit = values.limit(programme.longest)
    match decision.decision:
        case "extend" if not limit.admits(extended(plan, decision.weeks or 0).months or 0):
            raise Refused(
                ProblemType.OUTCOME_MISMATCH,
                "The project would last longer than its track allows. Ask for fewer weeks, or let "
                "it go on in a longer track.",
                field="/outcome/weeks",
            )
        case "finish_now" if not limit.admits(plan.months):
            raise Refused(
                ProblemType.OUTCOME_MISMATCH,
                "The project was given its last week already. End it with what there is, or let it "
                "go on in a longer track.",
                field="/outcome/decision",
            )
        case _:
            pass


def extended(plan: ProjectPlan, weeks: int) -> ProjectPlan:
    """The plan with so many weeks more."""
    return plan.model_copy(update={"months": (plan.months or 0) + weeks / _WEEKS_A_MONTH})


def next_opening(after: date, months: tuple[int, ...]) -> date:
    """The first day of the next month in which a call opens.

    Args:
        after: A date before it; the month of this date itself is over for applicants.
        months: Months of the year, 1 to 12.
    """
    later = [date(after.year, month, 1) for month in months if month > after.month]
    return min(later, default=date(after.year + 1, min(months), 1))
