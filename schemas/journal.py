"""The journal: readable entries of who did what, append-only and hash-chained."""

from pydantic import Field

from schemas.actor import Actor
from schemas.base import Instant, WireModel


class JournalEntry(WireModel):
    """One act. Ids, codes and times only: never a name, an address or a text.

    Attributes:
        seq: Position in the case's journal, from 1 without gaps.
        at: When it took effect, by the clock of the API or the workflow.
        tag: `subject:noun:past participle`, such as `case:task:completed`; a closed list that
            the pages translate.
        detail: Codes and ids that explain the entry.
    """

    seq: int
    at: Instant
    actor: Actor
    tag: str
    detail: dict[str, str] = Field(default_factory=dict)
