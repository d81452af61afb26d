"""R&D that a round selects, from the case's side: apply, wait, hear, go on."""

from datetime import datetime, timedelta

import asyncpg

from infra.postgres import rounds
from schemas.actor import COMPANY
from schemas.case import Branch, CaseOutcome, CaseStep, RoundEntry, Service
from schemas.outcome import (
    ChooseNext,
    DecideObjection,
    DecideTrack,
    PrepareApplication,
    ScopeProject,
    TaskKind,
    TriageCase,
)
from schemas.selection import ApplicationState, RoundDecision
from tests.driver import COORDINATOR, TRIAGE, CaseDriver, StartCase, support_of, written
from workers.policy_files import default_policy
from workflows.policy.rounds import MONTHLY, round_for
from workflows.support_case import SupportCase

ADDITIONAL_RD = TriageCase(service=Service.DIFFICULTY, branch=Branch.ADDITIONAL_RD)
SUPPORT = support_of("KITECH")
APPLY = PrepareApplication(
    decision="apply", application=written("신청서"), partners=written("대학, 기업")
)


async def to_the_application(case: CaseDriver, track: str = "short_monthly") -> None:
    await case.get_contacted(ADDITIONAL_RD)
    months, budget = (3, 20_000_000) if track == "short_monthly" else (8, 60_000_000)
    await case.complete(
        ScopeProject(months=months, budget_krw=budget, plan=written("계획")), SUPPORT
    )
    proposed = (await case.snapshot()).proposal
    assert proposed.track is not None
    await case.complete(
        DecideTrack.model_validate({"decision": track, "reason": written("사유")}), TRIAGE
    )
    await case.open_task(TaskKind.PREPARE_APPLICATION)


async def applied(case: CaseDriver) -> RoundEntry:
    """Apply, and hear which round it is."""
    await case.complete(APPLY, SUPPORT)
    for _ in range(400):
        snapshot = await case.snapshot()
        if snapshot.waiting_for == "round" and snapshot.entry is not None:
            return snapshot.entry
    raise AssertionError("the case never waited for its round")


async def hear(case: CaseDriver, state: str, reason: str | None = None) -> None:
    entry = (await case.snapshot()).entry
    assert entry is not None
    await case.handle.signal(
        SupportCase.round_decided,
        RoundDecision(
            round_id=entry.round_id,
            case_number=case.handle.id,
            state=ApplicationState(state),
            reason=reason,
        ),
    )


async def test_a_selected_project_has_two_months_from_the_cut_off_to_its_agreement(
    start_case: StartCase, database: asyncpg.Pool
) -> None:
    case = await start_case()
    await to_the_application(case)
    entry = await applied(case)
    await hear(case, "selected")
    await hear(case, "selected")
    await case.open_task(TaskKind.APPROVE_PLAN)

    promise = next(p for p in (await case.snapshot()).promises if p.kind == "agreement")
    assert promise.deadline.start == entry.cutoff_at
    assert promise.deadline.reasoning.length == "P2M"
    assert (await case.tags()).count("case:round:decided") == 1
    listed = await rounds.applications(database, entry.round_id)
    assert case.handle.id in {row.case_number for row in listed}


async def test_a_reserve_waits_and_moves_up(start_case: StartCase) -> None:
    case = await start_case()
    await to_the_application(case)
    await applied(case)
    await hear(case, "reserve", "budget")
    await case.pass_time(timedelta(days=90))
    waiting = await case.snapshot()
    told_at = case.now
    await hear(case, "selected", "moved_up")
    await case.open_task(TaskKind.APPROVE_PLAN)

    promise = next(p for p in (await case.snapshot()).promises if p.kind == "agreement")
    assert promise.deadline.start >= told_at - timedelta(seconds=1)
    assert (waiting.waiting_for, waiting.step) == ("round", CaseStep.ROUND_DECISION)


async def test_an_application_that_misses_its_cut_off_goes_to_the_next_round(
    start_case: StartCase,
) -> None:
    case = await start_case()
    await to_the_application(case)
    first = await case.open_task(TaskKind.PREPARE_APPLICATION)
    assert first.expires_at is not None
    await case.pass_time_until(first.expires_at + timedelta(minutes=11))
    second = await case.open_task(TaskKind.PREPARE_APPLICATION)

    assert second.parameters["round"] != first.parameters["round"]
    assert second.deadline.due_at > first.deadline.due_at
    assert "case:round:missed" in await case.tags()


