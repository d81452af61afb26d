"""The proof that no case is lost: each has ended, or waits for something that has a name."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import WorkflowExecutionStatus
from temporalio.api.workflowservice.v1 import (
    DescribeWorkflowExecutionRequest,
    DescribeWorkflowExecutionResponse,
)
from temporalio.client import Client

from schemas.case import CaseStatus, PromiseState
from schemas.record import CaseProjection
from schemas.task import TaskStatus
from workflows.support_case import SupportCase

ENDED: Final = "ended"


@dataclass(frozen=True)
class Proof:
    """What every case of a year stands at, as its own workflow says.

    Attributes:
        stands_at: How many cases ended, or wait for what.
        lost: Cases that neither ended nor wait for anything, or whose workflow failed.
    """

    stands_at: Counter[str] = field(default_factory=Counter[str])
    lost: list[str] = field(default_factory=list[str])

    @property
    def holds(self) -> bool:
        """Whether no case is lost."""
        return not self.lost


async def prove(client: Client, case_numbers: Iterable[str]) -> Proof:
    """Ask the workflow of every case what it stands at. The read model is not believed here."""
    proof = Proof()
    for number in case_numbers:
        reason = await _stands_at(client, number)
        if reason is None:
            proof.lost.append(number)
        else:
            proof.stands_at[reason] += 1
    return proof


async def has_work(client: Client, case_numbers: Iterable[str]) -> bool:
    """Whether the workflow of any of these cases has something under way."""
    for number in case_numbers:
        described = await _describe(client, number)
        if described.HasField("pending_workflow_task") or described.pending_activities:
            return True
    return False


async def _describe(client: Client, case_number: str) -> DescribeWorkflowExecutionResponse:
    # Not the handle's own `describe`: it can't read attributes as the test server writes them.
    return await client.workflow_service.describe_workflow_execution(
        DescribeWorkflowExecutionRequest(
            namespace=client.namespace, execution=WorkflowExecution(workflow_id=case_number)
        )
    )


async def _stands_at(client: Client, case_number: str) -> str | None:
    described = await _describe(client, case_number)
    match described.workflow_execution_info.status:
        case WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_COMPLETED:
            return ENDED
        case WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING:
            handle = client.get_workflow_handle_for(SupportCase.run, case_number)
            return waits_for(await handle.query(SupportCase.projection))
        case _:
            return None


def waits_for(case: CaseProjection) -> str | None:
    """What a running case waits for, by its name; None for a case that is lost.

    Somebody's open task comes first: where there is one, a person is asked and reminded.
    """
    snapshot = case.snapshot
    for task in case.tasks:
        if task.status is TaskStatus.OPEN:
            return f"task {task.kind.value}"
    if snapshot.on_hold_until is not None:
        return "on hold"
    if snapshot.waiting_for is not None:
        return snapshot.waiting_for.replace("_", " ")
    for promise in snapshot.promises:
        if promise.state is PromiseState.RUNNING:
            return f"promise {promise.kind}"
    if snapshot.status is CaseStatus.CLOSED and snapshot.reopen_until is not None:
        return "reopening window"
    return None
