"""Step 4: the centre asks whether it helped, calls back, and reopens (R027, R028)."""

import asyncio

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from schemas.actor import COMPANY_GROUP, Role, centre_group
    from schemas.case import NO_SURVEY, SHORT_SURVEY, CaseOutcome
    from schemas.outcome import (
        AnswerSurvey,
        CallBack,
        CallForSurvey,
    )

from workflows.asking import Question, ask, ask_until
from workflows.case_file import CaseFile
from workflows.proceeding import abandon

SURVEY_DESK = centre_group(Role.SURVEY)


def has_short_survey(outcome: CaseOutcome | None) -> bool:
    """Whether this ending gets the survey's short form of two items."""
    return outcome in SHORT_SURVEY


async def check_afterwards(case: CaseFile) -> bool:
    """Survey the company; call it back when it is dissatisfied.

    Returns:
        Whether the case is to be reopened.
    """
    if case.snapshot.outcome in NO_SURVEY:
        return False
    answer = await _survey(case)
    if answer is None:
        case.change(survey_state="no_answer")
        case.note("case:survey:closed")
        return False
    case.change(survey_state="answered")
    case.note("case:survey:answered", overall=str(answer[0]), solved=answer[1])
    overall, solved = answer
    if overall > case.policy.count("survey.low_threshold") and solved != "no":
        return False
    call = await ask(
        case,
        Question(
            CallBack, SURVEY_DESK, due="survey.callback", parameters={"overall": str(overall)}
        ),
    )
    case.note("case:survey:called_back", decision=call.decision)
    if call.decision == "other_institute":
        case.excluded = ()
    return call.decision in {"reopen", "other_institute"} and may_reopen(case)


def may_reopen(case: CaseFile) -> bool:
    """Whether the case was not reopened too often yet (U16)."""
    return case.snapshot.reopen_seq < case.policy.count("reopen.max")


async def _survey(case: CaseFile) -> tuple[int, str] | None:
    """Ask by mail, remind, telephone; silence is counted as such and never filled in (U15).

    Returns:
        Overall score and whether the difficulty is solved; None without an answer.
    """
    case.change(survey_state="sent")
    sent_at = workflow.now()
    asking = asyncio.create_task(
        ask_until(
            case,
            Question(
                AnswerSurvey,
                COMPANY_GROUP,
                due="survey.close",
                reminders="survey.remind",
                announce="survey_invitation",
                remind="survey_reminder",
                parameters={"form": "short" if has_short_survey(case.snapshot.outcome) else "full"},
            ),
        )
    )
    try:
        # A telephone call is a reminder: it does not move with holidays, so that it comes before
        # the survey closes.
        calls = await case.deadline("survey.close", start=sent_at, reminders="survey.phone")
        call_at = next(iter(calls.reminders), calls.due_at)
        if not await case.wait(asking.done, until=call_at, summary="telephone survey"):
            called = await _telephone(case, asking)
            if called is not None:
                return called
        answer = await asking
    finally:
        abandon(asking)
    return (answer.overall, answer.solved) if answer is not None else None


async def _telephone(
    case: CaseFile, asking: asyncio.Task[AnswerSurvey | None]
) -> tuple[int, str] | None:
    calling = asyncio.create_task(
        ask_until(case, Question(CallForSurvey, SURVEY_DESK, due="survey.callback"))
    )
    try:
        await case.wait(lambda: calling.done() or asking.done())
        if not calling.done():
            return None
        call = await calling
    finally:
        abandon(calling)
    if call is None or call.overall is None or call.solved is None:
        return None
    # A form may bring scores along that nobody gave: silence is never filled in (U15).
    if call.decision != "answered" and workflow.patched("unreached-has-no-score"):
        return None
    return (call.overall, call.solved)
