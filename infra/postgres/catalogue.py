"""The catalogue: loading, reading it for an index, and what only staff may look up."""

from infra.postgres import technologies
from infra.postgres.pool import Database
from infra.sample_catalogue import SampleCatalogue
from schemas.catalogue import Researcher


async def load_sample(db: Database, sample: SampleCatalogue) -> None:
    """Write the sample; rows that are there stay as they are."""
    await db.executemany(
        """
        INSERT INTO patent (application_number, institute, title_ko, title_en, summary, inventors,
                            filed_on, ipc, status, url, source, as_of)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        ON CONFLICT (application_number) DO NOTHING
        """,
        [tuple(patent.model_dump().values()) for patent in sample.patents],
    )
    await db.executemany(
        """
        INSERT INTO lab (lab_id, institute, name, description, location, supports, source, as_of)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (lab_id) DO NOTHING
        """,
        [tuple(lab.model_dump().values()) for lab in sample.labs],
    )
    await db.executemany(
        """
        INSERT INTO equipment (equipment_id, institute, lab_id, name, specification, field_of_use,
                               location, sme_available, source, as_of)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        ON CONFLICT (equipment_id) DO NOTHING
        """,
        [tuple(item.model_dump().values()) for item in sample.equipment],
    )
    await db.executemany(
        """
        INSERT INTO researcher (researcher_id, institute, department, fields, source, as_of)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (researcher_id) DO NOTHING
        """,
        [tuple(person.model_dump().values()) for person in sample.researchers],
    )
    await technologies.add(db, sample.technologies)


async def search_researchers(
    db: Database, words: list[str], institute: str | None, limit: int, after: str | None = None
) -> list[Researcher]:
    """Researchers by department and field; for staff only (R067)."""
    rows = await db.fetch(
        """
        SELECT researcher_id, institute, department, fields, source, as_of
          FROM researcher
         WHERE lower(department || ' ' || array_to_string(fields, ' ')) LIKE ALL ($1::text[])
           AND ($2::text IS NULL OR institute = $2) AND ($4::text IS NULL OR researcher_id > $4)
         ORDER BY researcher_id
         LIMIT $3
        """,
        _patterns(words),
        institute,
        limit,
        after,
    )
    return [Researcher.model_validate(dict(row)) for row in rows]


def _patterns(words: list[str]) -> list[str]:
    """LIKE patterns in which the words' own wildcards mean themselves."""
    escaped = (
        word.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") for word in words
    )
    return [f"%{word}%" for word in escaped]


async def equipment_name(
    db: Database, equipment_id: str, institute: str | None = None
) -> str | None:
    """What an instrument is called; None for one that does not exist, or is another institute's."""
    return await db.fetchval(
        """
        SELECT name
          FROM equipment
         WHERE equipment_id = $1
           AND sme_available
           AND ($2::text IS NULL OR institute = $2)
        """,
        equipment_id,
        institute,
    )


async def equipment_of(db: Database, institute: str) -> list[tuple[str, str]]:
    """Id and name of every instrument that an institute lends, by name."""
    rows = await db.fetch(
        """
        SELECT equipment_id, name
          FROM equipment
         WHERE institute = $1
           AND sme_available
         ORDER BY name, equipment_id
        """,
        institute,
    )
    return [(row["equipment_id"], row["name"]) for row in rows]
