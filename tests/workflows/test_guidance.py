"""Guidance: an adviser, meetings, advice in writing, the company's word on it."""

from datetime import timedelta

import asyncpg
import pytest

from schemas.actor import COMPANY
from schemas.case import CaseOutcome, CaseStatus, CaseStep, PromiseState, Service
from schemas.outcome import (
    AcceptCase,
    AnswerSurvey,
    AssignInstitute,
    ConfirmAdvice,
    ContactCompany,
    NameAdviser,
    PlanSession,
    RecordSession,
    TaskKind,
    TriageCase,
    WriteAdvice,
)
from tests.driver import COORDINATOR, CaseDriver, StartCase, head_of, support_of, written

GUIDANCE = TriageCase(service=Service.GUIDANCE)
HEAD, SUPPORT = head_of("KITECH"), support_of("KITECH")
NAMED = NameAdviser(decision="named", named_staff="acc-kitech-researcher")


def in_days(case: CaseDriver, days: int) -> str:
    return (case.now + timedelta(days=days)).date().isoformat()


async def to_the_meeting(case: CaseDriver, days: int = 5) -> None:
    """An adviser is named and a day is agreed."""
    await case.get_contacted(GUIDANCE)
    await case.complete(NAMED, HEAD)
    await case.complete(PlanSession(mode="visit", held_on=in_days(case, days)), SUPPORT)


async def meet(case: CaseDriver, record: RecordSession, days: int = 6) -> None:
    await case.pass_time(timedelta(days=days))
    await case.complete(record, SUPPORT)


HELD = RecordSession(decision="held", record=written("기록"))


async def test_guidance_goes_from_the_adviser_to_the_confirmed_advice(
    start_case: StartCase, database: asyncpg.Pool
) -> None:
    case = await start_case()
    await to_the_meeting(case)
    await meet(case, HELD)
    await case.complete(WriteAdvice(advice=written("의견")), SUPPORT)
    await case.complete(ConfirmAdvice(decision="helpful"), COMPANY)
    await case.complete(AnswerSurvey(
        ease=5, speed=5, competence=5, result=5, overall=5, solved="yes"), COMPANY
    )  # fmt: skip

    snapshot = await case.snapshot()
    await case.settle(database)

    assert snapshot.outcome is CaseOutcome.RESOLVED_GUIDANCE
    assert not snapshot.unconfirmed
    promise = next(p for p in snapshot.promises if p.kind == "guidance")
    assert promise.state is PromiseState.KEPT
    told = await database.fetch(
        "SELECT audience FROM notification "
        "WHERE case_number = $1 AND template = 'session_reminder'",
        case.handle.id,
    )
    assert sorted(row["audience"] for row in told) == ["company", "institute:KITECH:support"]


async def test_as_many_meetings_as_it_takes(start_case: StartCase) -> None:
    case = await start_case()
    await to_the_meeting(case)
    await meet(case, RecordSession(decision="more_sessions", record=written("기록")))
    await case.complete(PlanSession(mode="video", held_on=in_days(case, 0)), SUPPORT)
    await case.complete(HELD, SUPPORT)

    await case.open_task(TaskKind.WRITE_ADVICE)


async def test_a_company_that_stays_away_twice_is_let_go(start_case: StartCase) -> None:
    case = await start_case()
    await to_the_meeting(case)
    await meet(case, RecordSession(decision="no_show"))
    await case.complete(PlanSession(mode="visit", held_on=in_days(case, 3)), SUPPORT)
    await meet(case, RecordSession(decision="no_show"), days=4)

    await case.open_task(TaskKind.ANSWER_SURVEY)
    ended = await case.snapshot()

    assert (ended.outcome, ended.outcome_reason) == (CaseOutcome.CLOSED_NO_RESPONSE, "no_show")


@pytest.mark.parametrize(
    ("decision", "kind"),
    [
        ("needs_rd", TaskKind.SCOPE_PROJECT),
        ("needs_equipment", TaskKind.CHECK_EQUIPMENT),
    ],
)
async def test_guidance_leads_on_when_more_is_needed(
    start_case: StartCase, decision: str, kind: TaskKind
) -> None:
    case = await start_case()
    await to_the_meeting(case)
    await meet(case, RecordSession.model_validate({"decision": decision, "record": written("-")}))

    await case.open_task(kind)

    assert "case:route:changed" in await case.tags()
    promise = next(p for p in (await case.snapshot()).promises if p.kind == "guidance")
    assert promise.state is PromiseState.VOID


async def test_an_institute_without_an_adviser_is_replaced(start_case: StartCase) -> None:
    case = await start_case()
    await case.get_contacted(GUIDANCE)
    await case.complete(NameAdviser(decision="none", reason=written("사유")), HEAD)
    await case.complete(AssignInstitute(decision="assign", institute="KERI"), COORDINATOR)
    await case.complete(AcceptCase(decision="accept"), head_of("KERI"))
    await case.complete(
        ContactCompany(decision="contacted", channel="phone", summary=written("통화")),
        support_of("KERI"),
    )

    task = await case.open_task(TaskKind.NAME_ADVISER)

    assert task.candidate_group == "institute:KERI:dept_head"


async def test_advice_that_nobody_confirms_counts_as_unconfirmed(start_case: StartCase) -> None:
    case = await start_case()
    await to_the_meeting(case)
    await meet(case, HELD)
    await case.complete(WriteAdvice(advice=written("의견")), SUPPORT)
    confirm = await case.open_task(TaskKind.CONFIRM_ADVICE)
    assert confirm.expires_at is not None
    await case.pass_time_until(confirm.expires_at + timedelta(hours=1))
    await case.open_task(TaskKind.ANSWER_SURVEY)

    ended = await case.snapshot()

    assert (ended.outcome, ended.unconfirmed) == (CaseOutcome.RESOLVED_GUIDANCE, True)


async def test_guidance_that_takes_too_long_breaks_its_promise(start_case: StartCase) -> None:
    case = await start_case()
    await to_the_meeting(case, days=40)
    due = next(p for p in (await case.snapshot()).promises if p.kind == "guidance").deadline
    await case.pass_time_until(due.due_at)

    promise = next(p for p in (await case.snapshot()).promises if p.kind == "guidance")

    assert promise.state is PromiseState.BROKEN
    assert (await case.snapshot()).step is CaseStep.GUIDANCE_SESSION


async def test_a_withdrawal_ends_the_wait_for_a_meeting(start_case: StartCase) -> None:
    case = await start_case()
    await to_the_meeting(case, days=300)
    await case.withdraw()

    assert (await case.snapshot()).status is CaseStatus.SURVEY


async def test_a_day_that_cannot_be_meant_is_refused(start_case: StartCase) -> None:
    case = await start_case()
    await case.get_contacted(GUIDANCE)
    await case.complete(NAMED, HEAD)
    task = await case.open_task(TaskKind.PLAN_SESSION)

    too_far = [
        await case.refused(task, PlanSession(mode="visit", held_on=day), SUPPORT)
        for day in (in_days(case, 3 * 366 + 1), "9999-12-31")
    ]

    assert too_far == ["outcome-mismatch"] * 2
    await case.complete(PlanSession(mode="visit", held_on=in_days(case, 3 * 366)), SUPPORT)
