"""Human tasks: the worklist and what one does with a task."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field

from api import auth, task_updates, task_views
from api.auth import Caller
from api.deps import CentreDep, IdempotencyKey, TaskStaff, Version, VersionIfGiven
from api.pagination import DEFAULT_PAGE, Cursor, PageSize, decode_cursor, encode_cursor
from api.problems import responses
from api.routes.cases import OutcomeBody, clean
from api.task_updates import TaskAnswer
from api.task_views import TaskView
from infra.postgres import tasks
from infra.postgres.tasks import TaskFilter
from schemas.actor import Role, groups_of
from schemas.base import Instant, RequestModel, TaskId, WireModel
from schemas.outcome import TaskKind
from schemas.outcome.fields import MAX_TEXT
from schemas.problem import ProblemType
from schemas.task import (
    TaskStatus,
)

router = APIRouter(prefix="/api/v1/tasks", tags=["tasks"])

TaskReader = Annotated[Caller, Depends(auth.TASK_STAFF | auth.staff(Role.AUDITOR))]
_REFUSALS = (
    ProblemType.TASK_NOT_FOUND,
    ProblemType.TASK_NOT_OPEN,
    ProblemType.TASK_NOT_YOURS,
    ProblemType.STALE_VERSION,
    ProblemType.TEMPORARILY_UNAVAILABLE,
)


class TaskLine(WireModel):
    """One line of the worklist."""

    task_id: str
    case_number: str
    kind: TaskKind
    status: TaskStatus
    candidate_group: str
    assignee: str | None
    opened_at: Instant
    due_at: Instant
    level: int
    version: int
    title: str
    service: str | None


class TaskPage(WireModel):
    """A page of the worklist; `next_cursor` is null on the last one."""

    items: list[TaskLine]
    next_cursor: str | None


@router.get("", summary="The worklist", responses=responses(ProblemType.NOT_SIGNED_IN))
async def list_tasks(
    caller: TaskStaff,
    centre: CentreDep,
    status: Literal["open", "completed", "expired", "cancelled", "all"] = "open",
    mine: bool = False,  # noqa: FBT001, FBT002  # a query parameter
    kind: TaskKind | None = None,
    q: Annotated[str | None, Query(max_length=100)] = None,
    cursor: Cursor = None,
    limit: PageSize = DEFAULT_PAGE,
) -> TaskPage:
    """Tasks of the caller's own candidate groups, the most urgent first."""
    rows = await tasks.page(
        centre.pool,
        TaskFilter(
            groups=sorted(groups_of(caller.actor)),
            status=None if status == "all" else status,
            assignee=caller.actor.id if mine else None,
            kind=kind,
            search=clean(q),
            after=decode_cursor(cursor),
            limit=limit,
        ),
    )
    shown = rows[:limit]
    return TaskPage(
        items=[TaskLine.model_validate(row, from_attributes=True) for row in shown],
        next_cursor=(
            encode_cursor(shown[-1].due_at, shown[-1].task_id) if len(rows) > limit else None
        ),
    )


@router.get("/{task_id}", summary="See a task", responses=responses(ProblemType.TASK_NOT_FOUND))
async def get_task(
    task_id: TaskId, caller: TaskReader, centre: CentreDep, response: Response
) -> TaskView:
    """A task with its form, its case, the ranked evidence and the texts to read."""
    task = await task_updates.find_visible(centre, caller.actor, task_id)
    response.headers["ETag"] = task_views.etag(task)
    return await task_views.task_view(centre, caller, task)


@router.post("/{task_id}/claim", summary="Claim a task", responses=responses(*_REFUSALS))
async def claim_task(
    task_id: TaskId,
    caller: TaskStaff,
    centre: CentreDep,
    key: IdempotencyKey,
    seen: VersionIfGiven,
    response: Response,
) -> TaskAnswer:
    """Take the task over from your group's queue."""
    answer = await task_updates.claim(centre, caller, task_id, expected=seen, key=key)
    return _tagged(response, answer)


