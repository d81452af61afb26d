"""How the fields of an outcome are marked: decisions and texts, and when they are needed."""

from collections.abc import Mapping
from typing import Any, Final

from pydantic import Field

MAX_TEXT: Final = 4000


def required(title: str, **needed_when: str | tuple[str, ...]) -> Any:  # noqa: ANN401  # like pydantic's Field
    """A required code, number or date of an outcome; `title` is the form's label (a message id)."""
    return Field(title=title, json_schema_extra=marks("decision", needed_when))


def optional(title: str, **needed_when: str | tuple[str, ...]) -> Any:  # noqa: ANN401  # like pydantic's Field
    """A decision that is needed only with certain values of other fields, or never.

    Args:
        title: The form's label (a message id).
        needed_when: Field name to the values (one or a tuple) with which this one is required.
    """
    return Field(default=None, title=title, json_schema_extra=marks("decision", needed_when))


def text(title: str, *, max_length: int = MAX_TEXT, **needed_when: str | tuple[str, ...]) -> Any:  # noqa: ANN401  # like pydantic's Field
    """A text, stored as a document; its reference stands in this field inside workflows."""
    return Field(
        default=None,
        title=title,
        max_length=max_length,
        json_schema_extra=marks("text", needed_when),
    )


def date_field(title: str, **needed_when: str | tuple[str, ...]) -> Any:  # noqa: ANN401  # like pydantic's Field
    """A day such as `2026-12-01`; required when it does not depend on other fields."""
    return Field(
        default=None if needed_when else ...,
        pattern=r"^\d{4}-\d{2}-\d{2}$",
        title=title,
        json_schema_extra={**marks("decision", needed_when), "format": "date"},
    )


def marks(kind: str, needed_when: Mapping[str, str | tuple[str, ...]]) -> dict[str, Any]:
    """What the form and the rules read of a field: its kind, and when it is needed."""
    return {
        "x-kind": kind,
        "x-needed-when": {
            name: [values] if isinstance(values, str) else list(values)
            for name, values in needed_when.items()
        },
    }
