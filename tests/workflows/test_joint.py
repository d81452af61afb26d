"""Joint cases, matters that staff raise, and who keeps out of a case."""

from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest
from temporalio.client import WorkflowUpdateFailedError

from api.acts import ArgumentT, Change
from infra.postgres import companies, intakes
from infra.postgres.intakes import CaseText, Filing
from schemas.actor import COMPANY, Actor
from schemas.case import (
    AssignmentRole,
    Branch,
    CaseIntake,
    CaseOutcome,
    CaseSnapshot,
    CaseStatus,
    DeclineReason,
    InstituteSuccession,
    Matter,
    MatterReport,
    OfferAnswer,
    PartnerInvitation,
    PromiseState,
    Service,
)
from schemas.company import CompanyStated
from schemas.outcome import (
    AnswerSurvey,
    CallBack,
    ConfirmTechnology,
    DecideStatus,
    JoinCase,
    Mediate,
    NameLead,
    ReferCase,
    ScreenCase,
    TaskKind,
    TriageCase,
)
from schemas.task import ConflictDeclaration, HumanTask
from tests.driver import (
    COORDINATOR,
    SURVEY_DESK,
    TRIAGE,
    CaseDriver,
    StartCase,
    head_of,
    refusal_of,
    support_of,
    written,
)
from workers.policy_files import default_policy
from workflows.support_case import SupportCase

DIFFICULTY = TriageCase(service=Service.DIFFICULTY, branch=Branch.TECH_HELD)
JOINS = JoinCase(decision="join", named_staff=support_of("KERI").id)


async def act(
    case: CaseDriver, update: Change[ArgumentT, CaseSnapshot], request: ArgumentT
) -> CaseSnapshot:
    """One of the case's updates."""
    return await case.handle.execute_update(update, request, id=uuid4().hex)


async def invite(case: CaseDriver, institute: str, by: Actor = COORDINATOR) -> CaseSnapshot:
    return await act(
        case, SupportCase.invite_partner, PartnerInvitation(actor=by, institute=institute)
    )


async def raise_matter(case: CaseDriver, matter: Matter, by: Actor) -> CaseSnapshot:
    report = MatterReport(actor=by, matter=matter, reason=written("사유"))
    return await act(case, SupportCase.raise_matter, report)


async def answers_of(case: CaseDriver) -> dict[str, tuple[AssignmentRole, OfferAnswer]]:
    offers = (await case.snapshot()).assignments
    return {offer.institute: (offer.role, offer.answer) for offer in offers}


@pytest.fixture
async def contacted(start_case: StartCase) -> CaseDriver:
    """A case that KITECH leads."""
    case = await start_case()
    await case.get_contacted(DIFFICULTY)
    return case


@pytest.fixture
async def joint(contacted: CaseDriver) -> CaseDriver:
    """The same with KERI beside it."""
    await invite(contacted, "KERI")
    await contacted.complete(JOINS, head_of("KERI"))
    return contacted


async def test_partners_accept_separately_and_the_lead_goes_on(contacted: CaseDriver) -> None:
    await invite(contacted, "KERI", head_of("KITECH"))
    await invite(contacted, "KIMS")
    tasks = (await contacted.projection()).tasks
    asked = {t.candidate_group: t for t in tasks if t.kind is TaskKind.JOIN_CASE}
    await contacted.complete_task(asked["institute:KERI:dept_head"], JOINS, head_of("KERI"))
    decline = JoinCase(decision="decline", decline_reason=DeclineReason.NO_CAPACITY)
    await contacted.complete_task(asked["institute:KIMS:dept_head"], decline, head_of("KIMS"))
    await contacted.complete(ConfirmTechnology(decision="solves"), support_of("KITECH"))
    await contacted.open_task(TaskKind.PROPOSE_SOLUTION)

    assert await answers_of(contacted) == {
        "KITECH": (AssignmentRole.LEAD, OfferAnswer.ACCEPTED),
        "KERI": (AssignmentRole.PARTNER, OfferAnswer.ACCEPTED),
        "KIMS": (AssignmentRole.PARTNER, OfferAnswer.DECLINED),
    }


async def test_a_silent_partner_stops_nobody(contacted: CaseDriver) -> None:
    await invite(contacted, "KERI")
    task = await contacted.open_task(TaskKind.JOIN_CASE)
    assert task.expires_at is not None
    await contacted.pass_time(task.expires_at - contacted.now + (task.expires_at - task.opened_at))

    assert (await answers_of(contacted))["KERI"][1] is OfferAnswer.SILENT
    assert await contacted.open_task(TaskKind.CONFIRM_TECHNOLOGY)


@pytest.mark.parametrize(
    ("institute", "by", "problem"),
    [
        ("KITECH", COORDINATOR, "outcome-mismatch"),
        ("KERI", COORDINATOR, "outcome-mismatch"),
        ("KIMS", head_of("KERI"), "not-allowed"),
        ("KIMS", support_of("KITECH"), "not-allowed"),
    ],
)
async def test_who_takes_part_is_not_asked_again_and_only_the_lead_asks(
    joint: CaseDriver, institute: str, by: Actor, problem: str
) -> None:
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await invite(joint, institute, by)

    assert refusal_of(refused.value) == problem


