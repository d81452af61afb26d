"""Recorded histories replay, and a workflow that would go another way is caught.

Histories are only ever added, never regenerated: each stands for cases that are open somewhere.
`RECORD=1 pytest tests/workflows/test_replay.py` records the branches that have none yet.
"""

import os
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer
from temporalio.workflow import NondeterminismError

from schemas.actor import COMPANY
from schemas.case import (
    Branch,
    DeclineReason,
    Matter,
    MatterReport,
    PartnerInvitation,
    Service,
)
from schemas.outcome import (
    AcceptCase,
    AcceptUse,
    AgreeTerms,
    AnswerSurvey,
    ApprovePlan,
    AssignInstitute,
    CheckEquipment,
    ChooseNext,
    ChooseSolution,
    ConfirmAdvice,
    ConfirmResult,
    ConfirmTechnology,
    DecideStatus,
    DecideTrack,
    DraftAgreement,
    FindCall,
    HandleByHand,
    JoinCase,
    Mediate,
    NameAdviser,
    NameLead,
    PlanSession,
    ProposeSolution,
    RecordSession,
    RecordUse,
    ReportApplication,
    ReportResult,
    ReportUse,
    ScopeProject,
    ScreenCase,
    SignAsCompany,
    SignAsInstitute,
    SupplyInformation,
    TaskKind,
    TriageCase,
    WriteAdvice,
)
from tests.driver import (
    COORDINATOR,
    TRIAGE,
    CaseDriver,
    StartCase,
    head_of,
    licensing_of,
    support_of,
    written,
)
from tests.workflows.careless import WaitsFirst
from tests.workflows.test_competition import applied, hear, to_the_application
from tests.workflows.test_equipment import add_equipment
from workers.worker import workflow_runner
from workflows.selection_round import SelectionRound
from workflows.support_case import SupportCase

HISTORIES = Path(__file__).parent.parent / "histories"
INSTRUMENT = "EQ-RECORDED"
RECORDS = os.environ.get("RECORD") == "1"
HEAD, SUPPORT = head_of("KITECH"), support_of("KITECH")
CONTENT = AnswerSurvey(ease=5, speed=5, competence=5, result=5, overall=5, solved="yes")


async def technology_held(case: CaseDriver) -> None:
    await case.get_contacted(TriageCase(service=Service.DIFFICULTY, branch=Branch.TECH_HELD))
    await case.complete(ConfirmTechnology(decision="solves"), SUPPORT)
    await case.complete(ProposeSolution(offers="licence", proposal=written("제안")), SUPPORT)
    await case.complete(ChooseSolution(decision="accept"), COMPANY)
    await case.complete(
        AgreeTerms(decision="agreed", terms=written("조건")), licensing_of("KITECH")
    )
    await case.complete(ConfirmResult(decision="confirm"), COMPANY)
    await case.complete(CONTENT, COMPANY)


async def fast_lane(case: CaseDriver) -> None:
    await case.get_contacted(TriageCase(service=Service.DIFFICULTY, branch=Branch.ADDITIONAL_RD))
    await case.complete(
        ScopeProject(months=3, budget_krw=20_000_000, plan=written("계획")), SUPPORT
    )
    await case.complete(DecideTrack(decision="short_fast"), TRIAGE)
    await case.complete(ApprovePlan(decision="approve"), HEAD)
    await case.complete(DraftAgreement(starts_on="2026-11-02", agreement=written("협약")), SUPPORT)
    await case.complete(SignAsCompany(decision="sign"), COMPANY)
    await case.complete(SignAsInstitute(decision="sign"), HEAD)
    await case.complete(ReportResult(goal="met", report=written("결과")), SUPPORT)
    await case.complete(ConfirmResult(decision="confirm"), COMPANY)
    await case.complete(CONTENT, COMPANY)


