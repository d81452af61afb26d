"""Intake: once, in the database first, without what must not be kept."""

import asyncio
from collections.abc import AsyncGenerator

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from tests.api.conftest import browser, business_number, difficulty, filed, signed_in


async def test_a_case_is_received_while_temporal_is_away(public: httpx.AsyncClient) -> None:
    answer = await public.post("/api/v1/cases", json=difficulty())

    assert answer.status_code == 202
    receipt = answer.json()
    assert receipt["status"] == "pending"
    seen = await public.get(
        receipt["links"]["self"], headers={"X-Tracking-Code": receipt["tracking_code"]}
    )
    assert seen.status_code == 200
    assert seen.json()["status"] == "received"
    assert seen.json()["projection"] == "pending"


async def test_the_same_key_and_body_get_the_same_receipt(public: httpx.AsyncClient) -> None:
    body, headers = difficulty(), {"Idempotency-Key": "the-same-key-and-body"}

    first = await public.post("/api/v1/cases", json=body, headers=headers)
    again = await public.post("/api/v1/cases", json=body, headers=headers)

    assert again.json() == first.json()
    assert again.headers["Idempotent-Replayed"] == "true"


async def test_the_same_key_with_another_body_is_refused(public: httpx.AsyncClient) -> None:
    headers = {"Idempotency-Key": "the-same-key-another-body"}
    await public.post("/api/v1/cases", json=difficulty(), headers=headers)

    answer = await public.post(
        "/api/v1/cases", json=difficulty(title="다른 애로사항"), headers=headers
    )

    assert answer.status_code == 422
    assert answer.json()["type"] == "/problems/idempotency-key-reused"


async def test_a_double_click_files_one_case(
    public: httpx.AsyncClient, database: asyncpg.Pool
) -> None:
    body, headers = difficulty(), {"Idempotency-Key": "double-click"}

    answers = await asyncio.gather(
        *(public.post("/api/v1/cases", json=body, headers=headers) for _ in range(8))
    )

    assert len({answer.text for answer in answers}) == 1
    number = answers[0].json()["case_number"]
    stored = await database.fetchval(
        """
        SELECT count(*)
          FROM intake
          JOIN company USING (company_id)
         WHERE business_registration_number = $1
        """,
        body["company"]["business_registration_number"],
    )
    assert stored == 1
    texts = await database.fetchval("SELECT count(*) FROM case_text WHERE case_number = $1", number)
    assert texts == 1


@pytest.mark.parametrize("number", ["1234567890", "0000000000", "99900", "999-00-0001", ""])
async def test_a_wrong_business_number_is_refused_with_its_field(
    public: httpx.AsyncClient, number: str
) -> None:
    body = difficulty()
    body["company"]["business_registration_number"] = number

    answer = await public.post("/api/v1/cases", json=body)

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "/problems/invalid-business-number"
    assert answer.json()["errors"][0]["pointer"] == "/company/business_registration_number"


async def test_a_business_number_may_be_typed_with_hyphens(public: httpx.AsyncClient) -> None:
    number = business_number()
    body = difficulty()
    body["company"]["business_registration_number"] = f"{number[:3]}-{number[3:5]}-{number[5:]}"

    assert (await public.post("/api/v1/cases", json=body)).status_code == 202


@pytest.mark.parametrize(
    "consents",
    [
        {},
        {"collect_use": {"given": False, "text_version": "2013-1"}},
        {"collect_use": {"given": True, "text_version": "1999-9"}},
        {
            "collect_use": {"given": True, "text_version": "2013-1"},
            "marketing": {"given": True, "text_version": "1999-9"},
        },
    ],
)
async def test_no_case_without_the_required_consent_to_a_text_in_force(
    public: httpx.AsyncClient, consents: dict[str, object]
) -> None:
    answer = await public.post("/api/v1/cases", json=difficulty(consents=consents))

    assert answer.status_code == 422
    assert answer.json()["type"] == "/problems/consent-required"


async def test_an_optional_consent_may_be_refused(
    public: httpx.AsyncClient, database: asyncpg.Pool
) -> None:
    stated = {
        "collect_use": {"given": True, "text_version": "2013-1"},
        "marketing": {"given": False, "text_version": "2013-1"},
    }

    receipt = await filed(public, consents=stated)

    kept = await database.fetchval(
        "SELECT given FROM consent WHERE case_number = $1 AND kind = 'marketing'",
        receipt["case_number"],
    )
    assert kept is False


@pytest.mark.parametrize("channel", ["app", "phone_1379", "no_such_channel"])
async def test_the_public_files_only_by_its_own_channels_while_they_are_open(
    public: httpx.AsyncClient, database: asyncpg.Pool, channel: str
) -> None:
    await database.execute("DELETE FROM channel WHERE code = 'app'")

    answer = await public.post("/api/v1/cases", json=difficulty(channel=channel))

    assert answer.status_code == 422
    assert answer.json()["type"] == "/problems/channel-not-open"


