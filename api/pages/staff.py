"""The staff's console: sign in, work through tasks, look at cases, key calls in."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Literal
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Response

from api import auth, reading, task_updates
from api.auth import SESSION_COOKIE, Caller
from api.deps import AnyStaff, CaseStaff, TaskStaff
from api.intake import file_case
from api.pages.company import institute_names, intake_errors
from api.pages.forms import (
    FormError,
    Option,
    answer_from,
    by_field,
    by_name,
    errors_in,
    fields_of,
    typed_in,
)
from api.pages.intake_form import intake_form, intake_request, local_time
from api.pages.posted import CORRECTABLE, PostedForm, key_after, key_in, new_key, text_in
from api.pages.rendering import PageRoute, Visit, VisitDep, page, see
from api.pagination import DEFAULT_PAGE, Cursor
from api.problems import problem_of
from api.reading import TaskView
from api.routes.cases import Handler, get_original, list_cases, list_documents
from api.routes.sessions import set_cookie
from api.routes.tasks import TaskReader, list_tasks
from infra.postgres import accounts
from schemas.actor import INSTITUTE_ROLES, Role, groups_of
from schemas.base import CaseNumber, TaskId
from schemas.case import CaseStatus, Service
from schemas.problem import ProblemType, Refused
from schemas.task import HumanTask, TaskKind, TaskStatus

router = APIRouter(route_class=PageRoute, include_in_schema=False)

Filing = Annotated[Caller, Depends(auth.DESK)]
ACCESS_REASONS: Final = ("handling", "audit", "complaint", "legal_duty")
_READERS: Final = auth.HANDLERS.roles | {Role.AUDITOR}
_HOME: Final = "/worklist"
_HOMES: Final = {Role.AUDITOR: "/staff/cases", Role.MINISTRY: "/"}


@router.get("/sign-in", dependencies=[Depends(auth.PUBLIC)])
async def sign_in_form(visit: VisitDep, next: str = "") -> Response:  # noqa: A002  # the name in the query
    """Asks for username and password."""
    return await page(visit, "sign_in.html", next=next[:300], username="", errors=[])


@router.post("/sign-in", dependencies=[Depends(auth.PUBLIC)])
async def sign_in(visit: VisitDep, posted: PostedForm) -> Response:
    """Open a session and lead to where the reader wanted to go."""
    username = text_in(posted, "username") or ""
    password = posted.get("password")
    wanted = text_in(posted, "next") or ""
    try:
        signed_in = await auth.sign_in(
            visit.centre,
            username[:100],
            password if isinstance(password, str) else "",
            auth.address_of(visit.request),
        )
    except Refused as error:
        problem = problem_of(visit.request, error)
        return await page(
            visit,
            "sign_in.html",
            status=problem["status"],
            next=wanted[:300],
            username=username[:100],
            errors=errors_in(problem, visit.words),
        )
    home = _HOMES.get(signed_in.caller.actor.role, _HOME)
    answer = see(wanted if _is_ours(wanted) and wanted != _HOME else home)
    set_cookie(answer, visit.centre, SESSION_COOKIE, signed_in)
    return answer


def _is_ours(address: str) -> bool:
    """Whether an address is a path here: a link must not lead to another site after signing in."""
    return address.startswith("/") and not address.startswith(("//", "/\\"))


@router.post("/sign-out")
async def sign_out(_caller: AnyStaff, visit: VisitDep) -> Response:
    """End the session."""
    await auth.sign_out(visit.centre, visit.request)
    answer = see("/sign-in")
    answer.delete_cookie(SESSION_COOKIE)
    return answer


@router.get("/worklist")
async def worklist(  # noqa: PLR0913  # a route's parameters
    visit: VisitDep,
    caller: TaskStaff,
    *,
    show: Literal["all", "mine", "completed"] = "all",
    kind: str = "",
    q: Annotated[str, Query(max_length=100)] = "",
    cursor: Cursor = None,
    done: str = "",
) -> Response:
    """Open tasks of the reader's groups, the most urgent first."""
    tasks = await list_tasks(
        caller,
        visit.centre,
        status="completed" if show == "completed" else "open",
        mine=show == "mine",
        kind=TaskKind(kind) if kind in set(TaskKind) else None,
        q=q or None,
        cursor=cursor,
        limit=DEFAULT_PAGE,
    )
    return await page(
        visit,
        "worklist.html",
        caller=caller,
        tasks=tasks.items,
        next_cursor=tasks.next_cursor,
        show=show,
        kind=kind,
        kinds=list(TaskKind),
        q=q,
        done=done if done in set(TaskKind) else "",
        now=visit.centre.clock(),
    )


