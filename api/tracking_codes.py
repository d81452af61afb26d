"""Tracking codes: which one opens a case, and another one for a company that lost it."""

import hmac

from api.auth import Caller
from api.centre import Centre
from api.problems import CASE_UNKNOWN
from infra.postgres import intakes, journal, sessions
from infra.postgres.pool import transaction
from schemas.problem import ProblemType, Refused


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

    Cases that the old code opened too, having been split from each other, open with the new one.

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
            await journal.append_within(
                db,
                "access",
                centre.clock(),
                caller.actor,
                "case:tracking_code:replaced",
                {"case": case_number},
            )
    return code
