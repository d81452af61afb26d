"""Selection rounds on pages: the ranking for the centre, the score sheet for a reviewer."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Response

from api import auth, sheets, task_updates
from api.auth import Caller
from api.pages.forms import (
    Field,
    answer_from,
    by_field,
    by_name,
    errors_in,
    fields_of,
    typed_in,
)
from api.pages.posted import CORRECTABLE, PostedForm, checked, key_after, key_in, new_key, text_in
from api.pages.rendering import PageRoute, Visit, VisitDep, institute_names, page, see
from api.problems import problem_of
from api.routes.rounds import Evaluator, SheetRequest, get_round, list_rounds
from api.sheets import SheetView
from schemas.base import RoundId, TaskId
from schemas.sheet import Assessment

router = APIRouter(route_class=PageRoute, include_in_schema=False)

_ASSESSMENT: Final = Assessment.model_json_schema()

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
    view = await sheets.view(visit.centre, caller, task_id)
    return await _sheet_page(visit, caller, view, typed=_typed_before(view), saved=bool(saved))


@router.post("/tasks/{task_id}/sheet")
async def save_sheet(
    task_id: TaskId, visit: VisitDep, caller: Evaluator, posted: PostedForm
) -> Response:
    """Save the sheet; hand it in if that was asked for."""
    view = await sheets.view(visit.centre, caller, task_id)
    try:
        saved = await sheets.save(visit.centre, caller, task_id, _assessments(view, posted))
        if text_in(posted, "then") != "hand_in":
            return see(f"/tasks/{task_id}/sheet?saved=1")
        await task_updates.complete(
            visit.centre,
            caller,
            task_id,
            {"decision": "hand_in", "sheet": saved.sheet},
            expected=None,
            key=key_in(posted),
        )
    except CORRECTABLE as error:
        problem = problem_of(visit.request, error)
        return await _sheet_page(
            visit, caller, view,
            typed=typed_in(posted), problem=problem, key=key_after(problem, posted),
        )  # fmt: skip
    return see("/worklist?done=score_applications")


async def _sheet_page(  # noqa: PLR0913  # what the page is made of
    visit: Visit,
    caller: Caller,
    view: SheetView,
    *,
    typed: Mapping[str, str],
    saved: bool = False,
    problem: Mapping[str, Any] | None = None,
    key: str | None = None,
) -> Response:
    errors = errors_in(problem, visit.words, inside="assessments") if problem else []
    forms = {
        line.case_number: _fields(line.case_number, visit, typed, by_field(errors))
        for line in view.lines
    }
    return await page(
        visit,
        "sheet.html",
        caller=caller,
        status=problem["status"] if problem else 200,
        view=view,
        forms=forms,
        linked=by_name([field for fields in forms.values() for field in fields]),
        saved=saved,
        errors=errors,
        institutes=await institute_names(visit),
        key=key or new_key(),
    )


def _fields(
    case_number: str, visit: Visit, typed: Mapping[str, str], errors: Mapping[str, str]
) -> list[Field]:
    """The fields of one application; every name begins with its case."""
    return [
        replace(field, name=f"{case_number}.{field.name}", optional=False)
        for field in fields_of(
            _ASSESSMENT,
            visit.words,
            typed=_inside(case_number, typed),
            errors=_inside(case_number, errors),
        )
    ]


def _assessments(view: SheetView, posted: PostedForm) -> dict[str, Assessment]:
    """What was typed, checked.

    Raises:
        RequestValidationError: A score is no number, or more than its criterion counts.
    """
    typed = {
        line.case_number: answer_from(_ASSESSMENT, _inside(line.case_number, typed_in(posted)))
        for line in view.lines
    }
    return checked(SheetRequest, {"assessments": typed}).assessments


def _typed_before(view: SheetView) -> dict[str, str]:
    """A saved sheet as the form holds it."""
    return {
        f"{line.case_number}.{name}": str(value)
        for line in view.lines
        for name, value in line.assessment
        if value is not None and value is not False
    }


def _inside(case_number: str, named: Mapping[str, str]) -> dict[str, str]:
    start = f"{case_number}."
    return {
        name.removeprefix(start): value for name, value in named.items() if name.startswith(start)
    }
