"""Figures from the read model."""

from dataclasses import dataclass
from datetime import datetime

from infra.postgres.pool import Database


@dataclass(frozen=True, kw_only=True)
class Count:
    """How many cases, and of how many different companies, have one value."""

    value: str
    cases: int
    companies: int


async def received_by(db: Database, start: datetime, end: datetime) -> dict[str, list[Count]]:
    """Receipts from `start` until before `end`, by status, service, channel and outcome.

    Enquiries answered at the desk are contacts, not cases, and are left out (C42).
    """
    rows = await db.fetch(
        """
        SELECT kind, value, count(*)::int AS cases, count(DISTINCT company_id)::int AS companies
          FROM support_case AS c
          JOIN intake AS i ON i.case_number = c.case_number,
               LATERAL (VALUES ('status', c.status), ('service', c.service),
                               ('channel', c.channel), ('outcome', c.outcome),
                               ('total', 'cases')) AS figure (kind, value)
         WHERE c.received_at >= $1
           AND c.received_at < $2
           AND c.counted_as = 'case'
           AND value IS NOT NULL
         GROUP BY kind, value
         ORDER BY kind, value
        """,
        start,
        end,
    )
    counts: dict[str, list[Count]] = {}
    for row in rows:
        counts.setdefault(row["kind"], []).append(
            Count(value=row["value"], cases=row["cases"], companies=row["companies"])
        )
    return counts


async def contacts(db: Database, start: datetime, end: datetime) -> int:
    """Enquiries answered at the desk, received from `start` until before `end`."""
    number: int = await db.fetchval(
        """
        SELECT count(*)::int
          FROM support_case
         WHERE received_at >= $1
           AND received_at < $2
           AND counted_as <> 'case'
        """,
        start,
        end,
    )
    return number


async def promises(db: Database, start: datetime, end: datetime) -> dict[str, int]:
    """The three-day promise of cases received in the period, by its state (K21)."""
    rows = await db.fetch(
        """
        SELECT promise ->> 'state' AS state, count(*)::int AS number
          FROM support_case,
               LATERAL jsonb_array_elements(snapshot -> 'promises') AS promise
         WHERE received_at >= $1
           AND received_at < $2
           AND counted_as = 'case'
           AND promise ->> 'kind' = 'first_contact'
         GROUP BY 1
         ORDER BY 1
        """,
        start,
        end,
    )
    return {row["state"]: row["number"] for row in rows}


@dataclass(frozen=True, kw_only=True)
class Load:
    """What is going on now: gauges for operations."""

    open_cases: int
    open_tasks: int
    overdue_tasks: int
    pending_intakes: int
    pending_messages: int


async def load(db: Database, now: datetime) -> Load:
    """The load at this moment."""
    row = await db.fetchrow(
        """
        SELECT (SELECT count(*) FROM support_case WHERE closed_at IS NULL)::int AS open_cases,
               (SELECT count(*) FROM human_task WHERE status = 'open')::int AS open_tasks,
               (SELECT count(*) FROM human_task
                 WHERE status = 'open' AND due_at < $1)::int AS overdue_tasks,
               (SELECT count(*) FROM intake WHERE status = 'pending')::int AS pending_intakes,
               (SELECT count(*) FROM notification
                 WHERE status = 'pending')::int AS pending_messages
        """,
        now,
    )
    if row is None:
        raise RuntimeError("a query without FROM returned no row")
    return Load(**dict(row))
