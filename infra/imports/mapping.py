"""Which column of a file means what: by a mapping file, else by what columns are usually called."""

import json
import tomllib
from collections.abc import Mapping as MappingOf
from collections.abc import Sequence
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from infra.imports.columns import (
    COLUMNS,
    INSTITUTE,
    Column,
    bare_header,
    is_personal,
    normal_header,
)
from schemas.catalogue import DataSet


class CannotImport(Exception):
    """A file, or how it is to be read, is wrong as a whole; nothing of it is imported."""


def _several(value: object) -> object:
    return (value,) if isinstance(value, str) else value


class MappingFile(BaseModel):
    """How to read a file of one supplier; every part may be left out.

    Attributes:
        columns: By our name, the header or the headers of the file, the first found counts.
        fixed: By our name, what every row has, such as the institute of a file of one institute.
        replace: By our name, what to read instead of single values, such as 공개 for 심사중.
        sheet: Of a workbook; the first by default.
        header_row: Where the header is, counted from 1.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    columns: dict[str, Annotated[tuple[str, ...], BeforeValidator(_several)]] = Field(
        default_factory=dict
    )
    fixed: dict[str, str | bool | int | date] = Field(default_factory=dict)
    replace: dict[str, dict[str, str]] = Field(default_factory=dict)
    encoding: Literal["utf-8", "cp949", "utf-16"] | None = None
    sheet: str | None = None
    header_row: Annotated[int, Field(ge=1, le=100)] = 1
    source: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    as_of: date | None = None


def read_mapping(path: Path) -> MappingFile:
    """A mapping file.

    Raises:
        CannotImport: It is no TOML, or says something that there is not.
    """
    try:
        return MappingFile.model_validate(tomllib.loads(path.read_text("utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as broken:
        raise CannotImport(
            f"매핑 파일을 읽을 수 없습니다. {path} is not TOML: {broken}"
        ) from broken
    except ValidationError as invalid:
        places = "; ".join(
            f"{'.'.join(map(str, error['loc']))}: {error['msg']}"
            for error in invalid.errors(include_input=False, include_url=False)
        )
        raise CannotImport(f"매핑 파일이 잘못되었습니다. {path}: {places}") from invalid


class Mapping:
    """Where each column of a data set comes from in one file."""

    def __init__(self, data_set: DataSet, given: MappingFile, header: Sequence[str]) -> None:
        """Find every column that the file has.

        Raises:
            CannotImport: A name is wrong, a required column is missing, or the file names people.
        """
        self.data_set = data_set
        self.fixed: MappingOf[str, object] = given.fixed
        self.replace: MappingOf[str, MappingOf[str, str]] = given.replace
        self._given = given
        known = {column.name for column in COLUMNS[data_set]}
        for part in (given.columns, given.fixed, given.replace):
            if unknown := sorted(set(part) - known):
                raise CannotImport(
                    f"매핑 파일에 없는 항목이 있습니다: {', '.join(unknown)}. "
                    f"{data_set.value} have the columns {', '.join(sorted(known))}."
                )
        if data_set is DataSet.RESEARCHERS:
            refuse_names(header)
        self.places: list[tuple[Column, str]] = []
        taken: set[str] = set()
        for column in COLUMNS[data_set]:
            if column.name in given.fixed:
                continue
            found = self._find(column, header, taken)
            if found is not None:
                taken.add(found)
                self.places.append((column, found))
            elif column.required:
                raise CannotImport(_missing(column, header))

    @property
    def digest(self) -> str:
        """Tells this reading of a file from another one."""
        told = [
            self.data_set.value,
            [(column.name, header) for column, header in self.places],
            self._given.model_dump(mode="json"),
        ]
        return sha256(json.dumps(told, ensure_ascii=False, sort_keys=True).encode()).hexdigest()

    def _find(self, column: Column, header: Sequence[str], taken: set[str]) -> str | None:
        if column.name in self._given.columns:
            wanted = self._given.columns[column.name]
            for name in wanted:
                if name in header:
                    return name
            raise CannotImport(
                f"파일에 '{', '.join(wanted)}' 열이 없습니다. The mapping wants a column that the "
                f"file does not have; it has {', '.join(header)}."
            )
        free = [name for name in header if name not in taken]
        whole = {normal_header(name): name for name in reversed(free)}
        # What stands in brackets may be what tells two columns apart.
        bare = [bare_header(name) for name in free]
        alone = {bare_header(name): name for name in free if bare.count(bare_header(name)) == 1}
        usual = [normal_header(name) for name in (column.name, *column.headers)]
        for known in (whole, alone):
            for name in usual:
                if name in known:
                    return known[name]
        return None


def refuse_names(header: Sequence[str]) -> None:
    """Refuse a list of researchers with columns that tell who they are (R067, C27).

    Raises:
        CannotImport: Names the columns.
    """
    if named := [name for name in header if is_personal(name)]:
        columns = ", ".join(named)
        raise CannotImport(
            f"연구자 파일에 개인을 알 수 있는 열이 있습니다: {columns}. 이 시스템은 연구자의 소속, "
            f"부서, 연구분야만 보관합니다(개인정보 보호). 해당 열을 지우고 다시 가져오세요. "
            f"The file tells who researchers are ({columns}). Only institute, department and "
            "fields are kept, for the protection of personal data. Delete these columns and "
            "repeat the import."
        )


def _missing(column: Column, header: Sequence[str]) -> str:
    also = " (fixed)" if column.name == INSTITUTE else ""
    return (
        f"'{column.headers[0]}' 열을 찾을 수 없습니다. Nothing in the file is {column.name}: "
        f"it has {', '.join(header) or 'no columns'}. "
        f"Name the column in a mapping file{also} (--map)."
    )
