"""Reads rows from CSV, JSON Lines and workbooks, whatever their encoding, one after the other."""

import codecs
import csv
from collections.abc import Generator, Mapping
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from pydantic_core import from_json
from python_calamine import CalamineError, CalamineWorkbook

from infra.imports.mapping import CannotImport, MappingFile
from infra.imports.problems import Wrong

_PIECE: Final = 1 << 20
_SEPARATORS: Final = ",\t;|"
_WORKBOOKS: Final = frozenset({".xlsx", ".xls", ".xlsm", ".xlsb", ".ods"})
_LINES: Final = frozenset({".jsonl", ".ndjson"})
# A JSON Lines file has no header: its columns are those of its first rows.
_LINES_OF_HEADER: Final = 200
csv.field_size_limit(10_000_000)


@dataclass(frozen=True)
class Row:
    """One row of a file.

    Attributes:
        number: As a spreadsheet counts, with the header as row 1.
        cells: By header; empty for a row that could not be read.
        wrong: Why it could not.
    """

    number: int
    cells: Mapping[str, object]
    wrong: Wrong | None = None


@dataclass(frozen=True)
class FileFacts:
    """What one pass over a file's bytes tells.

    Attributes:
        encoding: Python's name of it; of no meaning for workbooks.
        lines: How many there are, which is about the number of rows; of no meaning for workbooks.
    """

    sha256: str
    encoding: str
    lines: int


def facts_of(path: Path, given: MappingFile) -> FileFacts:
    """The hash of a file and its encoding: as the mapping says, else UTF-8 if it is, else CP949."""
    digest = sha256()
    utf8 = codecs.getincrementaldecoder("utf-8")()
    is_utf8 = True
    start = b""
    lines = 0
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
            start = start or piece[:4]
            lines += piece.count(b"\n")
            if is_utf8:
                try:
                    utf8.decode(piece)
                except UnicodeDecodeError:
                    is_utf8 = False
    return FileFacts(digest.hexdigest(), _encoding(start, given, is_utf8=is_utf8), lines)


def _encoding(start: bytes, given: MappingFile, *, is_utf8: bool) -> str:
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if given.encoding is not None and given.encoding != "utf-8":
        return given.encoding
    return "utf-8-sig" if is_utf8 or given.encoding == "utf-8" else "cp949"


