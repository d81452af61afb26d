"""The survey, the call-back, and reopening."""

from datetime import timedelta

from schemas.actor import COMPANY
from schemas.case import Branch, CaseOutcome, CaseStatus, Service
from schemas.outcome import (
    AcceptCase,
    AnswerSurvey,
    AssignInstitute,
    CallBack,
    CallForSurvey,
    ResolveOverdue,
    ScreenCase,
    TaskKind,
    TriageCase,
)
from schemas.task import TaskStatus
from tests.driver import (
    COORDINATOR,
    SURVEY_DESK,
    TRIAGE,
    CaseDriver,
    StartCase,
    head_of,
    support_of,
    written,
)

TECH_HELD = TriageCase(service=Service.DIFFICULTY, branch=Branch.TECH_HELD)

SATISFIED = AnswerSurvey(ease=4, speed=4, competence=4, result=4, overall=4, solved="yes")


async def to_the_survey(case: CaseDriver) -> None:
    """The shortest way: answered at the desk."""
    await case.complete(ScreenCase(decision="answer", answer=written("답변")), TRIAGE)
    await case.open_task(TaskKind.ANSWER_SURVEY)


async def test_an_unanswered_survey_is_telephoned_and_then_closed_as_such(
    start_case: StartCase,
) -> None:
    case = await start_case()
    await to_the_survey(case)
    await case.pass_time(timedelta(days=13))
    assert TaskKind.CALL_FOR_SURVEY in await case.open_kinds()
    assert (await case.snapshot()).status is CaseStatus.SURVEY

    await case.pass_time(timedelta(days=40))

    ended = await case.handle.result()
    assert ended.survey_state == "no_answer"
    assert ended.status is CaseStatus.CLOSED
    reminded = [tag for tag in await case.tags() if tag == "task:work:reminded"]
    assert len(reminded) >= 2


async def test_a_survey_that_was_answered_in_time_and_seen_too_late_reopens_nothing(
    start_case: StartCase,
) -> None:
    case = await start_case()
    await to_the_survey(case)
    survey = await case.open_task(TaskKind.ANSWER_SURVEY)
    assert survey.expires_at is not None
    await case.pass_time_until(survey.expires_at + timedelta(minutes=11))
    expired = next(t for t in (await case.projection()).tasks if t.kind is survey.kind)

    in_time = survey.expires_at - timedelta(seconds=1)

    assert expired.status is TaskStatus.EXPIRED
    assert await case.refused(expired, SATISFIED, COMPANY, submitted_at=in_time) == "task-not-open"
    assert (await case.snapshot()).status is CaseStatus.CLOSED


async def test_a_survey_answered_by_telephone_counts(start_case: StartCase) -> None:
    case = await start_case()
    await to_the_survey(case)
    await case.pass_time(timedelta(days=13))
    await case.complete(CallForSurvey(decision="answered", overall=4, solved="yes"), SURVEY_DESK)
    await case.pass_time(timedelta(days=40))

    assert (await case.handle.result()).survey_state == "answered"


async def test_scores_of_a_company_that_was_not_reached_do_not_count(start_case: StartCase) -> None:
    case = await start_case()
    await to_the_survey(case)
    await case.pass_time(timedelta(days=13))
    await case.complete(CallForSurvey(decision="not_reached", overall=1, solved="no"), SURVEY_DESK)
    assert TaskKind.ANSWER_SURVEY in await case.open_kinds()
    await case.pass_time(timedelta(days=40))

    assert (await case.handle.result()).survey_state == "no_answer"


async def test_a_dissatisfied_company_is_called_back_and_its_case_reopened(
    start_case: StartCase,
) -> None:
    case = await start_case()
    await to_the_survey(case)
    await case.complete(AnswerSurvey(overall=2, solved="partly"), COMPANY)
    await case.complete(CallBack(decision="reopen", note=written("통화")), SURVEY_DESK)

    await case.open_task(TaskKind.SCREEN_CASE)

    snapshot = await case.snapshot()
    assert snapshot.reopen_seq == 1
    assert snapshot.closed_at is None
    assert snapshot.outcome is None


async def test_a_case_that_has_ended_is_not_closed_again_over_its_call_back(
    start_case: StartCase,
) -> None:
    case = await start_case()
    await to_the_survey(case)
    await case.complete(AnswerSurvey(overall=1, solved="no"), COMPANY)
    call = await case.open_task(TaskKind.CALL_BACK)
    assert call.deadline.l2_at is not None
    await case.pass_time_until(call.deadline.l2_at)
    overdue = await case.open_task(TaskKind.RESOLVE_OVERDUE)
    close = ResolveOverdue(decision="close_case", reason=written("사유"))

    assert await case.refused(overdue, close, COORDINATOR) == "outcome-mismatch"
    await case.complete(CallBack(decision="explained", note=written("통화")), SURVEY_DESK)
    await case.pass_time(timedelta(days=35))
    assert (await case.handle.result()).outcome is CaseOutcome.ANSWERED_AT_DESK


async def test_a_satisfied_company_is_left_alone(start_case: StartCase) -> None:
    case = await start_case()
    await to_the_survey(case)
    await case.complete(SATISFIED, COMPANY)
    await case.pass_time(timedelta(seconds=5))

    snapshot = await case.snapshot()

    assert snapshot.status is CaseStatus.CLOSED
    assert await case.open_kinds() == []


async def test_a_company_reopens_inside_the_window_and_not_after_it(
    start_case: StartCase,
) -> None:
    case = await start_case()
    await to_the_survey(case)
    await case.complete(SATISFIED, COMPANY)
    await case.pass_time(timedelta(days=20))
    await case.reopen()
    await case.open_task(TaskKind.SCREEN_CASE)
    assert (await case.snapshot()).reopen_seq == 1
    await case.withdraw()
    await case.open_task(TaskKind.ANSWER_SURVEY)
    await case.pass_time(timedelta(days=50))

    ended = await case.handle.result()

    assert ended.outcome is CaseOutcome.WITHDRAWN


async def test_a_case_that_was_reopened_is_not_given_to_who_handled_it_before(
    start_case: StartCase,
) -> None:
    case = await start_case()
    await case.get_contacted(TECH_HELD)
    await case.withdraw()
    await case.open_task(TaskKind.ANSWER_SURVEY)
    await case.reopen()
    await case.complete(AssignInstitute(decision="assign", institute="KITECH"), COORDINATOR)
    offer = await case.open_task(TaskKind.ACCEPT_CASE)

    again = AcceptCase(decision="accept", named_staff=support_of("KITECH").id)
    other = AcceptCase(decision="accept", named_staff="acc-kitech-other")

    assert await case.refused(offer, again, head_of("KITECH")) == "conflict-of-interest"
    await case.complete(other, head_of("KITECH"))


async def test_a_case_is_reopened_twice_at_most(start_case: StartCase) -> None:
    case = await start_case()
    await to_the_survey(case)
    for _ in range(2):
        await case.reopen()
        await case.open_task(TaskKind.SCREEN_CASE)
        await case.withdraw()
        await case.open_task(TaskKind.ANSWER_SURVEY)
    await case.complete(AnswerSurvey(overall=1, solved="no"), COMPANY)
    await case.complete(CallBack(decision="reopen", note=written("통화")), SURVEY_DESK)
    await case.pass_time(timedelta(seconds=5))

    snapshot = await case.snapshot()

    assert snapshot.status is CaseStatus.CLOSED
    assert snapshot.reopen_seq == 2
