"""Short R&D in the fast lane: scoping, track, agreement in two weeks, project, result."""

import json
from datetime import timedelta
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from bench import cost_of_a_case
from schemas.actor import COMPANY, Role, centre_group
from schemas.case import Branch, CaseOutcome, CaseStatus, CaseStep, PromiseState, Service, Urgency
from schemas.outcome import (
    AnswerSurvey,
    ApprovePlan,
    ConfirmResult,
    DecideLateAgreement,
    DecideOverrun,
    DecideTrack,
    DraftAgreement,
    ReportProgress,
    ReportResult,
    ScopeProject,
    SignAsCompany,
    SignAsInstitute,
    TaskKind,
    TriageCase,
)
from tests.driver import COORDINATOR, TRIAGE, CaseDriver, StartCase, head_of, support_of, written

NEEDS_RD = TriageCase(
    service=Service.DIFFICULTY,
    branch=Branch.ADDITIONAL_RD,
    urgency=Urgency.URGENT_FIELD,
    months=3,
    budget_krw=20_000_000,
)
SEOUL = ZoneInfo("Asia/Seoul")
COORDINATORS = centre_group(Role.COORDINATOR)
HEAD, SUPPORT = head_of("KITECH"), support_of("KITECH")
GOOD_SURVEY = AnswerSurvey(ease=5, speed=5, competence=5, result=5, overall=5, solved="yes")


async def to_the_draft(case: CaseDriver) -> None:
    await case.get_contacted(NEEDS_RD)
    await case.complete(
        ScopeProject(months=3, budget_krw=20_000_000, plan=written("계획")), SUPPORT
    )
    await case.complete(DecideTrack(decision="short_fast"), TRIAGE)
    await case.complete(ApprovePlan(decision="approve"), HEAD)


async def to_the_project(case: CaseDriver) -> None:
    await to_the_draft(case)
    await case.complete(DraftAgreement(starts_on="2026-11-02", agreement=written("협약")), SUPPORT)
    await case.complete(SignAsCompany(decision="sign"), COMPANY)
    await case.complete(SignAsInstitute(decision="sign"), HEAD)
    await case.open_task(TaskKind.REPORT_RESULT)


async def report_monthly(case: CaseDriver, months: int) -> None:
    for _ in range(months):
        await case.pass_time(timedelta(days=32))
        await case.complete(ReportProgress(decision="on_plan"), SUPPORT)


async def to_the_end(case: CaseDriver) -> None:
    due_at = (await case.open_task(TaskKind.REPORT_RESULT)).deadline.due_at
    await case.pass_time_until(due_at + timedelta(days=1))


async def test_a_short_project_goes_from_receipt_to_the_answered_survey(
    start_case: StartCase, database: asyncpg.Pool
) -> None:
    case = await start_case()
    await to_the_project(case)
    agreement = (await case.snapshot()).promises[-1]
    assert (agreement.kind, agreement.state) == ("agreement", PromiseState.KEPT)
    await report_monthly(case, 2)
    await case.complete(ReportResult(goal="met", report=written("결과")), SUPPORT)
    await case.complete(ConfirmResult(decision="confirm"), COMPANY)
    await case.complete(GOOD_SURVEY, COMPANY)
    await case.pass_time(timedelta(days=40))

    ended = await case.handle.result()

    assert ended.outcome is CaseOutcome.RESOLVED_RD_SHORT
    assert ended.status is CaseStatus.CLOSED
    history = json.loads((await case.handle.fetch_history()).to_json())
    spent = sum(step.events for step in cost_of_a_case.steps_of(history))
    assert spent <= cost_of_a_case.BUDGET
    if not cost_of_a_case.HISTORY.exists():
        messages = await database.fetchval(
            "SELECT count(*) FROM notification WHERE case_number = $1", case.handle.id
        )
        cost_of_a_case.HISTORY.parent.mkdir(exist_ok=True)
        cost_of_a_case.HISTORY.write_text(
            json.dumps({"messages": messages, "history": history}), "utf-8"
        )


def test_the_page_on_costs_says_what_the_recorded_case_cost() -> None:
    assert cost_of_a_case.PAGE.read_text("utf-8") == cost_of_a_case.page()


async def test_an_agreement_that_is_late_waits_for_the_coordinator(start_case: StartCase) -> None:
    case = await start_case()
    await to_the_draft(case)
    due_at = (await case.snapshot()).promises[-1].deadline.due_at
    await case.pass_time_until(due_at - timedelta(hours=1))
    assert (await case.snapshot()).step is CaseStep.AGREEMENT

    await case.pass_time_until(due_at)

    late = await case.open_task(TaskKind.DECIDE_LATE_AGREEMENT)
    snapshot = await case.snapshot()
    assert snapshot.step is CaseStep.AGREEMENT_LATE
    assert snapshot.promises[-1].state is PromiseState.BROKEN
    assert TaskKind.DRAFT_AGREEMENT in await case.open_kinds()

    await case.complete_task(
        late, DecideLateAgreement(decision="close", reason=written("사유")), COORDINATOR
    )
    await case.open_task(TaskKind.ANSWER_SURVEY)
    assert (await case.snapshot()).outcome is CaseOutcome.AGREEMENT_FAILED


