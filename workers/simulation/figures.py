"""The figures of a year, read from the read model as any statistic is."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise
from statistics import median, quantiles

import asyncpg

from infra.postgres import review, rounds
from infra.postgres.review import Move, TaskLine
from schemas.case import CaseOutcome, CaseSnapshot, OfferAnswer, PromiseState
from workflows.policy.business_calendar import SEOUL, BusinessCalendar, working_time

STILL_OPEN = "open"
_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)


@dataclass
class Load:
    """What an institute was asked for and did.

    Attributes:
        led: Cases that it accepted.
        tasks: Answered by its staff; `late` of them after they were due.
    """

    offered: int = 0
    accepted: int = 0
    declined: int = 0
    silent: int = 0
    tasks: int = 0
    late: int = 0


@dataclass
class Figures:
    """What became of a year's cases.

    Attributes:
        promises: How often each kind of promise ended how; `running` for those of open cases.
        contact_hours: Working hours from receipt to the first contact, of each case that had one.
        waits: Days that cases spent in each step.
        outcomes: Endings by track, or by service where there is no track.
        applications: What became of applications to selection rounds, by programme.
        loads: By institute.
        received, closed: By month.
    """

    cases: int = 0
    contacts: int = 0
    promises: defaultdict[str, Counter[str]] = field(
        default_factory=lambda: defaultdict[str, Counter[str]](Counter)
    )
    contact_hours: list[float] = field(default_factory=list[float])
    waits: defaultdict[str, list[float]] = field(
        default_factory=lambda: defaultdict[str, list[float]](list)
    )
    outcomes: defaultdict[str, Counter[str]] = field(
        default_factory=lambda: defaultdict[str, Counter[str]](Counter)
    )
    applications: defaultdict[str, Counter[str]] = field(
        default_factory=lambda: defaultdict[str, Counter[str]](Counter)
    )
    loads: defaultdict[str, Load] = field(default_factory=lambda: defaultdict[str, Load](Load))
    received: Counter[date] = field(default_factory=Counter[date])
    closed: Counter[date] = field(default_factory=Counter[date])


async def figures_of(pool: asyncpg.Pool, days: BusinessCalendar) -> Figures:
    """Count everything that is in the database.

    Args:
        pool: Of a centre that takes no cases any more.
        days: Working days, for the first contact.
    """
    figures = Figures()
    async for case, moves in review.all_cases(pool):
        _count_case(figures, case, days)
        _count_waits(figures, moves)
    for task in await review.all_tasks(pool):
        _count_task(figures, task)
    for selection in await rounds.latest(pool):
        for row in await rounds.applications(pool, selection.round_id):
            figures.applications[selection.programme.value][row.state.value] += 1
    return figures


def _count_case(figures: Figures, case: CaseSnapshot, days: BusinessCalendar) -> None:
    if case.counted_as == "contact":
        figures.contacts += 1
    else:
        figures.cases += 1
    for promise in case.promises:
        figures.promises[promise.kind][promise.state.value] += 1
        if (
            promise.kind == "first_contact"
            and promise.state is PromiseState.KEPT
            and promise.ended_at is not None
        ):
            worked = working_time(case.received_at, promise.ended_at, days)
            figures.contact_hours.append(worked / _HOUR)
    outcome = STILL_OPEN if case.outcome is None else case.outcome.value
    figures.outcomes[_way_of(case)][outcome] += 1
    figures.received[_month(case.received_at)] += 1
    if case.closed_at is not None:
        figures.closed[_month(case.closed_at)] += 1
    for offer in case.assignments:
        load = figures.loads[offer.institute]
        load.offered += 1
        load.accepted += offer.answer is OfferAnswer.ACCEPTED
        load.declined += offer.answer is OfferAnswer.DECLINED
        load.silent += offer.answer is OfferAnswer.SILENT


def _way_of(case: CaseSnapshot) -> str:
    """What the case asked for: the track of additional R&D, its branch, or its service."""
    if case.outcome is CaseOutcome.ANSWERED_AT_DESK:
        return "enquiry"
    if case.track is not None:
        return f"R&D {case.track.value}"
    if case.branch is not None:
        return case.branch.value.replace("_", " ").replace("tech held", "technology held")
    return "unsorted" if case.service is None else case.service.value


def _count_waits(figures: Figures, moves: Sequence[Move]) -> None:
    for before, after in pairwise(moves):
        figures.waits[before.place.replace("_", " ")].append((after.at - before.at) / _DAY)


def _count_task(figures: Figures, task: TaskLine) -> None:
    place, _, rest = task.candidate_group.partition(":")
    if place != "institute" or task.status != "completed" or task.completed_at is None:
        return
    institute = rest.partition(":")[0]
    if institute != "*":
        figures.loads[institute].tasks += 1
        figures.loads[institute].late += task.completed_at > task.due_at


def _month(at: datetime) -> date:
    return at.astimezone(SEOUL).date().replace(day=1)


def middle(values: Sequence[float]) -> float:
    """The median; 0 of nothing."""
    return median(values) if values else 0.0


def most(values: Sequence[float]) -> float:
    """What nine of ten do not exceed."""
    if len(values) < 2:  # noqa: PLR2004  # a quantile needs two
        return middle(values)
    return quantiles(values, n=10, method="inclusive")[-1]
