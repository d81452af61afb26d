"""Files as suppliers send them: encodings, separators, workbooks, broken lines."""

from datetime import date, datetime
from pathlib import Path

import pytest
import xlsxwriter  # pyright: ignore[reportMissingTypeStubs]

from infra.imports.mapping import CannotImport, Mapping, MappingFile, read_mapping
from infra.imports.problems import RowProblem, Wrong, write_report
from infra.imports.tables import Row, Table, facts_of
from schemas.catalogue import DataSet

HEADER = "출원번호,출원인,발명의 명칭,출원일자"
LINE = "1020130000001,한국기계연구원,펌프의 소음 저감 방법,2013-08-26"


def rows_of(path: Path, **given: object) -> list[Row]:
    mapping = MappingFile.model_validate(given)
    return list(Table(path, mapping, facts_of(path, mapping)).rows())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949", "utf-16"])
def test_the_encoding_is_found(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "patents.csv"
    path.write_bytes(f"{HEADER}\r\n{LINE}\r\n".encode(encoding))

    (row,) = rows_of(path)

    assert row.number == 2
    assert row.cells["발명의 명칭"] == "펌프의 소음 저감 방법"


@pytest.mark.parametrize("separator", ["\t", ";", "|"])
def test_the_separator_is_found(tmp_path: Path, separator: str) -> None:
    path = tmp_path / "patents.txt"
    path.write_text(f"{HEADER}\n{LINE}".replace(",", separator), "utf-8")

    assert list(rows_of(path)[0].cells.values()) == LINE.split(",")


def test_a_wrong_line_is_named_and_the_next_one_is_read(tmp_path: Path) -> None:
    path = tmp_path / "patents.csv"
    path.write_text(f'{HEADER}\n{LINE},더\n\n,,,\n"여러\n줄",,,\n{LINE}\n', "utf-8")

    rows = rows_of(path)

    assert [(row.number, row.wrong) for row in rows] == [
        (2, Wrong.TOO_MANY_CELLS),
        (5, None),
        (6, None),
    ]
    assert rows[1].cells["출원번호"] == "여러\n줄"


def test_json_lines_may_differ_and_break(tmp_path: Path) -> None:
    path = tmp_path / "labs.jsonl"
    path.write_text(
        '{"lab_id": "L1"}\n\n{"lab_id": "L2", "name": "이름"}\n[1]\n{"lab_id"\n'
        + "[" * 100_000
        + "\n",
        "utf-8",
    )
    table = Table(path, MappingFile(), facts_of(path, MappingFile()))

    assert table.header == ["lab_id", "name"]
    assert [(row.number, row.wrong) for row in table.rows()] == [
        (1, None),
        (3, None),
        (4, Wrong.UNREADABLE),
        (5, Wrong.UNREADABLE),
        (6, Wrong.UNREADABLE),
    ]


def test_a_workbook_is_read_by_sheet_and_header_row(tmp_path: Path) -> None:
    path = tmp_path / "patents.xlsx"
    book = xlsxwriter.Workbook(path)
    book.add_worksheet("표지").write(0, 0, "표지")
    sheet = book.add_worksheet("목록")
    sheet.write(2, 0, "2013년 특허 목록")
    sheet.write_row(3, 0, HEADER.split(","))
    sheet.write_row(4, 0, [1020130000001, "한국기계연구원", "펌프"])
    moment = datetime(2013, 8, 26)  # noqa: DTZ001  # workbooks know no time zones
    sheet.write_datetime(4, 3, moment, book.add_format({"num_format": "yyyy-mm-dd"}))
    book.close()

    (row,) = rows_of(path, sheet="목록", header_row=4)

    assert row.number == 5
    assert row.cells["출원번호"] == 1020130000001.0
    assert row.cells["출원일자"] == date(2013, 8, 26)
    with pytest.raises(CannotImport, match="표지, 목록"):
        rows_of(path, sheet="없음")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("broken.xlsx", b"no workbook"),
        ("empty.csv", b""),
        ("patents.pdf", b"%PDF"),
        ("twice.csv", b"a,a\n1,2\n"),
        ("neither.csv", b"a,b\n\xff\xff,\x81\x00\n"),
    ],
)
def test_what_is_no_table_is_refused_as_a_whole(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)

    with pytest.raises(CannotImport):
        rows_of(path)


def test_columns_are_known_by_their_usual_names_and_by_those_of_a_mapping() -> None:
    header = ["번호", "출원번호(한국)", "특허권자", "발명의명칭", "출원일", "Abstract"]
    usual = Mapping(DataSet.PATENTS, MappingFile(), header)
    given = Mapping(
        DataSet.PATENTS,
        MappingFile(columns={"title_ko": ("없음", "Abstract")}, fixed={"institute": "KIMM"}),
        [*header, "발명의 명칭(영문)"],
    )

    assert {column.name: name for column, name in usual.places} == {
        "application_number": "출원번호(한국)",
        "institute": "특허권자",
        "title_ko": "발명의명칭",
        "filed_on": "출원일",
        "summary": "Abstract",
    }
    assert {column.name: name for column, name in given.places} == {
        "application_number": "출원번호(한국)",
        "title_ko": "Abstract",
        "title_en": "발명의 명칭(영문)",
        "filed_on": "출원일",
    }
    assert usual.digest != given.digest


@pytest.mark.parametrize("column", ["성명", "연구자명", "E-mail", "Researcher Name", "휴대 전화"])
def test_a_list_of_researchers_that_names_them_is_refused_with_the_reason(column: str) -> None:
    header = ["연구자번호", "소속기관", "부서", "연구분야", column]

    with pytest.raises(CannotImport, match="개인정보 보호") as refusal:
        Mapping(DataSet.RESEARCHERS, MappingFile(), header)
    assert column in str(refusal.value)


def test_a_missing_column_is_named_in_both_languages() -> None:
    with pytest.raises(CannotImport, match=r"'출원번호' 열을 찾을 수 없습니다.*application_number"):
        Mapping(DataSet.PATENTS, MappingFile(), ["발명의명칭"])


def test_a_mapping_file_that_is_mistyped_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "map.toml"
    for text, part in (
        ("[columns]\ntitle = 3\n", "columns"),
        ("[colums]\n", "colums"),
        ("[columns\n", "TOML"),
        ("header_row = 0\n", "header_row"),
    ):
        path.write_text(text, "utf-8")
        with pytest.raises(CannotImport, match=part):
            read_mapping(path)
    path.write_text('[columns]\ntitel = "a"\n', "utf-8")
    with pytest.raises(CannotImport, match="titel"):
        Mapping(DataSet.PATENTS, read_mapping(path), ["a"])


def test_a_report_opens_in_a_spreadsheet_and_runs_nothing_there(tmp_path: Path) -> None:
    path = tmp_path / "report.csv"

    write_report(path, [RowProblem(7, "=HYPERLINK()", Wrong.MISSING)])

    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    assert path.read_text("utf-8-sig").splitlines()[1] == (
        "7,'=HYPERLINK(),missing,값이 비어 있습니다.,The value is missing."
    )
