"""What a coordinator sees beside a designation, and what is kept of the decision."""

from datetime import timedelta
from uuid import UUID

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from infra.postgres import match_runs
from schemas.actor import Role, centre_group
from schemas.designation import (
    CandidateInstitute,
    DesignationFactor,
    EnquiryProposal,
    Evidence,
    EvidenceKind,
    FirstAction,
    PastCase,
    Ranking,
)
from schemas.outcome import TaskKind
from tests.api.conftest import NOW, add_task, browser, filed, project
from tests.api.pages.conftest import check_page, sign_in


def ranking(**changes: object) -> Ranking:
    """Two institutes, the first with everything that can be said of one."""
    first = CandidateInstitute(
        institute="KITECH",
        rank=1,
        score=1.0,
        evidence=(
            Evidence(
                kind=EvidenceKind.PATENT,
                id="10-0000-0000134",
                title="주조 방안 응고해석 방법",
                passage="기포가 생기는 <주조품>의 문제를 푸는 것",
                terms=("기포", "주조품"),
            ),
        ),
        researchers=2,
        why="‘기포’를 다루는 특허가 있습니다.",
        why_en="It holds a patent on “기포”.",
        factors={DesignationFactor.PROFILE: 0.71, DesignationFactor.WORKLOAD: -0.02},
    )
    second = CandidateInstitute(
        institute="KERI", rank=2, score=0.4, evidence=(), researchers=0, why="분야가 가깝습니다."
    )
    whole = Ranking(
        index_version="test",
        confidence=0.93,
        candidates=(first, second),
        similar_cases=(
            PastCase(
                case_number="1379-2025-000007",
                institute="KERI",
                outcome="withdrawn",
                passage="지난해의 기포 불량",
                nearness=0.8,
            ),
        ),
    )
    return whole.model_copy(update=changes)


async def designation(database: asyncpg.Pool, app: FastAPI, found: Ranking) -> tuple[str, UUID]:
    """A case whose institute is to be chosen, with what matching found."""
    async with browser(app) as company:
        number = (await filed(company))["case_number"]
    await project(database, number, institute="KITECH")
    run = await match_runs.add_run(database, number, "0" * 64, found)
    await database.execute(
        """
        UPDATE support_case
           SET snapshot = snapshot || jsonb_build_object('match_run', $2::text)
         WHERE case_number = $1
        """,
        number,
        str(run),
    )
    await add_task(database, number, TaskKind.ASSIGN_INSTITUTE, centre_group(Role.COORDINATOR))
    return number, run


async def page_of(staff: httpx.AsyncClient, number: str, language: str = "en") -> str:
    answer = await staff.get(f"/tasks/{number}.assign_institute.1?lang={language}")
    assert answer.status_code == 200, answer.text
    check_page(answer, language)
    return answer.text


async def test_the_proposal_says_why_in_ways_that_can_be_checked(
    app: FastAPI, database: asyncpg.Pool
) -> None:
    number, _ = await designation(database, app, ranking())
    async with sign_in(app, "coordinator") as staff:
        html = await page_of(staff, number)
        korean = await page_of(staff, number, "ko")

    assert "High confidence" in html
    assert "about 93 %" in html
    assert "It holds a patent on" in html
    assert "‘기포’를 다루는 특허가 있습니다." in korean
    assert 'href="/databases/patents/10-0000-0000134"' in html
    assert "<mark>기포</mark>가 생기는 &lt;<mark>주조품</mark>&gt;의" in html
    assert "<dt>Its fields</dt><dd>+0.71</dd>" in html
    assert "<dt>Open cases</dt><dd>-0.02</dd>" in html
    assert 'href="/staff/cases/1379-2025-000007"' in html
    # Who is proposed first stands first among those who can be chosen.
    assert html.index('<option value="KITECH"') < html.index('<option value="KERI"')


async def test_low_confidence_is_said_plainly_with_what_to_ask(
    app: FastAPI, database: asyncpg.Pool
) -> None:
    enquiry = EnquiryProposal(
        service=None,
        first_action=FirstAction.SUPPLEMENT_REQUEST,
        flags=("vague",),
        question="어떤 재질입니까?",
        question_en="What is it made of?",
    )
    unsure = ranking(confidence=0.3, low_confidence=True, enquiry=enquiry)
    number, _ = await designation(database, app, unsure)
    async with sign_in(app, "coordinator") as staff:
        html = await page_of(staff, number)

    assert "Low confidence" in html
    assert "decide yourself" in html
    assert "What is it made of?" in html
    assert "Vague" in html


