"""Refreshing the catalogue from partners: what a workflow asks for, and what came of it."""

from enum import StrEnum

from schemas.base import Instant, WireModel


class RefreshOutcome(StrEnum):
    """How the reading of a partner ended.

    LIMITED: the partner answers no more today; the next refresh goes on from there.
    SKIPPED: no key is set for it.
    """

    COMPLETE = "complete"
    LIMITED = "limited"
    FAILED = "failed"
    SKIPPED = "skipped"


class PartnerRequest(WireModel):
    """Which partner to read.

    Attributes:
        at: When the refresh began; its Korean day is the as-of date of every row.
    """

    partner: str
    at: Instant


class PartnerOutcome(WireModel):
    """What came of one partner.

    Attributes:
        detail: Why it did not end completely, as a code; empty otherwise.
        refused: Records that are none of an institute of ours, or are wrong.
    """

    partner: str
    outcome: RefreshOutcome
    detail: str = ""
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    outdated: int = 0
    refused: int = 0


class RefreshRecord(WireModel):
    """A refresh that is over."""

    at: Instant
    partners: tuple[PartnerOutcome, ...]
