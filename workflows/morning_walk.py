"""MorningWalk: what is told, asked and forgotten by the calendar, outside the cases."""

from temporalio import workflow

from workflows import activity_stubs


@workflow.defn(name="MorningWalk")
class MorningWalk:
    """One morning; a schedule starts it.

    Outside the cases, because a timer in each would spend events on what no procedure waits for.
    """

    @workflow.run
    async def run(self) -> int:
        """Send notices, reminders and questions, let reviews be due, and forget.

        Returns:
            How many messages companies and their handlers got.
        """
        now = workflow.now()
        notices = await activity_stubs.send_progress_notices(now)
        if workflow.patched("monthly-reviews"):
            await activity_stubs.open_reviews(now)
        questions = await activity_stubs.ask_for_effects(now)
        if workflow.patched("reports-of-projects"):
            notices += await activity_stubs.remind_of_reports(now)
        if workflow.patched("forgetting"):
            await activity_stubs.forget(now)
        return notices + questions
