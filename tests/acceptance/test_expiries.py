"""Every promise and period that can run out does so under a policy in seconds."""

import asyncio

from tests.acceptance.test_journeys import DIFFICULTY
from tests.acceptance.visitors import Centre, Company


async def to_the_offer(centre: Centre, company: Company, institute: str = "KITECH") -> None:
    triage, coordinator = await centre.staff("triage"), await centre.staff("coordinator")
    await triage.complete(company, "screen_case", decision="proceed")
    await triage.complete(
        company, "triage_case", service="difficulty", branch="additional_rd", months=3,
        budget_krw=20_000_000,
    )  # fmt: skip
    await coordinator.complete(company, "assign_institute", decision="assign", institute=institute)


async def test_a_broken_promise_is_told_to_the_company(impatient: Centre) -> None:
    company = await impatient.file(DIFFICULTY)

    await impatient.mail_to(company.case_number, "company@sme.example", "늦어지고")

    [promise] = (await company.case())["promises"]
    assert promise["state"] == "broken"


async def test_a_silent_institute_is_passed_over(impatient: Centre) -> None:
    company = await impatient.file(DIFFICULTY)
    await to_the_offer(impatient, company)
    coordinator = await impatient.staff("coordinator")

    answers: list[str] = []
    for _ in range(150):
        case = await coordinator.get(f"/cases/{company.case_number}")
        answers = [offer["answer"] for offer in case["assignments"]]
        if answers[:1] == ["silent"]:
            break
        await asyncio.sleep(0.2)

    assert answers[0] == "silent"


async def test_two_declines_bring_the_case_to_the_panel(impatient: Centre) -> None:
    company = await impatient.file(DIFFICULTY)
    await to_the_offer(impatient, company)
    coordinator = await impatient.staff("coordinator")
    for _ in range(2):
        case = await coordinator.get(f"/cases/{company.case_number}")
        head = await impatient.staff(f"{case['snapshot']['lead_institute'].lower()}.head")
        await head.complete(
            company, "accept_case", decision="decline", decline_reason="no_capacity"
        )

    await coordinator.complete(
        company, "decide_no_match", decision="close", reason="도울 기관이 없습니다."
    )

    case = await company.until(outcome="unresolvable_no_match")
    assert case["status"] in {"survey", "closed"}


async def test_a_late_agreement_waits_for_the_coordinator_and_is_not_closed(
    impatient: Centre,
) -> None:
    company = await impatient.file(DIFFICULTY)
    await to_the_offer(impatient, company)
    head, support = await impatient.staff("kitech.head"), await impatient.staff("kitech.support")
    await head.complete(company, "accept_case", decision="accept")
    await support.complete(
        company, "contact_company", decision="contacted", channel="phone", summary="통화"
    )
    await support.complete(company, "scope_project", months=3, budget_krw=20_000_000, plan="계획")
    triage, coordinator = await impatient.staff("triage"), await impatient.staff("coordinator")
    await triage.complete(company, "decide_track", decision="short_fast")

    await coordinator.complete(
        company, "decide_late_agreement", decision="close", reason="협약이 늦었습니다."
    )

    await company.until(outcome="agreement_failed")


async def test_a_survey_nobody_answers_closes_as_such(impatient: Centre) -> None:
    company = await impatient.file(DIFFICULTY)
    triage = await impatient.staff("triage")
    await triage.complete(company, "screen_case", decision="answer", answer="답변드립니다.")
    await impatient.mail_to(company.case_number, "company@sme.example", "만족도")

    await company.until(status="closed")

    coordinator = await impatient.staff("coordinator")
    case = await coordinator.get(f"/cases/{company.case_number}")
    assert case["snapshot"]["survey_state"] == "no_answer"