class Table:
    """A file of rows under a header; it can be walked over more than once.

    Raises:
        CannotImport: There is no header, or the file is not what its name says.
    """

    def __init__(self, path: Path, given: MappingFile, facts: FileFacts) -> None:
        """Open a file and read its header."""
        self._path = path
        self._given = given
        self._facts = facts
        kind = path.suffix.lower()
        if kind in _WORKBOOKS:
            self._walk = self._workbook
        elif kind in _LINES:
            self._walk = self._lines
        elif kind in {".csv", ".tsv", ".txt"}:
            self._walk = self._csv
        else:
            raise CannotImport(
                f"{path.name}: CSV, JSON Lines, Excel 파일만 가져올 수 있습니다. "
                "Only CSV, JSON Lines and Excel files can be imported."
            )
        self.header = self._read_header()
        if len(set(self.header)) != len(self.header):
            twice = sorted({name for name in self.header if self.header.count(name) > 1})
            raise CannotImport(
                f"같은 이름의 열이 둘 이상입니다: {', '.join(twice)}. Columns have the same name."
            )

    @property
    def about(self) -> int | None:
        """About how many rows there are; None when that is not known before they are read."""
        return None if self._walk == self._workbook else self._facts.lines

    def rows(self) -> Generator[Row]:
        """The rows below the header, empty ones left out.

        Raises:
            CannotImport: The file cannot be decoded.
        """
        with closing(self._walk()) as walk:
            for row in walk:
                if row.wrong is not None or any(
                    cell not in {None, ""} if isinstance(cell, str | None) else True
                    for cell in row.cells.values()
                ):
                    yield row

    def _read_header(self) -> list[str]:
        empty: list[object] = []
        if self._walk == self._lines:
            names: dict[str, None] = {}
            with closing(self._lines()) as walk:
                for row, _ in zip(walk, range(_LINES_OF_HEADER), strict=False):
                    names.update(dict.fromkeys(row.cells))
            header = list(names)
        elif self._walk == self._csv:
            with closing(self._csv_records()) as records:
                header = next((cells for _, cells in records if isinstance(cells, list)), empty)
        else:
            with closing(self._workbook_records()) as records:
                header = next((cells for _, cells in records), empty)
        named = _without_empty_end([str(name).strip() for name in header])
        if not any(named):
            raise CannotImport(
                f"{self._path.name}: 제목 행이 없습니다. There is no header"
                f" in row {self._given.header_row}."
            )
        # A column without a name is of no use to anybody, but it has to keep its place.
        return [name or f"#{place}" for place, name in enumerate(named, start=1)]

    def _csv(self) -> Generator[Row]:
        with closing(self._csv_records()) as records:
            next(records, None)
            for number, cells in records:
                yield self._row(number, cells)

    def _row(self, number: int, cells: list[object] | Wrong) -> Row:
        if isinstance(cells, Wrong):
            return Row(number, {}, cells)
        if any(cell not in {None, ""} for cell in cells[len(self.header) :]):
            return Row(number, {}, Wrong.TOO_MANY_CELLS)
        return Row(number, dict(zip(self.header, cells, strict=False)))

    def _csv_records(self) -> Generator[tuple[int, list[object] | Wrong]]:
        """Records from the header on, with their numbers."""
        number = 0
        try:
            with self._path.open(encoding=self._facts.encoding, newline="") as file:
                reader = csv.reader(file, delimiter=self._separator())
                while True:
                    number += 1
                    try:
                        cells: list[object] | Wrong = [*next(reader)]
                    except StopIteration:
                        return
                    except csv.Error:
                        cells = Wrong.UNREADABLE
                    if number >= self._given.header_row:
                        yield number, cells
        except UnicodeDecodeError as broken:
            raise self._undecodable(number) from broken

    def _separator(self) -> str:
        """The character that separates the header: the one it has most of."""
        with self._path.open(encoding=self._facts.encoding, newline="") as file:
            head = ""
            for _ in range(self._given.header_row):
                head = file.readline()
        return max(_SEPARATORS, key=head.count)

    def _lines(self) -> Generator[Row]:
        number = 0
        try:
            with self._path.open(encoding=self._facts.encoding) as file:
                for number, line in enumerate(file, start=1):
                    if not line.strip():
                        continue
                    try:
                        found = from_json(line)
                    except ValueError:
                        found = None
                    if isinstance(found, dict):
                        yield Row(number, {str(key): value for key, value in found.items()})  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]  # JSON
                    else:
                        yield Row(number, {}, Wrong.UNREADABLE)
        except UnicodeDecodeError as broken:
            raise self._undecodable(number + 1) from broken

    def _workbook(self) -> Generator[Row]:
        with closing(self._workbook_records()) as records:
            next(records, None)
            for number, cells in records:
                yield self._row(number, cells)

    def _workbook_records(self) -> Generator[tuple[int, list[object]]]:
        try:
            with CalamineWorkbook.from_path(str(self._path)) as book:
                name = self._given.sheet or book.sheet_names[0]
                if name not in book.sheet_names:
                    raise CannotImport(
                        f"'{name}' 시트가 없습니다. There is no such sheet; there are"
                        f" {', '.join(book.sheet_names)}."
                    )
                sheet = book.get_sheet_by_name(name)
                # The library leaves empty columns before the first cell out, but not empty rows.
                _, first_column = sheet.start or (0, 0)
                for number, cells in enumerate(sheet.iter_rows(), start=1):
                    if number >= self._given.header_row:
                        yield number, [*[""] * first_column, *cells]
        except (CalamineError, OSError, IndexError) as broken:
            raise CannotImport(
                f"{self._path.name}: 열 수 없는 통합 문서입니다(암호 또는 손상). "
                "The workbook cannot be opened: damaged, protected by a password, or no workbook."
            ) from broken

    def _undecodable(self, number: int) -> CannotImport:
        return CannotImport(
            f"{self._path.name}: {number}행 부근을 {self._facts.encoding}(으)로 읽을 수 없습니다. "
            f"Near row {number} the file is not {self._facts.encoding}; say `encoding` in a "
            "mapping file."
        )


def _without_empty_end(names: list[str]) -> list[str]:
    while names and not names[-1]:
        names.pop()
    return names
