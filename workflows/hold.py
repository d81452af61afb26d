"""A case on hold: the company asked to pause it."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from schemas.actor import COMPANY_GROUP
    from schemas.case import CaseOutcome
    from schemas.outcome import EndHold
    from schemas.policy import Deadline

from workflows.asking import Question, ask_until
from workflows.case_file import CaseFile
from workflows.proceeding import Ended


async def stand_still(case: CaseFile) -> None:
    """Let the case stand still until the company lets it go on, or its time on hold is over.

    Then the company is asked; silence lets the case go on.
    """
    with case.transition():
        longest: Deadline = await case.deadline("case.hold.max", reminders=None)
        case.change(on_hold_until=longest.due_at)
        case.note("case:hold:begun", until=longest.due_at.isoformat())
        case.tell("case_on_hold", due_at=longest.due_at.isoformat())
    await case.wait(lambda: not case.is_on_hold, until=longest.due_at, summary="case on hold")
    if not case.is_on_hold:
        return
    answer = await ask_until(
        case, Question(EndHold, COMPANY_GROUP, due="case.hold.answer", announce="hold_over")
    )
    if answer is not None and answer.decision == "withdraw":
        case.end(Ended(CaseOutcome.WITHDRAWN, "withdrawn", answer.reason))
        return
    go_on(case)


def go_on(case: CaseFile) -> None:
    """Let the case go on; every due date is counted again without the time it stood still."""
    if case.is_on_hold:
        let_go(case)
        case.tell("case_goes_on", case.handlers)


def let_go(case: CaseFile) -> None:
    """End the standstill, of a case that goes on as of one that has ended."""
    case.resume_clocks(workflow.now())
    if case.is_on_hold:
        case.change(on_hold_until=None)
        case.note("case:hold:ended")
