"""A difficulty from the form to the answered survey, through a running centre."""

from tests.acceptance.visitors import Centre, Company

DIFFICULTY = (
    "알루미늄 다이캐스팅 하우징 내부에 기공이 생겨 기밀시험 불량이 8%까지 올라갔습니다. "
    "게이트 위치와 진공 조건 가운데 무엇이 문제인지 알고 싶습니다."
)
CONTENT = {
    "ease": 5, "speed": 4, "competence": 5, "result": 5, "overall": 5, "solved": "yes"
}  # fmt: skip


async def to_the_first_contact(centre: Centre, company: Company, branch: str) -> None:
    triage, coordinator = await centre.staff("triage"), await centre.staff("coordinator")
    await triage.complete(company, "screen_case", decision="proceed")
    await triage.complete(
        company,
        "triage_case",
        service="difficulty",
        branch=branch,
        urgency="urgent_field",
        months=3,
        budget_krw=20_000_000,
    )
    offered = await coordinator.complete(
        company, "assign_institute", decision="assign", institute="KITECH"
    )
    assert offered["evidence"][0]["institute"] == "KITECH"
    assert offered["evidence"][0]["evidence"][0]["terms"]
    head, support = await centre.staff("kitech.head"), await centre.staff("kitech.support")
    await head.complete(company, "accept_case", decision="accept")
    await support.complete(
        company, "contact_company", decision="contacted", channel="phone", summary="통화 완료"
    )


async def test_technology_held_from_the_form_to_the_survey(centre: Centre) -> None:
    company = await centre.file(DIFFICULTY)
    await to_the_first_contact(centre, company, "tech_held")
    support, licensing = await centre.staff("kitech.support"), await centre.staff("kitech.tlo")
    await support.complete(company, "confirm_technology", decision="solves")
    await support.complete(
        company, "propose_solution", offers="licence", proposal="진공 다이캐스팅 기술 실시권"
    )
    choice = await company.task("choose_solution")
    assert "진공 다이캐스팅 기술 실시권" in str(choice)
    await company.answer("choose_solution", decision="accept")
    await licensing.complete(company, "agree_terms", decision="agreed", terms="통상실시권")
    await company.answer("confirm_result", decision="confirm")
    await company.answer("answer_survey", **CONTENT)

    case = await company.until(status="closed")

    assert case["outcome"] == "resolved_tech_held"
    await centre.mail_to(company.case_number, "company@sme.example", "접수")
    auditor = await centre.staff("auditor")
    history = await auditor.get(f"/cases/{company.case_number}/history")
    journal = await auditor.get(f"/cases/{company.case_number}/journal")
    assert len(history["items"]) > 50
    tags = [entry["tag"] for entry in journal["items"]]
    assert tags[0] == "case:intake:registered"
    assert "case:promise:kept" in tags
    assert tags.count("task:work:completed") >= 11


async def test_the_fast_lane_from_the_form_to_the_survey(centre: Centre) -> None:
    company = await centre.file(DIFFICULTY)
    await to_the_first_contact(centre, company, "additional_rd")
    head, support = await centre.staff("kitech.head"), await centre.staff("kitech.support")
    triage = await centre.staff("triage")
    await support.complete(
        company, "scope_project", months=3, budget_krw=20_000_000, plan="게이트 재설계와 진공 시험"
    )
    await triage.complete(company, "decide_track", decision="short_fast")
    await head.complete(company, "approve_plan", decision="approve")
    await support.complete(
        company, "draft_agreement", starts_on="2026-12-01", agreement="공동기술지원 협약"
    )
    await company.answer("sign_as_company", decision="sign")
    await head.complete(company, "sign_as_institute", decision="sign")
    await support.complete(company, "report_result", goal="met", report="불량률 1% 이하")
    await company.answer("confirm_result", decision="confirm")
    await company.answer("answer_survey", **CONTENT)

    case = await company.until(status="closed")

    assert case["outcome"] == "resolved_rd_short"


async def test_a_wrong_number_and_a_wrong_code_cannot_be_told_apart(centre: Centre) -> None:
    company = await centre.file(DIFFICULTY)
    wrong_code = await centre.call(
        "GET", f"/cases/{company.case_number}", headers={"X-Tracking-Code": "AAAAAAAAAA"}
    )
    wrong_number = await centre.call(
        "GET", "/cases/1379-2026-999999", headers={"X-Tracking-Code": company.code}
    )

    assert wrong_code.status_code == wrong_number.status_code == 404
    assert {**wrong_code.json(), "instance": ""} == {**wrong_number.json(), "instance": ""}
