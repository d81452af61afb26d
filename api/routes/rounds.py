"""Selection rounds: which there are, how they ranked, and a reviewer's own sheet."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field

from api import auth, sheets
from api.auth import Caller
from api.deps import CentreDep
from api.problems import responses
from api.sheets import SheetView
from infra.postgres import rounds
from schemas.actor import Role
from schemas.base import CaseNumber, Instant, Krw, RequestModel, RoundId, TaskId, WireModel
from schemas.problem import ProblemType, Refused
from schemas.selection import ApplicationState, RoundProgramme, RoundSnapshot, RoundState
from schemas.sheet import Assessment

router = APIRouter(prefix="/api/v1", tags=["rounds"])

Evaluator = Annotated[Caller, Depends(auth.staff(Role.EVALUATOR))]


class RoundLine(WireModel):
    """A round as the public sees it."""

    round_id: RoundId
    programme: RoundProgramme
    period: str
    state: RoundState
    opens_at: Instant
    cutoff_at: Instant


class RoundList(WireModel):
    """Rounds, the latest cut-off first."""

    items: list[RoundLine]


class RankedApplication(WireModel):
    """An application and what became of it; single scores are shown to nobody."""

    case_number: CaseNumber
    title: str
    institute: str
    budget_krw: Krw
    submitted_at: Instant
    state: ApplicationState
    rank: int | None
    score: float | None
    reason: str | None


class RoundView(WireModel):
    """A round with its ranking."""

    round: RoundSnapshot
    applications: list[RankedApplication]


class SheetRequest(RequestModel):
    """Assessments by case number; what is left out is not assessed yet."""

    assessments: dict[CaseNumber, Assessment] = Field(max_length=2000)


@router.get("/rounds", summary="Selection rounds", dependencies=[Depends(auth.PUBLIC)])
async def list_rounds(centre: CentreDep) -> RoundList:
    """Rounds that have begun, the latest cut-off first."""
    found = await rounds.latest(centre.pool)
    return RoundList(items=[RoundLine.model_validate(one, from_attributes=True) for one in found])


@router.get(
    "/rounds/{round_id}",
    summary="A round and its ranking",
    dependencies=[Depends(auth.ROUND_READERS)],
    responses=responses(ProblemType.NOT_FOUND),
)
async def get_round(round_id: RoundId, centre: CentreDep) -> RoundView:
    """The round with every application in the order of the ranking."""
    found = await rounds.find(centre.pool, round_id)
    if found is None:
        raise Refused(ProblemType.NOT_FOUND, "There is no such round.")
    return RoundView(
        round=found,
        applications=[
            RankedApplication(
                case_number=row.case_number,
                title=row.title,
                institute=row.application.institute,
                budget_krw=row.budget_krw,
                submitted_at=row.submitted_at,
                state=row.state,
                rank=row.rank,
                score=row.score,
                reason=row.reason,
            )
            for row in await rounds.applications(centre.pool, round_id)
        ],
    )


@router.get(
    "/tasks/{task_id}/sheet",
    summary="One's own score sheet",
    responses=responses(ProblemType.TASK_NOT_FOUND),
)
async def get_sheet(task_id: TaskId, caller: Evaluator, centre: CentreDep) -> SheetView:
    """Every application of the round with what this reviewer thinks of it so far."""
    return await sheets.view(centre, caller, task_id)


@router.put(
    "/tasks/{task_id}/sheet",
    summary="Save one's score sheet",
    responses=responses(ProblemType.TASK_NOT_FOUND, ProblemType.TASK_NOT_OPEN),
)
async def put_sheet(
    task_id: TaskId, request: SheetRequest, caller: Evaluator, centre: CentreDep
) -> SheetView:
    """Save it, complete or not; complete the task with the hash that is returned to hand it in."""
    return await sheets.save(centre, caller, task_id, request.assessments)
