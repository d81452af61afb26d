"""A workflow that recorded cases could not follow. On its own: the sandbox imports this file."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from schemas.case import CaseIntake, CaseSnapshot

from workflows.support_case import SupportCase


@workflow.defn(name="SupportCase")
class WaitsFirst:
    """What a careless change looks like: a timer where recorded cases have none."""

    @workflow.init
    def __init__(self, intake: CaseIntake) -> None:
        self._case = SupportCase(intake)

    @workflow.run
    async def run(self, intake: CaseIntake) -> CaseSnapshot:
        await workflow.sleep(60)
        return await self._case.run(intake)