async def test_an_agent_files_what_came_in_earlier_by_telephone(app: FastAPI) -> None:
    agent = await signed_in(app, "agent")
    earlier = "2026-11-20T16:55:00+09:00"
    body = difficulty(channel="phone_1379", received_at=earlier)
    body["company"]["business_registration_number"] = "9990000000"

    answer = await agent.post("/api/v1/cases", json=body)

    assert answer.status_code == 202
    assert answer.json()["received_at"] == "2026-11-20T16:55:00+09:00"


async def test_only_the_desk_files_for_others(app: FastAPI) -> None:
    support = await signed_in(app, "kitech.support")

    answer = await support.post("/api/v1/cases", json=difficulty(channel="phone_1379"))

    assert answer.status_code == 403


async def test_the_public_cannot_choose_the_time_of_receipt(public: httpx.AsyncClient) -> None:
    answer = await public.post(
        "/api/v1/cases", json=difficulty(received_at="2026-11-20T16:55:00+09:00")
    )

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/received_at"


async def test_a_resident_number_is_nowhere_after_intake(
    public: httpx.AsyncClient, database: asyncpg.Pool
) -> None:
    text = "담당자 주민번호 900101-1234567, 전화 010-0000-0000 으로 연락 주십시오."

    receipt = await filed(public, description=text, details={"note": "900101-1234567"})

    assert receipt["personal_data_found"] == ["resident_number", "phone"]
    stored = await database.fetchrow(
        """
        SELECT description, description_masked, details::text, intake::text
          FROM case_text
          JOIN intake USING (case_number)
         WHERE case_number = $1
        """,
        receipt["case_number"],
    )
    assert stored is not None
    assert "1234567" not in "".join(map(str, stored))
    assert "010-0000-0000" in stored["description"]
    assert "010-0000-0000" not in stored["description_masked"]


async def test_a_wrong_number_and_a_wrong_code_get_one_answer(public: httpx.AsyncClient) -> None:
    receipt = await filed(public)
    other = await filed(public)

    wrong_code = await public.get(
        f"/api/v1/cases/{receipt['case_number']}",
        headers={"X-Tracking-Code": other["tracking_code"]},
    )
    wrong_number = await public.get(
        "/api/v1/cases/1379-2026-999999", headers={"X-Tracking-Code": other["tracking_code"]}
    )

    assert wrong_code.status_code == wrong_number.status_code == 404
    assert wrong_code.content == wrong_number.content
    hidden = {"x-request-id"}
    assert {k: v for k, v in wrong_code.headers.items() if k not in hidden} == {
        k: v for k, v in wrong_number.headers.items() if k not in hidden
    }


@pytest.mark.parametrize("existing", [True, False])
async def test_guessing_codes_ends_after_ten_attempts(
    app: FastAPI, public: httpx.AsyncClient, *, existing: bool
) -> None:
    receipt = await filed(public)
    number = receipt["case_number"] if existing else "1379-2026-999998"
    url = f"/api/v1/cases/{number}"

    async with browser(app) as guesser:
        answers = [
            (await guesser.get(url, headers={"X-Tracking-Code": "AAAAAAAAAA"})).status_code
            for _ in range(12)
        ]

    assert answers == [404] * 10 + [429] * 2
    mine = await public.get(
        f"/api/v1/cases/{receipt['case_number']}",
        headers={"X-Tracking-Code": receipt["tracking_code"].lower()},
    )
    assert mine.status_code == 200


async def test_invalid_fields_are_pointed_at_and_never_repeated(public: httpx.AsyncClient) -> None:
    body = difficulty(unknown="secret-input")
    body["company"]["email"] = "secret-input"

    answer = await public.post("/api/v1/cases", json=body)

    assert answer.status_code == 422
    assert "secret-input" not in answer.text
    assert {error["pointer"] for error in answer.json()["errors"]} == {"/company/email", "/unknown"}


async def test_titles_of_problems_follow_the_callers_language(public: httpx.AsyncClient) -> None:
    korean = await public.get("/api/v1/tasks")
    english = await public.get("/api/v1/tasks", headers={"Accept-Language": "en-GB,ko;q=0.5"})

    assert korean.json()["title"] == "로그인이 필요합니다"
    assert english.json()["title"] == "Sign in first"


async def test_a_body_that_is_too_large_is_refused(public: httpx.AsyncClient) -> None:
    answer = await public.post("/api/v1/cases", content=b"x" * (6 * 1024 * 1024 + 1))

    assert answer.status_code == 413
    assert answer.json()["type"] == "/problems/payload-too-large"


async def test_a_body_of_unannounced_length_is_counted(public: httpx.AsyncClient) -> None:
    async def stream() -> AsyncGenerator[bytes]:
        for _ in range(7):
            yield b"x" * 1024 * 1024

    answer = await public.post(
        "/api/v1/cases", content=stream(), headers={"Content-Type": "application/json"}
    )

    assert answer.status_code == 413
    assert answer.json()["type"] == "/problems/payload-too-large"
