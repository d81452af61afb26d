"""HistoryArchive: keeps the histories of closed cases before Temporal forgets them."""

from temporalio import workflow

from workflows import activity_stubs


@workflow.defn(name="HistoryArchive")
class HistoryArchive:
    """One walk over the closed cases; a schedule starts it every night."""

    @workflow.run
    async def run(self) -> int:
        """Archive what is closed and not archived; returns how many histories that were."""
        return await activity_stubs.archive_histories(workflow.now())
