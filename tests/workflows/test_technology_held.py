"""The branch in which the institute has what solves the difficulty, front part included."""

from datetime import timedelta

from schemas.actor import COMPANY
from schemas.case import Branch, CaseOutcome, CaseStatus, Service
from schemas.outcome import (
    AgreeTerms,
    AnswerSurvey,
    ChooseSolution,
    ConfirmResult,
    ConfirmTechnology,
    ProposeSolution,
    TriageCase,
)
from tests.driver import CaseDriver, StartCase, licensing_of, support_of, written

TECH_HELD = TriageCase(service=Service.DIFFICULTY, branch=Branch.TECH_HELD)


async def to_the_survey(case: CaseDriver) -> None:
    support = support_of("KITECH")
    await case.get_contacted(TECH_HELD)
    await case.complete(ConfirmTechnology(decision="solves"), support)
    await case.complete(ProposeSolution(offers="licence", proposal=written("제안")), support)
    await case.complete(ChooseSolution(decision="accept"), COMPANY)
    await case.complete(
        AgreeTerms(decision="agreed", terms=written("조건")), licensing_of("KITECH")
    )
    await case.complete(ConfirmResult(decision="confirm"), COMPANY)


async def test_a_difficulty_goes_from_receipt_to_the_answered_survey(
    start_case: StartCase,
) -> None:
    case = await start_case()
    await to_the_survey(case)
    await case.complete(
        AnswerSurvey(ease=5, speed=4, competence=5, result=4, overall=5, solved="yes"), COMPANY
    )

    await case.pass_time(timedelta(days=40))

    ended = await case.handle.result()
    assert ended.status is CaseStatus.CLOSED
    assert ended.outcome is CaseOutcome.RESOLVED_TECH_HELD
    assert ended.interim_note == "licence_follows"
    assert ended.survey_state == "answered"