async def by_hand(case: CaseDriver) -> None:
    await case.get_contacted(TriageCase(service=Service.EXCHANGE))
    await case.complete(HandleByHand(outcome="resolved_guidance", result=written("결과")), SUPPORT)
    await case.complete(ConfirmResult(decision="confirm"), COMPANY)
    await case.complete(CONTENT, COMPANY)


async def long(case: CaseDriver) -> None:
    await case.get_contacted(TriageCase(service=Service.DIFFICULTY, branch=Branch.ADDITIONAL_RD))
    await case.complete(
        ScopeProject(months=18, budget_krw=200_000_000, plan=written("계획")), SUPPORT
    )
    await case.complete(DecideTrack(decision="long"), TRIAGE)
    await case.complete(
        FindCall(decision="found", closes_on="2026-11-02", call=written("공고")), SUPPORT
    )
    await case.complete(ReportApplication(decision="not_applied"), COMPANY)
    await case.complete(CONTENT, COMPANY)


async def short_monthly(case: CaseDriver) -> None:
    await to_the_application(case)
    await applied(case)
    await hear(case, "selected")
    await carry_out(case)


async def medium(case: CaseDriver) -> None:
    await to_the_application(case, "medium")
    await applied(case)
    await hear(case, "not_selected", "budget")
    await case.complete(ChooseNext(decision="wait"), COMPANY)
    await applied(case)
    await hear(case, "selected")
    await carry_out(case)


async def carry_out(case: CaseDriver) -> None:
    """From the agreement to the survey of a project that was selected."""
    await case.complete(ApprovePlan(decision="approve"), HEAD)
    await case.complete(DraftAgreement(starts_on="2026-11-02", agreement=written("협약")), SUPPORT)
    await case.complete(SignAsCompany(decision="sign"), COMPANY)
    await case.complete(SignAsInstitute(decision="sign"), HEAD)
    await case.complete(ReportResult(goal="met", report=written("결과")), SUPPORT)
    await case.complete(ConfirmResult(decision="confirm"), COMPANY)
    await case.complete(CONTENT, COMPANY)


async def joint(case: CaseDriver) -> None:
    await case.get_contacted(TriageCase(service=Service.DIFFICULTY, branch=Branch.TECH_HELD))
    for institute in ("KERI", "KIMS"):
        await case.handle.execute_update(
            SupportCase.invite_partner,
            PartnerInvitation(actor=COORDINATOR, institute=institute),
        )
    await case.complete(
        JoinCase(decision="join", named_staff=support_of("KERI").id), head_of("KERI")
    )
    for matter, settlement in (
        (Matter.DISAGREEMENT, Mediate(decision="one_plan", plan=written("계획"))),
        (Matter.COMPANY_STATUS, DecideStatus(decision="finish")),
        (Matter.LEAD_GIVES_BACK, NameLead(decision="partner", institute="KERI")),
    ):
        report = MatterReport(actor=HEAD, matter=matter, reason=written("사유"))
        await case.handle.execute_update(SupportCase.raise_matter, report)
        await case.complete(settlement, COORDINATOR)
    await case.open_task(TaskKind.CONTACT_COMPANY)
    await case.withdraw()
    await case.complete(AnswerSurvey(overall=3, solved="no"), COMPANY)


async def guidance(case: CaseDriver) -> None:
    await case.get_contacted(TriageCase(service=Service.GUIDANCE))
    await case.complete(NameAdviser(decision="named", named_staff="acc-kitech-researcher"), HEAD)
    await case.complete(PlanSession(mode="phone", held_on="2026-11-02"), SUPPORT)
    await case.complete(RecordSession(decision="held", record=written("기록")), SUPPORT)
    await case.complete(WriteAdvice(advice=written("의견")), SUPPORT)
    await case.complete(ConfirmAdvice(decision="helpful"), COMPANY)
    await case.complete(CONTENT, COMPANY)


