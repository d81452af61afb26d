"""Tracking codes: which one opens a case, and another one for a company that lost it."""

import hmac

from api.auth import Caller
from api.centre import Centre
from api.problems import CASE_UNKNOWN
from infra.postgres import intakes, journal, notifications, sessions
from infra.postgres.pool import transaction
from schemas.actor import COMPANY_GROUP
from schemas.problem import ProblemType, Refused
from schemas.record import Message


async def code_of(centre: Centre, case_number: str) -> str | None:
    """The code that opens a case.

    Returns:
        None where only the code of the case does that this one was split from, or the other way
        round: from the number alone it is not known which of them was given last.
    """
    held = await intakes.tracking_code(centre.pool, case_number)
    if held is None:
        return None
    code = centre.secrets.tracking_code(case_number, held.salt)
    is_own = hmac.compare_digest(centre.secrets.tracking_code_hash(code), held.code_hash)
    return code if is_own else None


async def replace(centre: Centre, caller: Caller, case_number: str, *, key: str) -> str:
    """Give a case another code, and close it in every browser that was let in by the old one.

    The company is told by mail, without the code. Cases that the old code opened too, having been
    split from each other, open with the new one.

    Args:
        centre: The centre.
        caller: The member of staff who spoke with the company.
        case_number: The case.
        key: The Idempotency-Key: the same request gives the same code.

    Raises:
        Refused: `case-not-found`.
    """
    code = centre.secrets.tracking_code(case_number, key)
    async with transaction(centre.pool) as db:
        held = await intakes.tracking_code(db, case_number)
        if held is None:
            raise Refused(ProblemType.CASE_NOT_FOUND, CASE_UNKNOWN)
        if held.salt != key:
            new = intakes.TrackingCode(key, centre.secrets.tracking_code_hash(code))
            opened = await intakes.replace_tracking_code(db, case_number, new)
            await sessions.end_of_cases(db, opened)
            at = centre.clock()
            await journal.append_within(
                db,
                journal.CENTRE_STREAM,
                at,
                caller.actor,
                "case:tracking_code:replaced",
                {"case": case_number},
            )
            # The company hears of it, so that nobody else gets a code in its name unnoticed.
            message = Message(
                key=f"{case_number}/code/{centre.secrets.body_hash(key.encode())[:16]}",
                case_number=case_number,
                template="tracking_code_replaced",
                audience=COMPANY_GROUP,
            )
            await notifications.add_pending(db, [message], at)
    return code
