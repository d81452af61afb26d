"""Step 3: one procedure per route; the diagnosis chooses which."""

from collections.abc import Awaitable, Callable

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from schemas.case import Branch, CaseOutcome, Service

from workflows.case_file import CaseFile
from workflows.resolution.by_hand import handle_by_hand
from workflows.resolution.research import research
from workflows.resolution.technology_held import technology_held

PROCEDURES: dict[Branch, Callable[[CaseFile], Awaitable[CaseOutcome]]] = {
    Branch.TECH_HELD: technology_held,
    Branch.ADDITIONAL_RD: research,
}


async def resolve(case: CaseFile) -> CaseOutcome:
    """Carry out the procedure of the case's service and branch (R035)."""
    service, branch = case.snapshot.service, case.snapshot.branch
    if service is Service.DIFFICULTY and branch is not None:
        return await PROCEDURES[branch](case)
    return await handle_by_hand(case, service.value if service else "unknown")
