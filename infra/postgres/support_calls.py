"""Calls that ministries and regions announced, for long R&D; and projects that run already."""

from datetime import date

from infra.postgres.pool import Database
from schemas.catalogue import ResearchProject, SupportCall


async def open_calls(
    db: Database, words: list[str], day: date, limit: int, after: str | None = None
) -> list[SupportCall]:
    """Calls that can be applied to on `day`, by number; one without a last day always can.

    Args:
        db: Database.
        words: All have to occur in the title, the summary or a ministry's name; none finds all.
        day: The Korean day.
        limit: At most so many.
        after: Number of the call to go on after.
    """
    rows = await db.fetch(
        """
        SELECT call_id, title, summary, audience, period, opens_on, closes_on, ministry,
               executing_agency, url, application_url, source, as_of
          FROM support_call
         WHERE (closes_on IS NULL OR closes_on >= $2)
           AND lower(concat_ws(' ', title, summary, ministry, executing_agency))
               LIKE ALL ($1::text[])
           AND ($4::text IS NULL OR call_id > $4)
         ORDER BY call_id
         LIMIT $3
        """,
        _patterns(words),
        day,
        limit,
        after,
    )
    return [SupportCall.model_validate(dict(row)) for row in rows]


async def closing_next(db: Database, day: date, limit: int) -> list[SupportCall]:
    """Calls that can be applied to on `day`, the first to close first."""
    rows = await db.fetch(
        """
        SELECT call_id, title, summary, audience, period, opens_on, closes_on, ministry,
               executing_agency, url, application_url, source, as_of
          FROM support_call
         WHERE closes_on IS NULL OR closes_on >= $1
         ORDER BY closes_on, call_id
         LIMIT $2
        """,
        day,
        limit,
    )
    return [SupportCall.model_validate(dict(row)) for row in rows]


async def search_projects(
    db: Database, words: list[str], institute: str | None, limit: int, after: str | None = None
) -> list[ResearchProject]:
    """Projects that public money pays for, in which every word occurs; for staff."""
    rows = await db.fetch(
        """
        SELECT project_number, institute, title, summary, keywords, ministry, starts_on, ends_on,
               source, as_of
          FROM research_project
         WHERE search_text LIKE ALL ($1::text[]) AND ($2::text IS NULL OR institute = $2)
           AND ($4::text IS NULL OR project_number > $4)
         ORDER BY project_number
         LIMIT $3
        """,
        _patterns(words),
        institute,
        limit,
        after,
    )
    return [ResearchProject.model_validate(dict(row)) for row in rows]


def _patterns(words: list[str]) -> list[str]:
    """LIKE patterns in which the words' own wildcards mean themselves."""
    escaped = (
        word.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") for word in words
    )
    return [f"%{word}%" for word in escaped]
