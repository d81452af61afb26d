"""Procedures that this release leaves to people: somebody does the work and says how it ended."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from schemas.actor import Role
    from schemas.case import CaseOutcome, CaseStatus, CaseStep
    from schemas.outcome import (
        HandleByHand,
    )

from workflows.asking import Question, ask
from workflows.case_file import CaseFile
from workflows.proceeding import Ended
from workflows.resolution.result import confirm_result

_NOT_RESOLVED = {CaseOutcome.NOT_SOLVED, CaseOutcome.PARTIAL}


async def handle_by_hand(case: CaseFile, route: str) -> CaseOutcome:
    """Have the lead institute carry out `route` outside the system and record the result.

    Args:
        case: The case.
        route: The procedure, such as `guidance`, `equipment`, `medium`; shown with the task.
    """
    case.move(CaseStatus.IN_SERVICE, CaseStep.BY_HAND)
    done = await ask(
        case,
        Question(
            HandleByHand,
            case.lead_group(Role.SUPPORT),
            due="rd.next_choice",
            assignee=case.snapshot.handler,
            parameters={"route": route},
        ),
    )
    outcome = CaseOutcome(done.outcome)
    if outcome in _NOT_RESOLVED:
        raise Ended(outcome, route, done.result)
    return await confirm_result(case, outcome, done.result)