async def test_a_late_agreement_extended_once_can_still_be_signed(start_case: StartCase) -> None:
    case = await start_case()
    await to_the_draft(case)
    due_at = (await case.snapshot()).promises[-1].deadline.due_at
    await case.pass_time_until(due_at)
    more = DecideLateAgreement(decision="extend", reason=written("사유"))
    await case.complete(more, COORDINATOR)
    await case.complete(DraftAgreement(starts_on="2026-11-02", agreement=written("협약")), SUPPORT)
    await case.complete(SignAsCompany(decision="sign"), COMPANY)
    await case.complete(SignAsInstitute(decision="sign"), HEAD)
    await case.open_task(TaskKind.REPORT_RESULT)

    promise = (await case.snapshot()).promises[-1]
    assert promise.state is PromiseState.KEPT
    assert promise.deadline.due_at > due_at


async def test_a_late_agreement_is_not_extended_twice(start_case: StartCase) -> None:
    case = await start_case()
    await to_the_draft(case)
    more = DecideLateAgreement(decision="extend", reason=written("사유"))
    await case.pass_time_until((await case.snapshot()).promises[-1].deadline.due_at)
    await case.complete(more, COORDINATOR)
    await case.pass_time(timedelta(seconds=5))
    await case.pass_time_until((await case.snapshot()).promises[-1].deadline.due_at)
    late = await case.open_task(TaskKind.DECIDE_LATE_AGREEMENT)

    assert await case.refused(late, more, COORDINATOR) == "outcome-mismatch"


async def test_a_project_begins_on_the_day_that_its_agreement_names(
    start_case: StartCase, database: asyncpg.Pool
) -> None:
    case = await start_case()
    await to_the_draft(case)
    begins = (case.now + timedelta(days=40)).date()
    draft = DraftAgreement(starts_on=begins.isoformat(), agreement=written("협약"))
    await case.complete(draft, SUPPORT)
    await case.complete(SignAsCompany(decision="sign"), COMPANY)
    await case.complete(SignAsInstitute(decision="sign"), HEAD)

    deadline = (await case.open_task(TaskKind.REPORT_RESULT)).deadline

    assert deadline.start.astimezone(SEOUL).date() == begins
    assert deadline.due_at - deadline.start > timedelta(days=88)


async def test_an_agreement_that_is_late_may_move_to_the_monthly_round(
    start_case: StartCase,
) -> None:
    case = await start_case()
    await to_the_draft(case)
    await case.pass_time_until((await case.snapshot()).promises[-1].deadline.due_at)
    await case.complete(
        DecideLateAgreement(decision="monthly_round", reason=written("사유")), COORDINATOR
    )

    application = await case.open_task(TaskKind.PREPARE_APPLICATION)

    assert application.parameters["round"].startswith("round-short_monthly-")


@pytest.mark.parametrize("side", ["company", "institute"])
async def test_a_refused_agreement_ends_the_case(start_case: StartCase, side: str) -> None:
    case = await start_case()
    await to_the_draft(case)
    await case.complete(DraftAgreement(starts_on="2026-11-02", agreement=written("협약")), SUPPORT)
    if side == "company":
        await case.complete(SignAsCompany(decision="refuse", reason=written("사유")), COMPANY)
        await case.complete(SignAsInstitute(decision="sign"), HEAD)
    else:
        await case.complete(SignAsCompany(decision="sign"), COMPANY)
        await case.complete(SignAsInstitute(decision="refuse", reason=written("사유")), HEAD)

    await case.open_task(TaskKind.ANSWER_SURVEY)

    ended = await case.snapshot()
    assert ended.outcome is CaseOutcome.AGREEMENT_FAILED
    assert ended.outcome_reason == f"refused_by_{side}"


async def test_a_wanted_change_leads_to_a_new_draft(start_case: StartCase) -> None:
    case = await start_case()
    await to_the_draft(case)
    draft = DraftAgreement(starts_on="2026-11-02", agreement=written("협약"))
    await case.complete(draft, SUPPORT)
    await case.complete(SignAsCompany(decision="change", reason=written("변경")), COMPANY)
    await case.complete(SignAsInstitute(decision="sign"), HEAD)

    approval = await case.open_task(TaskKind.APPROVE_PLAN)

    assert approval.task_id.endswith(".2")


async def test_a_project_without_a_result_at_its_end_is_an_overrun(
    start_case: StartCase, database: asyncpg.Pool
) -> None:
    case = await start_case()
    await to_the_project(case)
    await report_monthly(case, 2)
    await case.pass_time(timedelta(days=40))

    overrun = await case.open_task(TaskKind.DECIDE_OVERRUN)
    assert (await case.snapshot()).step is CaseStep.RD_OVERRUN

    await case.complete_task(
        overrun, DecideOverrun(decision="extend", weeks=2, reason=written("사유")), HEAD
    )
    told = await database.fetch(
        "SELECT template, audience FROM notification WHERE case_number = $1", case.handle.id
    )
    for template in ("project_overdue", "project_extended"):
        assert {row["audience"] for row in told if row["template"] == template} == {
            "company",
            COORDINATORS,
        }
    await case.complete(ReportResult(goal="partly", report=written("결과")), SUPPORT)
    await case.complete(ConfirmResult(decision="confirm"), COMPANY)
    await case.open_task(TaskKind.ANSWER_SURVEY)
    assert (await case.snapshot()).outcome is CaseOutcome.PARTIAL


