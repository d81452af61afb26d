"""A worker that can be killed, for a round with hundreds of applicants.

python -m tests.workflows.applicants TEMPORAL DATABASE_URL TASK_QUEUE
"""

import asyncio
import sys

from temporalio import workflow
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Worker

with workflow.unsafe.imports_passed_through():
    from infra.postgres.pool import open_pool
    from schemas.case import CaseIntake, CaseStatus, CaseStep, RoundEntry
    from schemas.record import CaseProjection
    from schemas.selection import ApplicationState, RoundDecision
    from tests.settings import settings_for_test
    from workers.registry import CASE, Resources, registrations
    from workers.worker import workflow_runner

from workflows import activity_stubs
from workflows.case_file import CaseFile
from workflows.proceeding import abandon
from workflows.resolution.competition import learn

_WAITING = {ApplicationState.APPLIED.value, ApplicationState.RESERVE.value}


@workflow.defn(name="Applicant")
class Applicant:
    """A case from where it has applied: it hears of its round, and records it, as every case."""

    @workflow.init
    def __init__(self, intake: CaseIntake, entry: RoundEntry) -> None:
        self._case = CaseFile(intake)
        self._entry = entry

    @workflow.run
    async def run(self, intake: CaseIntake, entry: RoundEntry) -> str:
        case = self._case
        case.policy = await activity_stubs.pin_policy(intake.policy_version)
        case.move(CaseStatus.IN_SERVICE, CaseStep.ROUND_DECISION, entry=entry)
        recording = asyncio.create_task(case.keep_records())
        await workflow.wait_condition(lambda: self._state not in _WAITING)
        await case.records_are_kept()
        abandon(recording)
        return self._state

    @property
    def _state(self) -> str:
        entry = self._case.snapshot.entry
        return "applied" if entry is None else entry.state

    @workflow.signal
    def round_decided(self, decision: RoundDecision) -> None:
        learn(self._case, decision)

    @workflow.query
    def projection(self) -> CaseProjection:
        return self._case.projection()


async def serve(target: str, database_url: str, task_queue: str) -> None:
    """Serve rounds and applicants until the process is killed."""

    async def leave_it(*_keys: object) -> None:
        """Delivery and reading have tests of their own."""

    client = await Client.connect(target, data_converter=pydantic_data_converter)
    pool = await open_pool(database_url)
    resources = Resources(pool, settings_for_test(), client, leave_it, leave_it)
    registered = registrations(resources)[CASE]
    worker = Worker(
        client,
        task_queue=task_queue,
        workflows=[*registered.workflows, Applicant],
        activities=registered.activities,
        workflow_runner=workflow_runner(),
        # Hundreds of cases are told at once: taken up all together by one process, each would
        # need longer than the server waits, and would be handed out again.
        max_concurrent_workflow_tasks=8,
    )
    await worker.run()


if __name__ == "__main__":
    asyncio.run(serve(*sys.argv[1:4]))
