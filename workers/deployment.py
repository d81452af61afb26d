"""Which release of the workers new workflow tasks go to."""

import asyncio
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from temporalio.api.workflowservice.v1 import SetWorkerDeploymentCurrentVersionRequest
from temporalio.client import Client
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import WorkerDeploymentConfig

DEPLOYMENT: Final = "center1379"

# What a workflow's history depends on; a changed template or page is no new version.
_WORKFLOW_CODE: Final = ("schemas", "workflows")
_PAUSE_SECONDS: Final = 0.1


@cache
def build_id() -> str:
    """This release and a hash of the code that histories depend on."""
    content = sha256()
    for package in _WORKFLOW_CODE:
        spec = find_spec(package)
        if spec is None or spec.origin is None:
            raise RuntimeError(f"the package {package} is not installed")
        root = Path(spec.origin).parent
        for path in sorted(root.rglob("*.py")):
            content.update(path.relative_to(root.parent).as_posix().encode())
            content.update(path.read_bytes())
    return f"{version('center1379')}-{content.hexdigest()[:12]}"


def deployment_config() -> WorkerDeploymentConfig:
    """Open cases go on with the current version, guarded by `workflow.patched` and replay tests.

    Set here and never on a workflow class: a worker without a deployment could then not run it.
    """
    return WorkerDeploymentConfig(
        version=WorkerDeploymentVersion(deployment_name=DEPLOYMENT, build_id=build_id()),
        use_worker_versioning=True,
        default_versioning_behavior=VersioningBehavior.AUTO_UPGRADE,
    )


async def make_current(client: Client, build: str, *, wait_seconds: float) -> None:
    """Send new workflow tasks, those of open cases too, to the workers of a version.

    Args:
        client: Of the namespace.
        build: The version's build id.
        wait_seconds: How long a version no worker has announced yet is waited for.

    Raises:
        TimeoutError: No worker of that version polls.
    """
    try:
        async with asyncio.timeout(wait_seconds):
            while not await try_make_current(client, build):  # noqa: ASYNC110  # Temporal's state, not ours
                await asyncio.sleep(_PAUSE_SECONDS)
    except TimeoutError as error:
        raise TimeoutError(f"No worker of version {build} polls its task queues.") from error


async def try_make_current(client: Client, build: str) -> bool:
    """Make a version current, and say whether that was possible: some worker of it must poll."""
    try:
        await client.workflow_service.set_worker_deployment_current_version(
            SetWorkerDeploymentCurrentVersionRequest(
                namespace=client.namespace,
                deployment_name=DEPLOYMENT,
                build_id=build,
                identity=client.identity,
                # A queue that this release no longer serves must not hold the others back.
                ignore_missing_task_queues=True,
            )
        )
    except RPCError as error:
        # The deployment, or the version in it, appears with its first worker's first poll; and
        # the server limits how often it lets itself be asked.
        if error.status in {
            RPCStatusCode.NOT_FOUND,
            RPCStatusCode.FAILED_PRECONDITION,
            RPCStatusCode.RESOURCE_EXHAUSTED,
        }:
            return False
        raise
    return True
