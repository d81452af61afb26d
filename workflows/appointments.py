"""Waiting for a day that was agreed with the company, and reminding both sides of it."""

from collections.abc import Callable
from datetime import datetime

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from schemas.actor import COMPANY_GROUP
    from workflows.policy.durations import length_of

from workflows.case_file import CaseFile


async def keep_appointment(
    case: CaseFile,
    at: datetime,
    remind_before: str,
    template: str,
    /,
    *,
    unless: Callable[[], bool] = lambda: False,
    **parameters: str,
) -> bool:
    """Wait until an appointment, reminding the company and those who handle the case.

    Args:
        case: The case.
        at: When it begins; one that has begun is not waited for.
        remind_before: Policy key of the reminders, periods before `at`.
        template: Of the reminders.
        unless: Ends the wait early.
        parameters: What the reminders name.

    Returns:
        Whether the appointment came; False when `unless` held first.
    """
    reminders = sorted(
        at - length_of(period.length).rest for period in case.policy.periods(remind_before)
    )
    with case.waiting_for("appointment", at):
        for moment in [moment for moment in reminders if moment > workflow.now()]:
            if await case.wait(unless, until=moment, summary=template):
                return False
            case.note("case:appointment:reminded", at=at.isoformat())
            for audience in (COMPANY_GROUP, case.handlers):
                case.tell(template, audience, **parameters)
        return not await case.wait(unless, until=at, summary="appointment")
