"""The page of procedures shows the code as it is."""

import ast
from pathlib import Path
from typing import Final

from schemas.case import CaseStatus, CaseStep
from schemas.outcome import OUTCOMES
from schemas.selection import RoundState
from tests.workflows.procedures import PROCEDURES, WORKFLOWS, Walk, functions_of, page
from workflows.resolution import PROCEDURES as ROUTES

PAGE = Path(__file__).parents[2] / "docs" / "procedures.md"
# What can happen in any state; the page says so in words.
BESIDE: Final = {"extensions", "hold", "joint", "matters"}


def test_the_page_of_procedures_is_up_to_date() -> None:
    assert PAGE.read_text("utf-8") == page()


def test_every_procedure_of_a_route_is_drawn() -> None:
    drawn = {entry for _, _, entry in PROCEDURES}

    assert {procedure.__name__ for procedure in ROUTES.values()} <= drawn


def test_every_task_and_every_state_is_on_the_page() -> None:
    shown = page()
    tasks = {model.__name__ for model in OUTCOMES.values()}
    states = {state.value.replace("_", " ") for state in (*CaseStatus, *CaseStep, *RoundState)}
    # A case is received before anybody does anything, and in service in one of the steps.
    states -= {"received", "in service", CaseStep.NONE.value}

    assert {name for name in tasks if name not in shown} == set()
    assert {name for name in states if f'state "{name}' not in shown} == set()


def test_every_coroutine_that_asks_is_drawn_or_runs_beside_all_procedures() -> None:
    followed: set[str] = set()
    for _, module, entry in PROCEDURES:
        walk = Walk(module)
        walk.begin(entry)
        followed |= walk.followed
    missing = [
        f"{module}.{name}"
        for module in modules()
        if module not in BESIDE
        for name, coroutine in functions_of(module).items()
        if name not in followed and asks(coroutine)
    ]

    assert missing == []


def modules() -> list[str]:
    paths = sorted(WORKFLOWS.rglob("*.py"))
    return [path.relative_to(WORKFLOWS).with_suffix("").as_posix() for path in paths]


def asks(coroutine: ast.AsyncFunctionDef) -> bool:
    return any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "Question"
        for node in ast.walk(coroutine)
    )
