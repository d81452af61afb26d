"""Cells of files and answers, read as what they mean; a cell that means nothing is refused."""

import re
import unicodedata
from collections.abc import Callable
from datetime import date, datetime
from typing import Final, TypeAlias, cast
from urllib.parse import urlsplit

from infra.imports.problems import Wrong

Cell: TypeAlias = object
Value: TypeAlias = str | bool | int | date | list[str]


class Refusal(Exception):
    """A cell cannot be read."""

    def __init__(self, wrong: Wrong) -> None:
        """Say why."""
        super().__init__(wrong.code)
        self.wrong = wrong


Reader: TypeAlias = Callable[[Cell], Value]

_LONGEST: Final = 20_000
_LONGEST_LINE: Final = 1_000
_PATENT: Final = re.compile(r"^(10|20)-?((?:19|20|00)\d{2})-?(\d{7})$")
_INTERNATIONAL: Final = re.compile(r"^PCT/?([A-Z]{2})((?:19|20)\d{2})/?(\d{6})$")
_DATE: Final = re.compile(
    r"^(\d{4})\s*(?:[-./]\s*(\d{1,2})\s*[-./]\s*(\d{1,2})\.?|(\d{2})(\d{2})"
    r"|년\s*(\d{1,2})월\s*(\d{1,2})일)(?:[T ]+\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?Z?)?$"
)
_ID: Final = re.compile(r"^[\w./-]{1,60}$")
_HANGUL_NAME: Final = re.compile(r"^[가-힣]{2,4}$")
_LIST: Final = re.compile(r"[|;,\n\u00b7\u3001\uff0c\uff1b]+")
_PERSONAL: Final = (
    # A resident number, a telephone number, an address of electronic mail.
    re.compile(r"(?<!\d)\d{6}\s?-\s?[1-8]\d{6}(?!\d)"),
    re.compile(
        r"(?<![\d-])0\d{1,2}[-.\s)]{1,2}\d{3,4}[-.\s]\d{4}(?![\d-])|(?<!\d)01[016-9]\d{7,8}(?!\d)"
    ),
    re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+"),
)
_YES: Final = frozenset(
    {
        "y",
        "yes",
        "true",
        "1",
        "o",
        "예",
        "네",
        "가능",
        "공개",
        "공동활용",
        "공동활용허용",
        "활용가능",
    }
    | {"공동활용허용가능", "사용가능"}
)
_NO: Final = frozenset(
    {"n", "no", "false", "0", "x", "아니오", "아니요", "불가", "불가능", "비공개", "단독활용"}
    | {"단독활용만가능", "사용불가", "활용불가"}
)
STATUSES: Final = {
    "출원": "filed",
    "공개": "published",
    "등록": "registered",
    "거절": "rejected",
    "취하": "withdrawn",
    "포기": "abandoned",
    "무효": "invalidated",
    "소멸": "expired",
}
_STATUS_WORDS: Final = {**STATUSES, **{code: code for code in STATUSES.values()}}


def is_empty(cell: Cell) -> bool:
    """Whether there is nothing in a cell. A dash alone is how tables say so."""
    return cell is None or (isinstance(cell, str) and cell.strip() in {"", "-", "－", "N/A"})


def text(cell: Cell) -> str:
    """A text of any length up to 20,000 characters, in normal form, without outer white space.

    Raises:
        Refusal: It is too long or cannot be stored.
    """
    return _text(cell, _LONGEST)


def line(cell: Cell) -> str:
    """A text on one line, such as a title: line breaks become spaces."""
    return " ".join(_text(cell, _LONGEST_LINE).split())


def _text(cell: Cell, longest: int) -> str:
    if isinstance(cell, list | dict):
        raise Refusal(Wrong.UNREADABLE)
    written = unicodedata.normalize("NFC", _plain(cell)).strip()
    if len(written) > longest:
        raise Refusal(Wrong.TOO_LONG)
    if any(unstorable in written for unstorable in ("\0", "\ufffd")) or not _encodes(written):
        raise Refusal(Wrong.UNSTORABLE)
    return written


def _plain(cell: Cell) -> str:
    # A spreadsheet keeps every number as a fraction: 1020130012345.0 means 1020130012345.
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def _encodes(written: str) -> bool:
    try:
        written.encode()
    except UnicodeEncodeError:
        return False
    return True


def impersonal_text(cell: Cell) -> str:
    """A text without anything that looks like a number or an address of a person.

    Raises:
        Refusal: There is such a thing in it (R067).
    """
    written = text(cell)
    if looks_personal(written):
        raise Refusal(Wrong.PERSONAL_DATA)
    return written


