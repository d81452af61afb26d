"""A case that another worker takes over is asked again until it knows what its row shows."""

import asyncio
from dataclasses import replace
from typing import Any, cast

import pytest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from api.acts import Act, update
from api.centre import Centre
from schemas.problem import ProblemType, Refused
from workflows.support_case import SupportCase


class Case:
    """Refuses so many times, then takes what it is told."""

    def __init__(self, refusals: int, problem: ProblemType, *, seconds: float = 0) -> None:
        self.refusals = refusals
        self.problem = problem
        self.seconds = seconds
        self.ids: set[str] = set()

    def get_workflow_handle_for(self, _run: object, _id: str) -> "Case":
        return self

    async def execute_update(self, _change: object, _argument: object, **options: Any) -> str:
        self.ids.add(options["id"])
        await asyncio.sleep(self.seconds)
        self.refusals -= 1
        if self.refusals < 0:
            return "taken"
        raise WorkflowUpdateFailedError(ApplicationError("refused", type=self.problem))


async def told(centre: Centre, case: Case) -> object:
    beside = replace(centre, temporal=cast("Any", case))
    caller: Any = type("Caller", (), {"actor": type("Actor", (), {"id": "acc-triage"})})
    act = Act(caller, "complete", "1379-2026-000001.screen_case.1", "key")
    return await update(beside, act, cast("Any", SupportCase.complete_task), cast("Any", None))


async def test_a_task_that_the_case_does_not_know_yet_is_asked_again(centre: Centre) -> None:
    case = Case(2, ProblemType.TASK_NOT_FOUND)

    assert await told(centre, case) == "taken"
    assert len(case.ids) == 1


async def test_a_task_that_stays_unknown_is_no_wrong_address(
    centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.acts._BEHIND_SECONDS", 0.1)

    with pytest.raises(Refused) as refused:
        await told(centre, Case(1_000, ProblemType.TASK_NOT_FOUND))

    assert refused.value.problem is ProblemType.TEMPORARILY_UNAVAILABLE


async def test_a_first_refusal_that_took_long_is_not_the_last_word(
    centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.acts._BEHIND_SECONDS", 0.1)

    assert await told(centre, Case(1, ProblemType.TASK_NOT_FOUND, seconds=0.2)) == "taken"


async def test_what_a_rule_refuses_is_not_asked_again(centre: Centre) -> None:
    case = Case(1, ProblemType.STALE_VERSION)

    with pytest.raises(WorkflowUpdateFailedError):
        await told(centre, case)
