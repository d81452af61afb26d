"""Draws every procedure as a state diagram, from the code that carries it out.

    python -m tests.workflows.procedures > docs/procedures.md

Read from the syntax tree: `case.move` enters a state, `Question` asks for a task in it, `Ended`
and a returned outcome end it, a returned `Route` leads on. Conditions are not judged, so a diagram
shows every way that the code has, not how often it is taken.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from schemas.case import CaseStatus
from schemas.selection import RoundSnapshot

WORKFLOWS: Final = Path(__file__).parents[2] / "workflows"
START: Final = "[*]"

# Title, module and entry of each procedure.
PROCEDURES: Final = (
    ("Receipt and screening", "front_desk", "screen"),
    ("Triage", "front_desk", "triage"),
    ("Designation", "designation", "designate"),
    ("First contact", "first_contact", "make_contact"),
    ("Technology held", "resolution/technology_held", "technology_held"),
    ("Additional R&D: scoping and track", "resolution/research", "research"),
    ("Short R&D, fast lane", "resolution/fast_lane", "fast_lane"),
    ("Short R&D, monthly round", "resolution/rounds", "monthly_round"),
    ("Medium R&D", "resolution/rounds", "medium_track"),
    ("Long R&D", "resolution/long", "long_track"),
    ("Guidance", "resolution/guidance", "guide"),
    ("Equipment", "resolution/equipment", "lend"),
    ("By hand", "resolution/by_hand", "handle_by_hand"),
    ("After-check", "after_check", "check_afterwards"),
    ("Selection round", "selection_round", "run"),
)
# States in which a procedure begins, where somebody else has entered them.
_BEGINS_IN: Final = {
    "check_afterwards": CaseStatus.SURVEY.value,
    "run": str(RoundSnapshot.model_fields["state"].default),
}
# Drawn on their own above: named in other diagrams, not drawn again.
_ELSEWHERE: Final = {entry: title for title, _, entry in PROCEDURES}

INTRODUCTION: Final = """# Procedures

