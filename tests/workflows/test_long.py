"""Long R&D: a yearly call of another ministry, its decision, a project of a year and more."""

from datetime import timedelta

import pytest

from schemas.actor import COMPANY
from schemas.case import Branch, CaseOutcome, CaseStep, Service
from schemas.outcome import (
    ApprovePlan,
    AskForApplication,
    ChooseNext,
    ConfirmResult,
    DecideNext,
    DecideTrack,
    DraftAgreement,
    FindCall,
    RecordExternalDecision,
    ReportApplication,
    ReportProgress,
    ReportResult,
    ScopeProject,
    SignAsCompany,
    SignAsInstitute,
    TaskKind,
    TriageCase,
)
from tests.driver import COORDINATOR, TRIAGE, CaseDriver, StartCase, head_of, support_of, written

HEAD, SUPPORT = head_of("KITECH"), support_of("KITECH")
APPLIED = ReportApplication(decision="applied", application=written("2026-001"))
SELECTED = RecordExternalDecision(decision="selected")
NOT_SELECTED = RecordExternalDecision(decision="not_selected", reason=written("경쟁"))
WAIT = ChooseNext(decision="wait")


async def to_the_track(case: CaseDriver) -> None:
    await case.get_contacted(TriageCase(service=Service.DIFFICULTY, branch=Branch.ADDITIONAL_RD))
    await case.complete(
        ScopeProject(months=18, budget_krw=200_000_000, plan=written("계획")), SUPPORT
    )
    await case.complete(DecideTrack(decision="long"), TRIAGE)


async def to_the_decision(case: CaseDriver) -> None:
    """A call is found, its closing date passes, and the company applied."""
    closes_on = (case.now + timedelta(days=20)).date().isoformat()
    await case.complete(
        FindCall(decision="found", closes_on=closes_on, call=written("공고")), SUPPORT
    )
    await case.pass_time(timedelta(days=22))
    await case.complete(APPLIED, COMPANY)


async def sign(case: CaseDriver) -> None:
    await case.complete(ApprovePlan(decision="approve"), HEAD)
    await case.complete(DraftAgreement(starts_on="2026-11-02", agreement=written("협약")), SUPPORT)
    await case.complete(SignAsCompany(decision="sign"), COMPANY)
    await case.complete(SignAsInstitute(decision="sign"), HEAD)


async def test_a_long_project_goes_from_the_call_to_its_result(start_case: StartCase) -> None:
    case = await start_case()
    await to_the_track(case)
    await to_the_decision(case)
    await case.complete(SELECTED, SUPPORT)
    await sign(case)
    await case.open_task(TaskKind.REPORT_RESULT)
    for _ in range(2):
        await case.pass_time(timedelta(days=185))
        await case.complete(ReportProgress(decision="on_plan"), SUPPORT)
    await case.complete(ReportResult(goal="met", report=written("결과")), SUPPORT)
    await case.complete(ConfirmResult(decision="confirm"), COMPANY)
    await case.open_task(TaskKind.ANSWER_SURVEY)

    assert (await case.snapshot()).outcome is CaseOutcome.RESOLVED_RD_LONG


@pytest.mark.parametrize(
    ("decision", "kind"),
    [("smaller", TaskKind.SCOPE_PROJECT), ("guidance", TaskKind.NAME_ADVISER)],
)
async def test_a_project_that_was_not_selected_goes_on_in_another_way(
    start_case: StartCase, decision: str, kind: TaskKind
) -> None:
    case = await start_case()
    await to_the_track(case)
    await to_the_decision(case)
    await case.complete(NOT_SELECTED, SUPPORT)
    await case.complete(ChooseNext.model_validate({"decision": decision}), COMPANY)

    await case.open_task(kind)


async def test_a_company_waits_for_the_next_year_as_often_as_the_policy_allows(
    start_case: StartCase,
) -> None:
    case = await start_case()
    await to_the_track(case)
    for _ in range(2):
        await to_the_decision(case)
        await case.complete(NOT_SELECTED, SUPPORT)
        await case.complete(WAIT, COMPANY)
        assert (await case.snapshot()).step is CaseStep.CALL_SEARCH
        await case.pass_time(timedelta(days=366))
    await to_the_decision(case)
    await case.complete(NOT_SELECTED, SUPPORT)
    task = await case.open_task(TaskKind.CHOOSE_NEXT)
    assert await case.refused(task, WAIT, COMPANY) == "outcome-mismatch"
    await case.complete(ChooseNext(decision="close"), COMPANY)
    await case.open_task(TaskKind.ANSWER_SURVEY)

    assert (await case.snapshot()).outcome is CaseOutcome.NOT_SELECTED_FINAL


async def test_without_a_call_this_year_the_company_hears_of_the_next(
    start_case: StartCase,
) -> None:
    case = await start_case()
    await to_the_track(case)
    await case.complete(FindCall(decision="none_this_year", reason=written("없음")), SUPPORT)
    await case.complete(WAIT, COMPANY)
    waiting = await case.snapshot()
    assert await case.open_kinds() == []
    assert (waiting.waiting_for, waiting.waiting_until) == ("next_call", waiting.next_due_at)
    await case.pass_time(timedelta(days=366))

    await case.open_task(TaskKind.FIND_CALL)


async def test_the_coordinator_decides_for_a_company_that_is_silent(start_case: StartCase) -> None:
    case = await start_case()
    await to_the_track(case)
    await to_the_decision(case)
    await case.complete(NOT_SELECTED, SUPPORT)
    asked = await case.open_task(TaskKind.CHOOSE_NEXT)
    assert asked.expires_at is not None
    await case.pass_time_until(asked.expires_at + timedelta(hours=1))
    await case.complete(DecideNext(decision="guidance", reason=written("사유")), COORDINATOR)

    await case.open_task(TaskKind.NAME_ADVISER)


@pytest.mark.parametrize(
    ("result", "outcome"),
    [("applied", None), ("not_applied", CaseOutcome.NOT_APPLIED),
     ("not_reached", CaseOutcome.NOT_APPLIED)],
)  # fmt: skip
async def test_a_company_that_does_not_say_whether_it_applied_is_asked_by_somebody(
    start_case: StartCase, result: str, outcome: CaseOutcome | None
) -> None:
    case = await start_case()
    await to_the_track(case)
    closes_on = (case.now + timedelta(days=3)).date().isoformat()
    await case.complete(
        FindCall(decision="found", closes_on=closes_on, call=written("공고")), SUPPORT
    )
    await case.pass_time(timedelta(days=5))
    asked = await case.open_task(TaskKind.REPORT_APPLICATION)
    assert asked.expires_at is not None
    await case.pass_time_until(asked.expires_at + timedelta(hours=1))
    answer = {"decision": result, "application": written("2026-001")}
    await case.complete(AskForApplication.model_validate(answer), SUPPORT)

    if outcome is None:
        await case.open_task(TaskKind.RECORD_EXTERNAL_DECISION)
    else:
        await case.open_task(TaskKind.ANSWER_SURVEY)
        assert (await case.snapshot()).outcome is outcome


async def test_a_decision_that_never_comes_counts_as_not_selected(start_case: StartCase) -> None:
    case = await start_case()
    await to_the_track(case)
    await to_the_decision(case)
    waiting = await case.open_task(TaskKind.RECORD_EXTERNAL_DECISION)
    assert waiting.expires_at is not None
    assert len(waiting.deadline.reminders) == 9
    await case.pass_time_until(waiting.expires_at + timedelta(hours=1))

    await case.open_task(TaskKind.CHOOSE_NEXT)

    assert "case:call:unknown" in await case.tags()
