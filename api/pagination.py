"""Pages of lists: a cursor is the sort key of the last line, opaque to the caller."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from typing import Annotated, Final, TypeAlias

from fastapi import Query

from schemas.problem import ProblemType, Refused

PageSize: TypeAlias = Annotated[int, Query(ge=1, le=200, description="Lines on a page.")]
Cursor: TypeAlias = Annotated[
    str | None,
    Query(max_length=200, description="`next_cursor` of the page before; leave out for the first."),
]
DEFAULT_PAGE: Final = 50


def encode_cursor(at: datetime, key: str) -> str:
    """The cursor behind a line with this time and key."""
    return urlsafe_b64encode(f"{at.isoformat()}|{key}".encode()).decode().rstrip("=")


def decode_cursor(cursor: str | None) -> tuple[datetime, str] | None:
    """The time and key in a cursor; None for the first page.

    Raises:
        Refused: `invalid-request` for a text that is no cursor of ours.
    """
    if cursor is None:
        return None
    try:
        return _place_in(cursor)
    except (ValueError, OverflowError) as error:
        raise Refused(
            ProblemType.INVALID_REQUEST,
            "This cursor is not one of ours. Start again without it.",
            field="/query/cursor",
        ) from error


def _place_in(cursor: str) -> tuple[datetime, str]:
    text = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    at, _, key = text.partition("|")
    instant = datetime.fromisoformat(at)
    if instant.tzinfo is None or "\0" in key:
        raise ValueError("a time without its zone, or a key that no line has")
    # At both ends of the calendar there are times that UTC does not have.
    return instant.astimezone(UTC), key
