"""Days that do not count."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True)
class HolidayTable:
    """Public holidays by date, in one version of the table, and each institute's closing days."""

    version: int = 0
    holidays: Mapping[date, str] = field(default_factory=dict[date, str])
    closures: Mapping[str, frozenset[date]] = field(default_factory=dict[str, frozenset[date]])
