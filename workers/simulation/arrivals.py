"""What is filed in a year: when, by whom, how it is worded, and what it turns out to need."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Final

from infra.sample_catalogue import Topic, sample_topics
from schemas.case import Branch, Service, Urgency
from schemas.company import CompanyStated, ConsentKind, ConsentStated, ConsentText, IntakeRequest
from workers.simulation import rates
from workers.simulation.draws import choose, draw, shared_out
from workflows.policy.business_calendar import OFFICE_HOURS, SEOUL, BusinessCalendar

CONSULTATION: Final = "consultation"
SELF_SERVICE: Final = frozenset({"web", "app"})
_DAY: Final = timedelta(days=1)
_OFFICE_MINUTES: Final = 8 * 60
_WEIGHTS: Final = (1, 3, 7, 1, 3, 7, 1, 3, 5)


@dataclass(frozen=True, kw_only=True)
class Need:
    """What a request turns out to need, which the desk finds out in triage."""

    service: Service
    branch: Branch | None = None
    urgency: Urgency = Urgency.NONE
    months: float | None = None
    budget_krw: int | None = None


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """One request to the centre.

    Attributes:
        nth: Its place in the year; names its draws.
        kind: As the successor counted technical support, or `consultation`.
        company: Number of the company, which may come more than once.
        withdraws_at, pauses_at: When the company does so unasked; None for most.
    """

    nth: int
    at: datetime
    kind: str
    field: str
    channel: str
    region: str
    company: int
    topic: Topic
    need: Need
    withdraws_at: datetime | None = None
    pauses_at: datetime | None = None


def year_of_arrivals(year: int, scale: float, seed: int, days: BusinessCalendar) -> list[Arrival]:
    """Everything that is filed in a year, in the order in which it comes in.

    Args:
        year: Over whose working days the arrivals are spread evenly.
        scale: 1 is the year that the release announces.
        seed: The same seed gives the same year.
        days: Which days are working days.
    """
    difficulties = round(rates.DIFFICULTIES * scale)
    consultations = round(rates.CONSULTATIONS * scale)
    kinds = shared_out(difficulties, rates.KINDS, rates.OTHER)
    kinds += [CONSULTATION] * consultations
    fields = shared_out(len(kinds), rates.FIELDS, rates.OTHER)
    draw(seed, "kinds").shuffle(kinds)
    draw(seed, "fields").shuffle(fields)
    topics = _topics_of_fields()
    working_days = _working_days(year, days)
    drawn = [
        _arrival(_Drawn(seed, nth, scale, kind, field), topics, working_days)
        for nth, (kind, field) in enumerate(zip(kinds, fields, strict=True), start=1)
    ]
    return sorted(drawn, key=lambda arrival: (arrival.at, arrival.nth))


@dataclass(frozen=True)
class _Drawn:
    seed: int
    nth: int
    scale: float
    kind: str
    field: str

    def random(self, what: str) -> Random:
        return draw(self.seed, self.nth, what)


def _arrival(of: _Drawn, topics: dict[str, list[Topic]], working_days: list[date]) -> Arrival:
    channel = choose(of.random("channel"), rates.CHANNELS)
    day = of.random("day").choice(working_days)
    at = _time_on(day, of.random("time"), channel)
    asks = of.kind == CONSULTATION
    companies = rates.COMPANIES_WITH_CONSULTATIONS if asks else rates.COMPANIES_WITH_DIFFICULTIES
    company = of.random("company").randint(1, max(1, round(companies * of.scale)))
    return Arrival(
        nth=of.nth,
        at=at,
        kind=of.kind,
        field=of.field,
        channel=channel,
        region=of.random("region").choice(rates.REGIONS),
        # Nobody knows how many companies do both; here none does: the release, too, adds them up.
        company=2 * company + asks,
        topic=of.random("topic").choice(topics[of.field]),
        need=Need(service=Service.ENQUIRY) if asks else _need(of),
        withdraws_at=None if asks else _unasked(of, "withdraws", rates.WITHDRAWS, at),
        pauses_at=None if asks else _unasked(of, "pauses", rates.PAUSES, at),
    )


def _need(of: _Drawn) -> Need:
    service = choose(of.random("service"), rates.SERVICES_OF[of.kind])
    if service is not Service.DIFFICULTY:
        return Need(service=service)
    random = of.random("project")
    project = choose(random, {project: project.share for project in rates.PROJECTS})
    return Need(
        service=service,
        branch=choose(of.random("branch"), rates.BRANCHES_OF[of.kind]),
        urgency=project.urgency,
        months=round(random.uniform(*project.months)),
        budget_krw=random.randrange(*project.budget_krw, 1_000_000),
    )


def _unasked(of: _Drawn, what: str, share: float, after: datetime) -> datetime | None:
    random = of.random(what)
    if random.random() >= share:
        return None
    return after + random.randint(*rates.UNASKED_AFTER_DAYS) * _DAY


def _time_on(day: date, random: Random, channel: str) -> datetime:
    if channel in SELF_SERVICE and random.random() < rates.OUT_OF_HOURS:
        opens = datetime.combine(day, time(19), SEOUL)
        return opens + timedelta(minutes=random.randrange(4 * 60))
    minutes = random.randrange(_OFFICE_MINUTES)
    for opens, closes in OFFICE_HOURS:
        span = (closes.hour - opens.hour) * 60
        if minutes < span:
            return datetime.combine(day, opens, SEOUL) + timedelta(minutes=minutes)
        minutes -= span
    raise AssertionError("office hours are eight hours")


def _working_days(year: int, days: BusinessCalendar) -> list[date]:
    first = date(year, 1, 1)
    every = (first + number * _DAY for number in range(366))
    return [day for day in every if day.year == year and days.is_working_day(day)]


def _topics_of_fields() -> dict[str, list[Topic]]:
    topics = sample_topics()
    named = {code for codes in rates.INSTITUTES_OF.values() for code in codes}
    own = {
        field: [topic for topic in topics if topic.institute in codes]
        for field, codes in rates.INSTITUTES_OF.items()
    }
    return {**own, rates.OTHER: [topic for topic in topics if topic.institute not in named]}


# -- as the centre receives it --


def request_of(arrival: Arrival, consents: list[ConsentText]) -> IntakeRequest:
    """The request as it is filed; every name in it is made up.

    Args:
        arrival: What is filed.
        consents: The texts in force, all of which the company agrees to.
    """
    topic = arrival.topic
    asks = arrival.kind == CONSULTATION
    title = f"{topic.object} 문의" if asks else f"{topic.object}: {topic.field}"
    wish = "에 관해 어디에 알아보면 되는지 묻고 싶습니다." if asks else "을(를) 풀고 싶습니다."
    return IntakeRequest(
        service=Service.ENQUIRY if asks else arrival.need.service,
        channel=arrival.channel,
        company=CompanyStated(
            name=f"모의기업 {arrival.company}",
            business_registration_number=business_number(arrival.company),
            contact_name="모의 담당자",
            email=f"company{arrival.company}@simulated.example",
            region=arrival.region,
            has_research_lab=True,
        ),
        title=title,
        description=f"{topic.complaint} {topic.object}입니다. {topic.aim}{wish}",
        consents={
            ConsentKind(text.kind): ConsentStated(given=True, text_version=text.text_version)
            for text in consents
        },
    )


def business_number(company: int) -> str:
    """A business registration number that passes the checksum, of no company we know of."""
    digits = [int(digit) for digit in f"999{company:06d}"]
    total = sum(w * n for w, n in zip(_WEIGHTS, digits, strict=True)) + 5 * digits[8] // 10
    return "".join(str(digit) for digit in (*digits, (10 - total % 10) % 10))