async def test_three_partners_are_the_most(joint: CaseDriver) -> None:
    await invite(joint, "KIMS")
    await invite(joint, "KIMM")

    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await invite(joint, "KIST")

    assert refusal_of(refused.value) == "not-allowed"


async def test_a_partner_leads_after_the_lead_gave_the_case_back(joint: CaseDriver) -> None:
    await raise_matter(joint, Matter.LEAD_GIVES_BACK, head_of("KITECH"))
    await joint.complete(NameLead(decision="partner", institute="KERI"), COORDINATOR)
    contact = await joint.open_task(TaskKind.CONTACT_COMPANY)

    assert contact.candidate_group == "institute:KERI:support"
    assert contact.assignee == support_of("KERI").id
    assert await answers_of(joint) == {
        "KITECH": (AssignmentRole.LEAD, OfferAnswer.REPLACED),
        "KERI": (AssignmentRole.LEAD, OfferAnswer.ACCEPTED),
    }
    snapshot = await joint.snapshot()
    assert (snapshot.lead_institute, snapshot.status) == ("KERI", CaseStatus.ACCEPTED)
    assert [p.state for p in snapshot.promises if p.kind == "first_contact"] == [
        PromiseState.RUNNING
    ]
    assert TaskKind.CONFIRM_TECHNOLOGY not in await joint.open_kinds()


async def test_without_a_partner_another_lead_is_searched(contacted: CaseDriver) -> None:
    await raise_matter(contacted, Matter.LEAD_GIVES_BACK, head_of("KITECH"))
    task = await contacted.open_task(TaskKind.NAME_LEAD)
    nobody = NameLead(decision="partner", institute="KERI")
    assert await contacted.refused(task, nobody, COORDINATOR) == "outcome-mismatch"
    await contacted.complete(NameLead(decision="search"), COORDINATOR)

    assert await contacted.open_task(TaskKind.ASSIGN_INSTITUTE)
    assert (await contacted.snapshot()).lead_institute is None


async def test_a_disagreement_ends_in_one_plan(joint: CaseDriver) -> None:
    await raise_matter(joint, Matter.DISAGREEMENT, head_of("KERI"))
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await raise_matter(joint, Matter.DISAGREEMENT, head_of("KITECH"))
    assert refusal_of(refused.value) == "not-allowed"
    await joint.complete(Mediate(decision="one_plan", plan=written("공동 계획")), COORDINATOR)

    assert "case:matter:settled" in await joint.tags()
    assert len((await joint.snapshot()).partners) == 1


async def test_a_disagreement_ends_in_two_cases(joint: CaseDriver, database: asyncpg.Pool) -> None:
    await store_request(database, joint)
    await raise_matter(joint, Matter.DISAGREEMENT, support_of("KITECH"))
    await joint.complete(Mediate(decision="split", institute="KERI"), COORDINATOR)
    await joint.settle(database)

    second = await database.fetchrow(
        "SELECT * FROM intake WHERE intake->>'linked_case' = $1", joint.handle.id
    )
    assert second is not None
    assert (second["status"], second["intake"]["institute_wish"]) == ("pending", "KERI")
    for table, column in (("intake", "tracking_code_hash"), ("contact", "email")):
        both = await database.fetch(
            f"SELECT {column} FROM {table} WHERE case_number = ANY ($1)",  # noqa: S608
            [joint.handle.id, second["case_number"]],
        )
        assert len(both) == 2
        assert both[0] == both[1]
    assert (await joint.snapshot()).partners == ()


async def store_request(database: asyncpg.Pool, case: CaseDriver) -> None:
    """What intake stores before a case's workflow begins."""
    number, now = case.handle.id, case.now
    intake = CaseIntake(
        case_number=number,
        channel="web",
        received_at=now,
        registered_at=now,
        policy_version=default_policy().version,
        idempotency_key=number,
    )
    company = await companies.find_or_add(
        database,
        uuid4(),
        CompanyStated(name="데모", contact_name="데모", business_registration_number="1378600008"),
        now,
    )
    filing = Filing(
        company_id=company,
        body_sha256="x",
        tracking_code_hash=number.encode(),
        registered_by="company",
    )
    assert await intakes.add(database, intake, filing)
    text = CaseText(
        title="제목", description="내용", title_masked="제목", description_masked="내용",
        details={}, personal_data=(),
    )  # fmt: skip
    await intakes.add_text(database, number, text)
    await database.execute(
        "INSERT INTO contact (case_number, email) VALUES ($1, 'demo@center1379.example')", number
    )


async def test_nobody_to_disagree_with_is_refused(contacted: CaseDriver) -> None:
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await raise_matter(contacted, Matter.DISAGREEMENT, head_of("KITECH"))

    assert refusal_of(refused.value) == "not-allowed"


