"""Cases that stand still at the company's wish, and tasks that are given more time."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest
from temporalio.client import WorkflowUpdateFailedError

from schemas.actor import COMPANY
from schemas.case import Branch, CaseOutcome, CaseSnapshot, HoldRequest, PromiseState, Service
from schemas.outcome import (
    AssignInstitute,
    ConfirmTechnology,
    ConsentExtension,
    EndHold,
    ProposeSolution,
    TaskKind,
    TriageCase,
)
from schemas.task import TaskExtension
from tests.driver import (
    COORDINATOR,
    CaseDriver,
    StartCase,
    head_of,
    refusal_of,
    support_of,
    written,
)
from workflows.support_case import SupportCase

TECH_HELD = TriageCase(service=Service.DIFFICULTY, branch=Branch.TECH_HELD)
SUPPORT = support_of("KITECH")


async def hold(case: CaseDriver) -> CaseSnapshot:
    return await case.handle.execute_update(
        SupportCase.hold, HoldRequest(actor_id=COMPANY.id, submitted_at=case.now), id=uuid4().hex
    )


async def go_on(case: CaseDriver) -> CaseSnapshot:
    return await case.handle.execute_update(
        SupportCase.end_hold,
        HoldRequest(actor_id=COMPANY.id, submitted_at=case.now),
        id=uuid4().hex,
    )


async def on_hold(case: CaseDriver) -> None:
    """Put on hold, and the date until which it lasts is known."""
    await hold(case)
    for _ in range(200):
        if (await case.snapshot()).on_hold_until is not None:
            return
    raise AssertionError("the case was never on hold")


async def extend(case: CaseDriver, kind: TaskKind) -> str | None:
    """Ask for more time; returns the refusal, if any."""
    task = await case.open_task(kind)
    request = TaskExtension(task_id=task.task_id, actor=SUPPORT, reason=written("사유"))
    try:
        await case.handle.execute_update(SupportCase.extend_task, request, id=uuid4().hex)
    except WorkflowUpdateFailedError as failed:
        return refusal_of(failed)
    return None


async def to_the_proposal(case: CaseDriver) -> None:
    await case.get_contacted(TECH_HELD)
    await case.complete(ConfirmTechnology(decision="solves"), SUPPORT)
    await case.open_task(TaskKind.PROPOSE_SOLUTION)


async def test_nothing_falls_due_while_a_case_is_on_hold(
    start_case: StartCase, database: asyncpg.Pool
) -> None:
    case = await start_case()
    await to_the_proposal(case)
    before = await case.open_task(TaskKind.PROPOSE_SOLUTION)
    await on_hold(case)
    await case.pass_time(timedelta(days=30))
    during = await case.open_task(TaskKind.PROPOSE_SOLUTION)
    await go_on(case)
    await case.pass_time(timedelta(seconds=5))
    after = await case.open_task(TaskKind.PROPOSE_SOLUTION)
    await case.settle(database)

    assert (during.level, during.deadline.due_at) == (0, before.deadline.due_at)
    assert after.deadline.due_at >= before.deadline.due_at + timedelta(days=28)
    assert await case.open_kinds() == [TaskKind.PROPOSE_SOLUTION]
    told = await database.fetch(
        "SELECT template FROM notification WHERE case_number = $1 AND template LIKE 'case_%on%'",
        case.handle.id,
    )
    assert {row["template"] for row in told} == {"case_on_hold", "case_goes_on"}


async def test_promises_stand_still_too(start_case: StartCase) -> None:
    case = await start_case()
    await on_hold(case)
    await case.pass_time(timedelta(days=20))
    await go_on(case)
    await case.pass_time(timedelta(seconds=5))

    promise = (await case.snapshot()).promises[0]

    assert promise.state is PromiseState.RUNNING
    assert promise.deadline.due_at > case.now


@pytest.mark.parametrize("answer", ["go_on", "withdraw", None])
async def test_after_two_months_the_company_is_asked(
    start_case: StartCase, answer: str | None
) -> None:
    case = await start_case()
    await to_the_proposal(case)
    await on_hold(case)
    until = (await case.snapshot()).on_hold_until
    assert until is not None
    await case.pass_time_until(until)
    asked = await case.open_task(TaskKind.END_HOLD)
    if answer is None:
        assert asked.expires_at is not None
        await case.pass_time_until(asked.expires_at + timedelta(hours=1))
    else:
        await case.complete(EndHold.model_validate({"decision": answer}), COMPANY)

    if answer == "withdraw":
        await case.open_task(TaskKind.ANSWER_SURVEY)
        assert (await case.snapshot()).outcome is CaseOutcome.WITHDRAWN
    else:
        assert (await case.snapshot()).on_hold_until is None
        await case.complete(ProposeSolution(offers="licence", proposal=written("제안")), SUPPORT)


async def test_a_case_that_is_withdrawn_while_on_hold_comes_to_its_end(
    start_case: StartCase, database: asyncpg.Pool
) -> None:
    case = await start_case()
    await to_the_proposal(case)
    await on_hold(case)
    await case.withdraw()
    await case.open_task(TaskKind.ANSWER_SURVEY)
    assert (await case.snapshot()).on_hold_until is None
    await case.pass_time(timedelta(days=60))

    assert (await case.handle.result()).outcome is CaseOutcome.WITHDRAWN
    await case.settle(database)
    told = await database.fetch(
        "SELECT template FROM notification WHERE case_number = $1", case.handle.id
    )
    assert "case_goes_on" not in {row["template"] for row in told}


async def test_of_two_wishes_at_the_same_moment_one_puts_the_case_on_hold(
    start_case: StartCase,
) -> None:
    case = await start_case()
    await to_the_proposal(case)

    answers = await asyncio.gather(hold(case), hold(case), return_exceptions=True)

    refused = [answer for answer in answers if isinstance(answer, WorkflowUpdateFailedError)]
    assert [refusal_of(one) for one in refused] == ["hold-refused"]
    assert (await case.tags()).count("case:hold:asked") == 1


async def test_what_others_wait_for_is_not_extended(start_case: StartCase) -> None:
    case = await start_case()
    await case.get_triaged(TECH_HELD)
    await case.complete(AssignInstitute(decision="assign", institute="KITECH"), COORDINATOR)
    offer = await case.open_task(TaskKind.ACCEPT_CASE)
    request = TaskExtension(task_id=offer.task_id, actor=head_of("KITECH"), reason=written("사유"))

    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await case.handle.execute_update(SupportCase.extend_task, request, id=uuid4().hex)

    assert refusal_of(refused.value) == "extension-refused"


async def test_a_case_is_put_on_hold_once_at_a_time(start_case: StartCase) -> None:
    case = await start_case()
    with pytest.raises(WorkflowUpdateFailedError) as not_on_hold:
        await go_on(case)
    await on_hold(case)
    with pytest.raises(WorkflowUpdateFailedError) as twice:
        await hold(case)
    await case.withdraw()
    with pytest.raises(WorkflowUpdateFailedError) as over:
        await hold(case)

    refusals = [refusal_of(refused.value) for refused in (not_on_hold, twice, over)]
    assert refusals == ["hold-refused", "hold-refused", "case-closed"]


async def test_a_handler_extends_once_and_then_needs_the_companys_consent(
    start_case: StartCase,
) -> None:
    case = await start_case()
    await to_the_proposal(case)
    dues = [(await case.open_task(TaskKind.PROPOSE_SOLUTION)).deadline.due_at]
    assert await extend(case, TaskKind.PROPOSE_SOLUTION) is None
    await case.pass_time(timedelta(seconds=5))
    dues.append((await case.open_task(TaskKind.PROPOSE_SOLUTION)).deadline.due_at)
    assert await extend(case, TaskKind.PROPOSE_SOLUTION) is None
    await case.complete(ConsentExtension(decision="agree"), COMPANY)
    await case.pass_time(timedelta(seconds=5))
    dues.append((await case.open_task(TaskKind.PROPOSE_SOLUTION)).deadline.due_at)

    assert await extend(case, TaskKind.PROPOSE_SOLUTION) == "extension-refused"
    assert dues[0] < dues[1] < dues[2]
    assert (await case.tags()).count("task:work:extended") == 2
    assert (await case.tags()).count("task:work:extension_granted") == 2


async def test_without_consent_the_second_extension_is_not_given(start_case: StartCase) -> None:
    case = await start_case()
    await to_the_proposal(case)
    await extend(case, TaskKind.PROPOSE_SOLUTION)
    await extend(case, TaskKind.PROPOSE_SOLUTION)
    await case.complete(ConsentExtension(decision="refuse"), COMPANY)

    assert (await case.tags()).count("task:work:extended") == 1
    assert (await case.open_task(TaskKind.PROPOSE_SOLUTION)).extensions == 1


async def test_the_company_is_asked_for_its_consent_once_at_a_time(start_case: StartCase) -> None:
    case = await start_case()
    await to_the_proposal(case)
    await extend(case, TaskKind.PROPOSE_SOLUTION)
    await extend(case, TaskKind.PROPOSE_SOLUTION)
    await case.open_task(TaskKind.CONSENT_EXTENSION)

    assert await extend(case, TaskKind.PROPOSE_SOLUTION) == "extension-refused"


async def test_a_consent_that_comes_after_the_answer_changes_nothing(
    start_case: StartCase,
) -> None:
    case = await start_case()
    await to_the_proposal(case)
    await extend(case, TaskKind.PROPOSE_SOLUTION)
    await extend(case, TaskKind.PROPOSE_SOLUTION)
    await case.open_task(TaskKind.CONSENT_EXTENSION)
    await case.complete(ProposeSolution(offers="licence", proposal=written("제안")), SUPPORT)
    await case.complete(ConsentExtension(decision="agree"), COMPANY)

    assert (await case.tags()).count("task:work:extension_granted") == 1


async def test_only_who_may_work_on_a_task_extends_it(start_case: StartCase) -> None:
    case = await start_case()
    await to_the_proposal(case)
    task = await case.open_task(TaskKind.PROPOSE_SOLUTION)
    request = TaskExtension(task_id=task.task_id, actor=head_of("KERI"), reason=written("사유"))

    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await case.handle.execute_update(SupportCase.extend_task, request, id=uuid4().hex)

    assert refusal_of(refused.value) == "task-not-found"
