"""Reads the text of a policy file: a whole table, or one that overrides single values."""

import tomllib
from datetime import timedelta
from typing import Final, NamedTuple, cast

from pydantic import TypeAdapter, ValidationError

from schemas.policy import Clock, Limit, Period, Policy, PolicyEntry, PolicyStatus, PolicyValue
from workflows.policy.business_calendar import working_spans
from workflows.policy.deadlines import ELAPSED_DAY, WORKING_SPANS
from workflows.policy.durations import Length, elapsed_period, length_of

_VALUE: Final[TypeAdapter[PolicyValue]] = TypeAdapter(PolicyValue)
_LONGEST: Final = timedelta(days=100 * 366)
_WHOLE_DAY: Final = timedelta(days=1)
_LENGTHS: Final = {
    Clock.WORKING_HOURS: "hours, such as PT8H",
    Clock.WORKING_DAYS: "whole days, such as P10D",
    Clock.CALENDAR: "days, weeks, months and years, such as P2M",
    Clock.CALENDAR_DAYS: "whole days, such as P10D",
    Clock.ELAPSED: "plain time, such as PT30S",
}


class PolicyFileError(ValueError):
    """A policy file cannot be used; the message names the key and says what is wrong."""


def read_table(text: str) -> Policy:
    """A whole table: `version`, and `[entries."key"]` with value, status and source.

    Raises:
        PolicyFileError: The text is no policy table.
    """
    try:
        policy = Policy.model_validate(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise PolicyFileError(f"This is no policy table: {error}") from error
    for key, entry in policy.entries.items():
        _check(key, entry.value)
    return policy


def override(base: Policy, text: str) -> Policy:
    """A policy that differs from `base` in single values.

    The file has a `version` of its own and a table `[values]`: `"intake.promise.total" = "PT16H"`
    changes a period and keeps its clock, `{ length = "P5D", clock = "WD1" }` changes both.

    A test policy says `clock = "elapsed"` at its top: every period is then counted around the
    clock. `day = "PT1S"` lets a day pass in a second for all periods that the file does not set.

    Raises:
        PolicyFileError: An unknown key, a value of another kind, a length that is none.
    """
    file = _read_file(text)
    entries = dict(base.entries)
    if file.day_seconds is not None:
        entries = {key: _elapsed(entry, file.day_seconds) for key, entry in entries.items()}
        entries[ELAPSED_DAY] = PolicyEntry(value=file.day_seconds, status=PolicyStatus.PROPOSED)
    for key, value in file.values.items():
        if key not in base.entries:
            raise PolicyFileError(f"“{key}” is not in the policy table.")
        entries[key] = entries[key].model_copy(
            update={
                "value": _value(key, value, like=entries[key].value),
                "status": PolicyStatus.PROPOSED,
                "source_quote": None,
            }
        )
    try:
        return Policy(version=file.version, entries=entries, is_test=file.day_seconds is not None)
    except ValidationError as error:
        raise PolicyFileError(
            "A version is letters, digits, dots and dashes, 40 at most."
        ) from error


class _File(NamedTuple):
    """What an overriding file says; `day_seconds` is None unless it is a test policy."""

    version: str
    day_seconds: float | None
    values: dict[str, object]


def _read_file(text: str) -> _File:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PolicyFileError(f"This is no TOML: {error}") from error
    unknown = sorted(document.keys() - {"version", "clock", "day", "values"})
    if unknown:
        raise PolicyFileError(
            f"“{unknown[0]}” is not known; a policy file has version, clock, day and [values]."
        )
    version, values = document.get("version"), document.get("values", {})
    if not isinstance(version, str):
        raise PolicyFileError('A policy file needs a version of its own, such as version = "test".')
    if not isinstance(values, dict):
        raise PolicyFileError("“values” is a table: the line [values], and a line a value below.")
    values = cast("dict[str, object]", values)
    if "clock" not in document:
        if "day" in document:
            raise PolicyFileError("“day” is for test policies, which also say clock = “elapsed”.")
        return _File(version, None, values)
    if document["clock"] != Clock.ELAPSED.value:
        raise PolicyFileError("The only clock a whole file can set is “elapsed”, for tests.")
    return _File(version, _day_seconds(document.get("day", "P1D")), values)


def _value(key: str, value: object, *, like: PolicyValue) -> PolicyValue:
    """A value of the file in the form of the one it replaces."""
    if isinstance(value, str) and isinstance(like, Period):
        value = {"length": value, "clock": like.clock}
    if isinstance(value, list) and _is_periods(like):
        clock = _periods(like)[0].clock
        value = [  # a bare length keeps the clock
            {"length": item, "clock": clock} if isinstance(item, str) else item
            for item in cast("list[str | dict[str, str]]", value)
        ]
    try:
        parsed = _VALUE.validate_python(value)
    except ValidationError as error:
        raise PolicyFileError(f"“{key}” has a value that no policy can have.") from error
    wanted = _wanted(parsed, like)
    if wanted is not None:
        raise PolicyFileError(f"“{key}” needs {wanted}.")
    _check(key, parsed)
    for period in _periods(parsed):
        elapsed = any(p.clock is Clock.ELAPSED for p in _periods(like))
        if (period.clock is Clock.ELAPSED) != elapsed:
            raise PolicyFileError(
                f"“{key}”: a test policy counts by the clock “elapsed” alone, any other never."
            )
    return parsed


def _wanted(value: PolicyValue, like: PolicyValue) -> str | None:
    """The form of `like` in words; None when `value` has it."""
    match like:
        case bool():
            fits, form = isinstance(value, bool), "true or false"
        case int():
            fits, form = _is_count(value), "a whole number, 0 or more"
        case float():
            fits, form = _is_share(value), "a number from 0 to 1"
        case str():
            fits, form = isinstance(value, str), "a text"
        case Period():
            fits, form = isinstance(value, Period), 'a period such as "P10D"'
        case Limit():
            fits, form = isinstance(value, Limit), 'a limit such as { op = "<", value = 4 }'
        case _ if _is_periods(like):
            fits, form = _is_periods(value), 'a list of periods such as ["P7D", "P1D"]'
        case _:
            fits = isinstance(value, tuple) and all(_is_count(item) for item in value)
            form = "a list of whole numbers such as [50, 80]"
    return None if fits else form


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_share(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


def _is_periods(value: PolicyValue) -> bool:
    return isinstance(value, tuple) and all(isinstance(item, Period) for item in value)


def _periods(value: PolicyValue) -> tuple[Period, ...]:
    if isinstance(value, Period):
        return (value,)
    if isinstance(value, tuple):
        return tuple(item for item in value if isinstance(item, Period))
    return ()


def _elapsed(entry: PolicyEntry, day_seconds: float) -> PolicyEntry:
    match entry.value:
        case Period() as period:
            return entry.model_copy(update={"value": elapsed_period(period, day_seconds)})
        case tuple() if _is_periods(entry.value):
            periods = tuple(elapsed_period(p, day_seconds) for p in _periods(entry.value))
            return entry.model_copy(update={"value": periods})
        case _:
            return entry


def _check(key: str, value: PolicyValue) -> None:
    """Raise `PolicyFileError` unless deadlines can be computed with a value."""
    for period in _periods(value):
        length = _length(key, period.length)
        if not _suits(length, period):
            raise PolicyFileError(
                f"“{key}”: {period.length} does not fit its clock, {period.clock.value}, "
                f"which counts {_LENGTHS[period.clock]}."
            )
        if length.months * 31 * _WHOLE_DAY + length.rest > _LONGEST:
            raise PolicyFileError(f"“{key}”: {period.length} is longer than a hundred years.")
    if key == WORKING_SPANS:
        try:
            working_spans(str(value))
        except ValueError as error:
            raise PolicyFileError(f"“{key}”: {error}.") from error


def _suits(length: Length, period: Period) -> bool:
    if length.months < 0 or length.rest < timedelta() or not (length.months or length.rest):
        return False
    if period.clock is Clock.CALENDAR:
        return not length.rest % _WHOLE_DAY
    if length.months:
        return False
    match period.clock:
        case Clock.WORKING_HOURS:
            # Whether P3D means 24 hours of work or 72 is not for this program to guess.
            return period.length.startswith("PT")
        case Clock.WORKING_DAYS | Clock.CALENDAR_DAYS:
            return not length.rest % _WHOLE_DAY
        case Clock.ELAPSED:
            return True


def _day_seconds(text: object) -> float:
    length = _length("day", text)
    if length.months or length.rest < timedelta(seconds=1):
        raise PolicyFileError("“day” is how long a day takes, a second or more, such as PT20S.")
    return length.rest.total_seconds()


def _length(key: str, text: object) -> Length:
    try:
        return length_of(str(text))
    except ValueError as error:
        raise PolicyFileError(f"“{key}”: {error}.") from error
