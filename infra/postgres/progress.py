"""Cases that are being worked on, or just were, for those who have to hear of it."""

from dataclasses import dataclass
from datetime import date, datetime

from infra.postgres.pool import Database


@dataclass(frozen=True, kw_only=True)
class CaseInService:
    """A case that an institute has and the company did not pause.

    Attributes:
        accepted_at: When the institute took it.
    """

    case_number: str
    policy_version: str
    lead_institute: str
    accepted_at: datetime


async def in_service(db: Database, *, after: str = "", limit: int = 200) -> list[CaseInService]:
    """Cases in service in the order of their numbers, those after a number."""
    rows = await db.fetch(
        """
        SELECT c.case_number, c.policy_version, c.lead_institute,
               max(a.answered_at) AS accepted_at
          FROM support_case AS c
          JOIN assignment AS a
            ON a.case_number = c.case_number
           AND a.institute = c.lead_institute
           AND a.answer = 'accepted'
         WHERE c.status = 'in_service'
           AND c.snapshot ->> 'on_hold_until' IS NULL
           AND c.case_number > $1
         GROUP BY c.case_number
         ORDER BY c.case_number
         LIMIT $2
        """,
        after,
        limit,
    )
    return [CaseInService(**dict(row)) for row in rows]


@dataclass(frozen=True, kw_only=True)
class EndedProject:
    """A project of joint R&D that was carried out to its end.

    Attributes:
        closed_at: The report and the settlement are counted from it.
    """

    case_number: str
    policy_version: str
    lead_institute: str
    closed_at: datetime


async def ended_projects(
    db: Database, since: datetime, *, after: str = "", limit: int = 200
) -> list[EndedProject]:
    """Projects that ended since then, in the order of their numbers, those after a number."""
    rows = await db.fetch(
        r"""
        SELECT case_number, policy_version, lead_institute, closed_at
          FROM support_case
         WHERE closed_at >= $1
           AND lead_institute IS NOT NULL
           AND (outcome LIKE 'resolved\_rd\_%'
                OR outcome IN ('partial', 'rd_failed') AND snapshot ->> 'track' IS NOT NULL)
           AND case_number > $2
         ORDER BY case_number
         LIMIT $3
        """,
        since,
        after,
        limit,
    )
    return [EndedProject(**dict(row)) for row in rows]


@dataclass(frozen=True, kw_only=True)
class LongProject:
    """A long project under way: every year of it ends with a report."""

    case_number: str
    policy_version: str
    lead_institute: str
    starts_on: date


async def long_projects(db: Database, *, after: str = "", limit: int = 200) -> list[LongProject]:
    """Long projects under way in the order of their numbers, those after a number."""
    rows = await db.fetch(
        """
        SELECT case_number, policy_version, lead_institute,
               (snapshot -> 'plan' ->> 'starts_on')::date AS starts_on
          FROM support_case
         WHERE status = 'in_service'
           AND step = 'rd_active'
           AND snapshot ->> 'track' = 'long'
           AND snapshot -> 'plan' ->> 'starts_on' IS NOT NULL
           AND lead_institute IS NOT NULL
           AND case_number > $1
         ORDER BY case_number
         LIMIT $2
        """,
        after,
        limit,
    )
    return [LongProject(**dict(row)) for row in rows]
