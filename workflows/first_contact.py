"""The first substantive contact, which keeps the three-day promise (R004, U07)."""

from datetime import datetime

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from schemas.actor import COMPANY_GROUP, Role
    from schemas.case import CaseOutcome, CaseStatus, PromiseState
    from schemas.outcome import (
        AnswerContact,
        ContactCompany,
        TaskKind,
    )

from workflows.asking import Question, ask, ask_until
from workflows.case_file import CaseFile
from workflows.proceeding import Ended

# Three attempts on one dead number are not an honest effort.
_MIN_CHANNELS = 2


async def make_contact(case: CaseFile) -> None:
    """Have the institute's support staff speak with the company.

    After the policy's number of attempts the company gets a last notice; when it gets in touch,
    the institute tries again.

    Raises:
        Ended: The company could not be reached and did not answer the notice.
    """
    case.move(CaseStatus.ACCEPTED)
    due = "intake.first_contact.due"
    attempts: list[str] = []
    while True:
        answer = await ask(
            case,
            Question(
                ContactCompany,
                case.lead_group(Role.SUPPORT),
                due=due,
                assignee=case.snapshot.handler,
                parameters={"attempt": str(len(attempts) + 1)},
            ),
        )
        if answer.decision == "contacted":
            case.end_promise("first_contact", PromiseState.KEPT, _contacted_at(case))
            return
        attempts.append(answer.channel)
        due = "intake.unreachable.window"
        case.move(CaseStatus.UNREACHABLE)
        case.tell("contact_not_reached", attempt=str(len(attempts)))
        enough = len(attempts) >= case.policy.count("intake.unreachable.attempts")
        if enough and len(set(attempts)) >= _MIN_CHANNELS:
            await _give_last_notice(case)
            attempts = []


async def _give_last_notice(case: CaseFile) -> None:
    answer = await ask_until(
        case,
        Question(
            AnswerContact,
            COMPANY_GROUP,
            due="intake.unreachable.close_notice",
            announce="contact_last_notice",
            remind="contact_last_notice",
        ),
    )
    if answer is None:
        raise Ended(CaseOutcome.CLOSED_NO_RESPONSE, "unreachable")


def _contacted_at(case: CaseFile) -> datetime:
    last = [task for task in case.tasks if task.kind is TaskKind.CONTACT_COMPANY][-1]
    return last.completed_at or workflow.now()
