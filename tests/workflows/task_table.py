"""The table of every task and what may become of it, made from the code and from its walk.

    RECORD=1 pytest tests/workflows/test_task_table.py     # walks it, and notes what happened
    python -m tests.workflows.task_table > docs/task-events.md

Rows come from the code: the tasks that each drawn procedure asks for, those that are asked for
beside it, and those that the ladder opens. What stands here by hand is only how a case gets there.
"""

import ast
import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Final, Literal, get_args, get_origin

from schemas.case import RESOLVED
from schemas.outcome import OUTCOMES, TaskKind
from schemas.outcome.kinds import COMPANY_TASKS
from tests.workflows.procedures import PROCEDURES, WORKFLOWS, Walk, functions_of
from workflows.policy import programmes
from workflows.policy.programmes import Programme
from workflows.selection_round import SelectionRound

OBSERVED: Final = Path(__file__).with_suffix(".json")
PAGE: Final = Path(__file__).parents[2] / "docs" / "task-events.md"
ROUND: Final = "Selection round"
# The ladder of a task; every procedure that waits for an answer has it.
LADDER: Final = "asking"
# What a procedure decides, whatever the calendar says.
_SAME_ON_EVERY_DAY: Final = (
    "ends as", "refused", "cancelled", "expires", "stays open", "taken", "the new one answers",
)  # fmt: skip
# Fields in which an answer says yes or no.
_DECISIONS: Final = ("decision", "goal", "outcome")


class Event(StrEnum):
    """What may become of a task."""

    DECLINES = "declines"
    EXPIRES = "expires"
    WITHDRAWS = "withdraws"
    REASSIGNED = "is reassigned"
    LATE = "answers late"


@dataclass(frozen=True, order=True)
class Row:
    """A task of a procedure.

    Attributes:
        procedure: Title of a drawn procedure, or the module that asks beside all of them.
    """

    procedure: str
    kind: TaskKind

    def __str__(self) -> str:
        return f"{self.procedure}: {self.kind.value}"


_KINDS: Final = {model.__name__: kind for kind, model in OUTCOMES.items()}


@cache
def rows() -> tuple[Row, ...]:
    """Every task of every procedure, in the order in which they are asked for."""
    found: list[Row] = []
    for title, module, entry in PROCEDURES:
        walk = Walk(module)
        walk.begin(entry)
        kinds = [_KINDS[name] for names in walk.diagram.tasks.values() for name in names]
        found += [
            Row(title, kind) for kind in dict.fromkeys(kinds) if not _is_dead(module, entry, kind)
        ]
    drawn = {row.kind for row in found}
    found += [
        Row(asked.module, asked.kind)
        for asked in dict.fromkeys(questions())
        if asked.kind not in drawn and asked.module != LADDER
    ]
    for procedure in dict.fromkeys(row.procedure for row in found):
        if first_awaited(procedure, found) is not None:
            found += [Row(procedure, asked.kind) for asked in questions() if asked.module == LADDER]
    return tuple(dict.fromkeys(found))


def first_awaited(procedure: str, among: Sequence[Row]) -> TaskKind | None:
    """The first task of a procedure that staff are asked for until they answer."""
    awaited = {
        asked.kind for asked in questions() if asked.by == "ask" and asked.kind not in COMPANY_TASKS
    }
    return next(
        (row.kind for row in among if row.procedure == procedure and row.kind in awaited), None
    )


@dataclass(frozen=True)
class Asked:
    """A place in the code that asks.

    Attributes:
        by: `ask` waits, `ask_until` goes on without an answer, `open` is the ladder's own.
    """

    module: str
    kind: TaskKind
    by: str


@cache
def questions() -> tuple[Asked, ...]:
    """Every place in the workflows that asks somebody something."""
    found: list[Asked] = []
    for path in sorted(WORKFLOWS.rglob("*.py")):
        module = path.relative_to(WORKFLOWS).with_suffix("").as_posix()
        found += [Asked(module, kind, by) for kind, by in _asked(ast.parse(path.read_text()))]
    return tuple(found)


