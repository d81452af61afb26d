"""Turns the rows of a file or of a partner into rows of the catalogue, and says what is wrong."""

from dataclasses import dataclass
from datetime import date
from typing import Final, TypeAlias

from infra.imports.columns import (
    AS_OF,
    COLUMNS,
    INSTITUTE,
    Column,
    is_personal,
    key_of,
)
from infra.imports.institutes import InstituteNames
from infra.imports.mapping import Mapping
from infra.imports.problems import RowProblem, Wrong
from infra.imports.tables import Row
from infra.imports.values import Refusal, is_empty, line
from schemas.catalogue import DataSet

# A value by the name of its column; None where the source has nothing.
Record: TypeAlias = dict[str, object]

_PERIODS: Final = (("opens_on", "closes_on"), ("starts_on", "ends_on"))


@dataclass(frozen=True)
class Provenance:
    """Where rows come from, and when they were true there."""

    source: str
    as_of: date


class Checker:
    """Checks the rows of one file or partner, in order."""

    def __init__(self, mapping: Mapping, names: InstituteNames, provenance: Provenance) -> None:
        """Know the columns and the institutes."""
        self._mapping = mapping
        self._names = names
        self._provenance = provenance
        self._key = key_of(mapping.data_set).name
        self._seen: set[object] = set()
        self._fixed, self._wrong_fixed = self._read_fixed()

    @property
    def wrong_fixed(self) -> list[RowProblem]:
        """What is wrong with the values that the mapping file gives to every row."""
        return self._wrong_fixed

    def check(self, row: Row) -> tuple[Record | None, list[RowProblem]]:
        """A row of the catalogue; None when something is wrong with it."""
        if row.wrong is not None:
            return None, [RowProblem(row.number, "", row.wrong)]
        problems: list[RowProblem] = []
        record: Record = {column.name: None for column in COLUMNS[self._mapping.data_set]}
        record.update(self._fixed)
        record["source"] = self._provenance.source
        for column, header in self._mapping.places:
            try:
                record[column.name] = self._read(column, row.cells.get(header))
            except Refusal as refusal:
                problems.append(RowProblem(row.number, header, refusal.wrong))
        if record[AS_OF] is None:
            record[AS_OF] = self._provenance.as_of
        problems += self._check_institute(row, record)
        problems += self._check_whole(row, record)
        return (None if problems else record), problems

    def _read(self, column: Column, cell: object) -> object:
        replace = self._mapping.replace.get(column.name)
        if replace is not None:
            cell = replace.get(str(cell).strip(), cell)
        if is_empty(cell):
            if column.required:
                raise Refusal(Wrong.MISSING)
            return None
        value = line(cell) if column.read is None else column.read(cell)
        if column.required and value in ("", []):
            raise Refusal(Wrong.MISSING)
        return value

    def _check_institute(self, row: Row, record: Record) -> list[RowProblem]:
        """Replace what the institute is called by its code."""
        written, on = record.get(INSTITUTE), record[AS_OF]
        if not isinstance(written, str) or not isinstance(on, date):
            return []
        try:
            record[INSTITUTE] = self._names.find(written, on)
        except Refusal as refusal:
            return [RowProblem(row.number, self._header(INSTITUTE), refusal.wrong)]
        return []

    def _check_whole(self, row: Row, record: Record) -> list[RowProblem]:
        problems: list[RowProblem] = []
        for begins, ends in _PERIODS:
            first, last = record.get(begins), record.get(ends)
            if isinstance(first, date) and isinstance(last, date) and last < first:
                wrong = Wrong.ENDS_BEFORE_IT_BEGINS
                problems.append(RowProblem(row.number, self._header(ends), wrong))
        # JSON Lines may name people in some rows only, after those that made the header.
        if self._mapping.data_set is DataSet.RESEARCHERS:
            problems += [
                RowProblem(row.number, name, Wrong.PERSONAL_DATA)
                for name in row.cells
                if is_personal(name)
            ]
        key = record[self._key]
        if key is not None and not problems:
            if key in self._seen:
                problems.append(RowProblem(row.number, self._header(self._key), Wrong.REPEATED))
            self._seen.add(key)
        return problems

    def _header(self, name: str) -> str:
        return next(
            (header for column, header in self._mapping.places if column.name == name), name
        )

    def _read_fixed(self) -> tuple[Record, list[RowProblem]]:
        record: Record = {}
        problems: list[RowProblem] = []
        for column in COLUMNS[self._mapping.data_set]:
            if column.name not in self._mapping.fixed:
                continue
            try:
                record[column.name] = self._read(column, self._mapping.fixed[column.name])
            except Refusal as refusal:
                problems.append(RowProblem(0, column.name, refusal.wrong))
        return record, problems
