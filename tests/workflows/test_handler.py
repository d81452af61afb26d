"""Another member of staff takes a case over, with what is open (U14)."""

from uuid import uuid4

import asyncpg
import pytest
from temporalio.client import WorkflowUpdateFailedError

from schemas.actor import Actor, Role
from schemas.case import Branch, CaseSnapshot, HandlerChange, Matter, MatterReport, Service
from schemas.outcome import ConfirmTechnology, NameHandler, TaskKind, TriageCase
from schemas.task import TaskStatus
from tests.driver import (
    COORDINATOR,
    TRIAGE,
    CaseDriver,
    StartCase,
    head_of,
    refusal_of,
    support_of,
    written,
)
from workflows.support_case import SupportCase

TECH_HELD = TriageCase(service=Service.DIFFICULTY, branch=Branch.TECH_HELD)
HEAD, SUPPORT = head_of("KITECH"), support_of("KITECH")
SUCCESSOR = Actor(id="acc-kitech-support-2", role=Role.SUPPORT, institute="KITECH")


async def hand_over(case: CaseDriver, by: Actor, to: Actor | None) -> CaseSnapshot:
    change = HandlerChange(actor=by, handler=to, reason=written("휴직"))
    return await case.handle.execute_update(SupportCase.change_handler, change, id=uuid4().hex)


async def to_the_proposal(case: CaseDriver) -> None:
    await case.get_contacted(TECH_HELD)
    await case.complete(ConfirmTechnology(decision="solves"), SUPPORT)
    await case.open_task(TaskKind.PROPOSE_SOLUTION)


@pytest.mark.parametrize("by", [HEAD, COORDINATOR], ids=["head", "coordinator"])
async def test_open_tasks_go_along_and_the_company_is_told(
    start_case: StartCase, database: asyncpg.Pool, by: Actor
) -> None:
    case = await start_case()
    await to_the_proposal(case)
    changed = await hand_over(case, by, SUCCESSOR)
    task = await case.open_task(TaskKind.PROPOSE_SOLUTION)
    await case.settle(database)

    assert changed.handler == task.assignee == SUCCESSOR.id
    told = await database.fetch(
        "SELECT template, audience FROM notification "
        "WHERE case_number = $1 AND template IN ('handler_changed', 'case_handed_over')",
        case.handle.id,
    )
    assert {(row["template"], row["audience"]) for row in told} == {
        ("handler_changed", "company"),
        ("case_handed_over", f"account:{SUCCESSOR.id}"),
    }


async def test_a_case_can_be_left_to_the_department(start_case: StartCase) -> None:
    case = await start_case()
    await to_the_proposal(case)
    changed = await hand_over(case, HEAD, None)

    assert changed.handler is None
    assert (await case.open_task(TaskKind.PROPOSE_SOLUTION)).assignee is None


@pytest.mark.parametrize(
    ("by", "to"),
    [
        (SUPPORT, SUCCESSOR),
        (TRIAGE, SUCCESSOR),
        (head_of("KERI"), SUCCESSOR),
        (HEAD, support_of("KERI")),
        (HEAD, COORDINATOR),
    ],
    ids=["staff", "desk", "other head", "to another institute", "to the centre"],
)
async def test_nobody_else_names_the_handler_and_nobody_else_is_named(
    start_case: StartCase, by: Actor, to: Actor
) -> None:
    case = await start_case()
    await to_the_proposal(case)

    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await hand_over(case, by, to)

    assert refusal_of(refused.value) == "not-allowed"


async def leave(case: CaseDriver, by: Actor) -> None:
    report = MatterReport(actor=by, matter=Matter.HANDLER_LEAVES, reason=written("퇴직"))
    await case.handle.execute_update(SupportCase.raise_matter, report, id=uuid4().hex)


@pytest.mark.parametrize("by", [SUPPORT, COORDINATOR], ids=["who leaves", "coordinator"])
async def test_where_somebody_leaves_the_head_names_another_within_five_working_days(
    start_case: StartCase, database: asyncpg.Pool, by: Actor
) -> None:
    case = await start_case()
    await to_the_proposal(case)
    await leave(case, by)
    task = await case.open_task(TaskKind.NAME_HANDLER)
    same = NameHandler(named_staff=SUPPORT.id)
    refused = await case.refused(task, same, HEAD)
    await case.complete(NameHandler(named_staff=SUCCESSOR.id, reason=written("후임")), HEAD)
    moved = await case.open_task(TaskKind.PROPOSE_SOLUTION)
    await case.settle(database)

    assert task.deadline.key == "staff.replacement"
    assert refused == "conflict-of-interest"
    assert (await case.snapshot()).handler == moved.assignee == SUCCESSOR.id
    changed = [
        entry for entry in (await case.projection()).journal if entry.tag == "case:handler:changed"
    ]
    assert [entry.actor for entry in changed] == [HEAD]
    assert await database.fetchval(
        "SELECT count(*) FROM notification "
        "WHERE case_number = $1 AND template = 'handler_changed' AND audience = 'company'",
        case.handle.id,
    ) == 1  # fmt: skip


async def test_nobody_is_asked_to_name_who_was_named_meanwhile(start_case: StartCase) -> None:
    case = await start_case()
    await to_the_proposal(case)
    await leave(case, SUPPORT)
    task = await case.open_task(TaskKind.NAME_HANDLER)
    await hand_over(case, HEAD, None)
    left_open = TaskKind.NAME_HANDLER in await case.open_kinds()
    await hand_over(case, HEAD, SUCCESSOR)
    tasks = {one.task_id: one for one in (await case.projection()).tasks}

    assert left_open
    assert tasks[task.task_id].status is TaskStatus.CANCELLED
    assert (await case.snapshot()).handler == SUCCESSOR.id


@pytest.mark.parametrize("by", [support_of("KERI"), head_of("KERI")], ids=["staff", "head"])
async def test_another_institute_does_not_say_that_somebody_leaves(
    start_case: StartCase, by: Actor
) -> None:
    case = await start_case()
    await to_the_proposal(case)

    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await leave(case, by)

    assert refusal_of(refused.value) == "not-allowed"


async def test_before_an_institute_has_it_and_after_its_end_a_case_has_no_handler_to_change(
    start_case: StartCase,
) -> None:
    case = await start_case()
    with pytest.raises(WorkflowUpdateFailedError) as early:
        await hand_over(case, COORDINATOR, None)
    await case.withdraw()
    with pytest.raises(WorkflowUpdateFailedError) as late:
        await hand_over(case, COORDINATOR, None)

    assert [refusal_of(error.value) for error in (early, late)] == ["not-allowed", "case-closed"]
