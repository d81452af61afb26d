"""Selection rounds on pages: the ranking for the centre, the score sheet for a reviewer."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from api import auth, sheets, task_updates
from api.auth import Caller
from api.pages.company import institute_names
from api.pages.forms import errors_in
from api.pages.posted import CORRECTABLE, PostedForm, key_in, new_key, text_in
from api.pages.rendering import PageRoute, Visit, VisitDep, page, see
from api.problems import problem_of
from api.routes.rounds import Evaluator, get_round, list_rounds
from schemas.base import RoundId, TaskId
from schemas.sheet import CRITERIA, Assessment

router = APIRouter(route_class=PageRoute, include_in_schema=False)

RoundReader = Annotated[Caller, Depends(auth.ROUND_READERS)]


@router.get("/rounds")
async def rounds_page(visit: VisitDep, caller: RoundReader) -> Response:
    """Every round that has begun."""
    found = await list_rounds(visit.centre)
    return await page(visit, "rounds.html", caller=caller, rounds=found.items)


@router.get("/rounds/{round_id}")
async def round_page(round_id: RoundId, visit: VisitDep, caller: RoundReader) -> Response:
    """A round with its ranking."""
    found = await get_round(round_id, visit.centre)
    return await page(
        visit,
        "round.html",
        caller=caller,
        round=found.round,
        applications=found.applications,
        institutes=await institute_names(visit),
    )


@router.get("/tasks/{task_id}/sheet")
async def sheet_page(
    task_id: TaskId, visit: VisitDep, caller: Evaluator, saved: str = ""
) -> Response:
    """A reviewer's score sheet."""
    return await _sheet_page(visit, caller, task_id, saved=bool(saved))


async def _sheet_page(
    visit: Visit,
    caller: Caller,
    task_id: str,
    *,
    saved: bool = False,
    error: Exception | None = None,
) -> Response:
    problem = None if error is None else problem_of(visit.request, error)
    return await page(
        visit,
        "sheet.html",
        caller=caller,
        status=200 if problem is None else problem["status"],
        view=await sheets.view(visit.centre, caller, task_id),
        criteria=CRITERIA,
        saved=saved,
        errors=[] if problem is None else errors_in(problem, visit.words),
        institutes=await institute_names(visit),
        key=new_key(),
    )


@router.post("/tasks/{task_id}/sheet")
async def save_sheet(
    task_id: TaskId, visit: VisitDep, caller: Evaluator, posted: PostedForm
) -> Response:
    """Save the sheet; hand it in if that was asked for."""
    try:
        before = await sheets.view(visit.centre, caller, task_id)
        assessments = {
            line.case_number: _assessment(posted, line.case_number) for line in before.lines
        }
        after = await sheets.save(visit.centre, caller, task_id, assessments)
        if text_in(posted, "then") != "hand_in":
            return see(f"/tasks/{task_id}/sheet?saved=1")
        await task_updates.complete(
            visit.centre,
            caller,
            task_id,
            {"decision": "hand_in", "sheet": after.sheet},
            expected=None,
            key=key_in(posted),
        )
    except CORRECTABLE as error:
        return await _sheet_page(visit, caller, task_id, error=error)
    return see("/worklist?done=score_applications")


def _assessment(posted: PostedForm, case_number: str) -> Assessment:
    """What the form says of one application; a number outside its bounds counts as not given."""
    if text_in(posted, f"{case_number}.conflict"):
        return Assessment(conflict=True)
    given = {name: text_in(posted, f"{case_number}.{name}") or "" for name in CRITERIA}
    return Assessment.model_validate(
        {
            name: int(value)
            for name, value in given.items()
            if value.isascii() and value.isdigit() and int(value) <= CRITERIA[name]
        }
    )
