"""Korean and English: catalogues, and how times, lengths and codes are put into words."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final

from babel.dates import format_date, format_datetime
from babel.messages.pofile import read_po
from fastapi import Request

from api.centre import SEOUL
from schemas.base import is_round
from schemas.outcome import OUTCOMES, TaskKind
from schemas.policy import Clock, Reasoning
from workflows.policy.durations import length_of

LOCALE_DIR: Final = Path(__file__).parents[1] / "locale"
LANGUAGE_COOKIE: Final = "center1379_language"
_PATTERNS: Final = {
    "ko": ("y년 M월 d일(E)", "y년 M월 d일(E) HH:mm", "y년 M월 d일"),
    "en": ("EEE d MMM y", "EEE d MMM y, HH:mm", "d MMM y"),
}
_UNITS: Final = (
    (timedelta(days=1), "unit.days"),
    (timedelta(hours=1), "unit.hours"),
    (timedelta(minutes=1), "unit.minutes"),
    (timedelta(seconds=1), "unit.seconds"),
)


class Language(StrEnum):
    """A language in which the pages can be read."""

    KOREAN = "ko"
    ENGLISH = "en"

    @property
    def other(self) -> "Language":
        """The one that the switch on every page leads to."""
        return Language.ENGLISH if self is Language.KOREAN else Language.KOREAN


def catalogue(language: Language) -> dict[str, str]:
    """Message ids and their texts, without those that nobody has translated."""
    path = LOCALE_DIR / language / "LC_MESSAGES" / "messages.po"
    with path.open("rb") as file:
        return {
            message.id: message.string
            for message in read_po(file, locale=language.value)
            if isinstance(message.id, str)
            and isinstance(message.string, str)
            and message.id
            and message.string
        }


_CATALOGUES: Final = {language: catalogue(language) for language in Language}


def language_of(request: Request) -> Language:
    """What `?lang=` asks for, else what the reader chose before, else what the browser prefers."""
    for wish in (request.query_params.get("lang"), request.cookies.get(LANGUAGE_COOKIE)):
        if wish in set(Language):
            return Language(wish)
    for part in request.headers.get("accept-language", "").split(","):
        tag = part.partition(";")[0].strip().lower().partition("-")[0]
        if tag in set(Language):
            return Language(tag)
    return Language.KOREAN


# As they are read; the database keeps no order.
_OF_ROUNDS: Final = (
    "round", "selected", "reserve", "not_selected", "few_scores", "unscored", "sheets",
    "fewest_scores", "granted_krw", "round_budget_krw", "object_until",
)  # fmt: skip


class Words:
    """Everything that pages say in one language."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self._texts = _CATALOGUES[language]
        self._date, self._datetime, self._plain_date = _PATTERNS[language]

    def text(self, message: str) -> str:
        """The text of a message id; English sentences are their own ids."""
        return self._texts.get(message, message)

    def advice(self, detail: str, otherwise: str) -> str:
        """What a refusal says; `otherwise` for one that names codes, which no reader knows."""
        return self.text(detail) if detail in _CATALOGUES[Language.KOREAN] else otherwise

    def label(self, *parts: str) -> str:
        """The label of a code, such as `label("status", "matching")`.

        Of several parts the longest id that has a text counts: `option.accept_case.decision.accept`
        before `option.accept`. A code without a text is shown as words, never as an identifier.
        """
        family, *path = parts
        for start in range(len(path)):
            found = self._texts.get(".".join((family, *path[start:])))
            if found is not None:
                return found
        words = path[-1].replace("_", " ").strip()
        return words[:1].upper() + words[1:]

    def day(self, at: date | datetime) -> str:
        """The date in Korea."""
        day = at.astimezone(SEOUL).date() if isinstance(at, datetime) else at
        return format_date(day, self._date, locale=self.language.value)

    def plain_day(self, day: date) -> str:
        """A date whose day of the week says nothing."""
        return format_date(day, self._plain_date, locale=self.language.value)

    def moment(self, at: datetime) -> str:
        """Date and time in Korea."""
        return format_datetime(at, self._datetime, tzinfo=SEOUL, locale=self.language.value)

    def instant(self, at: datetime) -> str:
        """Date and time in Korea to the second, for auditors."""
        return f"{self.moment(at)}:{at:%S}"

    def length(self, text: str, clock: Clock) -> str:
        """An ISO 8601 length and the clock that counts it, such as “24 working hours”."""
        length = length_of(text)
        parts = [self._counted("unit.months", length.months)] if length.months else []
        rest = length.rest
        # A day of working time has eight hours, so working hours are never summed up to days.
        for unit, message in _UNITS[1:] if clock is Clock.WORKING_HOURS else _UNITS:
            number, rest = divmod(rest, unit)
            if number:
                parts.append(self._counted(message, number))
        if not parts:
            parts = [self._counted("unit.days", 0)]
        return self.text(f"clock.{clock.value}").format(length=" ".join(parts))

    def entry(self, tag: str, detail: Mapping[str, str], institutes: Mapping[str, str]) -> str:
        """One entry of a journal in words, its codes and times put into words too."""
        said = defaultdict(str, {name: self._said(name, code) for name, code in detail.items()})
        if "decision" in detail:
            said["decision"] = self._decided(detail.get("kind", ""), detail["decision"])
        if "institute" in detail:
            said["institute"] = institutes.get(detail["institute"], detail["institute"])
        if said["step"]:
            said["status"] = f"{said['status']} · {said['step']}"
        text = self.label("tag", tag)
        if said["decision"] and "{decision}" not in text:
            text += " – {decision}"
        return text.format_map(said).strip()

    def group(self, group: str, institutes: Mapping[str, str]) -> str:
        """A candidate group, such as “KITECH · support department”."""
        scope, *names = group.split(":")
        if scope == "institute":
            institute, role = names
            return f"{institutes.get(institute, institute)} · {self.label('role', role)}"
        if scope == "account":
            return names[0]
        return self.label("role", names[0] if names else "sme")

    def purpose(self, purpose: str) -> str:
        """What a text was written for: the label of its field in a task's form, or of the act."""
        kind, _, name = purpose.partition(".")
        model = OUTCOMES.get(TaskKind(kind)) if kind in set(TaskKind) else None
        field = None if model is None else model.model_fields.get(name)
        return self.label("purpose", kind) if field is None else self.text(field.title or name)

    def in_order(self, parameters: Mapping[str, str]) -> list[tuple[str, str]]:
        """What a task shows, in the order in which it is read."""
        ranks = {name: rank for rank, name in enumerate(_OF_ROUNDS)}
        return sorted(parameters.items(), key=lambda shown: ranks.get(shown[0], -1))

    def parameter(self, name: str, value: str, institutes: Mapping[str, str]) -> str:
        """One of the codes that a task shows."""
        match name:
            case "institute" | "volunteer":
                return institutes.get(value, value)
            case "overdue_kind":
                return self.label("task", value)
            case "starts_on" | "start_hour" | "hours" | "fee_krw" | "equipment":
                return self._offered(name, value)
            case _ if name in _OF_ROUNDS:
                return self._of_round(name, value)
            case _:
                return self.label("option", name, value)

    def _of_round(self, name: str, value: str) -> str:
        match name:
            case "granted_krw" | "round_budget_krw":
                return f"{int(value):,}"
            case "object_until":
                return self.moment(datetime.fromisoformat(value)) if value else "–"
            case "round":
                return self.round(value)
            case _:
                return value

    def round(self, round_id: str) -> str:
        """A selection round by its programme and period, such as “Round of medium R&D 2027-01”."""
        _, programme, period = round_id.split("-", 2)
        return f"{self.label('programme', programme)} {period}"

    def proceeding(self, number: str) -> str:
        """A case by its number, a selection round in words."""
        return self.round(number) if is_round(number) else number

    def _offered(self, name: str, value: str) -> str:
        match name:
            case "starts_on":
                return self.day(date.fromisoformat(value))
            case "start_hour":
                return f"{value}:00"
            case "fee_krw":
                return f"{int(value):,}"
            case _:
                return value

    def _said(self, name: str, code: str) -> str:
        match name:
            case "due_at":
                return self.moment(datetime.fromisoformat(code))
            case "starts_on":
                return self.day(date.fromisoformat(code))
            case "kind":
                return self.label("task", code)
            case "status" | "step" | "outcome" | "promise" | "channel":
                return self.label(name, code)
            case "reason" | "body" | "track":
                return self._texts.get(f"reason.{code}") or self.label("option", code)
            case _:
                return code

    def _decided(self, kind: str, code: str) -> str:
        """What was answered, as the options of that kind of task are called."""
        names = (f"{kind}.decision.{code}", f"{kind}.goal.{code}", code)
        found = (self._texts.get(f"option.{name}") for name in names)
        return next((text for text in found if text), "") or self._said("reason", code)

    def skipped(self, reasoning: Reasoning) -> list[str]:
        """The days that did not count, with why; weekends are told apart by the page."""
        return [
            f"{self.day(date.fromisoformat(day.on))} ({self._why(day.why)})"
            for day in reasoning.skipped
            if day.why != "weekend"
        ]

    def _why(self, why: str) -> str:
        return self._texts.get(f"skipped.{why}", why)

    def _counted(self, message: str, number: int) -> str:
        one = self._texts.get(f"{message}.one") if number == 1 else None
        return (one or self.text(message)).format(number=number)


WORDS: Final = {language: Words(language) for language in Language}
