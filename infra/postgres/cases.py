"""Reading cases: lists within somebody's scope, one case, the evidence for its institutes."""

from dataclasses import dataclass
from datetime import datetime

from infra.postgres.pool import Database
from schemas.case import CaseIntake, CaseSnapshot


@dataclass(frozen=True, kw_only=True)
class CaseRow:
    """One line of a list of cases; the title without personal data."""

    case_number: str
    status: str
    step: str
    service: str | None
    channel: str
    region: str | None
    track: str | None
    lead_institute: str | None
    outcome: str | None
    title: str
    company_name: str
    received_at: datetime
    next_due_at: datetime | None
    overdue: bool
    closed_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class CaseFilter:
    """What a list of cases is asked for; None leaves everything in.

    Attributes:
        everything: Else only cases that were offered to `within`.
        review_due: Only cases whose monthly review waits for a coordinator.
        search: Part of a case number, title or company name.
        after: Last line of the page before: when it was received, and its number.
    """

    everything: bool
    within: str | None
    status: str | None = None
    institute: str | None = None
    service: str | None = None
    overdue: bool | None = None
    review_due: bool = False
    search: str | None = None
    after: tuple[datetime, str] | None = None
    limit: int = 50


async def page(db: Database, wanted: CaseFilter) -> list[CaseRow]:
    """Cases inside a scope, the latest first; one more than the limit when there is a next page."""
    received_before, number_before = wanted.after or (None, None)
    rows = await db.fetch(
        """
        SELECT c.case_number, c.status, c.step, c.service, c.channel, c.region, c.track,
               c.lead_institute, c.outcome, t.title_masked AS title, company.name AS company_name,
               c.received_at, c.next_due_at, c.overdue, c.closed_at
          FROM support_case AS c
          JOIN intake AS i ON i.case_number = c.case_number
          JOIN company ON company.company_id = i.company_id
          JOIN case_text AS t ON t.case_number = c.case_number
         WHERE ($1 OR EXISTS (SELECT FROM assignment AS a
                               WHERE a.case_number = c.case_number
                                 AND a.institute = $2))
           AND ($3::text IS NULL OR c.status = $3)
           AND ($4::text IS NULL OR c.lead_institute = $4)
           AND ($5::text IS NULL OR c.service = $5)
           AND ($6::boolean IS NULL OR c.overdue = $6)
           AND ($7::text IS NULL OR c.case_number LIKE '%' || $7 || '%'
                                 OR t.title_masked ILIKE '%' || $7 || '%'
                                 OR company.name ILIKE '%' || $7 || '%')
           AND (NOT $11 OR c.status = 'in_service'
                AND EXISTS (SELECT FROM case_review AS r
                             WHERE r.case_number = c.case_number
                               AND r.reviewed_at IS NULL))
           AND ($8::timestamptz IS NULL OR (c.received_at, c.case_number) < ($8, $9))
         ORDER BY c.received_at DESC, c.case_number DESC
         LIMIT $10
        """,
        wanted.everything,
        wanted.within,
        wanted.status,
        wanted.institute,
        wanted.service,
        wanted.overdue,
        None if wanted.search is None else escape_pattern(wanted.search),
        received_before,
        number_before,
        wanted.limit + 1,
        wanted.review_due,
    )
    return [CaseRow(**dict(row)) for row in rows]


def escape_pattern(text: str) -> str:
    """`text` as a part of a LIKE pattern that means just itself."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


@dataclass(frozen=True, kw_only=True)
class StoredCase:
    """A case as the read model knows it.

    Attributes:
        snapshot: None until its workflow wrote its first transition.
        title, description: As written, without resident registration numbers.
        title_masked, description_masked: Without any personal data that could be found.
    """

    case_number: str
    intake: CaseIntake
    snapshot: CaseSnapshot | None
    company_name: str
    title: str
    description: str
    title_masked: str
    description_masked: str
    personal_data: tuple[str, ...]


async def find(db: Database, case_number: str) -> StoredCase | None:
    """The case with this number."""
    row = await db.fetchrow(
        """
        SELECT i.case_number, i.intake, c.snapshot, company.name AS company_name, t.title,
               t.description, t.title_masked, t.description_masked, t.personal_data
          FROM intake AS i
          JOIN company ON company.company_id = i.company_id
          JOIN case_text AS t ON t.case_number = i.case_number
          LEFT JOIN support_case AS c ON c.case_number = i.case_number
         WHERE i.case_number = $1
        """,
        case_number,
    )
    if row is None:
        return None
    snapshot = row["snapshot"]
    return StoredCase(
        case_number=row["case_number"],
        intake=CaseIntake.model_validate(row["intake"]),
        snapshot=None if snapshot is None else CaseSnapshot.model_validate(snapshot),
        company_name=row["company_name"],
        title=row["title"],
        description=row["description"],
        title_masked=row["title_masked"],
        description_masked=row["description_masked"],
        personal_data=tuple(row["personal_data"]),
    )


async def version(db: Database, case_number: str) -> int | None:
    """The version that the read model holds; None before the first."""
    stored: int | None = await db.fetchval(
        "SELECT version FROM support_case WHERE case_number = $1", case_number
    )
    return stored
