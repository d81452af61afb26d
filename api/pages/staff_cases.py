"""Cases as staff see them, and calls that the desk keys in."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Response

from api import acts, auth, case_updates, case_views, reviews, tracking_codes
from api.auth import Caller
from api.case_views import StaffView
from api.deps import CaseStaff
from api.intake import file_case
from api.pages.forms import Field, FormError, Option, by_name, typed_in
from api.pages.intake_form import intake_errors, intake_form, intake_request, local_time
from api.pages.languages import Words
from api.pages.posted import (
    CORRECTABLE,
    PostedForm,
    Sent,
    answered,
    checked,
    key_in,
    new_key,
    text_in,
)
from api.pages.rendering import PageRoute, Visit, VisitDep, institute_names, page
from api.pagination import DEFAULT_PAGE, Cursor
from api.problems import problem_of
from api.routes.cases import MatterBody, PartnerBody, ReasonBody, list_cases
from api.routes.documents import DocumentId, Handler, get_document, get_original, list_documents
from infra.postgres import accounts, reference
from infra.postgres.accounts import Account
from infra.postgres.reviews import due_review
from schemas.actor import Role
from schemas.base import CaseNumber
from schemas.case import CaseStatus, Matter, Service
from schemas.outcome.fields import MAX_TEXT
from schemas.problem import ProblemType, Refused
from schemas.review import CaseReview
from schemas.task import (
    TaskStatus,
)

router = APIRouter(route_class=PageRoute, include_in_schema=False)

Desk = Annotated[Caller, Depends(auth.DESK)]
ACCESS_REASONS: Final = ("handling", "audit", "complaint", "legal_duty")
Coordinator = Annotated[Caller, Depends(auth.COORDINATORS)]
Raiser = Annotated[Caller, Depends(auth.HANDLERS)]
Supervisor = Annotated[Caller, Depends(auth.SUPERVISORS)]
_READERS: Final = auth.HANDLERS.roles | {Role.AUDITOR}


@router.get("/staff/cases")
async def case_list(  # noqa: PLR0913  # a route's parameters
    visit: VisitDep,
    caller: CaseStaff,
    *,
    status: str = "",
    service: str = "",
    institute: str = "",
    overdue: bool = False,
    review_due: bool = False,
    q: Annotated[str, Query(max_length=100)] = "",
    cursor: Cursor = None,
) -> Response:
    """Cases within the reader's scope, the latest first."""
    names = await institute_names(visit)
    cases = await list_cases(
        caller,
        visit.centre,
        status=CaseStatus(status) if status in set(CaseStatus) else None,
        institute=institute if institute in names else None,
        service=Service(service) if service in set(Service) else None,
        overdue=overdue or None,
        review_due=review_due,
        q=q or None,
        cursor=cursor,
        limit=DEFAULT_PAGE,
    )
    return await page(
        visit,
        "cases.html",
        caller=caller,
        cases=cases.items,
        next_cursor=cases.next_cursor,
        wanted={"status": status, "service": service, "institute": institute},
        overdue=overdue,
        review_due=review_due,
        may_review=caller.actor.role in auth.COORDINATORS.roles,
        q=q,
        statuses=list(CaseStatus),
        services=list(Service),
        institutes=names,
    )


@router.get("/staff/cases/{case_number}")
async def staff_case(case_number: CaseNumber, visit: VisitDep, caller: CaseStaff) -> Response:
    """A case as staff see it: where it stands, its tasks, offers and timeline."""
    return await _staff_case(visit, caller, case_number, Sent())


async def _staff_case(visit: Visit, caller: Caller, case_number: str, sent: Sent) -> Response:
    view = await case_views.staff_view(visit.centre, caller, case_number)
    beside = await _beside(visit, caller, view)
    forms = _forms(visit.words, view, await _successors(visit, caller, view), beside, sent)
    return await page(
        visit,
        "staff_case.html",
        caller=caller,
        status=sent.status,
        case=view,
        institutes=await institute_names(visit),
        open_tasks=[task for task in view.tasks if task.status is TaskStatus.OPEN],
        past_tasks=[task for task in view.tasks if task.status is not TaskStatus.OPEN],
        forms=forms,
        linked=by_name(forms.get(sent.form, ())),
        sent=sent,
        succeeding=beside.succeeding,
        review_due=await _review_due(visit, caller, view),
        may_audit=caller.actor.role in auth.AUDIT.roles,
        may_read=caller.actor.role in _READERS,
        reasons=ACCESS_REASONS[caller.actor.role is Role.AUDITOR :],
        now=visit.centre.clock(),
    )


async def _review_due(visit: Visit, caller: Caller, case: StaffView) -> bool:
    """Whether the reader is asked to look at the case this month."""
    return (
        caller.actor.role in auth.COORDINATORS.roles
        and case.status is CaseStatus.IN_SERVICE
        and await due_review(visit.centre.pool, case.case_number) is not None
    )