def _asked(tree: ast.AST) -> Iterator[tuple[TaskKind, str]]:
    for node in ast.walk(tree):
        match node:
            case ast.Call(
                func=ast.Name(id="ask" | "ask_until" as by),
                args=[_, ast.Call(func=ast.Name(id="Question"), args=[ast.Name(id=model), *_])],
            ):
                yield _KINDS[model], by
            case ast.Call(
                func=ast.Attribute(attr="open"),
                args=[ast.Attribute(value=ast.Name(id="TaskKind"), attr=name), *_],
            ):
                yield TaskKind[name], "open"
            case _:
                pass


def _is_dead(module: str, entry: str, kind: TaskKind) -> bool:
    """Whether a drawn task is never asked for: no programme of its procedure has such a check."""
    return kind is TaskKind.CHECK_MIDTERM and all(
        programme.midterm is None for programme in _programmes_of(module, entry)
    )


def _programmes_of(module: str, entry: str) -> list[Programme]:
    """The programmes that a procedure's own code names."""
    named = {
        node.id
        for name, coroutine in functions_of(module).items()
        if name == entry or name.startswith("_")
        for node in ast.walk(coroutine)
        if isinstance(node, ast.Name)
    }
    return [
        value
        for name, value in vars(programmes).items()
        if name in named and isinstance(value, Programme)
    ]


def choices(kind: TaskKind) -> tuple[str, tuple[str, ...]] | None:
    """The field in which an answer of this kind decides, and what it may decide."""
    fields = OUTCOMES[kind].model_fields
    for name in _DECISIONS:
        if name in fields and get_origin(fields[name].annotation) is Literal:
            return name, get_args(fields[name].annotation)
    return None


def first_choice(kind: TaskKind) -> dict[str, object]:
    """The way on: outcome models list it first."""
    found = choices(kind)
    return {} if found is None else {found[0]: found[1][0]}


def declines(row: Row) -> tuple[str, ...]:
    """What may be decided instead of going on.

    All of it in the first procedure that asks; where another asks the same, the last, which is
    the plainest no.
    """
    found = choices(row.kind)
    if found is None:
        return ()
    others = [decision for decision in found[1][1:] if decision not in RESOLVED]
    is_first = next(one for one in rows() if one.kind is row.kind) == row
    return tuple(others if is_first else others[-1:])


def excluded(row: Row, event: Event) -> str | None:
    """Why a cell of the table makes no sense; None for one that is walked."""
    if event is Event.DECLINES and choices(row.kind) is None:
        return "its form has no decision"
    is_round = row.procedure == ROUND and not hasattr(SelectionRound, "withdraw")
    if event is Event.WITHDRAWS and is_round:
        return "a round belongs to no company"
    return None


def may_expire(kind: TaskKind) -> bool:
    """Whether whoever asks goes on without an answer, wherever this is asked."""
    return {asked.by for asked in questions() if asked.kind is kind} == {"ask_until"}


def observed() -> dict[Event, dict[str, str]]:
    """What the walk saw: by event, then by row."""
    noted: dict[str, dict[str, str]] = (
        json.loads(OBSERVED.read_text("utf-8")) if OBSERVED.exists() else {}
    )
    return {event: dict(noted.get(event.value, {})) for event in Event}


class Notes:
    """What a walk sees."""

    def __init__(self) -> None:
        self._seen: dict[Event, dict[Row, list[str]]] = {event: {} for event in Event}

    def add(self, event: Event, row: Row, effect: str) -> None:
        """Keep what followed; a cell has a line for each decision."""
        self._seen[event].setdefault(row, []).append(effect)

    def compare(self, event: Event, among: Iterable[Row]) -> None:
        """Raise `AssertionError` unless each cell was walked, and ended or went on as noted.

        Which of two tasks comes next can depend on weekends and holidays, so it is not compared.
        """
        seen = {row: "; ".join(sorted(lines)) for row, lines in self._seen[event].items()}
        if os.environ.get("RECORD") == "1":
            _record(event, seen)
        noted = observed()[event]
        differences = [
            f"{row}, {event.value}: {seen.get(row)!r} and not {noted.get(str(row))!r}"
            for row in among
            if excluded(row, event) is None
            and (row not in seen or _kept(seen[row]) != _kept(noted.get(str(row), "")))
        ]
        if differences:
            raise AssertionError("\n".join(differences))