async def equipment(case: CaseDriver) -> None:
    await case.get_contacted(TriageCase(service=Service.EQUIPMENT))
    await case.complete(
        CheckEquipment(
            decision="available",
            equipment_id=INSTRUMENT,
            starts_on=(case.now + timedelta(days=3)).date().isoformat(),
            start_hour=9,
            hours=2,
            fee_krw=10_000,
            terms=written("조건"),
        ),
        SUPPORT,
    )
    await case.complete(AcceptUse(decision="accept"), COMPANY)
    await case.complete(RecordUse(decision="used"), SUPPORT)
    await case.complete(ReportUse(hours=2, fee_krw=10_000, report=written("결과")), SUPPORT)
    await case.complete(ConfirmResult(decision="confirm"), COMPANY)
    await case.complete(CONTENT, COMPANY)


async def desk_answer(case: CaseDriver) -> None:
    await case.complete(ScreenCase(decision="answer", answer=written("답변")), TRIAGE)
    await case.complete(AnswerSurvey(overall=4, solved="yes"), COMPANY)


async def supplement_declined_withdrawn(case: CaseDriver) -> None:
    await case.complete(ScreenCase(decision="supplement", question=written("질문")), TRIAGE)
    await case.complete(SupplyInformation(decision="supply", information=written("정보")), COMPANY)
    await case.get_triaged(TriageCase(service=Service.DIFFICULTY, branch=Branch.TECH_HELD))
    await case.complete(AssignInstitute(decision="assign", institute="KITECH"), COORDINATOR)
    await case.complete(
        AcceptCase(decision="decline", decline_reason=DeclineReason.NO_CAPACITY), head_of("KITECH")
    )
    await case.open_task(TaskKind.ACCEPT_CASE)
    await case.withdraw()
    await case.complete(AnswerSurvey(overall=3, solved="no"), COMPANY)
    await case.open_task(TaskKind.CALL_BACK)


BRANCHES: dict[str, Callable[[CaseDriver], Awaitable[None]]] = {
    branch.__name__: branch
    for branch in (
        technology_held, fast_lane, short_monthly, medium, long, by_hand, guidance, equipment,
        desk_answer, supplement_declined_withdrawn, joint,
    )
}  # fmt: skip


@pytest.mark.skipif(not RECORDS, reason="set RECORD=1 to record branches without a history")
@pytest.mark.parametrize("name", BRANCHES)
async def test_record(start_case: StartCase, database: asyncpg.Pool, name: str) -> None:
    target = HISTORIES / f"{name}.json"
    if target.exists():
        pytest.skip("recorded already")
    await add_equipment(database, INSTRUMENT)
    case = await start_case()
    await BRANCHES[name](case)

    history = await case.handle.fetch_history()

    target.write_text(history.to_json() + "\n", "utf-8")


def recorded(name: str) -> WorkflowHistory:
    return WorkflowHistory.from_json("1379-2026-000001", (HISTORIES / name).read_text("utf-8"))


def replayer(workflow_class: type) -> Replayer:
    return Replayer(
        workflows=[workflow_class],
        data_converter=pydantic_data_converter,
        workflow_runner=workflow_runner(),
    )


def test_every_branch_has_a_recorded_history() -> None:
    assert {path.stem for path in HISTORIES.glob("*.json")} >= BRANCHES.keys()


@pytest.mark.parametrize("name", sorted(path.name for path in HISTORIES.glob("*.json")))
async def test_a_recorded_history_replays(name: str) -> None:
    await replayer(SupportCase).replay_workflow(recorded(name))


@pytest.mark.parametrize(
    "name", sorted(path.name for path in (HISTORIES / "rounds").glob("*.json"))
)
async def test_a_recorded_round_replays(name: str) -> None:
    await replayer(SelectionRound).replay_workflow(recorded(f"rounds/{name}"))


async def test_a_workflow_that_would_go_another_way_is_caught() -> None:
    with pytest.raises(NondeterminismError):
        await replayer(WaitsFirst).replay_workflow(recorded("desk_answer.json"))