@router.get("/tasks/{task_id}")
async def task_page(
    task_id: TaskId, visit: VisitDep, caller: TaskReader, done: str = ""
) -> Response:
    """A task with its form, its case and the evidence beside it."""
    return await _task_page(visit, caller, task_id, done=done)


async def _task_page(  # noqa: PLR0913  # what the page is made of
    visit: Visit,
    caller: Caller,
    task_id: str,
    *,
    done: str = "",
    typed: Mapping[str, str] | None = None,
    problem: Mapping[str, Any] | None = None,
    key: str | None = None,
) -> Response:
    task = await task_updates.find_visible(visit.centre, caller.actor, task_id)
    view = await reading.task_view(visit.centre, caller, task)
    names = await institute_names(visit)
    errors = errors_in(problem, visit.words, inside="outcome") if problem else []
    fields = fields_of(
        view.form,
        visit.words,
        typed=typed,
        errors=by_field(errors),
        choices=await _choices(visit, view, names),
    )
    return await page(
        visit,
        "task.html",
        caller=caller,
        status=problem["status"] if problem else 200,
        view=view,
        task=task,
        fields=fields,
        linked=by_name(fields),
        errors=errors,
        institutes=names,
        may_work=task.candidate_group in groups_of(caller.actor),
        own=task.assignee == caller.actor.id,
        assignee=await _name_of(visit, task.assignee),
        done=done,
        comment=(typed or {}).get("comment", ""),
        key=key or new_key(),
        now=visit.centre.clock(),
    )


async def _choices(
    visit: Visit, view: TaskView, names: Mapping[str, str]
) -> dict[str, Sequence[Option]]:
    """Institutes and people to choose from; the institutes that matching proposed come first."""
    ranked = [line.institute for line in view.evidence]
    rest = sorted(set(names) - set(ranked), key=names.__getitem__)
    institutes = [
        Option(value=code, label=f"{names.get(code, code)} ({code})") for code in [*ranked, *rest]
    ]
    day = visit.centre.korean_day(visit.centre.clock())
    people = [
        Option(value=person.account_id, label=person.display_name)
        for role, institute in _desks_of(view.task)
        for person in await accounts.colleagues(visit.centre.pool, role, institute, day)
    ]
    return {
        "institute": institutes,
        "better_institute": institutes,
        "named_staff": people,
        "assignee": people,
    }


def _desks_of(task: HumanTask) -> list[tuple[Role, str | None]]:
    """Where the people of a task's group work; for an overdue task the whole centre's desks."""
    scope, *names = task.candidate_group.split(":")
    if scope == "institute":
        institute = names[0]
        return [(role, institute) for role in Role if role in INSTITUTE_ROLES]
    return [(role, None) for role in (Role.TRIAGE, Role.COORDINATOR, Role.SURVEY, Role.DIRECTOR)]


async def _name_of(visit: Visit, account_id: str | None) -> str | None:
    account = account_id and await accounts.find(visit.centre.pool, account_id)
    return account.display_name if account else account_id


@router.post("/tasks/{task_id}/complete")
async def complete_task(
    task_id: TaskId, visit: VisitDep, caller: TaskStaff, posted: PostedForm
) -> Response:
    """Complete the task; a stale version or an error keeps what was typed."""
    view = await reading.task_view(
        visit.centre,
        caller,
        await task_updates.find_visible(visit.centre, caller.actor, task_id),
    )
    try:
        await task_updates.complete(
            visit.centre,
            caller,
            task_id,
            answer_from(view.form, posted),
            expected=_version_in(posted),
            key=key_in(posted),
        )
    except CORRECTABLE as error:
        return await _shown_again(visit, caller, task_id, posted, error)
    return see(f"/worklist?done={view.task.kind.value}")


@router.post("/tasks/{task_id}/claim")
async def claim_task(
    task_id: TaskId, visit: VisitDep, caller: TaskStaff, posted: PostedForm
) -> Response:
    """Take the task over."""
    try:
        await task_updates.claim(
            visit.centre, caller, task_id, expected=_version_in(posted), key=key_in(posted)
        )
    except CORRECTABLE as error:
        return await _shown_again(visit, caller, task_id, posted, error)
    return see(f"/tasks/{quote(task_id)}")


