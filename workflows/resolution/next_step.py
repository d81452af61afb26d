"""What follows when a project was not selected, or nothing is open to apply to (U09, U10)."""

from dataclasses import dataclass
from datetime import datetime

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from schemas.actor import COMPANY_GROUP, Role, centre_group
    from schemas.case import CaseOutcome, CaseStatus, CaseStep, Route
    from schemas.outcome import ChooseNext, DecideNext

from workflows.asking import Question, ask, ask_until
from workflows.case_file import CaseFile
from workflows.proceeding import Ended


@dataclass(frozen=True)
class Objection:
    """The company objects to the decision; `reason` is the reference of what it wrote."""

    reason: str | None


async def choose_next(
    case: CaseFile, *, may_wait: bool, object_until: datetime | None = None
) -> Route | Objection | None:
    """Let the company choose how to go on; for one that is silent the coordinator decides.

    Args:
        case: The case.
        may_wait: Whether it may enter again; once it has done so too often, it may not.
        object_until: Until when it may object to the decision; None where it can't.

    Returns:
        Where the case goes on, or the objection; None when it waits for the next call.

    Raises:
        Ended: Nothing follows.
    """
    case.move(CaseStatus.IN_SERVICE, CaseStep.NEXT_CHOICE)
    chosen: ChooseNext | DecideNext | None = await ask_until(
        case,
        Question(
            ChooseNext,
            COMPANY_GROUP,
            due="rd.next_choice",
            announce="next_choice",
            parameters={
                "may_wait": "true" if may_wait else "false",
                "object_until": object_until.isoformat() if object_until else "",
            },
        ),
    )
    if chosen is None:
        chosen = await ask(
            case,
            Question(DecideNext, centre_group(Role.COORDINATOR), due="rd.track_decision"),
        )
    match chosen.decision:
        case "wait" if may_wait:
            return None
        case "smaller":
            return Route.RESEARCH
        case "guidance":
            return Route.GUIDANCE
        case "object":
            return Objection(chosen.reason)
        case _:
            raise Ended(CaseOutcome.NOT_SELECTED_FINAL, "not_selected", chosen.reason)
