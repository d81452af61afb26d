"""The monthly review of a case in service."""

from enum import StrEnum

from schemas.base import WireModel


class Finding(StrEnum):
    """What a coordinator found.

    Attributes:
        NEEDS_ATTENTION: The handlers are told to look after the case.
    """

    ON_COURSE = "on_course"
    NEEDS_ATTENTION = "needs_attention"


class CaseReview(WireModel):
    """A coordinator looked at a case."""

    finding: Finding
