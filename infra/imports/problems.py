"""What can be wrong with a row, in Korean and English. A problem never repeats what was written."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path


class Wrong(Enum):
    """Why a cell or a row is refused: its code, and how it is said."""

    MISSING = ("missing", "값이 비어 있습니다.", "The value is missing.")
    TOO_LONG = ("too-long", "값이 너무 깁니다.", "The value is too long.")
    UNSTORABLE = (
        "unstorable",
        "저장할 수 없는 문자(U+0000 등)가 있습니다.",
        "The value has a character that cannot be stored, such as U+0000.",
    )
    NOT_A_DATE = (
        "not-a-date",
        "날짜가 아닙니다. 2013-08-26, 2013.08.26, 20130826 형식으로 적어 주세요.",
        "Not a date. Write it as 2013-08-26, 2013.08.26 or 20130826.",
    )
    NOT_YES_OR_NO = (
        "not-yes-or-no",
        "예/아니오 값이 아닙니다. Y, N, 예, 아니오, 가능, 불가 중 하나로 적어 주세요.",
        "Neither yes nor no. Write Y, N, 예, 아니오, 가능 or 불가.",
    )
    NOT_A_LEVEL = (
        "not-a-level",
        "기술성숙도(TRL)는 1에서 9 사이의 정수입니다.",
        "A technology readiness level is a whole number from 1 to 9.",
    )
    NOT_A_PATENT_NUMBER = (
        "not-a-patent-number",
        "특허·실용신안 출원번호가 아닙니다. 10-2013-0012345 또는 PCT/KR2013/012345 형식입니다.",
        "Not the number of a patent application, such as 10-2013-0012345 or PCT/KR2013/012345.",
    )
    NOT_AN_ID = (
        "not-an-id",
        "식별자가 아닙니다. 영문자, 숫자, 점, 밑줄, 붙임표, 빗금만 60자까지 쓸 수 있습니다.",
        "Not an id: up to 60 letters, digits, dots, underscores, hyphens and slashes.",
    )
    NOT_AN_ADDRESS = (
        "not-an-address",
        "http:// 또는 https:// 로 시작하는 주소가 아닙니다.",
        "Not an address that begins with http:// or https://.",
    )
    UNKNOWN_STATUS = (
        "unknown-status",
        "알 수 없는 상태입니다. 출원, 공개, 등록, 거절, 취하, 포기, 무효, 소멸 중 하나입니다.",
        "Unknown status; known are 출원, 공개, 등록, 거절, 취하, 포기, 무효 and 소멸.",
    )
    UNKNOWN_INSTITUTE = (
        "unknown-institute",
        "참여 연구기관의 코드, 이름, 별칭이 아닙니다.",
        "Not the code, name or alias of an institute that takes part.",
    )
    AMBIGUOUS_INSTITUTE = (
        "ambiguous-institute",
        "둘 이상의 연구기관을 뜻할 수 있습니다. 코드로 적어 주세요.",
        "It may mean more than one institute. Write the code.",
    )
    UNKNOWN_LAB = (
        "unknown-lab",
        "실험실이 등록되어 있지 않습니다. 실험실을 먼저 가져오세요.",
        "There is no such laboratory. Import laboratories first.",
    )
    UNKNOWN_PATENT = (
        "unknown-patent",
        "특허가 등록되어 있지 않습니다. 특허를 먼저 가져오세요.",
        "There is no such patent. Import patents first.",
    )
    UNKNOWN_RESEARCHER = (
        "unknown-researcher",
        "연구자가 등록되어 있지 않습니다. 연구자를 먼저 가져오세요.",
        "There is no such researcher. Import researchers first.",
    )
    PERSONAL_DATA = (
        "personal-data",
        "이메일, 전화번호, 주민등록번호 또는 이름으로 보이는 값이 있습니다. 빼 주세요.",
        "Looks like an e-mail address, a telephone or resident number, or a name. Leave it out.",
    )
    REPEATED = (
        "repeated",
        "같은 번호의 행이 앞에 있습니다.",
        "A row before has the same number.",
    )
    ENDS_BEFORE_IT_BEGINS = (
        "ends-before-it-begins",
        "끝나는 날이 시작하는 날보다 앞섭니다.",
        "It ends before it begins.",
    )
    TOO_MANY_CELLS = (
        "too-many-cells",
        "제목 행보다 칸이 많습니다. 구분 문자가 든 값은 따옴표로 묶어 주세요.",
        "More cells than the header has. Quote values that hold the separator.",
    )
    UNREADABLE = (
        "unreadable",
        "행을 읽을 수 없습니다.",
        "The row cannot be read.",
    )

    def __init__(self, code: str, korean: str, english: str) -> None:
        """Name the parts of the value."""
        self.code = code
        self.korean = korean
        self.english = english


@dataclass(frozen=True)
class RowProblem:
    """One thing that is wrong.

    Attributes:
        row: As a spreadsheet counts: the header is row 1. For JSON Lines, the line; for a partner,
            the record.
        column: As the file names it; empty when it is the whole row.
    """

    row: int
    column: str
    wrong: Wrong


def write_report(path: Path, problems: Iterable[RowProblem]) -> None:
    """Write problems as CSV that spreadsheets open with Korean intact."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["행 row", "열 column", "코드 code", "문제", "problem"])
        for problem in problems:
            writer.writerow(
                [
                    problem.row,
                    _inert(problem.column),
                    problem.wrong.code,
                    problem.wrong.korean,
                    problem.wrong.english,
                ]
            )


def _inert(text: str) -> str:
    """A text that no spreadsheet takes for a formula: a header comes from a stranger's file."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