async def test_the_cut_off_that_was_told_stands_whatever_the_policy_says_since(
    start_case: StartCase, database: asyncpg.Pool
) -> None:
    at_first = await start_case()
    await to_the_application(at_first)
    told = (await at_first.open_task(TaskKind.PREPARE_APPLICATION)).parameters["round"]
    # As if the round had been opened by a policy with a later day.
    move = "UPDATE selection_round SET cutoff_at = cutoff_at + $2 WHERE round_id = $1"
    await database.execute(move, told, timedelta(days=1))
    try:
        case = await start_case()
        await to_the_application(case)
        task = await case.open_task(TaskKind.PREPARE_APPLICATION)
        entry = await applied(case)
    finally:
        await database.execute(move, told, timedelta(days=-1))

    planned = round_for(MONTHLY, at_first.now, default_policy().pinned())
    assert task.parameters["round"] == entry.round_id == told == planned.round_id
    assert task.deadline.due_at == entry.cutoff_at == planned.cutoff_at + timedelta(days=1)


async def test_an_objection_is_decided_once_and_in_time(start_case: StartCase) -> None:
    case = await start_case()
    await to_the_application(case)
    await applied(case)
    await hear(case, "not_selected", "below_threshold")
    choice = await case.open_task(TaskKind.CHOOSE_NEXT)
    late = datetime.fromisoformat(choice.parameters["object_until"]) + timedelta(seconds=1)
    objection = ChooseNext(decision="object", reason=written("점수가 낮은 이유를 묻습니다"))
    assert await case.refused(choice, objection, COMPANY, submitted_at=late) in {
        "outcome-mismatch", "task-not-open"
    }  # fmt: skip
    await case.complete(objection, COMPANY)
    await case.complete(
        DecideObjection(decision="stands", reason=written("평가 결과를 유지함")), COORDINATOR
    )
    again = await case.open_task(TaskKind.CHOOSE_NEXT)

    assert await case.refused(again, objection, COMPANY) == "outcome-mismatch"
    await case.complete(ChooseNext(decision="close"), COMPANY)
    await case.open_task(TaskKind.ANSWER_SURVEY)
    assert (await case.snapshot()).outcome is CaseOutcome.NOT_SELECTED_FINAL


async def test_an_objection_that_is_right_selects_the_project(
    start_case: StartCase, database: asyncpg.Pool
) -> None:
    case = await start_case()
    await to_the_application(case)
    entry = await applied(case)
    await hear(case, "not_selected", "below_threshold")
    await case.complete(ChooseNext(decision="object", reason=written("이의")), COMPANY)
    await case.complete(DecideObjection(decision="selected", reason=written("인용함")), COORDINATOR)
    await case.open_task(TaskKind.APPROVE_PLAN)

    rows = {row.case_number: row for row in await rounds.applications(database, entry.round_id)}
    assert rows[case.handle.id].state is ApplicationState.SELECTED


async def test_who_withdraws_gives_its_place_up(
    start_case: StartCase, database: asyncpg.Pool
) -> None:
    case = await start_case()
    await to_the_application(case)
    entry = await applied(case)
    await case.withdraw()
    await case.open_task(TaskKind.ANSWER_SURVEY)

    rows = {row.case_number: row for row in await rounds.applications(database, entry.round_id)}
    assert rows[case.handle.id].state is ApplicationState.WITHDRAWN
    assert "case:round:given_up" in await case.tags()


async def test_an_application_before_the_call_waits_for_its_round_to_begin(
    start_case: StartCase, database: asyncpg.Pool
) -> None:
    case = await start_case()
    await to_the_application(case, "medium")
    entry = await applied(case)

    listed = await rounds.applications(database, entry.round_id)
    assert case.handle.id in {row.case_number for row in listed}
    opens_at = await database.fetchval(
        "SELECT opens_at FROM selection_round WHERE round_id = $1", entry.round_id
    )
    assert opens_at > case.now
    assert await rounds.version(database, entry.round_id) == 0


async def test_medium_projects_apply_to_the_round_of_their_half_year(
    start_case: StartCase,
) -> None:
    case = await start_case()
    await to_the_application(case, "medium")
    entry = await applied(case)
    await hear(case, "not_selected", "below_threshold")
    await case.complete(ChooseNext(decision="wait"), COMPANY)
    again = await case.open_task(TaskKind.PREPARE_APPLICATION)

    assert entry.round_id.startswith("round-medium-")
    assert again.parameters["round"].startswith("round-medium-")
