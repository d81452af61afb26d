"""What rows that are imported refer to: whether it is there."""

from collections.abc import Iterable, Mapping, Sequence

from infra.imports.problems import Wrong
from infra.postgres.pool import Database
from schemas.catalogue import DataSet


async def missing_references(
    db: Database, data_set: DataSet, records: Sequence[Mapping[str, object]]
) -> list[tuple[int, str, Wrong]]:
    """Laboratories, patents and researchers that records name and that the catalogue lacks.

    Returns:
        The record's place in `records`, the column, and what is wrong.
    """
    found: list[tuple[int, str, Wrong]] = []
    if data_set is DataSet.EQUIPMENT:
        known = await _labs(db, _named(records, "lab_id"))
        found += _unknown(records, "lab_id", known, Wrong.UNKNOWN_LAB)
    if data_set is DataSet.TECHNOLOGIES:
        known = await _patents(db, _named(records, "patents"))
        found += _unknown(records, "patents", known, Wrong.UNKNOWN_PATENT)
        known = await _researchers(db, _named(records, "researchers"))
        found += _unknown(records, "researchers", known, Wrong.UNKNOWN_RESEARCHER)
    return found


def _ids(record: Mapping[str, object], column: str) -> list[str]:
    value = record[column]
    if isinstance(value, list):
        return [str(one) for one in value]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]  # ids
    return [] if value is None else [str(value)]


def _named(records: Iterable[Mapping[str, object]], column: str) -> list[str]:
    return list({one for record in records for one in _ids(record, column)})


def _unknown(
    records: Sequence[Mapping[str, object]], column: str, known: set[str], wrong: Wrong
) -> list[tuple[int, str, Wrong]]:
    return [
        (place, column, wrong)
        for place, record in enumerate(records)
        if not known.issuperset(_ids(record, column))
    ]


async def _labs(db: Database, ids: list[str]) -> set[str]:
    rows = await db.fetch("SELECT lab_id FROM lab WHERE lab_id = ANY($1::text[])", ids)
    return {row["lab_id"] for row in rows}


async def _patents(db: Database, numbers: list[str]) -> set[str]:
    rows = await db.fetch(
        """
        SELECT application_number
          FROM patent
         WHERE application_number = ANY($1::text[])
        """,
        numbers,
    )
    return {row["application_number"] for row in rows}


async def _researchers(db: Database, ids: list[str]) -> set[str]:
    rows = await db.fetch(
        "SELECT researcher_id FROM researcher WHERE researcher_id = ANY($1::text[])", ids
    )
    return {row["researcher_id"] for row in rows}
