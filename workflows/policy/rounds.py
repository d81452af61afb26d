"""Selection rounds by rule: their calendar, who may take part, how applications are ranked."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from statistics import fmean, median
from typing import Final

from schemas.base import round_id
from schemas.policy import Clock, PolicyValues
from schemas.selection import (
    ApplicationRequest,
    ApplicationState,
    Ineligibility,
    Placed,
    PlannedRound,
    RankingSummary,
    RoundProgramme,
    Standing,
)
from workflows.policy.business_calendar import SEOUL
from workflows.policy.deadlines import ELAPSED_DAY
from workflows.policy.durations import elapsed_period, length_of

_EPOCH: Final = datetime(2013, 8, 26, tzinfo=UTC)
_DAY_ENDS: Final = time(23, 59, 59)
_SECOND: Final = timedelta(seconds=1)


@dataclass(frozen=True)
class Competition:
    """How the projects of a programme are selected. Every number stands in the policy.

    Attributes:
        every: How often a round is held.
        open_for: How long applications are taken before the cut-off; None from one cut-off to
            the next.
        evaluation: Period in which the panel scores.
        agreement: Period in which those selected sign.
        budget: What a round may grant, in won.
        reminders: Before the cut-off.
        months, money: Limits of duration and budget that an application has to keep.
        partners: Whether a consortium is needed (산학연 공동).
    """

    programme: RoundProgramme
    every: str
    open_for: str | None
    evaluation: str
    agreement: str
    budget: str
    reminders: str
    months: str
    money: str
    partners: bool


# What a late agreement may take on top of its period: the coordinator decides, grants more time,
# and decides again (U08). Until then a place can be given up, and a reserve may move up into it.
LATE_AGREEMENT: Final = ("rd.track_decision", "agreement.extension", "rd.track_decision")

MONTHLY: Final = Competition(
    programme=RoundProgramme.SHORT_MONTHLY,
    every="round.monthly.every",
    open_for=None,
    evaluation="track.short.monthly.evaluation",
    agreement="track.short.monthly.agreement",
    budget="round.monthly.budget",
    reminders="round.monthly.remind_before",
    months="track.short.duration_table",
    money="track.short.budget",
    partners=False,
)
MEDIUM: Final = Competition(
    programme=RoundProgramme.MEDIUM,
    every="round.medium.every",
    open_for="round.notice.min",
    evaluation="round.medium.evaluation",
    agreement="agreement.medium_long",
    budget="round.medium.budget",
    reminders="round.medium.remind_before",
    months="track.medium.duration_table",
    money="track.medium.budget",
    partners=True,
)
COMPETITIONS: Final = {found.programme: found for found in (MONTHLY, MEDIUM)}


def round_for(competition: Competition, at: datetime, values: PolicyValues) -> PlannedRound:
    """The earliest round that an application submitted at `at` takes part in."""
    if ELAPSED_DAY in values.values:
        return _round_in_seconds(competition, at, values)
    day = at.astimezone(SEOUL).date()
    years = (day.year, day.year + 1)
    planned = (
        _monthly(date(year, month, 1), competition, values)
        if competition.open_for is None
        else _announced(date(year, month, 1), competition, values)
        for year in (day.year - 1, *years)
        for month in _months(competition, values)
    )
    return next(found for found in planned if found.cutoff_at >= at)


def rounds_open_at(at: datetime, values: PolicyValues) -> list[PlannedRound]:
    """The rounds that take applications now, at most one of each programme."""
    planned = [round_for(competition, at, values) for competition in COMPETITIONS.values()]
    return [found for found in planned if found.opens_at <= at]


def _months(competition: Competition, values: PolicyValues) -> Sequence[int]:
    return (
        range(1, 13) if competition.open_for is None else values.counts("track.medium.round_months")
    )


def _monthly(month: date, competition: Competition, values: PolicyValues) -> PlannedRound:
    """Open from the last month's cut-off to this month's."""
    day = values.count("track.short.monthly.cutoff_day")
    before = (month - timedelta(days=1)).replace(day=day)
    return _planned(
        competition,
        f"{month:%Y-%m}",
        datetime.combine(before, _DAY_ENDS, SEOUL) + _SECOND,
        datetime.combine(month.replace(day=day), _DAY_ENDS, SEOUL),
    )


def _announced(month: date, competition: Competition, values: PolicyValues) -> PlannedRound:
    """Open from the first of its month for as long as a call has to be."""
    opens_at = datetime.combine(month, time(), SEOUL)
    notice = length_of(values.period(competition.open_for or "").length).rest
    return _planned(competition, f"{month:%Y-%m}", opens_at, opens_at + notice - _SECOND)


def _round_in_seconds(competition: Competition, at: datetime, values: PolicyValues) -> PlannedRound:
    """A test policy's rounds follow each other without a gap, counted from the centre's opening."""
    every = values.period(competition.every)
    if every.clock is not Clock.ELAPSED:
        # The policy is older than rounds, and took this length from the standard.
        every = elapsed_period(every, values.share(ELAPSED_DAY))
    length = length_of(every.length).rest
    nth = (at - _EPOCH) // length
    opens_at = _EPOCH + nth * length
    return _planned(competition, str(nth), opens_at, opens_at + length)


def _planned(
    competition: Competition, period: str, opens_at: datetime, cutoff_at: datetime
) -> PlannedRound:
    return PlannedRound(
        round_id=round_id(competition.programme.value, period),
        programme=competition.programme,
        period=period,
        opens_at=opens_at.astimezone(UTC),
        cutoff_at=cutoff_at.astimezone(UTC),
    )


def ineligibility(
    application: ApplicationRequest, values: PolicyValues, double: Ineligibility | None
) -> Ineligibility | None:
    """Why an application may not take part; None when it may.

    Args:
        application: As it was handed in.
        values: The round's policy.
        double: Why the company would be funded twice, if it would.
    """
    competition = COMPETITIONS[application.programme]
    if application.budget_krw is None or application.months is None:
        return Ineligibility.NO_BUDGET
    if not values.limit(competition.money).admits(application.budget_krw):
        return Ineligibility.BUDGET_OUTSIDE_PROGRAMME
    if not values.limit(competition.months).admits(application.months):
        return Ineligibility.DURATION_OUTSIDE_PROGRAMME
    if competition.partners and not application.partners:
        return Ineligibility.NO_PARTNER
    return double


def excluded_by_rule(
    listed: Iterable[ApplicationRequest],
    values: PolicyValues,
    *,
    elsewhere: Mapping[str, Ineligibility],
    companies: Mapping[str, str],
) -> list[tuple[str, Ineligibility]]:
    """Which applications are not scored, and why; of a company's only the earliest one is.

    Args:
        listed: Every application, the earliest first.
        values: The round's policy.
        elsewhere: What those, by case number, whose company takes part elsewhere have there.
        companies: Whose case each is, as far as that is known.
    """
    found: list[tuple[str, Ineligibility]] = []
    taking_part: set[str] = set()
    for one in listed:
        company = companies.get(one.case_number)
        twice = Ineligibility.APPLIED_TWICE if company in taking_part else None
        reason = ineligibility(one, values, elsewhere.get(one.case_number, twice))
        if reason is not None:
            found.append((one.case_number, reason))
        elif company is not None:
            taking_part.add(company)
    return found


def quorum(panel: int) -> int:
    """How many reviewers have to hand in their sheets: more than half of the panel."""
    return panel // 2 + 1


def rank(
    standings: Iterable[Standing], *, budget_krw: int, threshold: int, fewest_scores: int
) -> list[Placed]:
    """Rank applications by their mean score, and grant from the top until the budget is spent.

    Between equal means the higher median goes first, then who applied earlier. The first one that
    the budget does not cover ends the granting: who comes after it moves up only in its turn.

    Args:
        standings: Applications with their scores.
        budget_krw: What the round may grant.
        threshold: The lowest mean that can be selected, 0 to 100.
        fewest_scores: An application that fewer could score, the others having a conflict of
            interest, is not selected unless the centre lets its scores count.
    """
    listed = sorted(standings, key=lambda one: (one.submitted_at, one.case_number))
    scored = [one for one in listed if len(one.scores) >= max(fewest_scores, 1)]
    unscored = [one for one in listed if len(one.scores) < max(fewest_scores, 1)]
    scored.sort(
        key=lambda one: (
            -fmean(one.scores), -median(one.scores), one.submitted_at, one.case_number
        )
    )  # fmt: skip
    placed: list[Placed] = []
    left, granting = budget_krw, True
    for place, one in enumerate(scored, start=1):
        score = round(fmean(one.scores), 2)
        if fmean(one.scores) < threshold:
            state, reason = ApplicationState.NOT_SELECTED, "below_threshold"
        elif granting and one.budget_krw <= left:
            state, reason, left = ApplicationState.SELECTED, None, left - one.budget_krw
        else:
            state, reason, granting = ApplicationState.RESERVE, "budget", False
        placed.append(
            Placed(case_number=one.case_number, state=state, rank=place, score=score, reason=reason)
        )
    placed += [
        Placed(
            case_number=one.case_number,
            state=ApplicationState.NOT_SELECTED,
            score=round(fmean(one.scores), 2) if one.scores else None,
            reason="too_few_scores",
        )
        for one in unscored
    ]
    return placed


def moving_up(reserve: Sequence[Standing], *, left_krw: int) -> list[str]:
    """Case numbers of the reserves that what was given up pays for, in the order of the ranking."""
    found: list[str] = []
    for one in reserve:
        if one.budget_krw > left_krw:
            break
        left_krw -= one.budget_krw
        found.append(one.case_number)
    return found


def summary_of(placed: Iterable[Placed], budgets: dict[str, int]) -> RankingSummary:
    """How many were selected, and what they are granted together."""
    listed = list(placed)
    states = [one.state for one in listed]
    few = [one for one in listed if one.reason == "too_few_scores"]
    return RankingSummary(
        few_scores=len(few),
        unscored=sum(one.score is None for one in few),
        selected=states.count(ApplicationState.SELECTED),
        reserve=states.count(ApplicationState.RESERVE),
        not_selected=states.count(ApplicationState.NOT_SELECTED),
        granted_krw=sum(
            budgets[one.case_number] for one in listed if one.state is ApplicationState.SELECTED
        ),
    )
