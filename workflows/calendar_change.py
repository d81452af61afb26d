"""CalendarChange: tells every open case that the table of holidays changed (U30)."""

from temporalio import workflow

from workflows import activity_stubs


@workflow.defn(name="CalendarChange")
class CalendarChange:
    """One version of the calendar. Its id is `calendar/<version>`, so it is carried out once."""

    @workflow.run
    async def run(self, version: int) -> int:
        """Tell the cases that counted with an older version; returns how many there were."""
        return await activity_stubs.tell_cases_of_calendar(version)
