"""The staff's tasks: the list of them, and the page on which one is worked."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Annotated, Any, Final, Literal
from urllib.parse import quote

from fastapi import APIRouter, Query, Response

from api import task_updates, task_views
from api.auth import Caller
from api.deps import TaskStaff
from api.named import named_role
from api.pages.forms import Field, Option, answer_from, by_field, by_name, fields_of
from api.pages.languages import Words
from api.pages.marking import marked
from api.pages.posted import (
    PostedForm,
    Sent,
    answered,
    checked,
    key_in,
    text_in,
)
from api.pages.rendering import PageRoute, Visit, VisitDep, institute_names, page
from api.pagination import DEFAULT_PAGE, Cursor
from api.routes.tasks import (
    CommentBody,
    ExtensionBody,
    Reassignment,
    TaskReader,
    list_tasks,
)
from api.task_views import MatchView, TaskView
from infra.postgres import accounts, catalogue, rounds
from infra.postgres.accounts import Account
from infra.postgres.open_databases import address_of
from schemas.actor import INSTITUTE_ROLES, Role, groups_of
from schemas.base import TaskId
from schemas.outcome import (
    TaskKind,
)
from schemas.outcome.fields import MAX_TEXT
from schemas.search import OpenDatabase
from schemas.sheet import ScoreSheet
from schemas.task import (
    HumanTask,
)
from workflows.policy.task_rules import SUPERVISORS

# As probabilities that an acceptable institute stands first.
HIGH_CONFIDENCE: Final = 0.9
FAIR_CONFIDENCE: Final = 0.7

router = APIRouter(route_class=PageRoute, include_in_schema=False)


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
async def task_page(task_id: TaskId, visit: VisitDep, caller: TaskReader) -> Response:
    """A task with its form, its case and the evidence beside it."""
    return await _task_page(visit, caller, task_id, Sent())


async def _task_page(visit: Visit, caller: Caller, task_id: str, sent: Sent) -> Response:
    task = await task_updates.find_visible(visit.centre, caller.actor, task_id)
    view = await task_views.task_view(visit.centre, caller, task)
    names = await institute_names(visit)
    answering = sent.form == "complete"
    fields = fields_of(
        view.form,
        visit.words,
        typed=sent.typed if answering else None,
        errors=by_field(sent.errors) if answering else None,
        choices=await _choices(visit, view, names),
        # Nobody types a hash: the form carries that of the sheet which was saved.
        leave_out=("sheet",),
    )
    successors = await _successors(visit, caller, task)
    others = _other_forms(visit.words, task, successors, sent)
    return await page(
        visit,
        "task.html",
        caller=caller,
        status=sent.status,
        view=view,
        task=task,
        fields=fields,
        others=others,
        linked=by_name(fields if answering else filter(None, [others.get(sent.form)])),
        sent=sent,
        institutes=names,
        confidence_level=view.match and level_of(view.match),
        marked=marked,
        address_of=_public_address,
        may_reassign=bool(successors),
        sheet=await _saved_sheet(visit, task),
        may_work=task.candidate_group in groups_of(caller.actor),
        own=task.assignee == caller.actor.id,
        assignee=await _name_of(visit, task.assignee),
        now=visit.centre.clock(),
    )


async def _successors(visit: Visit, caller: Caller, task: HumanTask) -> list[Option]:
    """To whom the reader may give the task."""
    if caller.actor.role not in SUPERVISORS:
        return []
    return _options(
        person
        for person in await _colleagues(visit, task)
        if task.candidate_group in groups_of(person.actor)
    )


def _other_forms(
    words: Words, task: HumanTask, successors: Sequence[Option], sent: Sent
) -> dict[str, Field]:
    """The field of each form beside the answer."""
    fields = {
        "reassign": Field(
            name="assignee",
            label=words.text("Assignee"),
            widget="select",
            options=tuple(successors),
            value=task.assignee or "",
        ),
        "extend": Field(
            name="reason",
            label=words.text("Reason"),
            widget="textarea",
            required=True,
            max_length=MAX_TEXT,
        ),
        "comments": Field(
            name="text", label=words.text("Comment"), widget="textarea", max_length=MAX_TEXT
        ),
    }
    return {form: sent.drawn(form, field) for form, field in fields.items()}


def level_of(match: MatchView) -> str:
    """How sure matching is, in a word that a person can act on."""
    if match.low_confidence or match.confidence < FAIR_CONFIDENCE:
        return "low"
    return "high" if match.confidence >= HIGH_CONFIDENCE else "fair"


def _public_address(kind: str, item_id: str) -> str | None:
    """The page on which evidence can be read in full; None for what has none."""
    database = OpenDatabase.of(kind)
    return None if database is None else address_of(database, item_id)


async def _saved_sheet(visit: Visit, task: HumanTask) -> str | None:
    """The hash of a reviewer's sheet; None for a task that has none."""
    if task.kind is not TaskKind.SCORE_APPLICATIONS:
        return None
    saved = await rounds.latest_sheet(visit.centre.pool, task.task_id)
    return (saved or ScoreSheet()).sha256


