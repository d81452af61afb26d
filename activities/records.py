"""Records: the read model, the journal and the messages of a transition, in one transaction."""

from collections.abc import Awaitable, Callable, Sequence

import asyncpg
import structlog
from temporalio import activity

from infra.postgres import intakes, journal, notifications, records
from infra.postgres.pool import transaction
from schemas.outcome import SupplyInformation
from schemas.record import (
    CaseWrite,
    FoundSubmission,
    ScreeningFindings,
    ScreeningRequest,
    SplitRequest,
    SubmissionQuery,
)
from workflows.activity_stubs import Records

log = structlog.stdlib.get_logger()


class RecordsActivities(Records):
    """Writes what workflows decide. A repeated call changes nothing."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        dispatch: Callable[[Sequence[str]], Awaitable[None]],
        read_enquiry: Callable[[str, str], Awaitable[None]],
    ) -> None:
        """Connect to what records are kept in.

        Args:
            pool: Connections to the centre's database.
            dispatch: Hands messages to delivery once they are stored; what it does not manage is
                found later by the sweeper.
            read_enquiry: Has the enquiry of a case read, by the case's number and by what is new in
                it: the receipt, or the task in which the company added something.
        """
        self._pool = pool
        self._dispatch = dispatch
        self._read_enquiry = read_enquiry

    @activity.defn(name="records.save_case")
    async def save_case(self, write: CaseWrite) -> None:
        case = write.snapshot
        async with transaction(self._pool) as db:
            if not await records.save_case(db, case):
                log.info("case_write_superseded", version=case.version)
            await records.save_assignments(db, case)
            for task in write.tasks:
                await records.save_task(db, task)
            await journal.extend(db, case.case_number, write.journal)
            await records.plan_destruction(db, case, write.keep_contact_for)
            new_messages = await notifications.add_pending(db, write.messages, write.at)
        if new_messages:
            await self._dispatch(new_messages)
        for task in write.tasks:
            if isinstance(task.outcome, SupplyInformation):
                await self._read_enquiry(case.case_number, task.task_id)

    @activity.defn(name="records.screen")
    async def screen(self, request: ScreeningRequest) -> ScreeningFindings:
        findings = await records.screen(self._pool, request)
        await self._read_enquiry(request.case_number, "receipt")
        return findings

    @activity.defn(name="records.split_case")
    async def split_case(self, request: SplitRequest) -> str:
        async with transaction(self._pool) as db:
            return await intakes.split(db, request)

    @activity.defn(name="records.find_submission")
    async def find_submission(self, query: SubmissionQuery) -> FoundSubmission:
        return await records.find_submission(self._pool, query)
