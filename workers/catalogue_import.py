"""Imports a file into the catalogue: batch by batch, going on where a killed import stopped."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import asyncpg
import structlog

from infra.imports.institutes import InstituteNames
from infra.imports.mapping import CannotImport, Mapping, MappingFile
from infra.imports.problems import RowProblem
from infra.imports.rows import Checker, Provenance, Record
from infra.imports.tables import Row, Table, facts_of
from infra.postgres import imports, journal
from infra.postgres.imports import Progress
from infra.postgres.merging import Merged, merge
from infra.postgres.pool import transaction, trial
from infra.postgres.references import missing_references
from schemas.actor import SYSTEM
from schemas.catalogue import DataSet

log = structlog.stdlib.get_logger()

_BATCH: Final = 5_000
_SEOUL: Final = ZoneInfo("Asia/Seoul")


@dataclass(frozen=True)
class ImportPlan:
    """What is to be imported, and as what.

    Attributes:
        source: Named on every row; None is the file's name.
        as_of: When the rows were true; None is the day on which the file was last changed.
        dry_run: Whether to find out only what would happen.
    """

    path: Path
    data_set: DataSet
    mapping: MappingFile
    source: str | None = None
    as_of: date | None = None
    dry_run: bool = False

    @property
    def provenance(self) -> Provenance:
        """What every row says of where it comes from."""
        changed = datetime.fromtimestamp(self.path.stat().st_mtime, UTC).astimezone(_SEOUL).date()
        return Provenance(
            self.source or self.mapping.source or self.path.name,
            self.as_of or self.mapping.as_of or changed,
        )


@dataclass(frozen=True)
class Outcome:
    """What an import came to.

    Attributes:
        done_before: Rows that an import which was stopped had done already.
        finished_before: When the same file had been imported already; then nothing was done.
    """

    provenance: Provenance
    merged: Merged
    problems: tuple[RowProblem, ...]
    done_before: int = 0
    finished_before: datetime | None = None


@dataclass(frozen=True)
class _Batch:
    """Rows of the file that are written together.

    Attributes:
        end: How many rows of the file are done with it.
        rows: By record, the row it came from.
    """

    end: int
    records: list[Record]
    rows: list[int]
    problems: list[RowProblem]


async def import_file(
    pool: asyncpg.Pool,
    plan: ImportPlan,
    *,
    told: Callable[[int, int | None], object] = lambda _, __: None,
) -> Outcome:
    """Import a file, or the rest of it.

    Each batch is written in one transaction with the note of how far the import has come, so
    readers see all of it or nothing, and a killed import goes on after the last whole batch. What
    is wrong is found again from the first row on, so that the report is whole.

    Args:
        pool: Connections to the database.
        plan: What to import.
        told: Called after each batch with how many rows are done, of about how many.

    Raises:
        CannotImport: The file or its mapping is wrong as a whole; nothing was written.
        ImportedElsewhere: Another process imports the same file.
    """
    facts = facts_of(plan.path, plan.mapping)
    table = Table(plan.path, plan.mapping, facts)
    mapping = Mapping(plan.data_set, plan.mapping, table.header)
    provenance = plan.provenance
    names = InstituteNames(await imports.institute_names(pool))
    checker = Checker(mapping, names, provenance)
    if checker.wrong_fixed:
        said = "; ".join(
            f"fixed.{problem.column}: {problem.wrong.korean} {problem.wrong.english}"
            for problem in checker.wrong_fixed
        )
        raise CannotImport(said)
    key = _key(facts.sha256, mapping.digest, provenance)
    progress = Progress(0, Merged(), None)
    if not plan.dry_run:
        progress = await imports.begin(
            pool, key, plan.data_set, provenance.source, provenance.as_of
        )
        if progress.finished_at is not None:
            return Outcome(provenance, progress.merged, (), finished_before=progress.finished_at)
    problems: list[RowProblem] = []
    merged = progress.merged
    before = progress.records
    for checked in _batches(table.rows(), checker):
        batch = await _without_loose_ends(pool, mapping, checked)
        problems += batch.problems
        if batch.end > before:
            merged += await _write(pool, plan, batch, key, before)
            before = batch.end
        told(batch.end, table.about)
    if not plan.dry_run:
        await _finish(pool, key, plan, provenance, merged)
    return Outcome(
        provenance,
        merged,
        tuple(sorted(problems, key=lambda problem: problem.row)),
        done_before=progress.records,
    )


def _key(file: str, mapping: str, provenance: Provenance) -> str:
    told = f"{file} {mapping} {provenance.as_of.isoformat()} {provenance.source}"
    return sha256(told.encode()).hexdigest()


def _batches(rows: Iterator[Row], checker: Checker) -> Iterator[_Batch]:
    batch = _Batch(0, [], [], [])
    for end, row in enumerate(rows, start=1):
        record, problems = checker.check(row)
        batch.problems.extend(problems)
        if record is not None:
            batch.records.append(record)
            batch.rows.append(row.number)
        batch = replace(batch, end=end)
        if end % _BATCH == 0:
            yield batch
            batch = _Batch(end, [], [], [])
    if batch.end % _BATCH:
        yield batch


async def _without_loose_ends(pool: asyncpg.Pool, mapping: Mapping, batch: _Batch) -> _Batch:
    """A batch without the rows that refer to what is not there."""
    loose = await missing_references(pool, mapping.data_set, batch.records)
    if not loose:
        return batch
    headers = {column.name: header for column, header in mapping.places}
    places = {place for place, _, _ in loose}
    kept = [place for place in range(len(batch.records)) if place not in places]
    return _Batch(
        batch.end,
        [batch.records[place] for place in kept],
        [batch.rows[place] for place in kept],
        [
            *batch.problems,
            *(
                RowProblem(batch.rows[place], headers.get(column, column), wrong)
                for place, column, wrong in loose
            ),
        ],
    )


async def _write(
    pool: asyncpg.Pool, plan: ImportPlan, batch: _Batch, key: str, before: int
) -> Merged:
    refused = Merged(refused=len({problem.row for problem in batch.problems}))
    async with trial(pool) if plan.dry_run else transaction(pool) as db:
        merged = refused + await merge(db, plan.data_set, batch.records)
        if not plan.dry_run:
            await imports.advance(db, key, before, batch.end, merged)
    return merged


async def _finish(
    pool: asyncpg.Pool, key: str, plan: ImportPlan, provenance: Provenance, merged: Merged
) -> None:
    await imports.finish(pool, key)
    detail = {
        "data_set": plan.data_set.value,
        "source": provenance.source,
        "as_of": provenance.as_of.isoformat(),
        "added": str(merged.added),
        "changed": str(merged.changed),
        "refused": str(merged.refused),
    }
    await journal.append(
        pool,
        journal.CENTRE_STREAM,
        datetime.now(UTC),
        SYSTEM,
        "catalogue:data_set:imported",
        detail,
    )
    log.info(
        "catalogue_imported",
        data_set=plan.data_set.value,
        added=merged.added,
        changed=merged.changed,
        refused=merged.refused,
    )
