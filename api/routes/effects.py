"""What a result brought its company, asked months after the end."""

from fastapi import APIRouter

from api.deps import CentreDep, CompanyOrDesk, IdempotencyKey
from api.idempotency import Attempt, once
from api.problems import responses
from infra.postgres import effects
from schemas.base import CaseNumber, Instant, WireModel
from schemas.effect import EffectReport
from schemas.problem import ProblemType, Refused

router = APIRouter(prefix="/api/v1/cases", tags=["cases"])


class EffectReceipt(WireModel):
    """The answer was kept; sending another one replaces it."""

    case_number: str
    nth: int
    answered_at: Instant


@router.post(
    "/{case_number}/effects",
    status_code=201,
    summary="Say what the result brought",
    responses=responses(ProblemType.CASE_NOT_FOUND, ProblemType.TASK_NOT_FOUND),
)
async def report_effects(
    case_number: CaseNumber,
    report: EffectReport,
    caller: CompanyOrDesk,
    centre: CentreDep,
    key: IdempotencyKey,
) -> EffectReceipt:
    """Voluntary and self-reported; the centre shows sums only."""

    async def answer_now() -> EffectReceipt:
        answered_at = centre.clock()
        if not await effects.answer(centre.pool, case_number, report, answered_at):
            raise Refused(
                ProblemType.TASK_NOT_FOUND,
                "This was not asked yet. You get a message when it is.",
                field="/nth",
            )
        return EffectReceipt(case_number=case_number, nth=report.nth, answered_at=answered_at)

    attempt = Attempt(
        scope=f"effects/{case_number}/{caller.actor.id}",
        key=key,
        body=report.model_dump_json().encode(),
        answer=EffectReceipt,
    )
    return await once(centre, attempt, answer_now)
