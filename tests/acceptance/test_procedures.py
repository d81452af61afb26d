"""Guidance, a booking and long R&D from outside, through a running centre."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from tests.acceptance.test_journeys import CONTENT, DIFFICULTY, to_the_first_contact
from tests.acceptance.visitors import Centre, Company


def day(offset: int = 0) -> str:
    """A day from today in Korea."""
    return (datetime.now(ZoneInfo("Asia/Seoul")) + timedelta(days=offset)).date().isoformat()


async def to_the_service(centre: Centre, company: Company, service: str) -> None:
    """Screened, sorted as that service, accepted and contacted."""
    triage, coordinator = await centre.staff("triage"), await centre.staff("coordinator")
    await triage.complete(company, "screen_case", decision="proceed")
    await triage.complete(company, "triage_case", service=service)
    await coordinator.complete(company, "assign_institute", decision="assign", institute="KITECH")
    head, support = await centre.staff("kitech.head"), await centre.staff("kitech.support")
    await head.complete(company, "accept_case", decision="accept")
    await support.complete(
        company, "contact_company", decision="contacted", channel="phone", summary="통화 완료"
    )


async def test_guidance_from_the_form_to_the_survey(centre: Centre) -> None:
    company = await centre.file(DIFFICULTY, service="guidance")
    await to_the_service(centre, company, "guidance")
    head, support = await centre.staff("kitech.head"), await centre.staff("kitech.support")
    await head.complete(
        company, "name_adviser", decision="named", named_staff="acc-kitech-researcher"
    )
    await support.complete(
        company, "plan_session", mode="video", held_on=day(), start_hour=0, place="회의실 3"
    )
    await support.complete(company, "record_session", decision="held", record="금형 온도 확인")
    await support.complete(company, "write_advice", advice="냉각수 유량을 높이십시오.")
    task = await company.task("confirm_advice")
    assert "냉각수" in str(task["texts"])
    await company.answer("confirm_advice", decision="helpful")
    await company.answer("answer_survey", **CONTENT)

    assert (await company.until(status="closed"))["outcome"] == "resolved_guidance"
    await centre.mail_to(company.case_number, "company@sme.example", "자문위원")


async def test_an_instrument_is_booked_and_used(centre: Centre) -> None:
    company = await centre.file(DIFFICULTY, service="equipment")
    other = await centre.file(f"{DIFFICULTY} 다른 문의입니다.", service="equipment")
    support = await centre.staff("kitech.support")
    found = await support.get("/search/equipment?institute=KITECH&limit=1")
    instrument = found["items"][0]["equipment_id"]
    offer = {
        "decision": "available", "equipment_id": instrument, "starts_on": day(), "start_hour": 0,
        "hours": 1, "fee_krw": 30_000, "terms": "안전교육 이수",
    }  # fmt: skip
    for one in (company, other):
        await to_the_service(centre, one, "equipment")
        await support.complete(one, "check_equipment", **offer)
        await one.answer("accept_use", decision="accept")
    await support.complete(company, "record_use", decision="used")
    await support.complete(company, "report_use", hours=1, fee_krw=30_000, report="인장시험")
    await company.answer("confirm_result", decision="confirm")
    await company.answer("answer_survey", **CONTENT)

    assert (await company.until(status="closed"))["outcome"] == "resolved_equipment"
    # The time was taken when the other company agreed, so it is offered another one.
    again, _ = await support.task(other.case_number, "check_equipment")
    assert again["task"]["task_id"].endswith(".2")
    await other.withdraw()


async def test_long_research_from_the_call_to_the_result(centre: Centre) -> None:
    company = await centre.file(DIFFICULTY)
    await to_the_first_contact(centre, company, "additional_rd")
    head, support = await centre.staff("kitech.head"), await centre.staff("kitech.support")
    triage = await centre.staff("triage")
    await support.complete(
        company, "scope_project", months=12, budget_krw=150_000_000, plan="신소재 주조 공정"
    )
    await triage.complete(company, "decide_track", decision="long")
    await support.complete(
        company, "find_call", decision="found", closes_on=day(-1), call="산업 기술개발 공고 1호"
    )
    await company.answer("report_application", decision="applied", application="2026-0001")
    await support.complete(company, "record_external_decision", decision="selected")
    await head.complete(company, "approve_plan", decision="approve")
    await support.complete(company, "draft_agreement", starts_on=day(1), agreement="공동연구 협약")
    await company.answer("sign_as_company", decision="sign")
    await head.complete(company, "sign_as_institute", decision="sign")
    await support.complete(company, "report_result", goal="met", report="시제품 완성")
    await company.answer("confirm_result", decision="confirm")
    await company.answer("answer_survey", **CONTENT)

    assert (await company.until(status="closed"))["outcome"] == "resolved_rd_long"


async def test_a_company_pauses_its_case_and_lets_it_go_on(centre: Centre) -> None:
    company = await centre.file(DIFFICULTY)
    await to_the_first_contact(centre, company, "tech_held")
    path = f"/cases/{company.case_number}/hold"
    paused = await centre.call("POST", path, headers={"X-Tracking-Code": company.code})
    assert paused.status_code == 200, paused.text
    case = await company.case()
    for _ in range(50):
        case = await company.case()
        if case["on_hold_until"] is not None:
            break
    twice = await centre.call("POST", path, headers={"X-Tracking-Code": company.code})
    resumed = await centre.call("DELETE", path, headers={"X-Tracking-Code": company.code})
    await company.until(on_hold_until=None)

    assert case["on_hold_until"] is not None
    assert (twice.status_code, twice.json()["type"]) == (409, "/problems/hold-refused")
    assert resumed.status_code == 200, resumed.text
    await company.withdraw()
