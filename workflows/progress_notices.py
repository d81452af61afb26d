"""ProgressNotices: tells companies regularly that their case is being worked on."""

from temporalio import workflow

from workflows import activity_stubs


@workflow.defn(name="ProgressNotices")
class ProgressNotices:
    """One morning's walk over the cases in service; a schedule starts it.

    Outside the cases: a notice every thirty days would cost each of them events for nothing that
    their procedures depend on.
    """

    @workflow.run
    async def run(self) -> int:
        """Send what is due; returns how many notices that were."""
        return await activity_stubs.send_progress_notices(workflow.now())
