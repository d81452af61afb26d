"""The smallest workflow and activity, for tests of the processes around them."""

from datetime import timedelta

from temporalio import activity, workflow

with workflow.unsafe.imports_passed_through():
    import structlog

log = structlog.stdlib.get_logger()


@activity.defn(name="probe.answer")
async def answer() -> str:
    log.info("probe_answered")
    return "answered"


@workflow.defn(name="Probe")
class Probe:
    @workflow.run
    async def run(self) -> str:
        workflow.logger.info("probe_asked", extra={"step": 1})
        return await workflow.execute_local_activity(
            answer, start_to_close_timeout=timedelta(seconds=5)
        )
