"""A medium project under way: the check at half its time, and a change of its plan."""

import asyncio
from datetime import timedelta

import pytest

from schemas.actor import COMPANY
from schemas.case import CaseOutcome, CaseStep
from schemas.outcome import (
    ApprovePlan,
    CheckMidterm,
    DraftAgreement,
    ReportProgress,
    ReportResult,
    SignAsCompany,
    SignAsInstitute,
    TaskKind,
)
from tests.driver import CaseDriver, StartCase, head_of, support_of, written
from tests.workflows.test_competition import applied, hear, to_the_application

HEAD, SUPPORT = head_of("KITECH"), support_of("KITECH")
CHANGE = CheckMidterm(decision="change", change=written("바뀐 계획"))


async def draft_again(case: CaseDriver) -> None:
    await case.complete(ApprovePlan(decision="approve"), HEAD)
    await case.complete(DraftAgreement(starts_on="2026-11-02", agreement=written("협약")), SUPPORT)


async def sign(case: CaseDriver) -> None:
    await draft_again(case)
    await case.complete(SignAsCompany(decision="sign"), COMPANY)
    await case.complete(SignAsInstitute(decision="sign"), HEAD)


@pytest.fixture
async def running(start_case: StartCase) -> CaseDriver:
    """A project of eight months that has just begun."""
    case = await start_case()
    await to_the_application(case, "medium")
    await applied(case)
    await hear(case, "selected")
    await sign(case)
    await case.open_task(TaskKind.REPORT_RESULT)
    return case


async def test_what_the_plan_has_to_supplement_has_its_own_time(start_case: StartCase) -> None:
    case = await start_case()
    await to_the_application(case, "medium")
    await applied(case)
    await hear(case, "selected")
    await case.complete(ApprovePlan(decision="approve"), HEAD)

    draft = await case.open_task(TaskKind.DRAFT_AGREEMENT)

    assert draft.deadline.key == "round.plan_supplement"


async def to_half(case: CaseDriver) -> None:
    deadline = (await case.open_task(TaskKind.REPORT_RESULT)).deadline
    half = deadline.start + (deadline.due_at - deadline.start) / 2
    # A report is due after three months, or on the first working day after them.
    await case.pass_time(timedelta(days=101))
    await case.complete(ReportProgress(decision="on_plan"), SUPPORT)
    await case.pass_time_until(half - timedelta(hours=1))
    assert TaskKind.CHECK_MIDTERM not in await case.open_kinds()
    await case.pass_time_until(half)


async def is_over(case: CaseDriver) -> CaseOutcome | None:
    """Hand the result in; no task of the project is left beside its acceptance."""
    await case.complete(ReportResult(goal="missed", report=written("결과")), SUPPORT)
    await case.open_task(TaskKind.CONFIRM_RESULT)
    assert set(await case.open_kinds()) == {TaskKind.CONFIRM_RESULT}
    return (await case.snapshot()).outcome


async def test_the_check_comes_at_half_the_time(running: CaseDriver) -> None:
    await to_half(running)
    await running.complete(CheckMidterm(decision="continue"), HEAD)
    await running.pass_time(timedelta(days=80))

    kinds = set(await running.open_kinds())
    assert (await running.tags()).count("case:midterm:checked") == 1
    assert {TaskKind.REPORT_PROGRESS, TaskKind.REPORT_RESULT} <= kinds
    assert TaskKind.CHECK_MIDTERM not in kinds


async def test_a_result_makes_the_check_unnecessary(running: CaseDriver) -> None:
    await to_half(running)
    await running.open_task(TaskKind.CHECK_MIDTERM)
    await is_over(running)


async def test_a_result_and_the_check_at_once_end_the_project_once(running: CaseDriver) -> None:
    await to_half(running)
    check = await running.open_task(TaskKind.CHECK_MIDTERM)
    result = await running.open_task(TaskKind.REPORT_RESULT)
    await asyncio.gather(
        running.complete_task(check, CheckMidterm(decision="continue"), HEAD),
        running.complete_task(result, ReportResult(goal="met", report=written("결과")), SUPPORT),
        return_exceptions=True,
    )
    await running.open_task(TaskKind.CONFIRM_RESULT)

    assert set(await running.open_kinds()) == {TaskKind.CONFIRM_RESULT}


async def test_a_result_ends_the_signing_of_a_change(running: CaseDriver) -> None:
    await to_half(running)
    agreed = (await running.snapshot()).plan
    await running.complete(CHANGE, HEAD)
    await draft_again(running)
    await running.open_task(TaskKind.SIGN_AS_COMPANY)
    await is_over(running)

    assert (await running.snapshot()).plan == agreed


async def test_a_change_that_is_refused_leaves_the_agreement_as_it_was(
    running: CaseDriver,
) -> None:
    await to_half(running)
    agreed = (await running.snapshot()).plan
    await running.complete(CHANGE, HEAD)
    await draft_again(running)
    await running.complete(SignAsCompany(decision="refuse", reason=written("사유")), COMPANY)
    await running.complete(SignAsInstitute(decision="sign"), HEAD)
    await running.pass_time(timedelta(seconds=5))

    snapshot = await running.snapshot()
    assert (snapshot.step, snapshot.plan) == (CaseStep.RD_ACTIVE, agreed)
    assert "case:agreement:kept" in await running.tags()


async def test_a_change_that_both_sign_holds(running: CaseDriver) -> None:
    await to_half(running)
    await running.complete(CHANGE, HEAD)
    await sign(running)
    await running.pass_time(timedelta(seconds=5))

    assert (await running.snapshot()).plan.document == CHANGE.change
    assert (await running.snapshot()).step is CaseStep.RD_ACTIVE


async def test_the_check_may_stop_the_project(running: CaseDriver) -> None:
    await to_half(running)
    await running.complete(CheckMidterm(decision="stop", reason=written("사유")), HEAD)
    await running.open_task(TaskKind.ANSWER_SURVEY)

    assert (await running.snapshot()).outcome is CaseOutcome.RD_STOPPED
