"""The real dev server with one virtual clock a case, and workers on the queues a case uses."""

import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import asyncpg
import pytest
from temporalio import activity
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import TimeSkippingConfig, WorkflowEnvironment
from temporalio.worker import Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from activities.deadlines import DeadlineActivities
from activities.records import RecordsActivities
from infra.postgres.calendar import load_holidays
from infra.postgres.policies import add_policy
from infra.search_attributes import KEYS
from schemas.base import case_number
from schemas.case import Candidate, CaseIntake, Service
from schemas.designation import MatchRequest, MatchResult
from tests.driver import CaseDriver
from workers.policy_files import default_policy
from workflows.activity_stubs import Matching
from workflows.support_case import SupportCase

StartCase = Callable[..., Awaitable[CaseDriver]]
_SERIALS = count(1)


class FixedMatching(Matching):
    """Answers at once with the same ranking: what is under test is what follows from it."""

    @activity.defn(name="matching.rank_institutes")
    async def rank_institutes(self, request: MatchRequest) -> MatchResult:
        ranked = ("KITECH", "KIMS", "KIMM", "KERI", "KRISS")
        return MatchResult(
            run_id=f"run-{request.case_number}",
            index_version="fixed",
            confidence=0.7,
            candidates=tuple(
                Candidate(institute=code, rank=rank, score=1 / rank)
                for rank, code in enumerate(ranked, start=1)
            ),
        )


@pytest.fixture(scope="session")
async def temporal() -> AsyncIterator[WorkflowEnvironment]:
    env = await WorkflowEnvironment.start_time_skipping_v2(
        ts_config=TimeSkippingConfig(enabled=False),
        data_converter=pydantic_data_converter,
        dev_server_existing_path=str(Path(sys.executable).parent / "temporal"),
        dev_server_extra_args=[
            "--dynamic-config-value",
            "frontend.WorkflowTimeSkippingEnabled=true",
            "--dynamic-config-value",
            'history.timerProcessorMaxTimeShift="10ms"',
        ],
        search_attributes=KEYS,
    )
    yield env
    await env.shutdown()


@pytest.fixture(scope="session")
async def workers(temporal: WorkflowEnvironment, database: asyncpg.Pool) -> AsyncIterator[None]:
    await load_holidays(database)
    await add_policy(database, default_policy())

    async def leave_to_the_sweeper(_keys: Sequence[str]) -> None:
        """Delivery has tests of its own."""

    records = RecordsActivities(database, leave_to_the_sweeper)
    deadlines = DeadlineActivities(database)
    case = Worker(
        temporal.client,
        task_queue="case",
        workflows=[SupportCase],
        activities=[
            records.save_case,
            records.screen,
            records.find_submission,
            deadlines.pin_policy,
            deadlines.compute,
        ],
        workflow_runner=SandboxedWorkflowRunner(
            restrictions=SandboxRestrictions.default.with_passthrough_modules(
                "schemas", "workflows.policy"
            )
        ),
    )
    matching = Worker(
        temporal.client, task_queue="matching", activities=[FixedMatching().rank_institutes]
    )
    async with case, matching:
        yield


@pytest.fixture
async def start_case(temporal: WorkflowEnvironment, workers: None) -> StartCase:
    """Starts a difficulty that just came in over the web."""

    async def start(**changes: object) -> CaseDriver:
        number = case_number(2026, next(_SERIALS))
        now = datetime.now(UTC)
        intake = CaseIntake(
            case_number=number,
            service=Service.DIFFICULTY,
            channel="web",
            received_at=now,
            registered_at=now,
            policy_version=default_policy().version,
        ).model_copy(update=changes)
        handle = await temporal.client.start_workflow(
            SupportCase.run, intake, id=number, task_queue="case"
        )
        return CaseDriver(temporal, handle)

    return start
