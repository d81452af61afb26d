"""A coordinator's monthly look at a case."""

from api.acts import Act
from api.auth import Caller
from api.centre import Centre
from api.idempotency import Attempt, once
from infra.postgres import journal, notifications, reviews
from infra.postgres.pool import transaction
from schemas.actor import Role, institute_group
from schemas.base import Instant, WireModel
from schemas.problem import ProblemType, Refused
from schemas.record import Message
from schemas.review import CaseReview, Finding


class ReviewReceipt(WireModel):
    """The review was recorded.

    Attributes:
        nth: The month of service that it closes, counted from 1.
    """

    case_number: str
    nth: int
    reviewed_at: Instant


async def review(
    centre: Centre, caller: Caller, case_number: str, found: CaseReview, *, key: str
) -> ReviewReceipt:
    """Record what a coordinator found; handlers of a case that needs attention are told.

    Raises:
        Refused: No review of the case is due.
    """
    act = Act(caller, "review", case_number, key)

    async def record() -> ReviewReceipt:
        at = centre.clock()
        async with transaction(centre.pool) as db:
            nth = await reviews.close_review(db, case_number, found.finding, caller.actor.id, at)
            if nth is None:
                raise Refused(
                    ProblemType.TASK_NOT_FOUND,
                    "No review of this case is due. It comes once a month.",
                )
            await journal.append_within(
                db,
                journal.CENTRE_STREAM,
                at,
                caller.actor,
                "case:review:recorded",
                {"case": case_number, "nth": str(nth), "finding": found.finding.value},
            )
            lead = await reviews.lead_of(db, case_number)
            if found.finding is Finding.NEEDS_ATTENTION and lead is not None:
                message = Message(
                    key=f"{case_number}/review/{nth}/attention",
                    case_number=case_number,
                    template="review_attention",
                    audience=institute_group(lead, Role.SUPPORT),
                )
                await notifications.add_pending(db, [message], at)
        return ReviewReceipt(case_number=case_number, nth=nth, reviewed_at=at)

    attempt = Attempt(
        scope=act.scope, key=key, body=found.model_dump_json().encode(), answer=ReviewReceipt
    )
    return await once(centre, attempt, record)