async def test_an_institute_sees_its_own_line_and_no_other_case(
    app: FastAPI, database: asyncpg.Pool
) -> None:
    number, _ = await designation(database, app, ranking())
    task = await add_task(database, number, TaskKind.ACCEPT_CASE, "institute:KITECH:dept_head")
    async with sign_in(app, "kitech.head") as staff:
        shown = (await staff.get(f"/api/v1/tasks/{task}")).json()

    assert [line["institute"] for line in shown["evidence"]] == ["KITECH"]
    assert shown["match"]["similar_cases"] == []


@pytest.mark.parametrize(("chosen", "rank"), [("KERI", 2), ("KRISS", None)])
async def test_what_was_decided_is_a_label_beside_what_was_proposed(
    app: FastAPI, database: asyncpg.Pool, chosen: str, rank: int | None
) -> None:
    number, run = await designation(database, app, ranking())
    assert not await database.fetch("SELECT FROM match_label WHERE case_number = $1", number)

    await database.execute(
        """
        UPDATE human_task
           SET status = 'completed', completed_at = $2,
               task = task || jsonb_build_object('outcome', jsonb_build_object(
                   'kind', 'assign_institute', 'decision', 'assign', 'institute', $3::text))
         WHERE task_id = $1
        """,
        f"{number}.assign_institute.1",
        NOW,
        chosen,
    )

    [label] = await database.fetch("SELECT * FROM match_label WHERE case_number = $1", number)
    assert (label["institute"], label["rank"], label["run_id"]) == (chosen, rank, run)
    assert label["index_version"] == "test"


async def test_the_desk_is_told_how_an_enquiry_reads(app: FastAPI, database: asyncpg.Pool) -> None:
    async with browser(app) as company:
        number = (await filed(company))["case_number"]
    await project(database, number)
    task = await add_task(database, number, TaskKind.SCREEN_CASE, centre_group(Role.TRIAGE))
    async with sign_in(app, "triage") as staff:
        unread = await staff.get(f"/tasks/{task}?lang=en")
        await match_runs.keep_reading(
            database,
            number,
            EnquiryProposal(
                service="referral",
                first_action=FirstAction.REFER_OUT,
                flags=("misfiled",),
                referral="노무 상담은 1350",
                referral_en="Call 1350 about labour law",
            ),
        )
        english = await staff.get(f"/tasks/{task}?lang=en")
        korean = await staff.get(f"/tasks/{task}?lang=ko")

    assert "How the enquiry reads" not in unread.text
    check_page(english, "en")
    check_page(korean, "ko")
    assert "Refer to the responsible body" in english.text
    assert "Call 1350 about labour law" in english.text
    assert "노무 상담은 1350" in korean.text


async def test_who_looks_for_a_call_sees_those_that_are_open(
    app: FastAPI, database: asyncpg.Pool
) -> None:
    async with browser(app) as company:
        number = (await filed(company))["case_number"]
    await project(database, number, institute="KITECH")
    task = await add_task(database, number, TaskKind.FIND_CALL, "institute:KITECH:support")
    today = NOW.date()
    async with sign_in(app, "kitech.support") as staff:
        nothing = await staff.get(f"/tasks/{task}?lang=en")
        for name, closes_on in (
            ("later", today + timedelta(days=30)),
            ("sooner", today + timedelta(days=3)),
            ("over", today - timedelta(days=3)),
        ):
            await database.execute(
                """
                INSERT INTO support_call (call_id, title, ministry, closes_on, url, source, as_of)
                VALUES ($1, 'Call ' || $1, 'Ministry', $2, 'https://calls.example/' || $1, 'sample',
                        $3)
                """,
                name,
                closes_on,
                today,
            )
        shown = await staff.get(f"/tasks/{task}?lang=en")

    assert "No open call is loaded" in nothing.text
    check_page(shown, "en")
    assert "Call over" not in shown.text
    assert shown.text.index("Call sooner") < shown.text.index("Call later")
    assert 'href="https://calls.example/sooner"' in shown.text
