"""Reading human tasks: the worklist, one task, a company's tasks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from infra.postgres.cases import escape_pattern
from infra.postgres.pool import Database
from schemas.actor import COMPANY_GROUP
from schemas.task import (
    HumanTask,
)


@dataclass(frozen=True, kw_only=True)
class TaskRow:
    """One line of the worklist."""

    task_id: str
    case_number: str
    kind: str
    status: str
    candidate_group: str
    assignee: str | None
    opened_at: datetime
    due_at: datetime
    level: int
    version: int
    title: str
    service: str | None


@dataclass(frozen=True, kw_only=True)
class TaskFilter:
    """What a worklist is asked for; None leaves everything in.

    Attributes:
        groups: Only tasks of these candidate groups.
        assignee: Only tasks claimed by this account.
        after: Last line of the page before: its due time and id.
    """

    groups: Sequence[str]
    status: str | None = "open"
    assignee: str | None = None
    kind: str | None = None
    search: str | None = None
    after: tuple[datetime, str] | None = None
    limit: int = 50


async def page(db: Database, wanted: TaskFilter) -> list[TaskRow]:
    """Tasks of somebody's groups by due time; one more than the limit if there is a next page."""
    due_after, id_after = wanted.after or (None, None)
    rows = await db.fetch(
        """
        SELECT h.task_id, h.case_number, h.kind, h.status, h.candidate_group, h.assignee,
               h.opened_at, h.due_at, h.level, h.version,
               coalesce(t.title_masked, '') AS title, c.service
          FROM human_task AS h
          LEFT JOIN support_case AS c ON c.case_number = h.case_number
          LEFT JOIN case_text AS t ON t.case_number = h.case_number
         WHERE h.candidate_group = ANY($1)
           AND ($2::text IS NULL OR h.status = $2)
           AND ($3::text IS NULL OR h.assignee = $3)
           AND ($4::text IS NULL OR h.kind = $4)
           AND ($5::text IS NULL OR h.case_number LIKE '%' || $5 || '%'
                                 OR t.title_masked ILIKE '%' || $5 || '%')
           AND ($6::timestamptz IS NULL OR (h.due_at, h.task_id) > ($6, $7))
         ORDER BY h.due_at, h.task_id
         LIMIT $8
        """,
        list(wanted.groups),
        wanted.status,
        wanted.assignee,
        wanted.kind,
        None if wanted.search is None else escape_pattern(wanted.search),
        due_after,
        id_after,
        wanted.limit + 1,
    )
    return [TaskRow(**dict(row)) for row in rows]


async def find(db: Database, task_id: str) -> HumanTask | None:
    """The task with this id, as its case last recorded it."""
    stored = await db.fetchval("SELECT task FROM human_task WHERE task_id = $1", task_id)
    return None if stored is None else HumanTask.model_validate(stored)


async def of_company(db: Database, case_number: str) -> list[HumanTask]:
    """What is and was asked of the company of a case, the latest first."""
    rows = await db.fetch(
        """
        SELECT task
          FROM human_task
         WHERE case_number = $1
           AND candidate_group = $2
         ORDER BY opened_at DESC, task_id DESC
        """,
        case_number,
        COMPANY_GROUP,
    )
    return [HumanTask.model_validate(row["task"]) for row in rows]


async def of_case(db: Database, case_number: str) -> list[HumanTask]:
    """Every task of a case, the latest first."""
    rows = await db.fetch(
        """
        SELECT task
          FROM human_task
         WHERE case_number = $1
         ORDER BY opened_at DESC, task_id DESC
        """,
        case_number,
    )
    return [HumanTask.model_validate(row["task"]) for row in rows]


async def open_of(db: Database, account_id: str) -> int:
    """How many open tasks are assigned to somebody."""
    number: int = await db.fetchval(
        "SELECT count(*)::int FROM human_task WHERE assignee = $1 AND status = 'open'", account_id
    )
    return number