async def _successors(visit: Visit, caller: Caller, case: StaffView) -> list[Account]:
    """Who could handle the case instead, when the reader may say so."""
    lead = None if case.snapshot is None else case.snapshot.lead_institute
    if (
        lead is None
        or case.status is CaseStatus.CLOSED
        or caller.actor.role not in auth.SUPERVISORS.roles
    ):
        return []
    day = visit.centre.korean_day(visit.centre.clock())
    return await accounts.colleagues(visit.centre.pool, Role.SUPPORT, lead, day)


@dataclass(frozen=True)
class _Beside:
    """What the reader may set going beside the procedure.

    Attributes:
        invitable: Institutes that may be asked to take part, code to name.
        succeeding: The institute to which the case may move.
        may_give_code: Whether the company may get another tracking code from the reader.
    """

    invitable: Mapping[str, str] = field(default_factory=dict[str, str])
    matters: Sequence[Matter] = ()
    succeeding: str | None = None
    may_give_code: bool = False


async def _beside(visit: Visit, caller: Caller, case: StaffView) -> _Beside:
    snapshot, actor = case.snapshot, caller.actor
    may_give_code = actor.role in auth.DESK.roles
    if snapshot is None or snapshot.lead_assignment is None or snapshot.outcome is not None:
        return _Beside(may_give_code=may_give_code)
    lead = snapshot.lead_institute or ""
    leads = actor.institute in {None, lead}
    supervises = leads and actor.role in auth.SUPERVISORS.roles
    known = {lead, *(offer.institute for offer in snapshot.partners)}
    names = await institute_names(visit)
    matters = [
        matter
        for matter, possible in (
            (Matter.COMPANY_STATUS, True),
            (Matter.DISAGREEMENT, bool(snapshot.partners)),
            (Matter.LEAD_GIVES_BACK, supervises),
            (Matter.HANDLER_LEAVES, leads),
        )
        if possible and actor.role in auth.HANDLERS.roles
    ]
    succeeds = (
        await reference.successor(visit.centre.pool, lead)
        if actor.role in auth.COORDINATORS.roles
        else None
    )
    others = {code: name for code, name in names.items() if code not in known}
    return _Beside(others if supervises else {}, matters, succeeds, may_give_code)


def _forms(
    words: Words, case: StaffView, successors: Sequence[Account], beside: _Beside, sent: Sent
) -> dict[str, list[Field]]:
    """The fields of the forms that the reader may send, each by what is done with it."""

    def choice(
        name: str, label: str, options: Mapping[str, str], value: str = "", *, required: bool = True
    ) -> Field:
        return Field(
            name=name,
            label=words.text(label),
            widget="select",
            required=required,
            options=tuple(Option(value=code, label=text) for code, text in options.items()),
            value=value,
        )

    def reason(label: str = "Reason", *, optional: bool = True) -> Field:
        return Field(
            name="reason",
            label=words.text(label),
            widget="textarea",
            optional=optional,
            required=not optional,
            max_length=MAX_TEXT,
        )

    handler = None if case.snapshot is None else case.snapshot.handler
    people = {person.account_id: person.display_name for person in successors}
    matters = {matter.value: words.label("matter", matter.value) for matter in beside.matters}
    forms = {
        "handler": [
            choice("handler", "Handler", people, handler or "", required=False),
            reason(),
        ],
        "partners": [choice("institute", "Institute", beside.invitable)],
        "matters": [
            choice("matter", "What it is about", matters),
            reason("What happened", optional=False),
        ],
        "successor": [reason()],
        "tracking-code": [],
    }
    possible = {
        "handler": bool(people),
        "partners": bool(beside.invitable),
        "matters": bool(matters),
        "successor": beside.succeeding is not None,
        "tracking-code": beside.may_give_code,
    }
    return {
        form: [sent.drawn(form, field) for field in fields]
        for form, fields in forms.items()
        if possible[form]
    }


async def _after(  # noqa: PLR0913, PLR0917  # what a form is answered from
    act: Callable[[], Awaitable[object]],
    form: str,
    visit: Visit,
    caller: Caller,
    case_number: str,
    posted: PostedForm,
) -> Response:
    """Act, and lead back to the case."""
    return await answered(
        act,
        visit,
        posted,
        form,
        back=f"/staff/cases/{case_number}",
        again=partial(_staff_case, visit, caller, case_number),
    )


@router.post("/staff/cases/{case_number}/original")
async def original(
    case_number: CaseNumber, visit: VisitDep, caller: Handler, posted: PostedForm
) -> Response:
    """What the company wrote, whom to call, and everything written since; the read is recorded."""
    reason = _checked(text_in(posted, "reason") or "handling")
    return await page(
        visit,
        "original.html",
        caller=caller,
        reason=reason,
        original=await get_original(case_number, caller, visit.centre, reason),
        documents=(await list_documents(case_number, caller, visit.centre, reason)).items,
    )


