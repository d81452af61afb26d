"""Reads the text of a policy file: a whole table, or one that overrides single values."""

import tomllib
from typing import Any, Final, cast

from pydantic import TypeAdapter, ValidationError

from schemas.policy import Clock, Limit, Period, Policy, PolicyEntry, PolicyStatus, PolicyValue
from workflows.policy.deadlines import ELAPSED_DAY
from workflows.policy.durations import Length, elapsed_period, length_of

_VALUE: Final[TypeAdapter[PolicyValue]] = TypeAdapter(PolicyValue)


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
        _check_lengths(key, entry.value)
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
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PolicyFileError(f"This is no TOML: {error}") from error
    unknown = sorted(document.keys() - {"version", "clock", "day", "values"})
    if unknown:
        raise PolicyFileError(
            f"“{unknown[0]}” is not known; a policy file has version, clock, day and [values]."
        )
    if not isinstance(document.get("version"), str):
        raise PolicyFileError('A policy file needs a version of its own, such as version = "test".')
    is_test = document.get("clock") == Clock.ELAPSED.value
    if "clock" in document and not is_test:
        raise PolicyFileError("The only clock a whole file can set is “elapsed”, for tests.")
    entries = dict(base.entries)
    if is_test:
        day_seconds = _length("day", document.get("day", "P1D")).rest.total_seconds()
        entries = {key: _elapsed(entry, day_seconds) for key, entry in entries.items()}
        entries[ELAPSED_DAY] = PolicyEntry(value=day_seconds, status=PolicyStatus.PROPOSED)
    for key, value in cast("dict[str, Any]", document.get("values", {})).items():
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
        return Policy(version=document["version"], entries=entries, is_test=is_test)
    except ValidationError as error:
        raise PolicyFileError(
            "A version is letters, digits, dots and dashes, 40 at most."
        ) from error


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
    if _kind(parsed) != _kind(like):
        raise PolicyFileError(f"“{key}” needs {_kind(like)}, not {_kind(parsed)}.")
    _check_lengths(key, parsed)
    for period in _periods(parsed):
        elapsed = any(p.clock is Clock.ELAPSED for p in _periods(like))
        if (period.clock is Clock.ELAPSED) != elapsed:
            raise PolicyFileError(f"“{key}”: the clock “elapsed” is for whole test policies only.")
    return parsed


def _kind(value: PolicyValue) -> str:
    match value:
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "a text"
        case Period():
            return 'a period such as "P10D"'
        case Limit():
            return 'a limit such as { op = "<", value = 4 }'
        case _:
            return "a list of periods" if _is_periods(value) else "a list of numbers"


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


def _check_lengths(key: str, value: PolicyValue) -> None:
    for period in _periods(value):
        length = _length(key, period.length)
        counts_months = period.clock is Clock.CALENDAR
        if (length.months and not counts_months) or not (length.months or length.rest):
            raise PolicyFileError(f"“{key}”: {period.length} does not fit its clock.")


def _length(key: str, text: object) -> Length:
    try:
        return length_of(str(text))
    except ValueError as error:
        raise PolicyFileError(f"“{key}”: {error}.") from error
