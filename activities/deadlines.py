"""Due dates: by the policy a case pinned and the holiday table as it is now."""

import asyncpg
from temporalio import activity

from infra.postgres import calendar, policies
from schemas.calendar import HolidayTable
from schemas.policy import Deadline, DeadlineRequest, PolicyValues
from workflows.activity_stubs import Deadlines
from workflows.policy.deadlines import compute_deadline


class DeadlineActivities(Deadlines):
    """Reads policies, which never change, once; the holiday table when its version moved."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._policies: dict[str, PolicyValues] = {}
        self._table = HolidayTable()

    @activity.defn(name="deadlines.pin_policy")
    async def pin_policy(self, version: str) -> PolicyValues:
        if version not in self._policies:
            self._policies[version] = (await policies.get_policy(self._pool, version)).pinned()
        return self._policies[version]

    @activity.defn(name="deadlines.compute")
    async def compute(self, request: DeadlineRequest) -> Deadline:
        values = await self.pin_policy(request.policy_version)
        if self._table.version != await calendar.current_version(self._pool):
            self._table = await calendar.holiday_table(self._pool)
        return compute_deadline(request, values, self._table)
