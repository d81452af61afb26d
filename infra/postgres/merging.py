"""Merges batches of rows into the catalogue: copied to one side, compared, written at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Final, LiteralString

from infra.postgres.pool import BulkDatabase, Database
from schemas.catalogue import DataSet

# Any constant will do, as long as nothing else in the database uses it.
_LOCK: Final = 1379_0016


@dataclass(frozen=True)
class Merged:
    """What became of the rows of a batch, or of many.

    Attributes:
        unchanged: As they were. Their as-of date moves on if the source is of a later day.
        outdated: Older than what is there, which stays.
        refused: Not merged, because something is wrong with them.
    """

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    outdated: int = 0
    refused: int = 0

    def __add__(self, other: "Merged") -> "Merged":
        """Both together."""
        return Merged(
            *(getattr(self, part.name) + getattr(other, part.name) for part in fields(self))
        )


@dataclass(frozen=True)
class _Column:
    """A column as it is stored.

    Attributes:
        fallback: SQL of what a new row has when its source gave nothing.
        whole: SQL of when a source's nothing counts too, because it gave what the column is a part
            of; empty for never.
    """

    name: LiteralString
    type: LiteralString = "text"
    fallback: LiteralString = "NULL"
    whole: LiteralString = ""

    @property
    def taken(self) -> LiteralString:
        """SQL of what the source gave, or else of what is there."""
        kept: LiteralString = f"coalesce(s.{self.name}, t.{self.name})"
        return f"CASE WHEN {self.whole} THEN s.{self.name} ELSE {kept} END" if self.whole else kept


@dataclass(frozen=True)
class _Table:
    """A table of the catalogue; `columns` are those that a source can give, without the key."""

    name: LiteralString
    key: LiteralString
    columns: tuple[_Column, ...]


_INSTITUTE: Final = _Column("institute")
# A call's days stand and fall together: one that is open until its money is spent has no last day
# any more, and a new first day may be later than the old last one.
_PERIOD_GIVEN: Final[LiteralString] = (
    "(s.period IS NOT NULL OR s.opens_on IS NOT NULL OR s.closes_on IS NOT NULL)"
)
_TABLES: Final[Mapping[DataSet, _Table]] = {
    DataSet.PATENTS: _Table(
        "patent",
        "application_number",
        (
            _INSTITUTE,
            _Column("title_ko"),
            _Column("title_en", fallback="''"),
            _Column("summary", fallback="''"),
            _Column("inventors", "text[]", "'{}'"),
            _Column("filed_on", "date"),
            _Column("ipc", fallback="''"),
            _Column("status", fallback="'unknown'"),
            _Column("url"),
        ),
    ),
    DataSet.EQUIPMENT: _Table(
        "equipment",
        "equipment_id",
        (
            _INSTITUTE,
            _Column("lab_id"),
            _Column("name"),
            _Column("specification", fallback="''"),
            _Column("field_of_use", fallback="''"),
            _Column("location", fallback="''"),
            # Nobody is offered an instrument of which nobody said that it may be used (R066).
            _Column("sme_available", "boolean", "false"),
        ),
    ),
    DataSet.LABS: _Table(
        "lab",
        "lab_id",
        (
            _INSTITUTE,
            _Column("name"),
            _Column("description", fallback="''"),
            _Column("location", fallback="''"),
            _Column("supports", fallback="''"),
        ),
    ),
    DataSet.RESEARCHERS: _Table(
        "researcher",
        "researcher_id",
        (_INSTITUTE, _Column("department"), _Column("fields", "text[]")),
    ),
    DataSet.TECHNOLOGIES: _Table(
        "technology",
        "technology_id",
        (
            _INSTITUTE,
            _Column("name"),
            _Column("summary"),
            _Column("field_of_use", fallback="''"),
            _Column("readiness", "integer"),
        ),
    ),
    DataSet.PROJECTS: _Table(
        "research_project",
        "project_number",
        (
            _INSTITUTE,
            _Column("title"),
            _Column("summary", fallback="''"),
            _Column("keywords", "text[]", "'{}'"),
            _Column("ministry", fallback="''"),
            _Column("starts_on", "date"),
            _Column("ends_on", "date"),
        ),
    ),
    DataSet.CALLS: _Table(
        "support_call",
        "call_id",
        (
            _Column("title"),
            _Column("summary", fallback="''"),
            _Column("audience", fallback="''"),
            _Column("period", fallback="''"),
            _Column("opens_on", "date", whole=_PERIOD_GIVEN),
            _Column("closes_on", "date", whole=_PERIOD_GIVEN),
            _Column("ministry", fallback="''"),
            _Column("executing_agency", fallback="''"),
            _Column("url"),
            _Column("application_url"),
        ),
    ),
}


async def merge(
    db: BulkDatabase, data_set: DataSet, records: Sequence[Mapping[str, object]]
) -> Merged:
    """Write rows by their natural keys; the caller opens the transaction.

    A row that is as it was is not written, so that nothing is indexed anew; only its as-of date
    and source move on to a later day's. One that is older than what is there is left out. Where a
    source has nothing (None), what is there stays; but a call's two days are taken as given as soon
    as a source gives its period or one of them.

    Merges of one data set wait for each other, so that no two lock the same rows in another order.

    Args:
        db: A connection in a transaction.
        data_set: What the rows are.
        records: A value for each column by name, with each key once.
    """
    if not records:
        return Merged()
    table = _TABLES[data_set]
    columns = (_Column(table.key), *table.columns, _Column("source"), _Column("as_of", "date"))
    await db.execute("SELECT pg_advisory_xact_lock($1, hashtext($2))", _LOCK, data_set.value)
    await _stage(db, columns, records)
    await _compare(db, table)
    if data_set is DataSet.TECHNOLOGIES:
        await _compare_links(db, records)
    counted = await db.fetch("SELECT fate, count(*) AS rows FROM merged GROUP BY fate")
    merged = Merged(**{row["fate"]: row["rows"] for row in counted})
    if merged.added or merged.changed:
        await _write(db, table)
    if merged.unchanged:
        await _confirm(db, table)
    if data_set is DataSet.TECHNOLOGIES:
        await _write_links(db)
    await db.execute("DROP TABLE staged, merged")
    return merged


async def _stage(
    db: BulkDatabase, columns: Sequence[_Column], records: Sequence[Mapping[str, object]]
) -> None:
    declared = ", ".join([f"{column.name} {column.type}" for column in columns])
    await db.execute(f"CREATE TEMP TABLE staged ({declared}) ON COMMIT DROP")
    names = [column.name for column in columns]
    await db.copy_records_to_table(
        "staged",
        records=[[record[name] for name in names] for record in records],
        columns=names,
    )
    await db.execute("ANALYZE staged")


async def _compare(db: Database, table: _Table) -> None:
    """Put each row beside the one that is there, and say what is to become of it."""
    key = table.key
    taken = ", ".join(
        [
            f"coalesce({column.taken}, {column.fallback}) AS {column.name}"
            for column in table.columns
        ]
    )
    same = " AND ".join(
        [f"{column.taken} IS NOT DISTINCT FROM t.{column.name}" for column in table.columns]
    )
    await db.execute(
        f"""
        CREATE TEMP TABLE merged ON COMMIT DROP AS
        SELECT s.{key}, {taken}, s.source, s.as_of,
               CASE WHEN t.{key} IS NULL THEN 'added'
                    WHEN {same} THEN 'unchanged'
                    WHEN s.as_of < t.as_of THEN 'outdated'
                    ELSE 'changed'
               END AS fate
          FROM staged AS s
          LEFT JOIN {table.name} AS t USING ({key})
        """  # noqa: S608  # literals of this module, as the type says
    )


async def _write(db: Database, table: _Table) -> None:
    columns: list[LiteralString] = [column.name for column in table.columns]
    names: list[LiteralString] = [table.key, *columns, "source", "as_of"]
    listed = ", ".join(names)
    replaced = ", ".join([f"{name} = excluded.{name}" for name in names[1:]])
    await db.execute(
        f"""
        INSERT INTO {table.name} ({listed})
        SELECT {listed}
          FROM merged
         WHERE fate IN ('added', 'changed')
         ORDER BY {table.key}
            ON CONFLICT ({table.key}) DO UPDATE
           SET {replaced}
        """  # noqa: S608  # literals of this module, as the type says
    )


async def _confirm(db: Database, table: _Table) -> None:
    """Move as-of dates on. It touches no column that is searched, so no index is made anew."""
    await db.execute(
        f"""
        UPDATE {table.name} AS t
           SET source = m.source, as_of = m.as_of
          FROM merged AS m
         WHERE t.{table.key} = m.{table.key}
           AND m.fate = 'unchanged'
           AND m.as_of > t.as_of
        """  # noqa: S608  # literals of this module, as the type says
    )


async def _compare_links(db: BulkDatabase, records: Sequence[Mapping[str, object]]) -> None:
    """A technology with other links than before has changed, whatever its texts are."""
    await db.execute(
        """
        CREATE TEMP TABLE linked (technology_id text, patents text[], researchers text[])
            ON COMMIT DROP
        """
    )
    names = ("technology_id", "patents", "researchers")
    await db.copy_records_to_table(
        "linked", records=[[record[name] for name in names] for record in records], columns=names
    )
    await db.execute(
        """
        UPDATE merged AS m
           SET fate = CASE WHEN m.as_of < t.as_of THEN 'outdated' ELSE 'changed' END
          FROM linked AS l, technology AS t
         WHERE l.technology_id = m.technology_id
           AND t.technology_id = m.technology_id
           AND m.fate = 'unchanged'
           AND (   ARRAY(SELECT DISTINCT unnest(l.patents) ORDER BY 1)
                   <> ARRAY(SELECT p.application_number
                              FROM technology_patent AS p
                             WHERE p.technology_id = m.technology_id
                             ORDER BY 1)
                   AND l.patents IS NOT NULL
                OR ARRAY(SELECT DISTINCT unnest(l.researchers) ORDER BY 1)
                   <> ARRAY(SELECT r.researcher_id
                              FROM technology_researcher AS r
                             WHERE r.technology_id = m.technology_id
                             ORDER BY 1)
                   AND l.researchers IS NOT NULL)
        """
    )


async def _write_links(db: Database) -> None:
    """Replace the links that a source gave; where it gave none, they stay."""
    await db.execute(
        """
        DELETE FROM technology_patent AS p
         USING linked AS l JOIN merged AS m USING (technology_id)
         WHERE p.technology_id = l.technology_id
           AND l.patents IS NOT NULL
           AND m.fate IN ('added', 'changed')
        """
    )
    await db.execute(
        """
        INSERT INTO technology_patent (technology_id, application_number)
        SELECT l.technology_id, unnest(l.patents)
          FROM linked AS l
          JOIN merged AS m USING (technology_id)
         WHERE m.fate IN ('added', 'changed')
            ON CONFLICT DO NOTHING
        """
    )
    await db.execute(
        """
        DELETE FROM technology_researcher AS r
         USING linked AS l JOIN merged AS m USING (technology_id)
         WHERE r.technology_id = l.technology_id
           AND l.researchers IS NOT NULL
           AND m.fate IN ('added', 'changed')
        """
    )
    await db.execute(
        """
        INSERT INTO technology_researcher (technology_id, researcher_id)
        SELECT l.technology_id, unnest(l.researchers)
          FROM linked AS l
          JOIN merged AS m USING (technology_id)
         WHERE m.fate IN ('added', 'changed')
            ON CONFLICT DO NOTHING
        """
    )
    await db.execute("DROP TABLE linked")