async def _choices(
    visit: Visit, view: TaskView, names: Mapping[str, str]
) -> dict[str, Sequence[Option]]:
    """Institutes and people to choose from; the institutes that matching proposed come first."""
    ranked = [line.institute for line in view.evidence]
    rest = sorted(set(names) - set(ranked), key=names.__getitem__)
    institutes = [
        Option(value=code, label=f"{names.get(code, code)} ({code})") for code in [*ranked, *rest]
    ]
    people = await _colleagues(visit, view.task)
    nameable = [
        person
        for person in people
        if person.role is named_role(view.task.kind) and person.account_id not in view.task.excluded
    ]
    equipment = (
        await catalogue.equipment_of(visit.centre.pool, view.task.candidate_group.split(":")[1])
        if view.task.kind is TaskKind.CHECK_EQUIPMENT
        else []
    )
    return {
        "equipment_id": [Option(value=item, label=f"{name} ({item})") for item, name in equipment],
        "institute": institutes,
        "better_institute": institutes,
        "named_staff": _options(nameable),
        "assignee": _options(people),
    }


async def _colleagues(visit: Visit, task: HumanTask) -> list[Account]:
    """Everybody who works at the desks that a task concerns."""
    day = visit.centre.korean_day(visit.centre.clock())
    return [
        person
        for role, institute in _desks_of(task)
        for person in await accounts.colleagues(visit.centre.pool, role, institute, day)
    ]


def _options(people: Iterable[Account]) -> list[Option]:
    return [Option(value=person.account_id, label=person.display_name) for person in people]


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
    view = await task_views.task_view(
        visit.centre,
        caller,
        await task_updates.find_visible(visit.centre, caller.actor, task_id),
    )

    async def complete() -> None:
        await task_updates.complete(
            visit.centre,
            caller,
            task_id,
            _answer_in(view, posted),
            expected=_version_in(posted),
            key=key_in(posted),
        )

    back = f"/worklist?done={view.task.kind.value}"
    return await _after(complete, "complete", visit, caller, task_id, posted, back=back)


@router.post("/tasks/{task_id}/claim")
async def claim_task(
    task_id: TaskId, visit: VisitDep, caller: TaskStaff, posted: PostedForm
) -> Response:
    """Take the task over."""

    async def claim() -> None:
        await task_updates.claim(
            visit.centre, caller, task_id, expected=_version_in(posted), key=key_in(posted)
        )

    return await _after(claim, "claim", visit, caller, task_id, posted)


@router.post("/tasks/{task_id}/release")
async def release_task(
    task_id: TaskId, visit: VisitDep, caller: TaskStaff, posted: PostedForm
) -> Response:
    """Put the task back into the group's queue."""

    async def release() -> None:
        await task_updates.release(
            visit.centre, caller, task_id, expected=_version_in(posted), key=key_in(posted)
        )

    return await _after(release, "release", visit, caller, task_id, posted)


@router.post("/tasks/{task_id}/reassign")
async def reassign_task(
    task_id: TaskId, visit: VisitDep, caller: TaskStaff, posted: PostedForm
) -> Response:
    """Give the task to a colleague, or back to the group's queue; for supervisors."""

    async def reassign() -> None:
        body = checked(Reassignment, {"assignee": text_in(posted, "assignee")})
        await task_updates.reassign(
            visit.centre,
            caller,
            task_id,
            assignee=body.assignee,
            expected=_version_in(posted),
            key=key_in(posted),
        )

    return await _after(reassign, "reassign", visit, caller, task_id, posted)


@router.post("/tasks/{task_id}/conflict")
async def declare_conflict(
    task_id: TaskId, visit: VisitDep, caller: TaskStaff, posted: PostedForm
) -> Response:
    """Keep out of the case, because of a conflict of interest."""

    async def declare() -> None:
        await task_updates.declare_conflict(visit.centre, caller, task_id, key=key_in(posted))

    return await _after(declare, "conflict", visit, caller, task_id, posted, back="/worklist")


@router.post("/tasks/{task_id}/extend")
async def extend_task(
    task_id: TaskId, visit: VisitDep, caller: TaskStaff, posted: PostedForm
) -> Response:
    """Ask for more time, saying why."""

    async def extend() -> None:
        body = checked(ExtensionBody, {"reason": text_in(posted, "reason") or ""})
        await task_updates.extend(
            visit.centre,
            caller,
            task_id,
            body.reason,
            expected=_version_in(posted),
            key=key_in(posted),
        )

    return await _after(extend, "extend", visit, caller, task_id, posted)


@router.post("/tasks/{task_id}/comments")
async def comment_task(
    task_id: TaskId, visit: VisitDep, caller: TaskStaff, posted: PostedForm
) -> Response:
    """Write a comment for whoever works on the task."""

    async def comment() -> None:
        body = checked(CommentBody, {"text": text_in(posted, "text") or ""})
        await task_updates.comment(visit.centre, caller, task_id, body.text, key=key_in(posted))

    return await _after(comment, "comments", visit, caller, task_id, posted)


async def _after(  # noqa: PLR0913, PLR0917  # what a form is answered from
    act: Callable[[], Awaitable[object]],
    form: str,
    visit: Visit,
    caller: Caller,
    task_id: str,
    posted: PostedForm,
    *,
    back: str | None = None,
) -> Response:
    """Act, and lead back, to the task where nothing else is said."""
    return await answered(
        act,
        visit,
        posted,
        form,
        back=back or f"/tasks/{quote(task_id)}",
        again=partial(_task_page, visit, caller, task_id),
        inside="outcome",
    )


def _answer_in(view: TaskView, posted: PostedForm) -> dict[str, Any]:
    answer = answer_from(view.form, posted)
    if view.task.kind is TaskKind.SCORE_APPLICATIONS and answer.get("decision") != "hand_in":
        # The form carries the saved sheet whatever is decided.
        answer.pop("sheet", None)
    return answer


def _version_in(posted: PostedForm) -> int | None:
    version = text_in(posted, "version") or ""
    return int(version) if version.isascii() and version.isdigit() else None
