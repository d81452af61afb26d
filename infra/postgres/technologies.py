"""Technologies for transfer, and how they hang together with patents and researchers (R093)."""

from collections.abc import Sequence
from dataclasses import dataclass

from infra.postgres.pool import Database
from schemas.catalogue import Technology


async def add(db: Database, technologies: Sequence[Technology]) -> None:
    """Write technologies with their links; those that are there stay as they are."""
    await db.executemany(
        """
        INSERT INTO technology (technology_id, institute, name, summary, field_of_use, readiness,
                                source, as_of)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (technology_id) DO NOTHING
        """,
        [
            (
                technology.technology_id,
                technology.institute,
                technology.name,
                technology.summary,
                technology.field_of_use,
                technology.readiness,
                technology.source,
                technology.as_of,
            )
            for technology in technologies
        ],
    )
    await db.executemany(
        """
        INSERT INTO technology_patent (technology_id, application_number)
        VALUES ($1, $2)
        ON CONFLICT DO NOTHING
        """,
        [
            (technology.technology_id, number)
            for technology in technologies
            for number in technology.patents
        ],
    )
    await db.executemany(
        """
        INSERT INTO technology_researcher (technology_id, researcher_id)
        VALUES ($1, $2)
        ON CONFLICT DO NOTHING
        """,
        [
            (technology.technology_id, person)
            for technology in technologies
            for person in technology.researchers
        ],
    )


async def find(db: Database, technology_id: str) -> Technology | None:
    """One technology with its links; None for one that does not exist."""
    row = await db.fetchrow(
        """
        SELECT t.technology_id, t.institute, t.name, t.summary, t.field_of_use, t.readiness,
               t.source, t.as_of,
               ARRAY(SELECT p.application_number
                       FROM technology_patent AS p
                      WHERE p.technology_id = t.technology_id
                      ORDER BY p.application_number) AS patents,
               ARRAY(SELECT r.researcher_id
                       FROM technology_researcher AS r
                      WHERE r.technology_id = t.technology_id
                      ORDER BY r.researcher_id) AS researchers
          FROM technology AS t
         WHERE t.technology_id = $1
        """,
        technology_id,
    )
    return None if row is None else Technology.model_validate(dict(row))


@dataclass(frozen=True, kw_only=True)
class Knowledge:
    """Where a patent's technology is known: for staff, never for the public (C27).

    Attributes:
        institute: The researcher's, which need not be the one that holds the patent.
    """

    technology_id: str
    technology: str
    researcher_id: str
    department: str
    institute: str


async def who_knows(db: Database, application_number: str) -> list[Knowledge]:
    """From a patent over its technologies to researchers, departments and institutes (R093)."""
    rows = await db.fetch(
        """
        SELECT t.technology_id, t.name AS technology, r.researcher_id, r.department, r.institute
          FROM technology_patent AS tp
          JOIN technology AS t USING (technology_id)
          JOIN technology_researcher AS tr USING (technology_id)
          JOIN researcher AS r USING (researcher_id)
         WHERE tp.application_number = $1
         ORDER BY t.technology_id, r.researcher_id
        """,
        application_number,
    )
    return [Knowledge(**dict(row)) for row in rows]


async def public_of_patent(db: Database, application_number: str) -> list[tuple[str, str]]:
    """Id and name of the technologies that a patent protects; leads to no person."""
    rows = await db.fetch(
        """
        SELECT t.technology_id, t.name
          FROM technology_patent AS tp
          JOIN technology AS t USING (technology_id)
         WHERE tp.application_number = $1
         ORDER BY t.technology_id
        """,
        application_number,
    )
    return [(row["technology_id"], row["name"]) for row in rows]
