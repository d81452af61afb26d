"""Human tasks: what a person is asked, by when, and what became of it."""

from enum import StrEnum

from pydantic import Field

from schemas.actor import Actor
from schemas.base import CaseNumber, Instant, RoundId, TaskId, WireModel
from schemas.case import CaseOutcome
from schemas.outcome import Outcome, TaskKind
from schemas.policy import Deadline


class TaskStatus(StrEnum):
    OPEN = "open"
    COMPLETED = "completed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class HumanTask(WireModel):
    """One piece of work that a case, or a selection round, waits for.

    Attributes:
        case_number: Of the case, or the id of the round.
        candidate_group: Who may claim it (see `schemas.actor`).
        level: How far up the ladder it went: 0 in time, 1 overdue and told to the head, 2 with
            the coordinator, 3 with the director.
        extensions: How often its handlers were given more time.
        version: Rises with every change of this task; `If-Match` compares it.
        parameters: Codes that the page shows: the institute offered to, the attempt, the task
            that is overdue.
        documents: References of texts the person must read: the question, the proposal.
        outcome: What was answered, with document references in place of texts.
    """

    task_id: TaskId
    case_number: CaseNumber | RoundId
    kind: TaskKind
    status: TaskStatus = TaskStatus.OPEN
    candidate_group: str
    assignee: str | None = None
    opened_at: Instant
    deadline: Deadline
    expires_at: Instant | None = None
    level: int = 0
    extensions: int = 0
    version: int = 1
    excluded: tuple[str, ...] = ()
    parameters: dict[str, str] = Field(default_factory=dict)
    documents: dict[str, str] = Field(default_factory=dict)
    comments: tuple[str, ...] = ()
    completed_by: Actor | None = None
    completed_at: Instant | None = None
    outcome: Outcome | None = Field(default=None, discriminator="kind")


class TaskCompletion(WireModel):
    """An answer to a task.

    Attributes:
        expected_version: The version the person saw; None from the company's forms, whose only
            answerer it is.
        submitted_at: Stamped by the API. In time or late is this against `due_at`, never which
            message reached the workflow first.
    """

    task_id: TaskId
    actor: Actor
    expected_version: int | None = None
    submitted_at: Instant
    outcome: Outcome = Field(discriminator="kind")


class TaskClaim(WireModel):
    task_id: TaskId
    actor: Actor
    expected_version: int | None = None


class TaskRelease(WireModel):
    task_id: TaskId
    actor: Actor
    expected_version: int | None = None


class TaskReassignment(WireModel):
    """Gives a task to somebody else; None puts it back into the group's queue."""

    task_id: TaskId
    actor: Actor
    assignee: Actor | None = None
    expected_version: int | None = None


class TaskComment(WireModel):
    task_id: TaskId
    actor: Actor
    document: str


class TaskExtension(WireModel):
    """Asks for more time for a task; the reason is told to the company."""

    task_id: TaskId
    actor: Actor
    expected_version: int | None = None
    reason: str


class ConflictDeclaration(WireModel):
    """A member of staff has an interest in the case and keeps out of it (U34)."""

    task_id: TaskId
    actor: Actor


class TaskReceipt(WireModel):
    """What an update answers: the task as it is now and the case version that contains it."""

    task: HumanTask
    case_version: int
    case_outcome: CaseOutcome | None = None
