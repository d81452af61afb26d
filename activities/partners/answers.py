"""What partners answer, and the three ways in which they do not.

PartnerFailure
├── PartnerAway      it may answer when it is asked again: time-outs, faults, broken answers
├── PartnerLimited   it answers no more today
└── PartnerRefuses   it never will, until somebody changes a setting: key, address, parameters

The messages are codes. They hold no address, because addresses hold keys.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from infra.imports.mapping import MappingFile
from schemas.catalogue import DataSet


class PartnerFailure(Exception):
    """A partner did not give what it was asked for; the message is a code."""


class PartnerAway(PartnerFailure):
    """The partner may answer when it is asked again."""


class PartnerLimited(PartnerFailure):
    """The partner answers no more today."""


class PartnerRefuses(PartnerFailure):
    """The partner does not answer before a setting is changed."""


@dataclass(frozen=True)
class Page:
    """Some records of a partner.

    Attributes:
        records: By the partner's own field names.
        next: Where the next page begins; None after the last.
    """

    records: tuple[Mapping[str, Any], ...]
    next: str | None


class Partner(Protocol):
    """A service that is read page by page.

    Attributes:
        source: Named on every row.
        mapping: Which of its fields mean what.
        fields: Those that are read.
    """

    source: str
    data_set: DataSet
    mapping: MappingFile
    fields: tuple[str, ...]

    async def page(self, cursor: str | None) -> Page:
        """The page that begins at `cursor`; the first one for None.

        Raises:
            PartnerFailure: There is none.
        """
        ...


# What data.go.kr and KIPRIS Plus say, by the number of the reason.
_NOT_NOW: Final = frozenset({"01", "02", "04", "05", "99"})
_NOT_TODAY: Final = frozenset({"22"})
NOTHING_FOUND: Final = "03"


def failure_of(reason: str) -> PartnerFailure:
    """What a reason code of the public data portal, which KIPRIS Plus shares, asks of us."""
    code = reason.strip().zfill(2)[:20]
    if code in _NOT_TODAY:
        return PartnerLimited(f"reason-{code}")
    if code in _NOT_NOW:
        return PartnerAway(f"reason-{code}")
    return PartnerRefuses(f"reason-{code}")
