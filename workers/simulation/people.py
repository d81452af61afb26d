"""Simulated staff and companies: when they answer a task, and what.

Nothing here knows a procedure. A kind of task that was added later is answered by the first choice
its outcome lists, with fields filled in by their names and types.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from random import Random
from types import UnionType
from typing import Annotated, Any, Final, Literal, Union, cast, get_args, get_origin

from pydantic.fields import FieldInfo

from schemas.actor import ANY_INSTITUTE_HEAD, COMPANY, COMPANY_GROUP, Actor, Role, groups_of
from schemas.case import RESOLVED, CaseSnapshot, OfferAnswer
from schemas.catalogue import EquipmentItem
from schemas.outcome import OUTCOMES, TaskKind
from schemas.sheet import Assessment, ScoreSheet
from schemas.task import HumanTask
from workers.simulation import rates
from workers.simulation.arrivals import CONSULTATION, Arrival
from workers.simulation.draws import choose, draw
from workers.simulation.rates import Habit, Weights
from workflows.policy.business_calendar import (
    SEOUL,
    BusinessCalendar,
    add_working_days,
    add_working_hours,
    working_time,
)

# The decision with which a reviewer answers once a sheet is filled in.
HANDS_IN: Final = "hand_in"
_SHORTEST: Final = timedelta(minutes=30)
_A_DAY_AT_WORK: Final = timedelta(hours=8)
# Filled in although nobody insists.
_VOLUNTARY: Final = frozenset(
    {
        "ease",
        "speed",
        "competence",
        "result",
        "named_staff",
        "overall",
        "solved",
        "partners",
        "further_service",
    }
)
_FURTHER: Final = ("guidance", "equipment", "exchange", "information", "transfer")
_SCORES: Final = frozenset({"ease", "speed", "competence", "result", "overall"})


@dataclass(frozen=True, kw_only=True)
class Desk:
    """A task on somebody's desk, with what they know of its case.

    Attributes:
        arrival: What was filed; None for a task of no single case.
        case: As the read model has it; None as well.
        attempt: 1 for the first answer; a refused one is thought over again.
    """

    task: HumanTask
    arrival: Arrival | None
    case: CaseSnapshot | None
    now: datetime
    attempt: int = 1


class People:
    """Everybody who answers tasks in the simulated year."""

    def __init__(
        self,
        staff: Sequence[Actor],
        equipment: Sequence[EquipmentItem],
        days: BusinessCalendar,
        seed: int,
    ) -> None:
        """Who there is.

        Args:
            staff: Whoever may sign in.
            equipment: What institutes lend.
            days: On which days people work.
            seed: Of every draw.
        """
        self._staff = staff
        self._by_id = {actor.id: actor for actor in staff}
        self._equipment = equipment
        self._institutes = sorted({actor.institute for actor in staff if actor.institute})
        self._days = days
        self._seed = seed

    # -- when --

    def answers_at(self, desk: Desk, *, pushed: bool) -> datetime | None:
        """When a task will be answered; None when nobody thinks of it until they are pushed.

        Args:
            desk: The task.
            pushed: Whether somebody just reminded them, or gave the task to another.
        """
        task, random = desk.task, self._random(desk, "when")
        if pushed:
            if random.random() >= rates.ANSWERS_WHEN_PUSHED:
                return None
            return self._after(desk.now, _A_DAY_AT_WORK * random.uniform(*rates.PUSHED))
        habit = _habit(task)
        mood = random.random()
        if mood < habit.forgets:
            return None
        late = mood < habit.forgets + habit.dawdles
        in_time = rates.AT_THE_END if task.kind in rates.LONG_WORK else rates.IN_TIME
        part = random.uniform(*(rates.LATE if late else in_time))
        given = working_time(task.opened_at, task.deadline.due_at, self._days)
        return self._after(desk.now, max(given, _SHORTEST) * part)

    def _after(self, start: datetime, worked: timedelta) -> datetime:
        return add_working_hours(start, worked, self._days)

    # -- who --

    def answerer(self, task: HumanTask) -> Actor | None:
        """Who answers: whom it is assigned to, else the lowest desk it is for; None for nobody."""
        if task.candidate_group == COMPANY_GROUP:
            return COMPANY
        if task.assignee is not None:
            return self._by_id.get(task.assignee)
        able = [
            actor
            for actor in self._staff
            if task.candidate_group in groups_of(actor) and actor.id not in task.excluded
        ]
        if task.candidate_group == ANY_INSTITUTE_HEAD and able:
            return draw(self._seed, task.task_id, "who").choice(able)
        own = [actor for actor in able if task.candidate_group.endswith(f":{actor.role.value}")]
        return next(iter(own or able), None)

    # -- what --

    def outcome(
        self, desk: Desk, actor: Actor, decided: Mapping[str, object] | None = None
    ) -> dict[str, Any]:
        """The answer, as somebody would fill the form in.

        Args:
            desk: The task.
            actor: Who answers.
            decided: Fields that are not drawn; the others are filled in to fit them.
        """
        model = OUTCOMES[desk.task.kind]
        form = _Form(self, desk, actor, self._random(desk, "what"))
        given = decided or {}
        filled: dict[str, Any] = {}
        for name, field in model.model_fields.items():
            if name == "kind" or not (name in given or _is_wanted(name, field, filled)):
                continue
            value = given[name] if name in given else form.value(name, field)
            if value is not None:
                filled[name] = value
        return filled

    def assessments(self, desk: Desk, case_numbers: Sequence[str]) -> dict[str, Assessment]:
        """What a reviewer thinks of each application of a round."""
        return {
            number: _assessment(self._random(desk, f"sheet {number}")) for number in case_numbers
        }

    def _random(self, desk: Desk, what: str) -> Random:
        task = desk.task
        case = task.task_id if desk.arrival is None else desk.arrival.nth
        _, _, within = task.task_id.partition(".")
        return draw(self._seed, case, within, what, task.version, desk.attempt)

    def later_day(self, start: datetime, working_days: int) -> str:
        """A working day, as forms want it."""
        first = start.astimezone(SEOUL).date()
        return add_working_days(first, working_days + 1, self._days).isoformat()

    def instrument(self, institute: str | None, random: Random) -> EquipmentItem | None:
        """An instrument that an institute lends."""
        own = [item for item in self._equipment if item.institute == institute]
        return random.choice(own) if own else None

    def colleague(self, institute: str | None, *roles: Role, but: Sequence[str]) -> str | None:
        """The account of somebody at an institute with the first of these roles that is free.

        Args:
            institute: Its code.
            roles: In the order in which they are looked for.
            but: Accounts that may not take it.
        """
        own = [one for one in self._staff if one.institute == institute and one.id not in but]
        return next((one.id for role in roles for one in own if one.role is role), None)

    def unasked_institute(self, desk: Desk, random: Random) -> str | None:
        """The best institute that has not been asked: as ranked, else as fits, else any."""
        offers = () if desk.case is None else desk.case.assignments
        asked = {offer.institute for offer in offers if offer.answer is not OfferAnswer.ACCEPTED}
        wished = desk.task.parameters.get("volunteer")
        ranked = () if desk.case is None else desk.case.candidates
        best = [candidate.institute for candidate in ranked]
        fitting = [] if desk.arrival is None else [desk.arrival.topic.institute]
        others = random.sample(self._institutes, len(self._institutes))
        wanted = [wished, *best, *fitting, *others]
        return next((code for code in wanted if code and code not in asked), None)


class _Form:
    """One form on its way to being filled in."""

    def __init__(self, people: People, desk: Desk, actor: Actor, random: Random) -> None:
        self._people = people
        self._desk = desk
        self._actor = actor
        self._random = random
        self._item = people.instrument(actor.institute, random)

    def value(self, name: str, field: FieldInfo) -> object:
        """What is filled in; None for nothing."""
        special = _BY_NAME.get(name)
        if special is not None:
            return special(self)
        needed = self._needed(name)
        if needed is not None:
            return needed
        options = _options(field.annotation)
        if options:
            return self._choice(name, options)
        return self._plain(field)

    def _choice(self, name: str, options: Sequence[object]) -> object:
        by_text = {str(option): option for option in options}
        weights = self._weights(name) or _first_of(list(by_text))
        possible = {text: weight for text, weight in weights.items() if text in by_text}
        return by_text[choose(self._random, possible or _first_of(list(by_text)))]

    def _weights(self, name: str) -> Weights | None:
        task, arrival = self._desk.task, self._desk.arrival
        resolved = self._desk.case is not None and self._desk.case.outcome in RESOLVED
        if task.kind is TaskKind.SCREEN_CASE and arrival and arrival.kind == CONSULTATION:
            return rates.SCREENING_OF_CONSULTATIONS if name == "decision" else None
        if task.kind is TaskKind.HANDLE_BY_HAND:
            return rates.BY_HAND.get(task.parameters.get("route", ""))
        if task.kind is TaskKind.DECIDE_TRACK:
            return rates.TRACKS.get(task.parameters.get("proposed", ""))
        if name in _SCORES:
            return rates.SCORES_RESOLVED if resolved else rates.SCORES_OTHERWISE
        if name == "solved":
            return rates.SOLVED_RESOLVED if resolved else rates.SOLVED_OTHERWISE
        return rates.DECISIONS.get(task.kind, {}).get(name)

    def _needed(self, name: str) -> object:
        """What the case needs, where the form asks for just that."""
        arrival = self._desk.arrival
        if arrival is None:
            # A round whose budget is cut keeps most of it.
            granted = self._desk.task.parameters.get("round_budget_krw", "0")
            return (int(granted) * 4 // 5 or None) if name == "budget_krw" else None
        need, again = arrival.need, self._desk.task.task_id.rpartition(".")[2] != "1"
        asked: dict[str, object] = {
            "service": need.service.value,
            "branch": need.branch and need.branch.value,
            "urgency": need.urgency.value,
            # A plan that was sent back comes again in the size of the fast lane.
            "months": 3 if again else need.months or 3,
            "budget_krw": 20_000_000 if again else need.budget_krw or 20_000_000,
        }
        return asked.get(name)

    def _plain(self, field: FieldInfo) -> object:
        """Something of the field's type, inside its bounds."""
        marks = _marks(field)
        kinds = _types(field.annotation)
        if marks.get("format") == "date":
            return self._people.later_day(self._desk.now, self._random.randint(3, 8))
        if bool in kinds:
            return False
        if int in kinds or float in kinds:
            bounds = [getattr(bound, "ge", None) for bound in field.metadata]
            return next((ceil(bound) for bound in bounds if bound), 1)
        return "모의 답변입니다."

    def further_service(self) -> str | None:
        """A second service; few texts ask for two."""
        if self._random.random() >= rates.FURTHER_SERVICE or self._desk.arrival is None:
            return None
        first = self._desk.arrival.need.service.value
        others = [service for service in _FURTHER if service != first]
        return self._random.choice(others)

    def institute(self) -> str | None:
        """An institute that may be asked."""
        return self._people.unasked_institute(self._desk, self._random)

    def other_institute(self) -> str | None:
        """An institute that is not one's own."""
        named = self.institute()
        return "KITECH" if named == self._actor.institute else named

    def colleague(self) -> str | None:
        """Who does the work: an adviser for guidance, support staff otherwise."""
        task = self._desk.task
        role = Role.RESEARCHER if task.kind is TaskKind.NAME_ADVISER else Role.SUPPORT
        # A case that was taken up again goes to somebody else: the head, where there is one desk.
        return self._people.colleague(
            self._actor.institute, role, Role.DEPT_HEAD, but=task.excluded
        )

    def new_assignee(self) -> str | None:
        """Who takes an overdue task over: the head, who may do whatever the desk does."""
        lead = None if self._desk.case is None else self._desk.case.lead_institute
        return self._people.colleague(lead, Role.DEPT_HEAD, but=self._desk.task.excluded)

    def instrument(self) -> str | None:
        """An instrument of one's own institute."""
        return self._item and self._item.equipment_id

    def hour(self) -> int:
        """When a visit begins."""
        return self._random.choice((9, 10, 13, 14))

    def hours(self) -> int:
        """How long an instrument is used."""
        return self._random.randint(1, 4)

    def fee(self) -> int:
        """What it costs, in won."""
        return self._random.randrange(100_000, 2_000_000, 50_000)

    def weeks(self) -> int:
        """Weeks that are asked for, in any form that asks for weeks."""
        return self._random.randint(1, 3)

    def blank_sheet(self) -> str:
        """The sheet that a reviewer begins with."""
        return ScoreSheet().sha256

    def closing_day(self) -> str:
        """When a call of another ministry closes."""
        return self._people.later_day(self._desk.now, self._random.randint(15, 40))


