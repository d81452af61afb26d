"""Step 3, R&D that a round selects: short projects monthly, medium ones twice a year."""

from datetime import datetime

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from schemas.case import CaseOutcome, CaseStatus, CaseStep, Route
    from workflows.policy import rounds
    from workflows.policy.programmes import MEDIUM, MONTHLY, Programme

from workflows.case_file import CaseFile
from workflows.proceeding import Ended
from workflows.resolution.agreement import INSTEAD, agree_in_time
from workflows.resolution.competition import compete, give_up
from workflows.resolution.project import carry_out


async def monthly_round(case: CaseFile) -> CaseOutcome | Route:
    """Short R&D by the monthly round; the two months to the agreement begin at its cut-off (C05).

    Who gets its place later, as a reserve or by an objection, has the two months from then on.

    Raises:
        Ended: Not applied, not selected in the end, no agreement, or the project ended early.
    """
    return await _selected(case, rounds.MONTHLY, MONTHLY)


async def medium_track(case: CaseFile) -> CaseOutcome | Route:
    """Medium R&D of industry, university and institute, selected twice a year.

    Raises:
        Ended: Not applied, not selected in the end, no agreement, or the project ended early.
    """
    return await _selected(case, rounds.MEDIUM, MEDIUM)


async def _selected(
    case: CaseFile, competition: rounds.Competition, programme: Programme
) -> CaseOutcome | Route:
    """Compete, agree, carry out; who does not sign makes room for a reserve."""
    try:
        elsewhere = await compete(case, competition)
        if elsewhere is not None:
            return elsewhere
        case.move(CaseStatus.IN_SERVICE, CaseStep.AGREEMENT)
        await case.promise(
            "agreement",
            programme.agreement,
            start=_agreement_starts(case, competition),
            reminders=programme.agreement_reminders,
        )
        late = await agree_in_time(case, programme)
    except Ended:
        await give_up(case)
        raise
    if late is not None:
        await give_up(case)
        return INSTEAD[late]
    return await carry_out(case, programme)


def _agreement_starts(case: CaseFile, competition: rounds.Competition) -> datetime:
    entry = case.snapshot.entry
    # A reason says why it was not selected at first.
    if competition is rounds.MONTHLY and entry is not None and entry.reason is None:
        return entry.cutoff_at
    return workflow.now()