Made from the code by `python -m tests.workflows.procedures`; a test compares it. Each box is a
state of the case, or of the selection round, with the tasks that are asked for in it; a way out to
the black dot ends the part, with the outcome that was reached or into the next part. Every way that
the code has is drawn. Not drawn is what can happen in any state: the company withdraws or pauses
the case (EndHold), somebody asks for more time (ConsentExtension), a coordinator decides on an
overdue task (ResolveOverdue) or passes a message on that failed (NotifyOtherwise), a handler is
replaced (NameHandler where one leaves), a partner is asked (JoinCase), and a matter is raised that
a coordinator settles (DecideStatus, Mediate, NameLead); a lead institute that gives the case back
lets it begin again at the designation. What becomes of each task is listed in
[task-events.md](task-events.md).
"""


@dataclass
class Diagram:
    """States with their tasks, and the ways between them."""

    tasks: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    ways: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    def enter(self, states: set[str], state: str) -> set[str]:
        for before in sorted(states):
            if (before, state) not in self.ways and before != state:
                self.ways.append((before, state))
        self.tasks.setdefault(state, [])
        return {state}

    def leave(self, state: str) -> None:
        """What follows is said by who called: the next part, or the outcome that was reached."""
        self.ways.append((state, START))

    def ask(self, states: set[str], kind: str) -> None:
        for state in states - {START}:
            if kind not in self.tasks.setdefault(state, []):
                self.tasks[state].append(kind)

    def text(self) -> str:
        lines = ["```mermaid", "stateDiagram-v2"]
        for state, tasks in self.tasks.items():
            shown = state.replace("_", " ")
            label = f"{shown}\\n{', '.join(tasks)}" if tasks else shown
            lines.append(f'    state "{label}" as {_name(state)}')
        lines += [f"    {_name(one)} --> {_name(other)}" for one, other in self.ways]
        return "\n".join([*lines, "```", ""])


def _name(state: str) -> str:
    return state if state == START else "".join(c if c.isalnum() else "_" for c in state)


def functions_of(module: str) -> dict[str, ast.AsyncFunctionDef]:
    """Coroutines of a module, methods by their own name."""
    tree = ast.parse((WORKFLOWS / f"{module}.py").read_text("utf-8"))
    return {node.name: node for node in ast.walk(tree) if isinstance(node, ast.AsyncFunctionDef)}


def all_functions() -> dict[str, ast.AsyncFunctionDef]:
    """Coroutines that procedures share, such as the confirmation of a result."""
    found: dict[str, ast.AsyncFunctionDef] = {}
    for path in sorted(WORKFLOWS.rglob("*.py")):
        module = path.relative_to(WORKFLOWS).with_suffix("").as_posix()
        if module.startswith("resolution/") or module in {"front_desk", "designation"}:
            found |= functions_of(module)
    return found


class Walk:
    """Follows a procedure through every branch.

    Attributes:
        followed: The coroutines that belong to it.
    """

    def __init__(self, module: str) -> None:
        self.diagram = Diagram()
        self._functions = all_functions() | functions_of(module)
        self.followed: set[str] = set()
        self._open: list[str] = []
        # Of the loops that are being followed: states at a `break`, and at a `continue`.
        self._left: list[set[str]] = []
        self._repeated: list[set[str]] = []

    def begin(self, entry: str) -> set[str]:
        """The states after a whole procedure."""
        states = {START}
        if entry in _BEGINS_IN:
            states = self.diagram.enter(states, _BEGINS_IN[entry])
        return self.call(entry, states)

    def call(self, name: str, states: set[str]) -> set[str]:
        """The states after a coroutine of ours."""
        if name in self._open:
            return states
        self._open.append(name)
        self.followed.add(name)
        returned: set[str] = set()
        after = self._block(self._functions[name].body, states, returned)
        self._open.pop()
        return after | returned

    def _block(self, body: list[ast.stmt], states: set[str], returned: set[str]) -> set[str]:
        for statement in body:
            if not states:
                break
            states = self._statement(statement, states, returned)
        return states

    def _statement(  # noqa: C901, PLR0911, PLR0912  # one case a kind of statement
        self, statement: ast.stmt, states: set[str], returned: set[str]
    ) -> set[str]:
        match statement:
            case ast.If(test=test, body=body, orelse=orelse):
                states = self._expression(test, states)
                return self._block(body, states, returned) | self._block(orelse, states, returned)
            case ast.Match(subject=subject, cases=cases):
                states = self._expression(subject, states)
                ends = [self._block(case.body, states, returned) for case in cases]
                return states.union(*ends) if not _is_total(cases) else set[str]().union(*ends)
            case ast.While(body=body, test=test):
                states = self._expression(test, states)
                return self._loop(body, states, returned, endless=isinstance(test, ast.Constant))
            case ast.Break():
                self._left[-1] |= states
                return set()
            case ast.Continue():
                self._repeated[-1] |= states
                return set()
            case ast.Try(body=body, handlers=handlers, finalbody=final):
                after = self._block(body, states, returned)
                for handler in handlers:
                    after |= self._block(handler.body, states, returned)
                return self._block(final, after, returned) if final else after
            case ast.With(body=body) | ast.For(body=body):
                return self._block(body, states, returned)
            case ast.Return(value=value):
                after = self._expression(value, states) if value else states
                returned |= self._end(value, after)
                return set()
            case ast.Raise(exc=ast.Call(func=ast.Name(id="Ended"), args=[first, *_])):
                self._outcome(first, states)
                return set()
            case ast.Raise():
                return set()
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                return states
            case _:
                return self._expression(statement, states)

    def _loop(
        self, body: list[ast.stmt], states: set[str], returned: set[str], *, endless: bool
    ) -> set[str]:
        """Twice around, so that the way back is drawn; the states in which the loop is left."""
        unentered = states
        self._left.append(set())
        self._repeated.append(set())
        for _ in range(2):
            states = self._block(body, states, returned) | self._repeated[-1]
        self._repeated.pop()
        left = self._left.pop()
        return left if endless else left | states | unentered

    def _expression(self, node: ast.AST, states: set[str]) -> set[str]:
        """Follow the calls inside an expression, in the order in which they are made."""
        for call in _calls(node):
            match call:
                case ast.Call(func=ast.Attribute(attr="move"), args=[status, *step]):
                    states = self.diagram.enter(states, _state(status, step))
                case ast.Call(func=ast.Name(id="Question"), args=[ast.Name(id=model), *_]):
                    self.diagram.ask(states, model)
                case ast.Call(func=ast.Name(id=name)) if (
                    name in _ELSEWHERE and self._open[0] != name
                ):
                    states = self.diagram.enter(states, _ELSEWHERE[name])
                case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if (
                    name in self._functions
                ):
                    states = self.call(name, states)
                case _:
                    pass
        return states

    def _end(self, value: ast.expr | None, states: set[str]) -> set[str]:
        """Where a returned value leads; states go on in whoever called, for anything else."""
        match value:
            case ast.Attribute(value=ast.Name(id="Route"), attr=route):
                self.diagram.enter(states, f"to {route.lower()}")
                return set()
            case ast.Call(func=ast.Name(id="_go_over"), args=[_, ast.Attribute(attr=route)]):
                self.diagram.enter(states, f"to {route.lower()}")
                return set()
            case ast.Attribute(value=ast.Name(id="CaseOutcome")):
                self._outcome(value, states)
                return set()
            case _:
                return states

    def _outcome(self, value: ast.expr, states: set[str]) -> None:
        if isinstance(value, ast.Attribute):
            self.diagram.enter(states, f"ends {value.attr.lower()}")


def _calls(node: ast.AST) -> Iterator[ast.Call]:
    """Calls inside a node, inner ones first."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.Lambda):
            yield from _calls(child)
    if isinstance(node, ast.Call):
        yield node


def _state(status: ast.expr, step: list[ast.expr]) -> str:
    parts = [part.attr for part in (status, *step) if isinstance(part, ast.Attribute)]
    return parts[-1].lower()


def _is_total(cases: list[ast.match_case]) -> bool:
    last = cases[-1]
    return isinstance(last.pattern, ast.MatchAs) and last.pattern.pattern is None and not last.guard


def page() -> str:
    """The whole page."""
    parts = [INTRODUCTION]
    for title, module, entry in PROCEDURES:
        walk = Walk(module)
        for state in sorted(walk.begin(entry) - {START}):
            walk.diagram.leave(state)
        parts.append(f"## {title}\n\n`workflows/{module}.py`\n\n{walk.diagram.text()}")
    return "\n".join(parts)


if __name__ == "__main__":
    print(page(), end="")  # noqa: T201  # it is redirected into the page
