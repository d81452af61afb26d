"""Figures of the centre, each with its method and date."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query

from api import auth
from api.centre import SEOUL
from api.deps import CallerIfAny, CentreDep
from infra.postgres import statistics
from infra.postgres.effects import EffectSummary, summaries
from infra.postgres.statistics import Count
from schemas.base import Instant, WireModel

router = APIRouter(prefix="/api/v1/statistics", tags=["statistics"])

# Public tables do not show cells that could be traced to a company.
_SMALLEST_SHOWN: Final = 5
# The centre opened in it.
FIRST_YEAR: Final = 2013


class Cell(WireModel):
    """A count; null where the public looks and could learn of fewer than five companies."""

    value: str
    cases: int | None
    companies: int | None


class PromiseKept(WireModel):
    """K21: first contact within the promised three days.

    Attributes:
        share: kept / (kept + broken); null while there is none of either.
    """

    kept: int
    broken: int
    running: int
    share: float | None


class Effects(WireModel):
    """K32: what companies say their results brought; figures are null for fewer than five.

    Attributes:
        nth: Which question: the first half a year after the end, the second a year after.
    """

    nth: int
    answers: int
    sales_krw: int | None
    sales_krw_median: float | None
    cost_saving_krw: int | None
    jobs: int | None
    exports_krw: int | None


class Figures(WireModel):
    """The figures of a year, by date of receipt (Korea).

    Attributes:
        desk_answers: Enquiries answered at the desk; contacts, not cases (C42).
    """

    year: int
    as_of: Instant
    method: str
    received: list[Cell]
    by_status: list[Cell]
    by_service: list[Cell]
    by_channel: list[Cell]
    by_outcome: list[Cell]
    desk_answers: int
    promise_first_contact: PromiseKept
    effects: list[Effects]


@router.get("", summary="Figures of a year", dependencies=[Depends(auth.PUBLIC)])
async def get_statistics(
    centre: CentreDep,
    caller: CallerIfAny,
    year: Annotated[int | None, Query(ge=FIRST_YEAR, le=2100)] = None,
) -> Figures:
    """Cases received in the year, as they stand now."""
    now = centre.clock()
    chosen = centre.korean_day(now).year if year is None else year
    start = datetime(chosen, 1, 1, tzinfo=SEOUL)
    end = datetime(chosen + 1, 1, 1, tzinfo=SEOUL)
    counts = await statistics.received_by(centre.pool, start, end)
    promised = await statistics.promises(centre.pool, start, end)
    kept, broken = promised.get("kept", 0), promised.get("broken", 0)

    def cells(kind: str) -> list[Cell]:
        return cells_of(counts.get(kind, []), public=caller is None)

    return Figures(
        year=chosen,
        as_of=now,
        method="Cases by date of receipt in Korea, in their present state; cells of fewer than "
        "five companies, and others that would give them away, are shown to staff only.",
        received=cells("total"),
        by_status=cells("status"),
        by_service=cells("service"),
        by_channel=cells("channel"),
        by_outcome=cells("outcome"),
        desk_answers=await statistics.contacts(centre.pool, start, end),
        promise_first_contact=PromiseKept(
            kept=kept,
            broken=broken,
            running=promised.get("running", 0),
            share=kept / (kept + broken) if kept + broken else None,
        ),
        effects=[
            _effects(summary, public=caller is None)
            for summary in await summaries(centre.pool, start, end)
        ],
    )


def _effects(summary: EffectSummary, *, public: bool) -> Effects:
    shown = not public or summary.companies >= _SMALLEST_SHOWN
    return Effects(
        nth=summary.nth,
        answers=summary.answers,
        sales_krw=summary.sales_krw if shown else None,
        sales_krw_median=summary.sales_krw_median if shown else None,
        cost_saving_krw=summary.cost_saving_krw if shown else None,
        jobs=summary.jobs if shown else None,
        exports_krw=summary.exports_krw if shown else None,
    )


def cells_of(counts: Sequence[Count], *, public: bool) -> list[Cell]:
    """The cells of one way to count; the public sees none of few companies, nor what gives it away.

    The cells of a way add up to a total that is shown, so what is left out must not be one cell,
    nor cells of few companies together: the smallest of the others are left out as well.
    """
    left_out = {c.value for c in counts if c.companies < _SMALLEST_SHOWN} if public else set[str]()
    others = sorted((c for c in counts if c.value not in left_out), key=lambda c: c.companies)
    behind = sum(c.companies for c in counts if c.value in left_out)
    while left_out and others and (len(left_out) == 1 or behind < _SMALLEST_SHOWN):
        next_smallest = others.pop(0)
        left_out.add(next_smallest.value)
        behind += next_smallest.companies
    return [
        Cell(value=c.value, cases=None, companies=None)
        if c.value in left_out
        else Cell(value=c.value, cases=c.cases, companies=c.companies)
        for c in counts
    ]