@router.post("/staff/cases/{case_number}/handler")
async def change_handler(
    case_number: CaseNumber, visit: VisitDep, caller: Supervisor, posted: PostedForm
) -> Response:
    """Give the case, with its open tasks, to somebody else of the department."""

    async def hand_over() -> None:
        await case_updates.change_handler(
            visit.centre,
            caller,
            case_number,
            account_id=text_in(posted, "handler"),
            reason=text_in(posted, "reason"),
            key=key_in(posted),
        )

    return await _after(hand_over, "handler", visit, caller, case_number, posted)


@router.post("/staff/cases/{case_number}/partners")
async def invite_partner(
    case_number: CaseNumber, visit: VisitDep, caller: Supervisor, posted: PostedForm
) -> Response:
    """Ask another institute to take part."""

    async def invite() -> None:
        asked = checked(PartnerBody, {"institute": text_in(posted, "institute")})
        await case_updates.invite_partner(
            visit.centre, caller, case_number, asked.institute, key=key_in(posted)
        )

    return await _after(invite, "partners", visit, caller, case_number, posted)


@router.post("/staff/cases/{case_number}/matters")
async def raise_matter(
    case_number: CaseNumber, visit: VisitDep, caller: Raiser, posted: PostedForm
) -> Response:
    """Put something about the case to the coordinators."""

    async def send() -> None:
        put = {name: text_in(posted, name) for name in MatterBody.model_fields}
        matter = checked(MatterBody, put)
        await case_updates.raise_matter(
            visit.centre, caller, case_number, matter.matter, matter.reason, key=key_in(posted)
        )

    return await _after(send, "matters", visit, caller, case_number, posted)


@router.post("/staff/cases/{case_number}/reviews")
async def review_case(
    case_number: CaseNumber, visit: VisitDep, caller: Coordinator, posted: PostedForm
) -> Response:
    """Record the monthly review."""

    async def review() -> None:
        found = checked(CaseReview, {"finding": text_in(posted, "finding")})
        await reviews.review(visit.centre, caller, case_number, found, key=key_in(posted))

    return await _after(review, "reviews", visit, caller, case_number, posted)


@router.post("/staff/cases/{case_number}/successor")
async def follow_institute(
    case_number: CaseNumber, visit: VisitDep, caller: Coordinator, posted: PostedForm
) -> Response:
    """Move the case to the institute that followed its lead."""

    async def follow() -> None:
        why = checked(ReasonBody, {"reason": text_in(posted, "reason")})
        await case_updates.follow_institute(
            visit.centre, caller, case_number, why.reason, key=key_in(posted)
        )

    return await _after(follow, "successor", visit, caller, case_number, posted)


@router.post("/staff/cases/{case_number}/tracking-code")
async def replace_tracking_code(
    case_number: CaseNumber, visit: VisitDep, caller: Desk, posted: PostedForm
) -> Response:
    """Show another code, to be read out; the same form again shows the same one."""
    code = await tracking_codes.replace(visit.centre, caller, case_number, key=key_in(posted))
    return await page(
        visit, "tracking_code.html", caller=caller, case_number=case_number, tracking_code=code
    )


@router.get("/staff/cases/{case_number}/documents/{document_id}")
async def document(
    case_number: CaseNumber,
    document_id: DocumentId,
    visit: VisitDep,
    caller: Handler,
    reason: str = "handling",
) -> Response:
    """A text or file of the case, to be saved; the read is recorded."""
    return await get_document(case_number, document_id, caller, visit.centre, _checked(reason))


def _checked(reason: str) -> str:
    if reason not in ACCESS_REASONS:
        raise Refused(ProblemType.INVALID_REQUEST, "Choose one of the listed values.")
    return reason


@router.get("/calls/new")
async def new_call(visit: VisitDep, caller: Desk) -> Response:
    """The form in which the desk keys a call in."""
    typed = {"channel": "phone_1379", "received_at": local_time(visit.centre)}
    form = await intake_form(visit.centre, visit.words, typed=typed, desk=True)
    return await page(visit, "intake.html", caller=caller, form=form, key=new_key(), desk=True)


@router.post("/calls/new")
async def key_in_call(visit: VisitDep, caller: Desk, posted: PostedForm) -> Response:
    """File the case for the caller and show the receipt to be read out."""
    key = key_in(posted)
    try:
        intake = intake_request(posted, visit.words, channel=None)
        receipt = await file_case(visit.centre, intake, filed_by=caller, key=key)
    except CORRECTABLE as error:
        problem = problem_of(visit.request, error)
        errors: Sequence[FormError] = intake_errors(problem, visit.words)
        form = await intake_form(
            visit.centre, visit.words, typed=typed_in(posted), errors=errors, desk=True
        )
        return await page(
            visit,
            "intake.html",
            caller=caller,
            status=problem["status"],
            form=form,
            key=key,
            desk=True,
        )
    await acts.is_projected(visit.centre, receipt.case_number, 1)
    view = await case_views.staff_view(visit.centre, caller, receipt.case_number)
    return await page(
        visit,
        "receipt.html",
        caller=caller,
        case_number=receipt.case_number,
        tracking_code=receipt.tracking_code,
        promises=view.promises,
        personal_data=receipt.personal_data,
        desk=True,
    )