def _kept(effects: str) -> list[str]:
    """What of effects is the same on every day: a task that is asked for next only goes on."""
    return sorted(
        f"{head}: {last if last.startswith(_SAME_ON_EVERY_DAY) else 'goes on'}"
        for head, _, last in (effect.rpartition(": ") for effect in effects.split("; "))
    )


def _record(event: Event, seen: Mapping[Row, str]) -> None:
    table = observed()
    table[event] |= {str(row): effect for row, effect in seen.items()}
    order = [str(row) for row in rows()]
    ordered = {
        one.value: {name: table[one][name] for name in order if name in table[one]} for one in Event
    }
    OBSERVED.write_text(json.dumps(ordered, ensure_ascii=False, indent=1) + "\n", "utf-8")


# -- the page --

INTRODUCTION: Final = """# What becomes of a task

Made by `python -m tests.workflows.task_table`; a test compares it. Rows are every kind of task that
the code asks for, in the procedures that are drawn in [procedures.md](procedures.md) and beside
them. What is said of each was seen: a test walks every task of every procedure through every
column, over real durations, and fails where something else follows, where a case then waits for
nothing, where it cannot be brought to its end, or where it ends twice.

Where a decision leads is the task that is asked for next, or the outcome. A task that stays open
goes up its ladder: level 3 means that the superior, the coordinator (with a `resolve_overdue`) and
the director were told; it is answered as before, and the answer is marked as late. An answer that
was sent in time and seen too late is one that was on its way when its task expired.
"""
_COLUMNS: Final = {
    Event.DECLINES: "decides otherwise",
    Event.EXPIRES: "nobody answers",
    Event.WITHDRAWS: "the company withdraws",
    Event.REASSIGNED: "is reassigned",
    Event.LATE: "is answered late",
}


def page() -> str:
    """The whole page."""
    heads = ["task", "asked for in", *_COLUMNS.values()]
    lines = [INTRODUCTION, f"| {' | '.join(heads)} |", f"|{' --- |' * len(heads)}"]
    noted = observed()
    for kind in dict.fromkeys(row.kind for row in rows()):
        asked_in = [row for row in rows() if row.kind is kind]
        cells = [_cell(event, asked_in, noted[event]) for event in Event]
        procedures = " · ".join(_shown(row.procedure) for row in asked_in)
        lines.append(f"| `{kind.value}` | {procedures} | {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


def _shown(procedure: str) -> str:
    """A title, or the module that asks beside all procedures."""
    is_title = any(procedure == title for title, _, _ in PROCEDURES)
    return procedure if is_title else f"`{procedure}.py`"


def _cell(event: Event, asked_in: Sequence[Row], noted: Mapping[str, str]) -> str:
    """What was seen in every procedure; where it differs, in which."""
    reasons = {reason for row in asked_in if (reason := excluded(row, event)) is not None}
    where: dict[str, list[str]] = {}
    for row in asked_in:
        for line in noted.get(str(row), "").split("; "):
            if line:
                where.setdefault(line, []).append(_shown(row.procedure))
    heads = Counter(line.partition(":")[0] for line in where)
    lines = [
        line if (heads[line.partition(":")[0]] == 1 and ":" in line) or len(where) == 1
        else f"{line} ({' · '.join(procedures)})"
        for line, procedures in where.items()
    ]  # fmt: skip
    return "<br>".join([*lines, *(f"— {reason}" for reason in sorted(reasons))])


if __name__ == "__main__":
    print(page(), end="")  # noqa: T201  # it is redirected into the page
