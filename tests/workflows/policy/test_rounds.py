"""Rounds by rule: the calendar, who takes part, the ranking."""

from datetime import UTC, datetime, timedelta
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.policy import PolicyValues
from schemas.selection import (
    ApplicationRequest,
    ApplicationState,
    Ineligibility,
    RoundProgramme,
    Standing,
)
from workers.policy_files import default_policy
from workflows.policy.business_calendar import SEOUL
from workflows.policy.deadlines import ELAPSED_DAY
from workflows.policy.policy_table import override
from workflows.policy.rounds import (
    MEDIUM,
    MONTHLY,
    Competition,
    excluded_by_rule,
    ineligibility,
    moving_up,
    quorum,
    rank,
    round_for,
    rounds_open_at,
)

VALUES = default_policy().pinned()
SECONDS = override(
    default_policy(), 'version = "s"\nclock = "elapsed"\nday = "PT1S"\n[values]\n'
).pinned()
# A test policy from before there were rounds, with what it takes from the standard.
OLDER = SECONDS.model_copy(update={"values": {**VALUES.values, ELAPSED_DAY: 1.0}})
MOMENTS = st.integers(0, 14 * 366 * 86_400).map(
    lambda seconds: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)


def seoul(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SEOUL)


@pytest.mark.parametrize(
    ("competition", "at", "period", "cutoff"),
    [
        (MONTHLY, "2026-11-20T23:59:59", "2026-11", "2026-11-20T23:59:59"),
        (MONTHLY, "2026-11-21T00:00:00", "2026-12", "2026-12-20T23:59:59"),
        (MONTHLY, "2026-12-31T12:00:00", "2027-01", "2027-01-20T23:59:59"),
        (MEDIUM, "2026-11-24T12:00:00", "2027-01", "2027-01-30T23:59:59"),
        (MEDIUM, "2027-01-31T00:00:00", "2027-07", "2027-07-30T23:59:59"),
    ],
)
def test_an_application_goes_to_the_next_cut_off(
    competition: Competition, at: str, period: str, cutoff: str
) -> None:
    planned = round_for(competition, seoul(at), VALUES)

    assert (planned.period, planned.cutoff_at) == (period, seoul(cutoff))


@given(MOMENTS, st.sampled_from([MONTHLY, MEDIUM]), st.sampled_from([VALUES, SECONDS, OLDER]))
def test_every_moment_has_one_round_and_the_next_follows_it(
    at: datetime, competition: Competition, values: PolicyValues
) -> None:
    planned = round_for(competition, at, values)
    following = round_for(competition, planned.cutoff_at + timedelta(seconds=1), values)

    assert planned.cutoff_at >= at
    assert planned.opens_at < planned.cutoff_at
    assert following.cutoff_at > planned.cutoff_at
    assert following.round_id != planned.round_id


def test_a_medium_round_is_open_for_as_long_as_a_call_has_to_be() -> None:
    before, inside = seoul("2026-12-31T23:59:59"), seoul("2027-01-01T00:00:00")

    assert [one.programme for one in rounds_open_at(before, VALUES)] == [
        RoundProgramme.SHORT_MONTHLY
    ]
    assert len(rounds_open_at(inside, VALUES)) == 2


@pytest.mark.parametrize(
    ("programme", "changes", "double", "reason"),
    [
        ("short_monthly", {}, None, None),
        ("short_monthly", {"budget_krw": 30_000_001}, None, "budget_outside_programme"),
        ("short_monthly", {"months": 4.0}, None, "duration_outside_programme"),
        ("short_monthly", {"budget_krw": None}, None, "no_budget"),
        ("short_monthly", {}, "double_funding", "double_funding"),
        ("short_monthly", {}, "applied_elsewhere", "applied_elsewhere"),
        ("short_monthly", {"months": 4.0}, "applied_twice", "duration_outside_programme"),
        ("medium", {"budget_krw": 50_000_000, "months": 8.0}, None, "no_partner"),
        ("medium", {"budget_krw": 50_000_000, "months": 8.0, "partners": "x"}, None, None),
    ],
)
def test_who_may_take_part(
    programme: str, changes: dict[str, object], double: str | None, reason: str | None
) -> None:
    application = ApplicationRequest(
        case_number="1379-2026-000001",
        programme=RoundProgramme(programme),
        policy_version="x",
        submitted_at=datetime(2026, 11, 1, tzinfo=UTC),
        institute="KITECH",
        months=3,
        budget_krw=20_000_000,
    ).model_copy(update=changes)

    found = ineligibility(application, VALUES, Ineligibility(double) if double else None)

    assert found == (None if reason is None else Ineligibility(reason))


