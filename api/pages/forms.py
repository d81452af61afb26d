"""Draws a form from the JSON schema of a task's outcome, and reads what was typed into it.

There is one description of an answer: the outcome model. Which fields there are, what they may
hold and when they are needed comes from its schema; what is typed goes back unchecked, as the same
model checks it.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias, cast

from starlette.datastructures import FormData

from api.pages.languages import Language, Words
from api.problems import KINDS, NOT_ALLOWED
from schemas.problem import ProblemType

Widget: TypeAlias = Literal[
    "radio", "select", "textarea", "text", "whole", "decimal", "date", "checkbox", "file"
]
Schema: TypeAlias = Mapping[str, Any]
MOST_RADIOS: Final = 6
_WIDGETS: Final[dict[str, Widget]] = {
    "boolean": "checkbox",
    "integer": "whole",
    "number": "decimal",
}


@dataclass(frozen=True, kw_only=True)
class Option:
    """One of the values that may be chosen."""

    value: str
    label: str


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field of a form, with what was typed into it before.

    Attributes:
        name: Its name in the form and in the outcome.
        form: The form it stands in, where a page has several; empty for the only one.
        needed_when: Other fields and the values with which this one is needed, as JSON for the
            script that hides it otherwise; empty when it is always shown.
        optional: Whether it may stay empty whatever the other answers are.
        scale: Whether the answer is a choice of numbers on a scale.
        error: What to correct; empty when nothing is wrong.
    """

    name: str
    form: str = ""
    label: str
    widget: Widget
    required: bool = False
    optional: bool = False
    options: tuple[Option, ...] = ()
    scale: bool = False
    needed_when: str = ""
    min: float | None = None
    max: float | None = None
    max_length: int | None = None
    value: str = ""
    error: str = ""

    @property
    def id(self) -> str:
        """Its id in the page."""
        return "-".join(filter(None, ("field", self.form, self.name.replace(".", "-"))))


Choices: TypeAlias = Mapping[str, Sequence[Option]]


def fields_of(  # noqa: PLR0913  # each is named at the call
    schema: Schema,
    words: Words,
    *,
    typed: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    choices: Choices | None = None,
    leave_out: Sequence[str] = (),
) -> list[Field]:
    """The fields of a model's form, in the order of the model.

    Args:
        schema: JSON schema of the model: a task's outcome, mostly.
        words: The language of the labels.
        typed: What was typed before, by field.
        errors: What is wrong with it, by field.
        choices: Values for fields whose schema leaves them open, such as institutes.
        leave_out: Names of fields that are not asked this time.
    """
    required = cast("list[str]", schema.get("required", []))
    kind = str(schema["properties"].get("kind", {}).get("const", ""))
    return [
        _field(
            _Place(kind, name, _resolved(schema, part)),
            words,
            required=name in required,
            typed=(typed or {}).get(name),
            error=(errors or {}).get(name, ""),
            choices=(choices or {}).get(name, ()),
        )
        for name, part in schema["properties"].items()
        if name != "kind" and name not in leave_out
    ]


def answer_from(schema: Schema, form: Mapping[str, object]) -> dict[str, Any]:
    """The outcome as it was typed: empty fields left out, numbers as numbers where they are some.

    A field that is not in the schema is not read. A text that is no number stays a text, so that
    the outcome's model says what is wrong with it.
    """
    outcome: dict[str, Any] = {}
    for name, part in schema["properties"].items():
        given = form.get(name)
        resolved = _resolved(schema, part)
        if resolved.get("type") == "boolean":
            outcome[name] = given is not None
        elif isinstance(given, str) and given.strip() and name != "kind":
            outcome[name] = _read(resolved, given.strip())
    return outcome


def typed_in(form: FormData) -> dict[str, str]:
    """What was typed, to show it again."""
    return {name: value for name, value in form.items() if isinstance(value, str)}


@dataclass(frozen=True)
class _Place:
    kind: str
    name: str
    schema: Schema


