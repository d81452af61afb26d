"""What companies are told or asked by the calendar comes in time, and once."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

import asyncpg
import pytest
from temporalio.testing import ActivityEnvironment

from activities.morning import MorningActivities
from infra.postgres import effects, records, reviews
from infra.postgres.policies import add_policy
from schemas.base import case_number
from schemas.case import (
    Assignment,
    CaseOutcome,
    CaseSnapshot,
    CaseStatus,
    CaseStep,
    OfferAnswer,
    ProjectPlan,
    Track,
)
from schemas.effect import EffectReport
from schemas.review import Finding
from workers.policy_files import default_policy

ACCEPTED = datetime(2031, 3, 3, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
async def with_policy(own_database: asyncpg.Pool) -> None:
    await add_policy(own_database, default_policy())


async def add_case(database: asyncpg.Pool, nth: int, **changes: object) -> str:
    number = case_number(2031, nth)
    offered = Assignment(
        institute="KITECH",
        offered_at=ACCEPTED,
        answered_at=ACCEPTED,
        answer=OfferAnswer.ACCEPTED,
    )
    snapshot = CaseSnapshot(
        case_number=number,
        version=1,
        status=CaseStatus.IN_SERVICE,
        lead_institute="KITECH",
        assignments=(offered,),
        received_at=ACCEPTED,
        registered_at=ACCEPTED,
        policy_version=default_policy().version,
    ).model_copy(update=changes)
    await records.save_case(database, snapshot)
    await records.save_assignments(database, snapshot)
    return number


class Post:
    """Keeps what is handed to delivery."""

    def __init__(self, database: asyncpg.Pool) -> None:
        self.keys: list[str] = []
        self.activities = MorningActivities(database, self.take)

    async def take(self, keys: Sequence[str]) -> None:
        self.keys += keys

    async def after(self, days: float) -> int:
        return await ActivityEnvironment().run(
            self.activities.send_progress_notices, ACCEPTED + timedelta(days=days)
        )


async def test_each_thirty_days_the_company_and_its_handlers_hear_once(
    own_database: asyncpg.Pool,
) -> None:
    number = await add_case(own_database, 1)
    post = Post(own_database)

    counts = [await post.after(days) for days in (29.9, 30, 31, 60, 60)]

    assert counts == [0, 2, 0, 2, 0]
    assert post.keys == [
        f"{number}/{template}/{(ACCEPTED + timedelta(days=days)).date()}"
        for days in (30, 60)
        for template in ("progress_notice", "progress_asked")
    ]
    audiences = await own_database.fetch("SELECT DISTINCT audience FROM notification")
    assert {row["audience"] for row in audiences} == {"company", "institute:KITECH:support"}


async def test_after_a_change_of_lead_notices_and_reviews_go_on(own_database: asyncpg.Pool) -> None:
    number = await add_case(own_database, 1)
    post = Post(own_database)
    assert await post.after(30) == 2
    taken_over = ACCEPTED + timedelta(days=40)
    offers = tuple(
        Assignment(institute=institute, offered_at=at, answered_at=at, answer=answer)
        for institute, at, answer in (
            ("KITECH", ACCEPTED, OfferAnswer.REPLACED),
            ("KERI", taken_over, OfferAnswer.ACCEPTED),
        )
    )
    open_reviews = post.activities.open_reviews
    await ActivityEnvironment().run(open_reviews, ACCEPTED + timedelta(days=31))
    await reviews.close_review(own_database, number, Finding.ON_COURSE, "acc-c", taken_over)
    await add_case(own_database, 1, version=2, lead_institute="KERI", assignments=offers)

    assert [await post.after(days) for days in (69, 70, 71)] == [0, 2, 0]
    assert await ActivityEnvironment().run(open_reviews, ACCEPTED + timedelta(days=71)) == 1
    assert await reviews.due_review(own_database, number) == 2


async def test_cases_that_nobody_works_on_are_left_out(own_database: asyncpg.Pool) -> None:
    await add_case(own_database, 1, status=CaseStatus.OFFERED)
    await add_case(own_database, 2, on_hold_until=ACCEPTED + timedelta(days=90))
    await add_case(
        own_database, 3, status=CaseStatus.CLOSED, closed_at=ACCEPTED + timedelta(days=1)
    )

    assert await Post(own_database).after(45) == 0


async def test_more_cases_than_fit_one_page(own_database: asyncpg.Pool) -> None:
    for nth in range(1, 206):
        await add_case(own_database, nth)

    assert await Post(own_database).after(30) == 2 * 205


async def test_half_a_year_and_a_year_after_a_result_the_company_is_asked_what_it_brought(
    own_database: asyncpg.Pool,
) -> None:
    resolved = await add_case(own_database, 1, **ended(CaseOutcome.RESOLVED_RD_SHORT))
    await add_case(own_database, 2, **ended(CaseOutcome.WITHDRAWN))
    late = await add_case(own_database, 3, **ended(CaseOutcome.PARTIAL))
    await own_database.execute(
        "UPDATE support_case SET closed_at = closed_at - interval '10 months' "
        "WHERE case_number = $1",
        late,
    )
    post = Post(own_database)

    for days in (1, 183, 184, 300, 366, 400):
        await ActivityEnvironment().run(
            post.activities.ask_for_effects, ACCEPTED + timedelta(days=days)
        )

    assert post.keys == [
        f"{late}/effect/1", f"{late}/effect/2", f"{resolved}/effect/1", f"{resolved}/effect/2"
    ]  # fmt: skip


def ended(outcome: CaseOutcome) -> dict[str, object]:
    return {"status": CaseStatus.CLOSED, "closed_at": ACCEPTED, "outcome": outcome}


async def test_an_answer_replaces_an_earlier_one_and_needs_its_question(
    own_database: asyncpg.Pool,
) -> None:
    number = await add_case(own_database, 1, **ended(CaseOutcome.RESOLVED_GUIDANCE))
    await effects.ask(own_database, number, 1, ACCEPTED)
    assert await effects.open_question(own_database, number) == 1

    answered = [
        await effects.answer(own_database, number, EffectReport(nth=nth, jobs=jobs), ACCEPTED)
        for nth, jobs in ((1, 2), (1, 3), (2, 4))
    ]

    assert answered == [True, True, False]
    assert await effects.open_question(own_database, number) is None
    assert await own_database.fetchval("SELECT jobs FROM effect_followup") == 3


async def test_each_month_a_case_in_service_is_due_for_review_until_somebody_looked(
    own_database: asyncpg.Pool,
) -> None:
    number = await add_case(own_database, 20)
    post = Post(own_database)

    async def opened_after(days: int) -> int:
        return await ActivityEnvironment().run(
            post.activities.open_reviews, ACCEPTED + timedelta(days=days)
        )

    # Accepted on 3 March; the month is over on 3 April.
    assert [await opened_after(days) for days in (30, 31, 31, 62)] == [0, 1, 0, 0]
    assert await reviews.due_review(own_database, number) == 1
    assert post.keys == [f"{number}/review/{(ACCEPTED + timedelta(days=31)).date()}"]

    at = ACCEPTED + timedelta(days=62)
    closed = await reviews.close_review(own_database, number, Finding.ON_COURSE, "acc-c", at)
    again = await reviews.close_review(own_database, number, Finding.ON_COURSE, "acc-c", at)

    assert (closed, again) == (1, None)
    assert await opened_after(62) == 1
    assert await reviews.due_review(own_database, number) == 2


async def test_an_institute_is_reminded_of_what_a_project_owes_after_its_end(
    own_database: asyncpg.Pool,
) -> None:
    ended = {
        "status": CaseStatus.CLOSED,
        "outcome": CaseOutcome.RESOLVED_RD_SHORT,
        "closed_at": ACCEPTED,
    }
    number = await add_case(own_database, 1, **ended)
    await add_case(own_database, 2, **{**ended, "outcome": CaseOutcome.RESOLVED_GUIDANCE})
    post = Post(own_database)

    async def after(days: int) -> int:
        return await ActivityEnvironment().run(
            post.activities.remind_of_reports, ACCEPTED + timedelta(days=days)
        )

    # The report is due after 60 days, the settlement after three months: 92 days.
    counts = [await after(days) for days in (29, 31, 32, 54, 61, 63, 86, 95, 400)]

    assert counts == [0, 1, 0, 1, 0, 1, 1, 0, 0]
    assert post.keys == [
        f"{number}/{what}/{days}" for what in ("final_report", "settlement") for days in (30, 7)
    ]


async def test_each_year_of_a_long_project_ends_with_reminders(own_database: asyncpg.Pool) -> None:
    number = await add_case(
        own_database,
        1,
        step=CaseStep.RD_ACTIVE,
        track=Track.LONG,
        plan=ProjectPlan(starts_on=date(2031, 3, 3)),
    )
    await add_case(own_database, 2, step=CaseStep.RD_ACTIVE, track=Track.SHORT)
    post = Post(own_database)

    async def on(day: date) -> int:
        at = datetime.combine(day, time(1), UTC)
        return await ActivityEnvironment().run(post.activities.remind_of_reports, at)

    days = [date(2031, 11, 30), date(2031, 12, 4), date(2032, 2, 3), date(2032, 3, 3)]
    counts = [await on(day) for day in (*days, date(2032, 12, 4))]

    assert counts == [0, 2, 2, 0, 2]
    assert post.keys[:2] == [
        f"{number}/yearly_report/2032/90/{audience}"
        for audience in ("company", "institute:KITECH:support")
    ]
