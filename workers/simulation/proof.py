"""The proof that nothing is lost: each case and round ended, or waits for what has a name."""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
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
from schemas.selection import RoundProjection
from schemas.task import HumanTask, TaskStatus
from workflows.selection_round import SelectionRound
from workflows.support_case import SupportCase

ENDED: Final = "ended"


@dataclass(frozen=True)
class Proof:
    """What every case and round of a year stands at, as its own workflow says.

    Attributes:
        stands_at: How many cases ended, or wait for what.
        rounds_stand_at: The same of selection rounds.
        lost: Cases and rounds that neither ended nor wait for anything, or whose workflow failed.
    """

    stands_at: Counter[str] = field(default_factory=Counter[str])
    rounds_stand_at: Counter[str] = field(default_factory=Counter[str])
    lost: list[str] = field(default_factory=list[str])

    @property
    def holds(self) -> bool:
        """Whether nothing is lost."""
        return not self.lost


async def prove(client: Client, case_numbers: Iterable[str], round_ids: Iterable[str]) -> Proof:
    """Ask every workflow what it stands at. The read model is not believed here."""
    proof = Proof()
    asked = (
        (case_numbers, _case_stands_at, proof.stands_at),
        (round_ids, _round_stands_at, proof.rounds_stand_at),
    )
    for workflow_ids, stands_at, counted in asked:
        for workflow_id in workflow_ids:
            reason = await _stands_at(client, workflow_id, stands_at)
            if reason is None:
                proof.lost.append(workflow_id)
            else:
                counted[reason] += 1
    return proof


async def has_work(client: Client, workflow_ids: Iterable[str]) -> bool:
    """Whether any of these workflows has something under way."""
    for workflow_id in workflow_ids:
        described = await _describe(client, workflow_id)
        if described.HasField("pending_workflow_task") or described.pending_activities:
            return True
    return False


async def _describe(client: Client, workflow_id: str) -> DescribeWorkflowExecutionResponse:
    # Not the handle's own `describe`: it can't read attributes as the test server writes them.
    return await client.workflow_service.describe_workflow_execution(
        DescribeWorkflowExecutionRequest(
            namespace=client.namespace, execution=WorkflowExecution(workflow_id=workflow_id)
        )
    )


async def _stands_at(
    client: Client,
    workflow_id: str,
    running: Callable[[Client, str], Awaitable[str | None]],
) -> str | None:
    described = await _describe(client, workflow_id)
    match described.workflow_execution_info.status:
        case WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_COMPLETED:
            return ENDED
        case WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING:
            return await running(client, workflow_id)
        case _:
            return None


async def _case_stands_at(client: Client, case_number: str) -> str | None:
    handle = client.get_workflow_handle_for(SupportCase.run, case_number)
    return waits_for(await handle.query(SupportCase.projection))


async def _round_stands_at(client: Client, round_id: str) -> str | None:
    handle = client.get_workflow_handle_for(SelectionRound.run, round_id)
    return round_waits_for(await handle.query(SelectionRound.projection))


def waits_for(case: CaseProjection) -> str | None:
    """What a running case waits for, by its name; None for a case that is lost.

    Somebody's open task comes first: where there is one, a person is asked and reminded.
    """
    snapshot = case.snapshot
    if open_task := _open_task(case.tasks):
        return open_task
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


def round_waits_for(selection: RoundProjection) -> str | None:
    """What a running round waits for; None for one that is lost."""
    if open_task := _open_task(selection.tasks):
        return open_task
    snapshot = selection.snapshot
    return None if snapshot.next_due_at is None else f"end of {snapshot.state.value}"


def _open_task(tasks: Iterable[HumanTask]) -> str | None:
    kinds = (task.kind.value for task in tasks if task.status is TaskStatus.OPEN)
    return next((f"task {kind}" for kind in kinds), None)
