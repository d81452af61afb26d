"""The company's word on a result (RESULT_CONFIRM of the front part)."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from schemas.actor import COMPANY_GROUP, Role, centre_group
    from schemas.case import CaseOutcome, CaseStatus
    from schemas.outcome import (
        ConfirmResult,
        SettleDispute,
    )

from workflows.asking import Question, ask, ask_until
from workflows.case_file import CaseFile
from workflows.proceeding import Ended


class Rework(Exception):
    """The company asks for the result to be worked over once (short R&D)."""


async def confirm_result(
    case: CaseFile, outcome: CaseOutcome, report: str | None, *, may_rework: bool = False
) -> CaseOutcome:
    """Send the result to the company and take its answer; silence leaves it unconfirmed.

    Args:
        case: The case.
        outcome: How it ends if the company agrees.
        report: Reference of the written result.
        may_rework: Whether the company may still ask for rework.

    Returns:
        The confirmed outcome, or `partial`.

    Raises:
        Rework: The company wants it worked over, and may.
        Ended: A dispute was settled against the result.
    """
    case.move(CaseStatus.RESULT_CONFIRM)
    answer = await ask_until(
        case,
        Question(
            ConfirmResult,
            COMPANY_GROUP,
            due="case.result_confirm",
            announce="result_to_confirm",
            documents={"result": report},
            parameters={"may_rework": "true" if may_rework else "false"},
        ),
    )
    if answer is None:
        case.change(unconfirmed=True)
        return outcome
    match answer.decision:
        case "confirm":
            return outcome
        case "partly":
            return CaseOutcome.PARTIAL
        case "rework" if may_rework:
            raise Rework
        case _:
            return await _settle(case, outcome, answer.reason)


async def _settle(case: CaseFile, outcome: CaseOutcome, objection: str | None) -> CaseOutcome:
    decision = await ask(
        case,
        Question(
            SettleDispute,
            centre_group(Role.COORDINATOR),
            due="case.result_confirm",
            documents={"objection": objection},
        ),
    )
    match decision.decision:
        case "stands":
            return outcome
        case "partial":
            return CaseOutcome.PARTIAL
        case "not_solved":
            raise Ended(CaseOutcome.NOT_SOLVED, "dispute", decision.reason)
