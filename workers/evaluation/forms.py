"""Reads labelled files: cases, institutes for difficulties, patents for difficulties."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, cast

from matching.evaluation import Labelled
from schemas.designation import FirstAction

_PRIMARY: Final = 2
_ACCEPTABLE: Final = 1
# Data of other origin abbreviate.
_SERVICES: Final = {"info": "information"}


class UnknownForm(Exception):
    """The file has none of the forms; says which there are."""


class Form(StrEnum):
    """What a file asks for."""

    CASES = "cases"
    INSTITUTES = "institutes"
    PATENTS = "patents"


@dataclass(frozen=True)
class LabelledFile:
    """Difficulties of one form."""

    form: Form
    labelled: Sequence[Labelled]


@dataclass(frozen=True)
class CorpusPatent:
    """A patent of a corpus file."""

    id: str
    title: str
    title_en: str
    abstract: str

    @property
    def body(self) -> str:
        """What is searched beside its title, by the engine and by its baselines."""
        return f"{self.abstract} {self.title_en}".strip()


def read_labelled(path: Path, names: Mapping[str, Sequence[str]]) -> LabelledFile:
    """Read a labelled file.

    Args:
        path: JSON: `{"cases": [...]}`, or a list of objects with `query` and `gold`.
        names: Of the institutes; a code may be written as any of them.

    Raises:
        UnknownForm: It has another form.
    """
    codes = {name.lower(): code for code, own in names.items() for name in (code, *own)}
    try:
        found = _labelled(_json(path), codes)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise UnknownForm(
            f"An entry of {path.name} has another form than its kind: {error}."
        ) from error
    if found is None:
        raise UnknownForm(
            f"{path.name} has no known form: an object with `cases`, or a list of objects with"
            " `query`, `gold` and (for institutes) `ok`."
        )
    return found


def _labelled(content: object, codes: Mapping[str, str]) -> LabelledFile | None:
    if isinstance(content, dict) and "cases" in content:
        cases = cast("list[dict[str, Any]]", content["cases"])
        return LabelledFile(Form.CASES, [_case(case, codes) for case in cases])
    if isinstance(content, list) and content:
        rows = cast("list[dict[str, Any]]", content)
        if "ok" in rows[0]:
            return LabelledFile(Form.INSTITUTES, [_designated(row, codes) for row in rows])
        if "gold" in rows[0] and "query" in rows[0]:
            return LabelledFile(
                Form.PATENTS,
                [Labelled(row["qid"], row["query"], {row["gold"]: _PRIMARY}) for row in rows],
            )
    return None


def read_corpus(path: Path) -> list[CorpusPatent]:
    """Read a corpus of patents: a list of objects with `no`, `title`, `title_en`, `abstract`.

    Raises:
        UnknownForm: It has another form.
    """
    rows = _json(path)
    if not isinstance(rows, list) or not rows or "no" not in cast("list[Any]", rows)[0]:
        raise UnknownForm(f"{path.name} is no list of objects with `no`, `title` and `abstract`.")
    return [
        CorpusPatent(
            row["no"], row["title"] or "", row.get("title_en") or "", row.get("abstract") or ""
        )
        for row in cast("list[dict[str, Any]]", rows)
    ]


def _json(path: Path) -> object:
    try:
        return json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise UnknownForm(f"{path.name} is not JSON: {error}") from error


def _case(case: Mapping[str, Any], codes: Mapping[str, str]) -> Labelled:
    expected: Mapping[str, Any] = case["expected"]
    relevance = _relevance(expected["institutes_primary"], expected["institutes_acceptable"], codes)
    tags: Sequence[str] = case.get("tags", ())
    services = [expected["service"], *expected.get("service_acceptable", ())]
    flags = {tag for tag in tags if tag in {"vague", "misfiled"}}
    personal_data = tuple(
        item if isinstance(item, str) else str(item["text"]) for item in expected.get("pii", ())
    )
    return Labelled(
        id=case["id"],
        text=case["text"],
        # Without a primary institute nothing is to be designated yet.
        relevance=relevance if expected["institutes_primary"] else {},
        services=tuple(_SERVICES.get(service, service) for service in services),
        first_action=FirstAction(expected["first_action"]),
        flags=frozenset(flags | ({"personal_data"} if personal_data else set[str]())),
        personal_data=personal_data,
    )


def _designated(row: Mapping[str, Any], codes: Mapping[str, str]) -> Labelled:
    return Labelled(row["qid"], row["query"], _relevance([row["gold"]], row["ok"], codes))


def _relevance(
    primary: Sequence[str], acceptable: Sequence[str], codes: Mapping[str, str]
) -> dict[str, int]:
    found = {codes.get(name.lower(), name): _ACCEPTABLE for name in acceptable}
    return found | {codes.get(name.lower(), name): _PRIMARY for name in primary}