async def test_a_case_is_withdrawn_while_a_coordinator_has_a_matter_to_decide(
    contacted: CaseDriver,
) -> None:
    await raise_matter(contacted, Matter.COMPANY_STATUS, COORDINATOR)
    await contacted.open_task(TaskKind.DECIDE_STATUS)
    await contacted.withdraw()
    await contacted.complete(AnswerSurvey(overall=5, solved="no"), COMPANY)
    await contacted.complete(CallBack(decision="explained", note=written("통화")), SURVEY_DESK)
    await contacted.pass_time(timedelta(days=40))

    assert (await contacted.handle.result()).outcome is CaseOutcome.WITHDRAWN
    assert (await contacted.tags()).count("case:work:closed") == 1


@pytest.mark.parametrize("decision", ["finish", "hand_over"])
async def test_a_case_goes_on_though_the_company_changed(
    contacted: CaseDriver, decision: str
) -> None:
    await raise_matter(contacted, Matter.COMPANY_STATUS, support_of("KITECH"))
    outcome = DecideStatus.model_validate({"decision": decision, "reason": written("승계")})
    await contacted.complete(outcome, COORDINATOR)

    assert await contacted.open_kinds() == [TaskKind.CONFIRM_TECHNOLOGY]


async def test_a_case_of_an_insolvent_company_is_stopped(contacted: CaseDriver) -> None:
    await raise_matter(contacted, Matter.COMPANY_STATUS, support_of("KITECH"))
    stop = DecideStatus(decision="stop", reason=written("파산"))
    await contacted.complete(stop, COORDINATOR)
    await contacted.open_task(TaskKind.ANSWER_SURVEY)

    assert (await contacted.snapshot()).outcome is CaseOutcome.NOT_SOLVED
    assert await contacted.open_kinds() == [TaskKind.ANSWER_SURVEY]


async def test_an_outsider_raises_nothing(contacted: CaseDriver) -> None:
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await raise_matter(contacted, Matter.COMPANY_STATUS, head_of("KIMS"))

    assert refusal_of(refused.value) == "not-allowed"


async def test_who_declares_a_conflict_keeps_out_of_every_task(contacted: CaseDriver) -> None:
    task = await contacted.open_task(TaskKind.CONFIRM_TECHNOLOGY)
    support = support_of("KITECH")
    declaration = ConflictDeclaration(task_id=task.task_id, actor=support)
    await contacted.handle.execute_update(SupportCase.declare_conflict, declaration, id=uuid4().hex)

    assert (await contacted.snapshot()).handler is None
    solves = ConfirmTechnology(decision="solves")
    free = await contacted.open_task(TaskKind.CONFIRM_TECHNOLOGY)
    assert free.assignee is None
    assert await contacted.refused(free, solves, support) == "conflict-of-interest"
    await contacted.complete(solves, head_of("KITECH"))
    following = await contacted.open_task(TaskKind.PROPOSE_SOLUTION)
    assert support.id in following.excluded


async def test_a_case_moves_to_the_successor_of_its_institute(contacted: CaseDriver) -> None:
    succession = InstituteSuccession(actor=COORDINATOR, successor="KIMM")
    await act(contacted, SupportCase.change_institute, succession)
    moved: HumanTask = await contacted.open_task(TaskKind.CONFIRM_TECHNOLOGY)

    assert (moved.candidate_group, moved.assignee) == ("institute:KIMM:researcher", None)
    await contacted.complete(ConfirmTechnology(decision="solves"), support_of("KIMM"))
    following = await contacted.open_task(TaskKind.PROPOSE_SOLUTION)
    assert following.candidate_group == "institute:KIMM:support"
    by_head = succession.model_copy(update={"actor": head_of("KIMM")})
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await act(contacted, SupportCase.change_institute, by_head)
    assert refusal_of(refused.value) == "not-allowed"


async def test_the_successor_may_know_of_the_case_and_the_former_institute_no_more(
    contacted: CaseDriver, database: asyncpg.Pool
) -> None:
    await contacted.settle(database)
    before = await who_knows(database, contacted.handle.id)

    succession = InstituteSuccession(actor=COORDINATOR, successor="KIMM")
    await act(contacted, SupportCase.change_institute, succession)
    await contacted.settle(database)

    assert before == {"KITECH"}
    assert await who_knows(database, contacted.handle.id) == {"KIMM"}


async def who_knows(database: asyncpg.Pool, number: str) -> set[str]:
    """Institutes with an offer, by which `infra.postgres.access` lets them see the case."""
    rows = await database.fetch("SELECT institute FROM assignment WHERE case_number = $1", number)
    return {row["institute"] for row in rows}


async def test_one_part_is_referred_and_the_other_goes_on(start_case: StartCase) -> None:
    case = await start_case()
    await case.complete(ScreenCase(decision="refer_part"), TRIAGE)
    await case.complete(ReferCase(body="finance", reason=written("자금")), TRIAGE)
    await case.get_triaged(DIFFICULTY)

    assert await case.open_task(TaskKind.ASSIGN_INSTITUTE)
