"""The API over a real database; Temporal is real where a test needs it, and away elsewhere."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import count
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from api.app import application
from api.centre import Centre, Secrets
from infra.postgres import accounts
from infra.postgres.policies import add_policy, set_current_policy
from infra.postgres.search_index import PostgresCatalogue
from matching.index import CatalogueIndex
from matching.live import LiveIndex
from schemas.actor import INSTITUTE_ROLES, Role
from schemas.case import Assignment, CaseSnapshot, CaseStatus, OfferAnswer
from schemas.outcome import (
    TaskKind,
)
from schemas.policy import Clock, Deadline, Reasoning
from schemas.task import (
    HumanTask,
)
from workers.policy_files import default_policy

PASSWORD = "a plainly synthetic pass phrase"  # noqa: S105  # of demonstration accounts
NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
_ADDRESSES = count(1)
_COMPANIES = count(1)


@pytest.fixture(scope="session")
async def reference(database: asyncpg.Pool) -> asyncpg.Pool:
    """Two institutes, channels, a region, the policy, and one account for every role."""
    await add_policy(database, default_policy())
    await set_current_policy(database, default_policy().version)
    for code, name in (("KITECH", "데모 생산"), ("KERI", "데모 전기")):
        await database.execute(
            """
            INSERT INTO institute (code, name_ko, name_en, city, valid_from)
            VALUES ($1, $2, $2, '데모', '2013-01-01')
            ON CONFLICT DO NOTHING
            """,
            code,
            name,
        )
    await database.execute(
        """
        INSERT INTO channel (code, label, valid_from, valid_to)
        VALUES ('web', 'web', '2013-01-01', NULL), ('app', 'app', '2013-01-01', '2020-12-31'),
               ('phone_1379', '1379', '2013-01-01', NULL)
        ON CONFLICT DO NOTHING
        """
    )
    await database.execute(
        "INSERT INTO regional_centre (code, verified) VALUES ('RC10', false) ON CONFLICT DO NOTHING"
    )
    password_hash = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
    for account in accounts.demo_accounts([("KITECH", "생산"), ("KERI", "전기")]):
        await accounts.save(database, account, password_hash)
    return database


@pytest.fixture(scope="session")
async def absent_temporal() -> Client:
    """A client of a server that is not there."""
    return await Client.connect("127.0.0.1:9", lazy=True, data_converter=pydantic_data_converter)


class NewestIndex(LiveIndex):
    """Answers from the catalogue as it is, where a real one may be seconds behind."""

    async def current(self) -> CatalogueIndex:
        return await self.newest()


@pytest.fixture(scope="session")
async def public_index(database: asyncpg.Pool) -> LiveIndex:
    """The index of what is public; words only, so that no test waits for an encoder."""
    return NewestIndex(PostgresCatalogue(database, public_only=True))


@pytest.fixture
def centre(reference: asyncpg.Pool, absent_temporal: Client, public_index: LiveIndex) -> Centre:
    return Centre(
        pool=reference,
        index=public_index,
        temporal=absent_temporal,
        secrets=Secrets(b"plainly synthetic secret of tests"),
        clock=lambda: NOW,
        secure_cookies=False,
        temporal_ui_url="http://127.0.0.1:8233",
    )


@asynccontextmanager
async def serving(centre: Centre) -> AsyncGenerator[FastAPI]:
    @asynccontextmanager
    async def opened() -> AsyncGenerator[Centre]:
        yield centre

    app = application(opened())
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def app(centre: Centre) -> AsyncIterator[FastAPI]:
    async with serving(centre) as app:
        yield app


def browser(app: FastAPI) -> httpx.AsyncClient:
    """A caller at an address of its own, so that limits of other tests do not reach it."""
    address = f"192.0.2.{next(_ADDRESSES) % 250}:{uuid4().hex}"
    transport = httpx.ASGITransport(app, client=(address, 1), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://centre.example")


@pytest.fixture
async def public(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with browser(app) as client:
        yield client


async def signed_in(app: FastAPI, username: str) -> httpx.AsyncClient:
    client = browser(app)
    answer = await client.post(
        "/api/v1/sessions", json={"username": username, "password": PASSWORD}
    )
    assert answer.status_code == 201, answer.text
    client.cookies.clear()
    client.headers["Authorization"] = f"Bearer {answer.json()['token']}"
    return client


def business_number(serial: int | None = None) -> str:
    """A number with a valid checksum that no company has: the kind 00 is not given out."""
    body = f"99900{next(_COMPANIES) if serial is None else serial:04d}"
    digits = [int(digit) for digit in body]
    weighted = sum(w * n for w, n in zip((1, 3, 7, 1, 3, 7, 1, 3, 5), digits, strict=True))
    return body + str(-(weighted + 5 * digits[8] // 10) % 10)


def username_of(role: Role, institute: str = "KITECH") -> str:
    if role is Role.EVALUATOR:
        return "evaluator1"
    if role not in INSTITUTE_ROLES:
        return role.value
    desk = "head" if role is Role.DEPT_HEAD else role.value
    return f"{institute.lower()}.{desk}"


def difficulty(**changes: Any) -> dict[str, Any]:  # JSON
    body: dict[str, Any] = {
        "service": "difficulty",
        "channel": "web",
        "company": {
            "name": "예시정밀 주식회사",
            "business_registration_number": business_number(),
            "contact_name": "예시 담당자",
            "email": "contact@company.example",
            "phone": None,
        },
        "title": "주조품 기포 불량",
        "description": "주조품 내부에 기포가 생겨 누설 시험에서 불량이 납니다.",
        "consents": {"collect_use": {"given": True, "text_version": "2013-1"}},
    }
    return body | changes


async def filed(client: httpx.AsyncClient, **changes: Any) -> dict[str, Any]:  # JSON
    """A case that was received while Temporal was away."""
    answer = await client.post("/api/v1/cases", json=difficulty(**changes))
    assert answer.status_code == 202, answer.text
    return answer.json()


def _offer(institute: str, status: CaseStatus | None) -> Assignment:
    """The offer that a case in this status has made to its institute."""
    if status is not CaseStatus.IN_SERVICE:
        return Assignment(institute=institute, offered_at=NOW)
    return Assignment(
        institute=institute, offered_at=NOW, answered_at=NOW, answer=OfferAnswer.ACCEPTED
    )


async def project(
    database: asyncpg.Pool,
    case_number: str,
    *,
    institute: str | None = None,
    status: CaseStatus | None = None,
) -> None:
    """Write the row that the case's workflow would write, offered to `institute`."""
    snapshot = CaseSnapshot(
        case_number=case_number,
        version=3,
        status=status or (CaseStatus.OFFERED if institute else CaseStatus.SCREENING),
        lead_institute=institute,
        assignments=() if institute is None else (_offer(institute, status),),
        received_at=NOW,
        registered_at=NOW,
    )
    await database.execute(
        """
        INSERT INTO support_case (case_number, version, status, step, channel, lead_institute,
                                  counted_as, received_at, overdue, calendar_version,
                                  policy_version, snapshot)
        VALUES ($1, 3, $2, '', 'web', $3, 'case', $4, false, 0, '', $5)
        """,
        case_number,
        snapshot.status.value,
        institute,
        NOW,
        snapshot.model_dump(mode="json"),
    )
    if institute is not None:
        await database.execute(
            """
            INSERT INTO assignment (case_number, nth, institute, role, offered_at, answer)
            VALUES ($1, 1, $2, 'lead', $3, 'waiting')
            """,
            case_number,
            institute,
            NOW,
        )


async def add_task(database: asyncpg.Pool, case_number: str, kind: TaskKind, group: str) -> str:
    task = HumanTask(
        task_id=f"{case_number}.{kind.value}.1",
        case_number=case_number,
        kind=kind,
        candidate_group=group,
        opened_at=NOW,
        deadline=Deadline(
            key="test",
            start=NOW,
            due_at=NOW,
            reasoning=Reasoning(counted_from=NOW, length="PT0S", clock=Clock.ELAPSED),
        ),
    )
    await database.execute(
        """
        INSERT INTO human_task (task_id, case_number, kind, status, candidate_group, opened_at,
                                due_at, level, version, task)
        VALUES ($1, $2, $3, 'open', $4, $5, $5, 0, 1, $6)
        """,
        task.task_id,
        case_number,
        kind.value,
        group,
        NOW,
        task.model_dump(mode="json"),
    )
    return task.task_id