async def test_extensions_of_a_project_add_up_to_no_more_than_its_track_allows(
    start_case: StartCase,
) -> None:
    case = await start_case()
    await to_the_project(case)
    await report_monthly(case, 2)
    await case.pass_time(timedelta(days=40))
    for weeks in (2, 2):
        more = DecideOverrun(decision="extend", weeks=weeks, reason=written("사유"))
        await case.complete(more, HEAD)
        await to_the_end(case)
    overrun = await case.open_task(TaskKind.DECIDE_OVERRUN)

    more = DecideOverrun(decision="extend", weeks=1, reason=written("사유"))
    assert await case.refused(overrun, more, HEAD) == "outcome-mismatch"

    finish = DecideOverrun(decision="finish_now")
    await case.complete_task(overrun, finish, HEAD)
    await to_the_end(case)
    again = await case.open_task(TaskKind.DECIDE_OVERRUN)
    assert await case.refused(again, finish, HEAD) == "outcome-mismatch"


async def test_a_short_project_that_needs_longer_is_scoped_anew(start_case: StartCase) -> None:
    case = await start_case()
    await to_the_project(case)
    await report_monthly(case, 2)
    await case.pass_time(timedelta(days=40))
    await case.complete(DecideOverrun(decision="medium", reason=written("사유")), HEAD)

    await case.open_task(TaskKind.SCOPE_PROJECT)


async def test_of_a_project_at_risk_its_company_and_the_coordinators_hear(
    start_case: StartCase, database: asyncpg.Pool
) -> None:
    case = await start_case()
    await to_the_project(case)
    await case.pass_time(timedelta(days=32))
    await case.complete(ReportProgress(decision="at_risk", note=written("사유")), SUPPORT)
    await case.pass_time(timedelta(days=1))

    told = await database.fetch(
        "SELECT audience FROM notification WHERE case_number = $1 AND template = 'project_at_risk'",
        case.handle.id,
    )
    assert {row["audience"] for row in told} == {"company", COORDINATORS}


async def test_a_stopped_project_ends_as_stopped(start_case: StartCase) -> None:
    case = await start_case()
    await to_the_project(case)
    await case.pass_time(timedelta(days=32))
    await case.complete(ReportProgress(decision="stop", note=written("사유")), SUPPORT)

    await case.open_task(TaskKind.ANSWER_SURVEY)

    assert (await case.snapshot()).outcome is CaseOutcome.RD_STOPPED


async def test_a_result_is_worked_over_once_and_then_disputed(start_case: StartCase) -> None:
    case = await start_case()
    await to_the_project(case)
    result = ReportResult(goal="met", report=written("결과"))
    await case.complete(result, SUPPORT)
    await case.complete(ConfirmResult(decision="rework", reason=written("보완")), COMPANY)
    await case.complete(result, SUPPORT)
    await case.complete(ConfirmResult(decision="rework", reason=written("보완")), COMPANY)

    dispute = await case.open_task(TaskKind.SETTLE_DISPUTE)

    assert dispute.candidate_group == "centre:coordinator"


async def test_a_missed_goal_is_reported_as_such_and_still_surveyed(start_case: StartCase) -> None:
    case = await start_case()
    await to_the_project(case)
    await case.complete(ReportResult(goal="missed", report=written("교훈")), SUPPORT)
    await case.complete(ConfirmResult(decision="confirm"), COMPANY)

    survey = await case.open_task(TaskKind.ANSWER_SURVEY)

    assert survey.parameters["form"] == "full"
    assert (await case.snapshot()).outcome is CaseOutcome.RD_FAILED


async def test_a_plan_in_a_gap_of_the_grid_goes_to_the_coordinator(start_case: StartCase) -> None:
    case = await start_case()
    await case.get_contacted(NEEDS_RD)
    await case.complete(
        ScopeProject(months=6, budget_krw=30_000_000, plan=written("계획")), SUPPORT
    )
    decide = await case.open_task(TaskKind.DECIDE_TRACK)
    assert decide.candidate_group == "centre:coordinator"
    assert decide.parameters["flags"] == "GAP_4M_12M_LE_30M"
    assert await case.refused(decide, DecideTrack(decision="medium"), COORDINATOR) == (
        "outcome-incomplete"
    )

    await case.complete_task(
        decide, DecideTrack(decision="medium", reason=written("사유")), COORDINATOR
    )

    application = await case.open_task(TaskKind.PREPARE_APPLICATION)
    assert application.parameters["round"].startswith("round-medium-")
