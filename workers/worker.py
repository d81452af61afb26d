"""One worker process: it starts, serves its task queues, drains and stops."""

import asyncio
import signal
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Final

import structlog
from temporalio.client import Client
from temporalio.worker import Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from infra.postgres.pool import open_pool
from infra.settings import Settings
from infra.telemetry import LogContext
from infra.temporal import connect_client
from workers.deployment import build_id, deployment_config
from workers.registry import Registration, Resources, registrations
from workers.sweeper import Sweeper

log = structlog.stdlib.get_logger()

# Models and rules are pure, so the sandbox has nothing to guard in them; importing them once
# instead of once per case saves memory, and keeps the classes of a union the same everywhere.
_PASSED_THROUGH: Final = ("schemas", "workflows.policy")


def workflow_runner() -> SandboxedWorkflowRunner:
    """The sandbox in which workflows run, here, in the replayer and in tests."""
    return SandboxedWorkflowRunner(
        restrictions=SandboxRestrictions.default.with_passthrough_modules(*_PASSED_THROUGH)
    )


def build_worker(
    client: Client, settings: Settings, task_queue: str, registration: Registration
) -> Worker:
    """The worker of one task queue."""

    async def report(error: BaseException) -> None:
        log.critical("worker_failed", task_queue=task_queue, exc_info=error)

    return Worker(
        client,
        task_queue=task_queue,
        workflows=registration.workflows,
        activities=registration.activities,
        activity_executor=ThreadPoolExecutor(settings.worker_max_activities),
        workflow_runner=workflow_runner(),
        interceptors=[LogContext()],
        deployment_config=deployment_config(),
        max_cached_workflows=settings.worker_max_cached_workflows,
        max_concurrent_workflow_tasks=settings.worker_max_workflow_tasks,
        max_concurrent_activities=settings.worker_max_activities,
        graceful_shutdown_timeout=timedelta(seconds=settings.worker_drain_seconds),
        on_fatal_error=report,
    )


async def run_worker(settings: Settings, task_queues: Iterable[str]) -> None:
    """Serve the task queues until SIGTERM or SIGINT, then let running activities finish.

    Raises:
        ExceptionGroup: A worker can't go on; the process should end and be started again.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signal_number, stop.set)

    client = await connect_client(settings)
    pool = await open_pool(
        settings.database_url.get_secret_value(), max_size=settings.database_pool_size
    )
    try:
        registered = registrations(Resources(pool, settings, client))
        queues = [queue for queue in task_queues if registered[queue]]
        async with asyncio.TaskGroup() as group:
            group.create_task(Sweeper(pool, client).run(stop))
            await serve(
                [build_worker(client, settings, queue, registered[queue]) for queue in queues], stop
            )
    finally:
        await pool.close()


async def serve(workers: Iterable[Worker], stop: asyncio.Event) -> None:
    """Run the workers until `stop` is set, then drain them all at once.

    Raises:
        ExceptionGroup: A worker can't go on; the others are drained first.
    """
    running = list(workers)
    async with asyncio.TaskGroup() as group:
        for worker in running:
            group.create_task(worker.run())
        log.info(
            "worker_started", build_id=build_id(), task_queues=[one.task_queue for one in running]
        )
        await stop.wait()
        log.info("worker_draining")
        for worker in running:
            group.create_task(worker.shutdown())
    log.info("worker_stopped")