def _field(  # noqa: PLR0913  # each is named at the call
    place: _Place,
    words: Words,
    *,
    required: bool,
    typed: str | None,
    error: str,
    choices: Sequence[Option],
) -> Field:
    schema = place.schema
    options = tuple(choices) or tuple(
        Option(
            value=str(value),
            label=words.label("option", place.kind, place.name, str(value)),
        )
        for value in _values(schema)
    )
    needed_when = cast("dict[str, list[str]]", schema.get("x-needed-when", {}))
    value = typed if typed is not None else _shown(schema.get("default"))
    return Field(
        name=place.name,
        label=words.text(str(schema.get("title", place.name))),
        # People and institutes may become many, and an optional radio cannot be unset.
        widget="select" if choices else _widget(schema, options),
        required=required,
        optional=not required and not needed_when and schema.get("type") != "boolean",
        options=options,
        scale=bool(_values(schema)) and schema.get("type") == "integer",
        needed_when=json.dumps(needed_when) if needed_when else "",
        min=schema.get("minimum", schema.get("exclusiveMinimum")),
        max=schema.get("maximum"),
        max_length=schema.get("maxLength"),
        value=value,
        error=error,
    )


def _shown(default: object) -> str:
    """A default as a form holds it; 0 is one, though it equals False."""
    return "" if default is None or default is False else str(default)


def _widget(schema: Schema, options: Sequence[Option]) -> Widget:
    if options:
        return "radio" if len(options) <= MOST_RADIOS else "select"
    if schema.get("format") == "date":
        return "date"
    return _WIDGETS.get(
        str(schema.get("type")), "textarea" if schema.get("x-kind") == "text" else "text"
    )


def _resolved(root: Schema, part: Schema) -> Schema:
    """A property with its reference followed and its `or null` taken away."""
    resolved = dict(part)
    for alternative in cast("list[Schema]", resolved.pop("anyOf", [])):
        if alternative.get("type") != "null":
            resolved = {**alternative, **resolved}
    reference = resolved.pop("$ref", None)
    if isinstance(reference, str):
        resolved = {**root["$defs"][reference.rpartition("/")[2]], **resolved}
    return resolved


def _values(schema: Schema) -> list[str | int]:
    return [schema["const"]] if "const" in schema else list(schema.get("enum", []))


def _read(schema: Schema, text: str) -> str | int | float:
    kind = schema.get("type")
    if kind not in {"integer", "number"}:
        return text
    number = text.replace(",", "")
    try:
        return int(number) if kind == "integer" else float(number)
    except ValueError:
        return text


@dataclass(frozen=True, kw_only=True)
class FormError:
    """What is wrong with one field; `name` is empty when it is about the whole form."""

    name: str
    text: str


def errors_in(problem: Mapping[str, Any], words: Words, *, inside: str = "") -> list[FormError]:
    """The errors of a problem document, by the names of the form's fields.

    Args:
        problem: A problem document.
        words: The language of the advice.
        inside: What the names of the fields leave out, such as `outcome`.
    """
    incomplete = problem["type"] == f"/problems/{ProblemType.OUTCOME_INCOMPLETE.value}"
    otherwise = (
        words.text("Please fill this in: your other answers ask for it.")
        if incomplete
        else words.text(NOT_ALLOWED)
    )
    return [
        FormError(
            name=str(error["pointer"]).strip("/").replace("/", ".").removeprefix(f"{inside}."),
            text=words.advice(str(error["detail"]), otherwise),
        )
        for error in problem.get("errors", ())
    ] or [FormError(name="", text=words.advice(str(problem["detail"]), title_of(problem, words)))]


def title_of(problem: Mapping[str, Any], words: Words) -> str:
    """What kind of problem it is, in the reader's language."""
    kind = KINDS[ProblemType(str(problem["type"]).rpartition("/")[2])]
    return kind.en if words.language is Language.ENGLISH else kind.ko


def by_field(errors: Sequence[FormError]) -> dict[str, str]:
    """Each field's error."""
    return {error.name: error.text for error in errors if error.name}


def by_name(fields: Iterable[Field]) -> dict[str, Field]:
    """Fields by their names, to link to them."""
    return {field.name: field for field in fields}
