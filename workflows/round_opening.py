"""RoundOpening: starts the selection rounds that the calendar opens."""

from temporalio import workflow

from workflows import activity_stubs


@workflow.defn(name="RoundOpening")
class RoundOpening:
    """One look at the calendar; a schedule starts it every night."""

    @workflow.run
    async def run(self) -> int:
        """Start what is due and does not run yet; returns how many rounds that were."""
        return await activity_stubs.open_due_rounds(workflow.now())
