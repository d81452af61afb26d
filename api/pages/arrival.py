"""How a company comes to its case: it files it, opens it with its code, and closes it again.

Routers are taken by the names of their modules, and `/cases/new` has to come before
`/cases/{case_number}` of `company`.
"""

from collections.abc import Mapping

from fastapi import APIRouter, Depends, Response

from api import acts, auth, case_views, reading, tracking_codes
from api.asked_items import AskedItem, asked_item
from api.auth import CASE_COOKIE
from api.deps import CompanyCaller
from api.intake import file_case
from api.pages.forms import errors_in, typed_in
from api.pages.intake_form import MOST_CHARACTERS, intake_errors, intake_form, intake_request
from api.pages.posted import CORRECTABLE, PostedForm, key_in, new_key, text_in
from api.pages.rendering import PageRoute, Visit, VisitDep, page, see
from api.problems import problem_of
from api.routes.sessions import set_cookie
from schemas.base import CaseNumber
from schemas.problem import Refused

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/cases/new", dependencies=[Depends(auth.PUBLIC)])
async def new_case(visit: VisitDep) -> Response:
    """The form in which a difficulty is filed, or an item of the open databases asked for."""
    item = await _item_in(visit, visit.request.query_params)
    typed = (
        {
            "service": item.service.value,
            "title": visit.words.label("ask_title", item.database.value).format(title=item.title)[
                : MOST_CHARACTERS["title"]
            ],
        }
        if item
        else {}
    )
    form = await intake_form(visit.centre, visit.words, typed=typed, item=item)
    return await page(visit, "intake.html", form=form, key=new_key(), desk=False)


async def _item_in(visit: Visit, named: Mapping[str, object]) -> AskedItem | None:
    """The item that an address or a form names; None for one that is gone since."""
    try:
        return await asked_item(visit.centre, named)
    except Refused:
        return None


@router.post("/cases/new", dependencies=[Depends(auth.PUBLIC)])
async def file_new_case(visit: VisitDep, posted: PostedForm) -> Response:
    """Take the difficulty in and lead to its receipt; the same form again finds the same case."""
    key = key_in(posted)
    try:
        intake = intake_request(posted, visit.words, channel="web")
        receipt = await file_case(visit.centre, intake, filed_by=None, key=key)
    except CORRECTABLE as error:
        problem = problem_of(visit.request, error)
        form = await intake_form(
            visit.centre,
            visit.words,
            typed=typed_in(posted),
            errors=intake_errors(problem, visit.words),
            item=await _item_in(visit, posted),
        )
        return await page(
            visit,
            "intake.html",
            status=problem["status"],
            form=form,
            key=key,
            desk=False,
        )
    return await _let_in(visit, receipt.case_number)


async def _let_in(visit: Visit, case_number: str) -> Response:
    """Show the receipt to the browser that filed the case: the code never stands in an address."""
    opened = await auth.open_company_session(visit.centre, case_number)
    answer = see(f"/cases/{case_number}/receipt")
    set_cookie(answer, visit.centre, CASE_COOKIE, opened)
    return answer


@router.get("/cases/{case_number}/receipt")
async def receipt(case_number: CaseNumber, visit: VisitDep, caller: CompanyCaller) -> Response:
    """Number, code and the promise, to be printed."""
    await acts.is_projected(visit.centre, case_number, 1)
    stored = await reading.find_case(visit.centre, case_number)
    view = await case_views.company_view(visit.centre, case_number)
    return await page(
        visit,
        "receipt.html",
        caller=caller,
        case_number=case_number,
        tracking_code=await tracking_codes.code_of(visit.centre, case_number),
        promises=view.promises,
        personal_data=stored.personal_data,
        desk=False,
    )


@router.get("/track", dependencies=[Depends(auth.PUBLIC)])
async def track(visit: VisitDep, case: str = "") -> Response:
    """Asks for case number and tracking code."""
    return await page(visit, "track.html", case=case[:16], errors=[])


@router.post("/track", dependencies=[Depends(auth.PUBLIC)])
async def open_case(visit: VisitDep, posted: PostedForm) -> Response:
    """Open a case in this browser with its code."""
    number = (text_in(posted, "case_number") or "").upper()
    code = text_in(posted, "tracking_code") or ""
    try:
        opened = await auth.open_case(visit.centre, number, code, auth.address_of(visit.request))
    except Refused as error:
        problem = problem_of(visit.request, error)
        return await page(
            visit,
            "track.html",
            status=problem["status"],
            case=number[:16],
            errors=errors_in(problem, visit.words),
        )
    answer = see(f"/cases/{number}")
    set_cookie(answer, visit.centre, CASE_COOKIE, opened)
    return answer


@router.post("/cases/{case_number}/leave")
async def leave(
    case_number: CaseNumber,  # noqa: ARG001  # names the case that the access check looks at
    _caller: CompanyCaller,
    visit: VisitDep,
) -> Response:
    """Close the case in this browser, for a computer that others use too."""
    await auth.sign_out(visit.centre, visit.request)
    answer = see("/track")
    answer.delete_cookie(CASE_COOKIE)
    return answer