def test_of_a_companys_applications_the_earliest_that_may_take_part_does() -> None:
    numbers = [f"1379-2026-{nth:06d}" for nth in range(1, 5)]
    listed = [
        ApplicationRequest(
            case_number=number,
            programme=RoundProgramme.SHORT_MONTHLY,
            policy_version="x",
            submitted_at=datetime(2026, 11, nth, tzinfo=UTC),
            institute="KITECH",
            months=3,
            budget_krw=budget,
        )
        for nth, (number, budget) in enumerate(zip(numbers, (99_000_000, 1, 2, 3), strict=True), 1)
    ]
    companies = dict(zip(numbers, ("one", "one", "one", "another"), strict=True))

    elsewhere = {numbers[3]: Ineligibility.APPLIED_ELSEWHERE}
    found = excluded_by_rule(listed, VALUES, elsewhere=elsewhere, companies=companies)

    assert found == [
        (numbers[0], Ineligibility.BUDGET_OUTSIDE_PROGRAMME),
        (numbers[2], Ineligibility.APPLIED_TWICE),
        (numbers[3], Ineligibility.APPLIED_ELSEWHERE),
    ]


def standing(number: int, *scores: int, budget: int = 10, after: int = 0) -> Standing:
    return Standing(
        case_number=f"1379-2026-{number:06d}",
        submitted_at=datetime(2026, 11, 1, tzinfo=UTC) + timedelta(minutes=after),
        budget_krw=budget,
        scores=scores,
    )


def test_the_budget_is_granted_from_the_top_and_nobody_overtakes() -> None:
    placed = rank(
        [
            standing(1, 90, 90),
            standing(2, 80, 82, budget=25),
            standing(3, 70, 70, budget=5),
            standing(4, 20, 30),
            standing(5, 95),
        ],
        budget_krw=20,
        threshold=60,
        fewest_scores=2,
    )

    assert [(one.case_number[-1], one.state.value, one.reason) for one in placed] == [
        ("1", "selected", None),
        ("2", "reserve", "budget"),
        ("3", "reserve", "budget"),
        ("4", "not_selected", "below_threshold"),
        ("5", "not_selected", "too_few_scores"),
    ]


def test_between_equals_the_median_decides_and_then_who_came_first() -> None:
    placed = rank(
        [
            standing(1, 60, 70, 80, after=2),
            standing(2, 50, 80, 80),
            standing(3, 60, 70, 80, after=1),
        ],
        budget_krw=100,
        threshold=0,
        fewest_scores=1,
    )

    assert [one.case_number[-1] for one in placed] == ["2", "3", "1"]


@given(
    st.lists(st.tuples(st.lists(st.integers(0, 100), max_size=5), st.integers(0, 50)), max_size=12),
    st.integers(0, 200),
)
def test_a_ranking_keeps_to_the_budget_and_depends_on_nothing_else(
    found: list[tuple[list[int], int]], budget: int
) -> None:
    standings = [
        standing(number, *scores, budget=money) for number, (scores, money) in enumerate(found)
    ]
    placed = rank(standings, budget_krw=budget, threshold=60, fewest_scores=2)
    again = rank(reversed(standings), budget_krw=budget, threshold=60, fewest_scores=2)
    costs = {one.case_number: one.budget_krw for one in standings}
    granted = [one for one in placed if one.state is ApplicationState.SELECTED]

    assert placed == again
    assert len(placed) == len(standings)
    assert sum(costs[one.case_number] for one in granted) <= budget
    assert all(one.score is not None and one.score >= 60 for one in granted)
    scores = {one.case_number: one.scores for one in standings}
    means = [fmean(scores[one.case_number]) for one in placed if one.reason != "too_few_scores"]
    assert means == sorted(means, reverse=True)


def test_reserves_move_up_in_their_turn_only() -> None:
    reserve = [standing(1, budget=10), standing(2, budget=30), standing(3, budget=5)]

    assert moving_up(reserve, left_krw=20) == ["1379-2026-000001"]
    assert moving_up(reserve, left_krw=45) == [one.case_number for one in reserve]
    assert moving_up(reserve, left_krw=9) == []


@pytest.mark.parametrize(("panel", "needed"), [(1, 1), (2, 2), (3, 2), (8, 5), (9, 5)])
def test_more_than_half_of_a_panel_is_a_quorum(panel: int, needed: int) -> None:
    assert quorum(panel) == needed