@router.post("/{task_id}/release", summary="Release a task", responses=responses(*_REFUSALS))
async def release_task(
    task_id: TaskId,
    caller: TaskStaff,
    centre: CentreDep,
    key: IdempotencyKey,
    seen: VersionIfGiven,
    response: Response,
) -> TaskAnswer:
    """Put the task back into your group's queue."""
    answer = await task_updates.release(centre, caller, task_id, expected=seen, key=key)
    return _tagged(response, answer)


@router.post(
    "/{task_id}/conflict",
    summary="Declare a conflict of interest",
    responses=responses(*_REFUSALS, ProblemType.CONFLICT_OF_INTEREST, ProblemType.NOT_ALLOWED),
)
async def declare_conflict(
    task_id: TaskId,
    caller: TaskStaff,
    centre: CentreDep,
    key: IdempotencyKey,
    response: Response,
) -> TaskAnswer:
    """Keep out of the case from now on; your head and the coordinators are told."""
    answer = await task_updates.declare_conflict(centre, caller, task_id, key=key)
    return _tagged(response, answer)


class Reassignment(RequestModel):
    """Account that gets the task; null puts it back into the queue."""

    assignee: str | None = Field(max_length=100, examples=["acc-kitech-support"])


@router.post(
    "/{task_id}/reassign",
    summary="Give a task to somebody else",
    responses=responses(*_REFUSALS, ProblemType.NOT_ALLOWED),
)
async def reassign_task(
    task_id: TaskId,
    body: Reassignment,
    caller: TaskStaff,
    centre: CentreDep,
    key: IdempotencyKey,
    seen: VersionIfGiven,
    response: Response,
) -> TaskAnswer:
    """For department heads and coordinators."""
    answer = await task_updates.reassign(
        centre, caller, task_id, assignee=body.assignee, expected=seen, key=key
    )
    return _tagged(response, answer)


class ExtensionBody(RequestModel):
    """Why more time is needed; the company reads it when its consent is asked."""

    reason: str = Field(min_length=1, max_length=MAX_TEXT)


@router.post(
    "/{task_id}/extend",
    summary="Ask for more time",
    responses=responses(*_REFUSALS, ProblemType.EXTENSION_REFUSED),
)
async def extend_task(
    task_id: TaskId,
    body: ExtensionBody,
    caller: TaskStaff,
    centre: CentreDep,
    key: IdempotencyKey,
    seen: VersionIfGiven,
    response: Response,
) -> TaskAnswer:
    """Once on your own; once more when the company agrees, which it is asked."""
    answer = await task_updates.extend(centre, caller, task_id, body.reason, expected=seen, key=key)
    return _tagged(response, answer)


class CommentBody(RequestModel):
    """A comment for whoever works on the task."""

    text: str = Field(min_length=1, max_length=MAX_TEXT)


@router.post(
    "/{task_id}/comments",
    status_code=201,
    summary="Comment on a task",
    responses=responses(*_REFUSALS),
)
async def comment_task(
    task_id: TaskId,
    body: CommentBody,
    caller: TaskStaff,
    centre: CentreDep,
    key: IdempotencyKey,
    response: Response,
) -> TaskAnswer:
    """The text is stored with the case; the case's history holds its reference."""
    answer = await task_updates.comment(centre, caller, task_id, body.text, key=key)
    return _tagged(response, answer)


@router.post(
    "/{task_id}/complete",
    summary="Complete a task",
    responses=responses(
        *_REFUSALS,
        ProblemType.VERSION_REQUIRED,
        ProblemType.OUTCOME_INCOMPLETE,
        ProblemType.OUTCOME_MISMATCH,
        ProblemType.CONFLICT_OF_INTEREST,
    ),
)
async def complete_task(
    task_id: TaskId,
    body: OutcomeBody,
    caller: TaskStaff,
    centre: CentreDep,
    key: IdempotencyKey,
    seen: Version,
    response: Response,
) -> TaskAnswer:
    """Complete a task of your group; the case goes on at once."""
    answer = await task_updates.complete(
        centre, caller, task_id, body.outcome, expected=seen, key=key
    )
    return _tagged(response, answer)


def _tagged(response: Response, answer: TaskAnswer) -> TaskAnswer:
    response.headers["ETag"] = task_views.etag(answer.task)
    return answer
