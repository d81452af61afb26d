"""Step 3, short R&D in the fast lane: an agreement within two weeks."""

from datetime import datetime

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from schemas.case import CaseOutcome, CaseStatus, CaseStep, Route
    from workflows.policy.programmes import FAST_LANE

from workflows.case_file import CaseFile
from workflows.resolution.agreement import INSTEAD, agree_in_time
from workflows.resolution.by_hand import handle_by_hand
from workflows.resolution.project import carry_out


async def fast_lane(case: CaseFile) -> CaseOutcome | Route:
    """Agreement within two weeks of acceptance, project, result."""
    case.move(CaseStatus.IN_SERVICE, CaseStep.AGREEMENT)
    await case.promise(
        "agreement",
        FAST_LANE.agreement,
        start=_accepted_at(case),
        reminders=FAST_LANE.agreement_reminders,
    )
    late = await agree_in_time(case, FAST_LANE)
    match late:
        case None:
            return await carry_out(case, FAST_LANE)
        case "other_track" if not workflow.patched("other-track-is-scoped"):
            return await handle_by_hand(case, late)
        case _:
            return INSTEAD[late]


def _accepted_at(case: CaseFile) -> datetime:
    lead = case.snapshot.lead_assignment
    return (lead and lead.answered_at) or workflow.now()
