"""Who may know of which case."""

from infra.postgres.pool import Database


async def is_visible(
    db: Database, case_number: str, *, everything: bool, institute: str | None
) -> bool:
    """Whether a case exists for somebody who sees everything, or what an institute was offered.

    A case is known from its intake on, before its workflow has written the first row.
    """
    found = await db.fetchval(
        """
        SELECT EXISTS (
            SELECT FROM intake
             WHERE case_number = $1
               AND ($2 OR EXISTS (SELECT FROM assignment
                                   WHERE assignment.case_number = $1
                                     AND assignment.institute = $3)))
        """,
        case_number,
        everything,
        institute,
    )
    return found is True
