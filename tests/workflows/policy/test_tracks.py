"""The track grid, cell by cell and at every boundary."""

import pytest

from schemas.case import Track, TrackFlag, Urgency
from workers.policy_files import default_policy
from workflows.policy.policy_table import override
from workflows.policy.tracks import propose_track

VALUES = default_policy().pinned()
M = 1_000_000
S, MD, L = Track.SHORT, Track.MEDIUM, Track.LONG


@pytest.mark.parametrize(
    ("months", "budget", "text_class", "track", "flags"),
    [
        (3, 30 * M, [S], S, ""),
        (3, 30 * M + 1, [S], MD, "SHORT_DURATION_BUDGET_GT_30M"),
        (3, 100 * M - 1, [S], MD, "SHORT_DURATION_BUDGET_GT_30M"),
        (3, 100 * M, [S], MD, "SHORT_DURATION_BUDGET_GT_30M OVERLAP_GE_100M_LT_12M"),
        (3.5, 30 * M, [MD], S, "SHORT_TEXT_3M_EXCEEDED_TABLE_4M_OK"),
        (3.5, 30 * M + 1, [MD], MD, ""),
        (3.5, 100 * M, [MD], MD, "OVERLAP_GE_100M_LT_12M"),
        (4, 30 * M, [MD], None, "GAP_4M_12M_LE_30M"),
        (4, 30 * M + 1, [MD], MD, ""),
        (11.9, 100 * M, [MD], MD, "OVERLAP_GE_100M_LT_12M"),
        (12, 30 * M, [MD, L], None, "GAP_GE_12M_LT_100M BOUNDARY_12M"),
        (12, 100 * M - 1, [MD, L], None, "GAP_GE_12M_LT_100M BOUNDARY_12M"),
        (12, 100 * M, [MD, L], L, "BOUNDARY_12M"),
        (13, 30 * M, [L], None, "GAP_GE_12M_LT_100M"),
        (13, 100 * M - 1, [L], None, "GAP_GE_12M_LT_100M"),
        (13, 100 * M, [L], L, ""),
        (None, 30 * M, [], None, "DURATION_UNKNOWN"),
        (3, None, [S], None, "BUDGET_UNKNOWN"),
        (None, None, [], None, "DURATION_AND_BUDGET_UNKNOWN"),
    ],
)
def test_the_grid(
    months: float | None,
    budget: int | None,
    text_class: list[Track],
    track: Track | None,
    flags: str,
) -> None:
    proposal = propose_track(months, budget, Urgency.NONE, VALUES)

    assert list(proposal.text_class) == text_class
    assert proposal.track is track
    assert {flag.value for flag in proposal.flags} == set(flags.split())
    if track is not None:
        assert proposal.candidates[0] is track


def test_the_overlap_offers_long_beside_medium() -> None:
    assert propose_track(6, 100 * M, Urgency.NONE, VALUES).candidates == (MD, L)


@pytest.mark.parametrize(
    ("months", "budget", "urgency", "mismatch"),
    [
        (3, 10 * M, Urgency.URGENT_FIELD, False),
        (3, 10 * M, Urgency.URGENT_NOT_SHORT, True),
        (3, 10 * M, Urgency.NEW_PRODUCT, True),
        (3, 10 * M, Urgency.NONE, False),
        (6, 50 * M, Urgency.URGENT_NOT_SHORT, False),
        (13, 100 * M, Urgency.NEW_PRODUCT, False),
        (13, 100 * M, Urgency.URGENT_FIELD, True),
        (13, 50 * M, Urgency.URGENT_FIELD, False),  # in a gap no track is proposed to differ from
        (None, 50 * M, Urgency.URGENT_FIELD, False),
        (13, None, Urgency.URGENT_FIELD, True),
    ],
)
def test_urgency_only_raises_a_flag(
    months: float | None,
    budget: int | None,
    urgency: Urgency,
    mismatch: bool,  # noqa: FBT001  # a table's column
) -> None:
    proposal = propose_track(months, budget, urgency, VALUES)

    assert proposal.track is propose_track(months, budget, Urgency.NONE, VALUES).track
    assert (TrackFlag.URGENCY_MISMATCH in proposal.flags) is mismatch


def test_the_limits_are_those_of_the_policy() -> None:
    wider = 'version = "x"\n[values]\n"track.short.budget" = { op = "<=", value = 50000000 }'
    values = override(default_policy(), wider).pinned()

    assert propose_track(3, 50 * M, Urgency.NONE, values).track is S
    assert propose_track(3, 50 * M + 1, Urgency.NONE, values).track is MD
