"""What a designation may weigh besides fitness: workload, past success, region; and past cases."""

from collections.abc import Sequence
from dataclasses import dataclass

from infra.postgres.pool import Database
from schemas.case import RESOLVED

# The share of successes of fewer cases says nothing, and would tell of single firms (domain 5.1).
_FEWEST_CASES = 5


@dataclass(frozen=True, kw_only=True)
class InstituteCircumstances:
    """An institute's circumstances.

    Attributes:
        workload: Its open cases, as share of the busiest institute's.
        success: Share of its closed cases that were resolved; None with fewer than five.
        in_region: Whether it has a site where the company is.
    """

    institute: str
    workload: float
    success: float | None
    in_region: bool


async def of_institutes(db: Database, case_number: str) -> list[InstituteCircumstances]:
    """The circumstances of all institutes, for one case."""
    rows = await db.fetch(
        """
        WITH led AS (
               SELECT lead_institute AS institute,
                      count(*) FILTER (WHERE closed_at IS NULL) AS open,
                      count(*) FILTER (WHERE closed_at IS NOT NULL) AS closed,
                      count(*) FILTER (WHERE outcome = ANY ($2)) AS resolved
                 FROM support_case
                WHERE lead_institute IS NOT NULL
                GROUP BY lead_institute
             )
        SELECT i.code AS institute,
               coalesce(led.open, 0)::double precision
                 / greatest((SELECT max(open) FROM led), 1) AS workload,
               CASE WHEN led.closed >= $3
                    THEN led.resolved::double precision / led.closed END AS success,
               EXISTS (
                      SELECT FROM support_case AS asked
                       WHERE asked.case_number = $1 AND asked.region = ANY (i.centres)
                      ) AS in_region
          FROM institute AS i
          LEFT JOIN led ON led.institute = i.code
         ORDER BY i.code
        """,
        case_number,
        [outcome.value for outcome in RESOLVED],
        _FEWEST_CASES,
    )
    return [InstituteCircumstances(**dict(row)) for row in rows]


@dataclass(frozen=True, kw_only=True)
class ClosedCase:
    """A closed case with its text, personal data blanked out."""

    case_number: str
    institute: str
    outcome: str
    text: str


async def closed_cases(
    db: Database, institutes: Sequence[str], without: str, each: int = 100
) -> list[ClosedCase]:
    """The latest closed cases that some institutes led, so many of each."""
    rows = await db.fetch(
        """
        SELECT case_number, institute, outcome, text
          FROM unnest($1::text[]) AS wanted (institute)
         CROSS JOIN LATERAL (
               SELECT c.case_number, c.outcome,
                      t.title_masked || E'\n' || t.description_masked AS text
                 FROM support_case AS c
                 JOIN case_text AS t USING (case_number)
                WHERE c.lead_institute = wanted.institute
                  AND c.closed_at IS NOT NULL
                  AND c.outcome IS NOT NULL
                  AND c.case_number <> $2
                ORDER BY c.closed_at DESC
                LIMIT $3
               ) AS latest
        """,
        list(institutes),
        without,
        each,
    )
    return [ClosedCase(**dict(row)) for row in rows]