_BY_NAME: Final[Mapping[str, Callable[[_Form], object]]] = {
    "further_service": _Form.further_service,
    "institute": _Form.institute,
    "better_institute": _Form.other_institute,
    "named_staff": _Form.colleague,
    "assignee": _Form.new_assignee,
    "equipment_id": _Form.instrument,
    "start_hour": _Form.hour,
    "hours": _Form.hours,
    "fee_krw": _Form.fee,
    "weeks": _Form.weeks,
    "sheet": _Form.blank_sheet,
    "closes_on": _Form.closing_day,
}


def _assessment(random: Random) -> Assessment:
    if random.random() < rates.CONFLICTS_OF_INTEREST:
        return Assessment(conflict=True)
    return Assessment.model_validate(
        {name: random.randint(*given) for name, given in rates.POINTS.items()}
    )


def _habit(task: HumanTask) -> Habit:
    group = task.candidate_group
    role = "company" if group == COMPANY_GROUP else group.rpartition(":")[2]
    return rates.HABITS_WITH.get(task.kind) or rates.HABITS.get(role, rates.DEFAULT_HABIT)


def _is_wanted(name: str, field: FieldInfo, filled: Mapping[str, object]) -> bool:
    """Whether a form with these answers asks for a field; `needed_when` of the outcome says so."""
    needed_when = cast("dict[str, list[str]]", _marks(field).get("x-needed-when", {}))
    if any(str(filled.get(other)) in values for other, values in needed_when.items()):
        return True
    return field.is_required() or name in _VOLUNTARY or name in {"months", "budget_krw", "urgency"}


def _types(annotation: object) -> set[object]:
    """The types that a field may have, without their bounds."""
    if get_origin(annotation) is Annotated:
        return _types(get_args(annotation)[0])
    if get_origin(annotation) in {Union, UnionType}:
        return {kind for part in get_args(annotation) for kind in _types(part)}
    return {annotation}


def _options(annotation: object) -> list[object]:
    """The values of a closed choice, also of one that may be left out."""
    if get_origin(annotation) is Literal:
        return list(get_args(annotation))
    if get_origin(annotation) in {Union, UnionType}:
        return [option for part in get_args(annotation) for option in _options(part)]
    if isinstance(annotation, type) and hasattr(annotation, "__members__"):
        return [member.value for member in cast("Any", annotation)]
    return []


def _first_of(options: Sequence[str]) -> Weights:
    first, *others = options
    if not others:
        return {first: 1.0}
    rest = (1 - rates.FIRST_CHOICE) / len(others)
    return {first: rates.FIRST_CHOICE, **dict.fromkeys(others, rest)}


def _marks(field: FieldInfo) -> dict[str, Any]:
    extra = field.json_schema_extra
    return cast("dict[str, Any]", extra) if isinstance(extra, dict) else {}
