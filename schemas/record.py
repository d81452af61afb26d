"""What a case writes into the read model: row, tasks, journal and messages, at one version."""

from typing import Literal

from pydantic import Field

from schemas.actor import Actor
from schemas.base import CaseNumber, Instant, RoundId, WireModel
from schemas.case import CaseSnapshot
from schemas.journal import JournalEntry
from schemas.task import (
    HumanTask,
    TaskCompletion,
)


class Message(WireModel):
    """One message to one audience, by codes; the sender looks up addresses and texts.

    Attributes:
        key: Idempotency key: case, journal position and purpose; never the attempt.
        case_number: Of the case, or the id of the selection round.
        template: Name of the template, such as `case_received`.
        audience: `company`, a candidate group, or `account:<id>`.
        parameters: Codes, dates and task ids that the template shows.
    """

    key: str
    case_number: CaseNumber | RoundId
    template: str
    audience: str
    parameters: dict[str, str] = Field(default_factory=dict)


class CaseWrite(WireModel):
    """One transition as it is written: the new row and what was added since the last write.

    Attributes:
        at: When the workflow recorded it.
        keep_contact_for: How long contact data is kept after closing, as ISO 8601.
    """

    at: Instant
    keep_contact_for: str
    snapshot: CaseSnapshot
    tasks: tuple[HumanTask, ...] = ()
    journal: tuple[JournalEntry, ...] = ()
    messages: tuple[Message, ...] = ()


class CaseProjection(WireModel):
    """Everything the read model holds of a case, as its workflow knows it."""

    snapshot: CaseSnapshot
    tasks: tuple[HumanTask, ...] = ()
    journal: tuple[JournalEntry, ...] = ()


class SplitRequest(WireModel):
    """Asks for a second case about the same request, linked to the first.

    Attributes:
        key: The same key gives the same case, however often it is asked for.
        institute: Goes on in the second case.
    """

    case_number: CaseNumber
    key: str
    institute: str
    at: Instant


class ScreeningRequest(WireModel):
    """Asks for the automatic checks of a new case.

    Attributes:
        duplicate_window: How far back duplicates are looked for, as ISO 8601.
        duplicate_similarity: Similarity of texts from which they count as alike, 0 to 1.
    """

    case_number: CaseNumber
    duplicate_window: str
    duplicate_similarity: float


class ScreeningFindings(WireModel):
    """What the automatic checks at the desk found; codes and case numbers only."""

    duplicate_candidates: tuple[CaseNumber, ...] = ()
    personal_data: tuple[str, ...] = ()
    language: str = "ko"


class SubmissionQuery(WireModel):
    """Asks for an answer that was stored in time but did not reach the workflow."""

    task_id: str
    submitted_by: Instant


class FoundSubmission(WireModel):
    completion: TaskCompletion | None = None


class Arrival(WireModel):
    """Something that the company of a case sent without having been asked.

    Attributes:
        document: Its id.
        actor: The company, or whoever at the desk took it in for the company.
    """

    document: str
    purpose: Literal["message", "attachment"]
    actor: Actor
