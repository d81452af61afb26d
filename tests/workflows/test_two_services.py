"""Two services that a company asked for in one text follow each other in one case (U23)."""

from uuid import uuid4

import pytest

from schemas.actor import COMPANY
from schemas.case import Branch, CaseOutcome, Matter, MatterReport, PromiseState, Service
from schemas.outcome import (
    AcceptCase,
    AssignInstitute,
    ConfirmResult,
    ConfirmTechnology,
    ContactCompany,
    DecideNoMatch,
    HandleByHand,
    NameAdviser,
    NameLead,
    PlanSession,
    RecordSession,
    TaskKind,
    TriageCase,
)
from tests.driver import COORDINATOR, CaseDriver, StartCase, head_of, support_of, written
from workflows.support_case import SupportCase


@pytest.mark.parametrize(
    ("first", "second", "outcome"),
    [
        ("resolved_info", "resolved_guidance", CaseOutcome.RESOLVED_INFO),
        ("not_solved", "resolved_guidance", CaseOutcome.PARTIAL),
        ("resolved_guidance", "not_solved", CaseOutcome.PARTIAL),
        ("not_solved", "not_solved", CaseOutcome.NOT_SOLVED),
    ],
)
async def test_two_services_follow_each_other_in_one_case(
    start_case: StartCase, first: str, second: str, outcome: CaseOutcome
) -> None:
    case = await start_case()
    await case.get_contacted(
        TriageCase(service=Service.INFORMATION, further_service=Service.EXCHANGE)
    )
    for result in (first, second):
        done = HandleByHand.model_validate({"outcome": result, "result": written("결과")})
        await case.complete(done, support_of("KITECH"))
        if result.startswith("resolved"):
            await case.complete(ConfirmResult(decision="confirm"), COMPANY)
    await case.open_task(TaskKind.ANSWER_SURVEY)

    assert (await case.snapshot()).outcome is outcome


BOTH = TriageCase(
    service=Service.DIFFICULTY, branch=Branch.TECH_HELD, further_service=Service.EXCHANGE
)


async def lose_every_institute(case: CaseDriver) -> None:
    """The institute has not what it takes, and the panel finds nobody else."""
    await case.get_contacted(BOTH)
    await case.complete(ConfirmTechnology(decision="not_ours"), support_of("KITECH"))
    await case.complete(AssignInstitute(decision="no_match", reason=written("사유")), COORDINATOR)
    await case.complete(DecideNoMatch(decision="close", reason=written("사유")), COORDINATOR)


async def test_a_second_service_without_an_institute_looks_for_one(start_case: StartCase) -> None:
    case = await start_case()
    await lose_every_institute(case)
    await case.complete(AssignInstitute(decision="assign", institute="KERI"), COORDINATOR)
    await case.complete(AcceptCase(decision="accept"), head_of("KERI"))
    await case.complete(
        ContactCompany(decision="contacted", channel="phone", summary=written("통화")),
        support_of("KERI"),
    )
    await case.complete(
        HandleByHand(outcome="resolved_guidance", result=written("결과")), support_of("KERI")
    )
    await case.complete(ConfirmResult(decision="confirm"), COMPANY)
    await case.open_task(TaskKind.ANSWER_SURVEY)

    ended = await case.snapshot()
    assert (ended.outcome, ended.outcome_reason) == (CaseOutcome.PARTIAL, "no_match")


async def miss_every_meeting(case: CaseDriver) -> None:
    """The company asks for guidance and an exchange, and does not come to be guided."""
    await case.get_contacted(TriageCase(service=Service.GUIDANCE, further_service=Service.EXCHANGE))
    await case.complete(
        NameAdviser(decision="named", named_staff="acc-kitech-researcher"), head_of("KITECH")
    )
    for _ in range(2):
        day = case.now.date().isoformat()
        await case.complete(PlanSession(mode="visit", held_on=day), support_of("KITECH"))
        await case.complete(RecordSession(decision="no_show"), support_of("KITECH"))


async def test_a_lead_that_gives_up_the_second_service_does_not_bring_the_first_again(
    start_case: StartCase,
) -> None:
    case = await start_case()
    await miss_every_meeting(case)
    await case.open_task(TaskKind.HANDLE_BY_HAND)
    report = MatterReport(
        actor=head_of("KITECH"), matter=Matter.LEAD_GIVES_BACK, reason=written("사유")
    )
    await case.handle.execute_update(SupportCase.raise_matter, report, id=uuid4().hex)
    await case.complete(NameLead(decision="search"), COORDINATOR)
    await case.complete(AssignInstitute(decision="assign", institute="KERI"), COORDINATOR)
    await case.complete(AcceptCase(decision="accept"), head_of("KERI"))
    await case.complete(
        ContactCompany(decision="contacted", channel="phone", summary=written("통화")),
        support_of("KERI"),
    )
    await case.open_task(TaskKind.HANDLE_BY_HAND)

    kinds = [task.kind for task in (await case.projection()).tasks]
    assert kinds.count(TaskKind.NAME_ADVISER) == 1
    assert (await case.tags()).count("case:service:next") == 1


async def test_two_services_for_which_nobody_is_found_end_as_such(start_case: StartCase) -> None:
    case = await start_case()
    await lose_every_institute(case)
    await case.complete(AssignInstitute(decision="no_match", reason=written("사유")), COORDINATOR)
    await case.complete(DecideNoMatch(decision="close", reason=written("사유")), COORDINATOR)
    await case.open_task(TaskKind.ANSWER_SURVEY)

    assert (await case.snapshot()).outcome is CaseOutcome.UNRESOLVABLE_NO_MATCH


async def test_a_case_between_two_services_can_be_withdrawn(start_case: StartCase) -> None:
    case = await start_case()
    await lose_every_institute(case)
    await case.open_task(TaskKind.ASSIGN_INSTITUTE)
    await case.withdraw()

    assert (await case.snapshot()).outcome is CaseOutcome.WITHDRAWN


async def test_what_was_promised_of_the_first_service_ends_with_it(start_case: StartCase) -> None:
    case = await start_case()
    await miss_every_meeting(case)
    await case.open_task(TaskKind.HANDLE_BY_HAND)

    promise = (await case.snapshot()).promises[-1]

    assert (promise.kind, promise.state) == ("guidance", PromiseState.VOID)
