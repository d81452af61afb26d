"""Effects of what was resolved, asked for outside the case's life."""

from dataclasses import dataclass
from datetime import datetime

from infra.postgres.pool import Database
from schemas.effect import EffectReport


@dataclass(frozen=True, kw_only=True)
class ClosedCase:
    """A case that ended with a result.

    Attributes:
        asked: How many questions about its effect were asked.
    """

    case_number: str
    policy_version: str
    closed_at: datetime
    asked: int


async def closed_cases(db: Database, *, after: str = "", limit: int = 200) -> list[ClosedCase]:
    """Cases that ended resolved or in part, in the order of their numbers."""
    rows = await db.fetch(
        r"""
        SELECT c.case_number, c.policy_version, c.closed_at,
               coalesce((SELECT max(nth) FROM effect_followup AS e
                          WHERE e.case_number = c.case_number), 0) AS asked
          FROM support_case AS c
         WHERE c.closed_at IS NOT NULL
           AND (c.outcome LIKE 'resolved\_%' OR c.outcome = 'partial')
           AND c.case_number > $1
         ORDER BY c.case_number
         LIMIT $2
        """,
        after,
        limit,
    )
    return [ClosedCase(**dict(row)) for row in rows]


async def ask(db: Database, case_number: str, nth: int, at: datetime) -> None:
    """Record that the company is asked; asking again changes nothing."""
    await db.execute(
        """
        INSERT INTO effect_followup (case_number, nth, asked_at) VALUES ($1, $2, $3)
        ON CONFLICT DO NOTHING
        """,
        case_number,
        nth,
        at,
    )


async def open_question(db: Database, case_number: str) -> int | None:
    """The latest question that waits for an answer."""
    return await db.fetchval(
        """
        SELECT max(nth) FROM effect_followup WHERE case_number = $1 AND answered_at IS NULL
        """,
        case_number,
    )


async def answer(db: Database, case_number: str, report: EffectReport, at: datetime) -> bool:
    """Record an answer in place of an earlier one; False when that was never asked."""
    answered = await db.fetchval(
        """
        UPDATE effect_followup
           SET answered_at = $3, sales_krw = $4, cost_saving_krw = $5, jobs = $6, exports_krw = $7
         WHERE case_number = $1
           AND nth = $2
        RETURNING nth
        """,
        case_number,
        report.nth,
        at,
        report.sales_krw,
        report.cost_saving_krw,
        report.jobs,
        report.exports_krw,
    )
    return answered is not None


@dataclass(frozen=True, kw_only=True)
class EffectSummary:
    """K32: sums and medians of what companies reported, with how many did."""

    nth: int
    answers: int
    companies: int
    sales_krw: int | None
    sales_krw_median: float | None
    cost_saving_krw: int | None
    jobs: int | None
    exports_krw: int | None


async def summaries(db: Database, start: datetime, end: datetime) -> list[EffectSummary]:
    """Answers that came from `start` until before `end`, by question."""
    rows = await db.fetch(
        """
        SELECT nth, count(*)::int AS answers, count(DISTINCT i.company_id)::int AS companies,
               sum(sales_krw)::bigint AS sales_krw,
               percentile_cont(0.5) WITHIN GROUP (ORDER BY sales_krw) AS sales_krw_median,
               sum(cost_saving_krw)::bigint AS cost_saving_krw, sum(jobs)::bigint AS jobs,
               sum(exports_krw)::bigint AS exports_krw
          FROM effect_followup AS e
          JOIN intake AS i ON i.case_number = e.case_number
         WHERE answered_at >= $1
           AND answered_at < $2
         GROUP BY nth
         ORDER BY nth
        """,
        start,
        end,
    )
    return [EffectSummary(**dict(row)) for row in rows]
