"""Notices to companies whose cases take long (domain 3.0.2)."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

import asyncpg
import structlog
from temporalio import activity

from infra.postgres import notifications, policies, progress
from infra.postgres.progress import CaseInService
from schemas.actor import COMPANY_GROUP, Role, institute_group
from schemas.record import Message
from workflows.activity_stubs import Progress
from workflows.policy.durations import length_of

log = structlog.stdlib.get_logger()

_EVERY = "progress.notice.every"


class ProgressActivities(Progress):
    """Finds what is due. A notice has a key of its own, so a repeated walk sends none twice."""

    def __init__(
        self, pool: asyncpg.Pool, dispatch: Callable[[Sequence[str]], Awaitable[None]]
    ) -> None:
        """Connect to the cases and to the delivery of messages."""
        self._pool = pool
        self._dispatch = dispatch
        self._periods: dict[str, timedelta] = {}

    @activity.defn(name="progress.send_notices")
    async def send_notices(self, at: datetime) -> int:
        (last,) = activity.info().heartbeat_details or ("",)
        sent = 0
        while cases := await progress.in_service(self._pool, after=last):
            due = [message for case in cases for message in await self._notices(case, at)]
            new = await notifications.add_pending(self._pool, due, at)
            await self._dispatch(new)
            sent += len(new)
            last = cases[-1].case_number
            activity.heartbeat(last)
        log.info("progress_notices_sent", count=sent)
        return sent

    async def _notices(self, case: CaseInService, at: datetime) -> list[Message]:
        """To the company that its case goes on, and to its handlers that they should write."""
        nth = (at - case.accepted_at) // await self._period(case.policy_version)
        if nth < 1:
            return []
        return [
            Message(
                key=f"{case.case_number}/{template}/{nth}",
                case_number=case.case_number,
                template=template,
                audience=audience,
            )
            for template, audience in (
                ("progress_notice", COMPANY_GROUP),
                ("progress_asked", institute_group(case.lead_institute, Role.SUPPORT)),
            )
        ]

    async def _period(self, policy_version: str) -> timedelta:
        """The length between notices; a version never changes, so it is read once."""
        if policy_version not in self._periods:
            values = (await policies.get_policy(self._pool, policy_version)).pinned()
            self._periods[policy_version] = length_of(values.period(_EVERY).length).rest
        return self._periods[policy_version]