def looks_personal(written: str) -> bool:
    """Whether a text has a resident or telephone number, or an address of electronic mail."""
    return any(pattern.search(written) for pattern in _PERSONAL)


def day(cell: Cell) -> date:
    """A date.

    Raises:
        Refusal: It is none.
    """
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    found = _DATE.match(_text(cell, _LONGEST_LINE))
    if found is None:
        raise Refusal(Wrong.NOT_A_DATE)
    year, *rest = (int(part) for part in found.groups() if part is not None)
    try:
        return date(year, *rest)
    except ValueError:
        raise Refusal(Wrong.NOT_A_DATE) from None


def yes_or_no(cell: Cell) -> bool:
    """Whether something is so.

    Raises:
        Refusal: It says neither.
    """
    if isinstance(cell, bool):
        return cell
    said = line(cell).lower().replace(" ", "")
    if said in _YES:
        return True
    if said in _NO:
        return False
    raise Refusal(Wrong.NOT_YES_OR_NO)


def level(cell: Cell) -> int:
    """A technology readiness level, written as a number or as `TRL 6`.

    Raises:
        Refusal: It is none.
    """
    found = re.fullmatch(r"(?:TRL)?\s*-?\s*([1-9])(?:\s*단계)?", line(cell), re.IGNORECASE)
    if found is None:
        raise Refusal(Wrong.NOT_A_LEVEL)
    return int(found[1])


def patent_number(cell: Cell) -> str:
    """The number of a patent application in the one form that rows are known by.

    Raises:
        Refusal: It is the number of a design, a trade mark, or of nothing.
    """
    written = re.sub(r"[\s\u2010-\u2015\u2212]", "-", line(cell).upper())
    if found := _PATENT.match(written.replace("--", "-")):
        return "-".join(found.groups())
    if found := _INTERNATIONAL.match(written.replace("-", "")):
        return f"PCT/{found[1]}{found[2]}/{found[3]}"
    raise Refusal(Wrong.NOT_A_PATENT_NUMBER)


def identifier(cell: Cell) -> str:
    """An id that a source gave.

    Raises:
        Refusal: It has other characters, or looks like a person's number or address.
    """
    written = line(cell)
    if looks_personal(written):
        raise Refusal(Wrong.PERSONAL_DATA)
    if not _ID.match(written):
        raise Refusal(Wrong.NOT_AN_ID)
    return written


def person_id(cell: Cell) -> str:
    """The id of a researcher, which must not be a name.

    Raises:
        Refusal: It is not an id, or could be a name.
    """
    written = identifier(cell)
    if _HANGUL_NAME.match(written):
        raise Refusal(Wrong.PERSONAL_DATA)
    return written


def address(cell: Cell) -> str:
    """An address on the web.

    Raises:
        Refusal: It is none that a browser may be sent to.
    """
    written = _text(cell, 2000)
    try:
        parts = urlsplit(written)
    except ValueError:
        raise Refusal(Wrong.NOT_AN_ADDRESS) from None
    if parts.scheme not in {"http", "https"} or not parts.netloc or any(map(str.isspace, written)):
        raise Refusal(Wrong.NOT_AN_ADDRESS)
    return written


def status(cell: Cell) -> str:
    """The legal status of a patent as a code.

    Raises:
        Refusal: Nobody knows this status.
    """
    said = line(cell).lower()
    if said not in _STATUS_WORDS:
        raise Refusal(Wrong.UNKNOWN_STATUS)
    return _STATUS_WORDS[said]


def classes(cell: Cell) -> str:
    """Classes of the International Patent Classification, the main one first."""
    return "; ".join(" ".join(one.split()) for one in listed(cell))


def listed(cell: Cell) -> list[str]:
    """Several texts in one cell, separated by `|`, `;`, a comma, a dot in the middle or a line."""
    parts = cast("list[Cell]", cell) if isinstance(cell, list) else _LIST.split(text(cell))
    return [one for one in (line(part) for part in parts) if one]


def impersonal_list(cell: Cell) -> list[str]:
    """Several texts that name nobody.

    Raises:
        Refusal: One looks like a number or an address of a person.
    """
    found = listed(cell)
    if any(map(looks_personal, found)):
        raise Refusal(Wrong.PERSONAL_DATA)
    return found


def patent_numbers(cell: Cell) -> list[str]:
    """Several application numbers, each once, in order."""
    return list(dict.fromkeys(patent_number(one) for one in listed(cell)))


def person_ids(cell: Cell) -> list[str]:
    """Ids of several researchers, each once, in order."""
    return list(dict.fromkeys(person_id(one) for one in listed(cell)))
