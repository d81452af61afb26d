"""Another member of staff takes a case over, with what is open (U14)."""

from uuid import uuid4

import asyncpg
import pytest
from temporalio.client import WorkflowUpdateFailedError

from schemas.actor import Actor, Role
from schemas.case import Branch, CaseSnapshot, HandlerChange, Service
from schemas.outcome import ConfirmTechnology, TaskKind, TriageCase
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
