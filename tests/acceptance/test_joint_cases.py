"""A joint case from outside: a partner joins, disagrees, and goes on in a case of its own."""

from tests.acceptance.test_journeys import DIFFICULTY, to_the_first_contact
from tests.acceptance.visitors import Centre, Company


async def test_a_joint_case_is_split_and_the_same_code_opens_both(centre: Centre) -> None:
    company = await centre.file(f"{DIFFICULTY} 두 기관의 도움이 필요합니다.")
    await to_the_first_contact(centre, company, "tech_held")
    lead, partner = await centre.staff("kitech.head"), await centre.staff("keri.head")
    coordinator = await centre.staff("coordinator")
    case = f"/cases/{company.case_number}"
    await lead.post(f"{case}/partners", institute="KERI")
    again = await lead.post(f"{case}/partners", institute="KERI")
    assert again["type"].endswith("outcome-mismatch")
    await partner.complete(company, "join_case", decision="join", named_staff="acc-keri-support")
    raised = await partner.post(f"{case}/matters", matter="disagreement", reason="예산 이견")
    assert raised["case_number"] == company.case_number
    await coordinator.complete(company, "mediate", decision="split", institute="KERI")

    mail = await centre.mail_to(company.case_number, "company@sme.example", "둘로 나누었습니다")
    body = mail.get_body(("plain",))
    assert body is not None
    number = next(
        word
        for word in body.get_content().replace("로 ", " ").split()
        if word.startswith("1379-") and word != company.case_number
    )
    second = Company(centre, number, company.code)
    assert (await second.until(status="screening"))["case_number"] == number
    # The first goes on with its lead.
    assert (await company.case())["status"] == "in_service"


async def test_who_declares_a_conflict_is_kept_out(centre: Centre) -> None:
    company = await centre.file(f"{DIFFICULTY} 이해충돌 확인용입니다.")
    await to_the_first_contact(centre, company, "tech_held")
    support, head = await centre.staff("kitech.support"), await centre.staff("kitech.head")
    task, _ = await support.task(company.case_number, "confirm_technology")
    task_id = task["task"]["task_id"]

    declared = await support.post(f"/tasks/{task_id}/conflict")
    claimed = await support.post(f"/tasks/{task_id}/claim")

    assert declared["task"]["excluded"] == ["acc-kitech-support"]
    assert claimed["type"].endswith("conflict-of-interest")
    await head.complete(company, "confirm_technology", decision="solves")


async def test_a_matter_is_settled_while_the_case_goes_on(centre: Centre) -> None:
    company = await centre.file(f"{DIFFICULTY} 회사 사정이 바뀌었습니다.")
    await to_the_first_contact(centre, company, "tech_held")
    support, coordinator = await centre.staff("kitech.support"), await centre.staff("coordinator")
    case = f"/cases/{company.case_number}"
    await support.post(f"{case}/matters", matter="company_status", reason="회생 절차 개시")
    read, _ = await coordinator.task(company.case_number, "decide_status")
    assert "회생 절차 개시" in str(read["texts"])
    await coordinator.complete(company, "decide_status", decision="stop", reason="폐업")

    assert (await company.until(status="survey"))["outcome"] == "not_solved"


async def test_without_a_recorded_successor_a_case_stays(centre: Centre) -> None:
    company = await centre.file(f"{DIFFICULTY} 승계 확인용입니다.")
    await to_the_first_contact(centre, company, "tech_held")
    coordinator = await centre.staff("coordinator")

    answer = await coordinator.post(f"/cases/{company.case_number}/successor")

    assert answer["type"].endswith("outcome-mismatch")