@router.post("/tasks/{task_id}/release")
async def release_task(
    task_id: TaskId, visit: VisitDep, caller: TaskStaff, posted: PostedForm
) -> Response:
    """Put the task back into the group's queue."""
    try:
        await task_updates.release(
            visit.centre, caller, task_id, expected=_version_in(posted), key=key_in(posted)
        )
    except CORRECTABLE as error:
        return await _shown_again(visit, caller, task_id, posted, error)
    return see(f"/tasks/{quote(task_id)}")


@router.post("/tasks/{task_id}/comments")
async def comment_task(
    task_id: TaskId, visit: VisitDep, caller: TaskStaff, posted: PostedForm
) -> Response:
    """Write a comment for whoever works on the task."""
    text = text_in(posted, "comment")
    if text is not None:
        try:
            await task_updates.comment(visit.centre, caller, task_id, text, key=key_in(posted))
        except CORRECTABLE as error:
            return await _shown_again(visit, caller, task_id, posted, error)
    return see(f"/tasks/{quote(task_id)}")


async def _shown_again(
    visit: Visit, caller: Caller, task_id: str, posted: PostedForm, error: Exception
) -> Response:
    """The task as it is now, with what the reader typed."""
    problem = problem_of(visit.request, error)
    return await _task_page(
        visit,
        caller,
        task_id,
        typed=typed_in(posted),
        problem=problem,
        key=key_after(problem, posted),
    )


def _version_in(posted: PostedForm) -> int | None:
    version = text_in(posted, "version") or ""
    return int(version) if version.isascii() and version.isdigit() else None


@router.get("/staff/cases")
async def case_list(  # noqa: PLR0913  # a route's parameters
    visit: VisitDep,
    caller: CaseStaff,
    *,
    status: str = "",
    service: str = "",
    institute: str = "",
    overdue: bool = False,
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
        q=q,
        statuses=list(CaseStatus),
        services=list(Service),
        institutes=names,
    )


@router.get("/staff/cases/{case_number}")
async def staff_case(case_number: CaseNumber, visit: VisitDep, caller: CaseStaff) -> Response:
    """A case as staff see it: where it stands, its tasks, offers and timeline."""
    view = await reading.staff_view(visit.centre, caller, case_number)
    return await page(
        visit,
        "staff_case.html",
        caller=caller,
        case=view,
        institutes=await institute_names(visit),
        open_tasks=[task for task in view.tasks if task.status is TaskStatus.OPEN],
        past_tasks=[task for task in view.tasks if task.status is not TaskStatus.OPEN],
        may_audit=caller.actor.role in auth.AUDIT.roles,
        may_read=caller.actor.role in _READERS,
        reasons=ACCESS_REASONS[caller.actor.role is Role.AUDITOR :],
        now=visit.centre.clock(),
    )


@router.post("/staff/cases/{case_number}/original")
async def original(
    case_number: CaseNumber, visit: VisitDep, caller: Handler, posted: PostedForm
) -> Response:
    """What the company wrote, whom to call, and everything written since; the read is recorded."""
    reason = text_in(posted, "reason") or "handling"
    if reason not in ACCESS_REASONS:
        raise Refused(ProblemType.INVALID_REQUEST, "Choose one of the listed values.")
    return await page(
        visit,
        "original.html",
        caller=caller,
        original=await get_original(case_number, caller, visit.centre, reason),
        documents=(await list_documents(case_number, caller, visit.centre, reason)).items,
    )


@router.get("/calls/new")
async def new_call(visit: VisitDep, caller: Filing) -> Response:
    """The form in which the desk keys a call in."""
    typed = {"channel": "phone_1379", "received_at": local_time(visit.centre)}
    form = await intake_form(visit.centre, visit.words, typed=typed, desk=True)
    return await page(visit, "intake.html", caller=caller, form=form, key=new_key(), desk=True)


@router.post("/calls/new")
async def key_in_call(visit: VisitDep, caller: Filing, posted: PostedForm) -> Response:
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
    await task_updates.is_projected(visit.centre, receipt.case_number, 1)
    view = await reading.staff_view(visit.centre, caller, receipt.case_number)
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
