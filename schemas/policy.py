"""The policy table: every number the centre runs on, with its clock, status and source.

A policy file is TOML. `workers/default_policy.toml` holds the default; a further file overrides
single values under a version of its own.
"""

from enum import StrEnum
from typing import Literal, TypeAlias, TypeVar

from pydantic import Field

from schemas.base import Instant, WireModel


class Clock(StrEnum):
    """How a period is counted."""

    WORKING_HOURS = "WH"
    WORKING_DAYS = "WD1"
    CALENDAR = "CAL1"
    CALENDAR_DAYS = "CD"
    ELAPSED = "elapsed"


class Period(WireModel):
    """A length of time and the clock that counts it.

    Attributes:
        length: ISO 8601 duration, such as `PT24H`, `P10D` or `P2W`.
    """

    length: str
    clock: Clock


class Limit(WireModel):
    """A bound on a quantity: `value` is a number of months, of won or of another stated unit."""

    op: Literal["<", "<=", ">", ">="]
    value: int

    def admits(self, amount: float) -> bool:
        """Whether `amount` lies inside the bound."""
        match self.op:
            case "<":
                return amount < self.value
            case "<=":
                return amount <= self.value
            case ">":
                return amount > self.value
            case ">=":
                return amount >= self.value


PolicyValue: TypeAlias = (
    bool | int | float | str | Period | Limit | tuple[Period, ...] | tuple[int, ...]
)


class PolicyValues(WireModel):
    """The values of one policy version, as a case pins them at intake.

    Each accessor raises `KeyError` for an unknown key and `TypeError` for a value of another
    kind: both are defects of a policy file that loading refuses.
    """

    version: str
    values: dict[str, PolicyValue] = Field(default_factory=dict)

    def period(self, key: str) -> Period:
        """A length of time with its clock."""
        return _typed(key, self.values[key], Period)

    def periods(self, key: str) -> tuple[Period, ...]:
        """Several lengths of time, such as reminders before a due date; one counts as a list."""
        value = self.values[key]
        if isinstance(value, Period):
            return (value,)
        if isinstance(value, tuple) and all(isinstance(item, Period) for item in value):
            return tuple(item for item in value if isinstance(item, Period))
        raise TypeError(f"{key} is not a list of periods")

    def count(self, key: str) -> int:
        """A whole number."""
        return _typed(key, self.values[key], int)

    def counts(self, key: str) -> tuple[int, ...]:
        """Several whole numbers, such as percentages."""
        value = self.values[key]
        if isinstance(value, tuple) and all(isinstance(item, int) for item in value):
            return tuple(item for item in value if isinstance(item, int))
        raise TypeError(f"{key} is not a list of whole numbers")

    def limit(self, key: str) -> Limit:
        """A bound on a quantity."""
        return _typed(key, self.values[key], Limit)

    def share(self, key: str) -> float:
        """A share between 0 and 1."""
        value = self.values[key]
        if isinstance(value, int | float):
            return float(value)
        raise TypeError(f"{key} is not a number")

    def flag(self, key: str) -> bool:
        """A yes or no."""
        return _typed(key, self.values[key], bool)

    def text(self, key: str) -> str:
        """A text or a date in ISO form."""
        return _typed(key, self.values[key], str)


_T = TypeVar("_T")


def _typed(key: str, value: object, kind: type[_T]) -> _T:
    if isinstance(value, kind) and not (kind is int and isinstance(value, bool)):
        return value
    raise TypeError(f"{key} is not a {kind.__name__}")


class PolicyStatus(StrEnum):
    """What a value rests on."""

    SEED = "seed"
    SEED_CONFLICT = "seed_conflict"
    LAW_ANALOGY = "law_analogy"
    PROPOSED = "proposed"


class PolicyEntry(WireModel):
    """One value of the policy table, with what it rests on."""

    value: PolicyValue
    status: PolicyStatus
    source_quote: str | None = None
    note: str | None = None


class Policy(WireModel):
    """One version of the policy table. Versions are immutable; a case pins one at intake.

    Attributes:
        is_test: Counted in elapsed time, so that a policy in seconds works at night too; pages
            show a banner.
    """

    version: str = Field(pattern=r"^[0-9A-Za-z._-]{1,40}$")
    entries: dict[str, PolicyEntry]
    is_test: bool = False

    def pinned(self) -> PolicyValues:
        """The bare values, as a case's history records them."""
        return PolicyValues(
            version=self.version,
            values={key: entry.value for key, entry in self.entries.items()},
        )


class Pause(WireModel):
    """A span in which a clock stands still; open-ended while `ended_at` is None."""

    started_at: Instant
    ended_at: Instant | None = None


class DeadlineRequest(WireModel):
    """What a due date is computed from.

    Attributes:
        key: Policy key of the period.
        start: When the period starts.
        reminders: Policy key of the reminders: percentages of the period, or periods before its
            end; None for no reminders.
        extensions: Policy keys of periods granted on top, in order.
        institute: Whose closing days also stop the clock.
        not_before: A date already told to somebody: deadlines only move later.
        period: A period agreed for one case (a project's duration), in place of the policy's.
        due_at: A fixed date, such as a round's cut-off, in place of one that is counted.
    """

    policy_version: str
    key: str
    start: Instant
    reminders: str | None = "ladder.remind_at"
    pauses: tuple[Pause, ...] = ()
    extensions: tuple[str, ...] = ()
    institute: str | None = None
    not_before: Instant | None = None
    period: Period | None = None
    due_at: Instant | None = None


class Skipped(WireModel):
    """A day that did not count, and why: `weekend`, `pause`, `closure`, or a holiday's name."""

    on: str
    why: str


class Reasoning(WireModel):
    """Why a due date is what it is, in parts that a page can put into words."""

    counted_from: Instant
    length: str
    clock: Clock
    skipped: tuple[Skipped, ...] = ()
    rolled_from: str | None = None


class Deadline(WireModel):
    """A due date, computed once, with its reminders, its ladder and its reasoning.

    Attributes:
        reminders: Instants before `due_at`, ascending; those already past at the start are left
            out.
        l2_at, l3_at: When an overdue task goes to the coordinator and to the director.
        calendar_version: Version of the holiday table it was computed with.
    """

    key: str
    start: Instant
    due_at: Instant
    reminders: tuple[Instant, ...] = ()
    l2_at: Instant | None = None
    l3_at: Instant | None = None
    calendar_version: int = 0
    reasoning: Reasoning
