"""The simulated year: what is filed, who answers how, and one small year through the real thing."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from infra.postgres.calendar import public_office_holidays
from infra.sample_catalogue import sample_catalogue
from schemas.actor import COMPANY, COMPANY_GROUP, Actor, Role, centre_group
from schemas.calendar import HolidayTable
from schemas.case import CaseSnapshot, CaseStatus, Promise
from schemas.outcome import OUTCOMES, TaskKind
from schemas.policy import Clock, Deadline, Reasoning
from schemas.record import CaseProjection
from schemas.selection import RoundProgramme, RoundProjection, RoundSnapshot, RoundState
from schemas.sheet import ScoreSheet
from schemas.task import HumanTask
from workers.cli import app
from workers.simulation import rates
from workers.simulation.arrivals import CONSULTATION, Arrival, business_number, year_of_arrivals
from workers.simulation.people import Desk, People
from workers.simulation.proof import round_waits_for, waits_for
from workers.simulation.report import draw_plots, show
from workers.simulation.run import YearIsPast, YearPlan, simulate
from workflows.policy.business_calendar import SEOUL, BusinessCalendar
from workflows.policy.eligibility import check_business_number
from workflows.policy.task_rules import check_outcome

YEAR = datetime.now(SEOUL).year + 1  # any year to come
DAYS = BusinessCalendar(HolidayTable(version=1, holidays=public_office_holidays()))
NOW = datetime(YEAR, 3, 3, 1, tzinfo=UTC)
STAFF = [
    Actor(id="acc-triage", role=Role.TRIAGE),
    Actor(id="acc-coordinator", role=Role.COORDINATOR),
    *(
        Actor(id=f"acc-kitech-{role.value}", role=role, institute="KITECH")
        for role in (Role.DEPT_HEAD, Role.SUPPORT, Role.RESEARCHER, Role.TLO)
    ),
]
PEOPLE = People(STAFF, sample_catalogue().equipment, DAYS, seed=1)
_ARRIVALS = year_of_arrivals(YEAR, 0.005, 1, DAYS)


def task_of(kind: TaskKind, nth: int = 1, **changes: object) -> HumanTask:
    task = HumanTask(
        task_id=f"1379-{YEAR}-000001.{kind.value}.{nth}",
        case_number=f"1379-{YEAR}-000001",
        kind=kind,
        candidate_group="institute:KITECH:support",
        opened_at=NOW,
        deadline=Deadline(
            key="a",
            start=NOW,
            due_at=NOW + timedelta(days=7),
            reasoning=Reasoning(counted_from=NOW, length="P5D", clock=Clock.WORKING_DAYS),
        ),
    )
    return task.model_copy(update=changes)


def desk_of(task: HumanTask, arrival: Arrival | None = None) -> Desk:
    case = CaseSnapshot(
        case_number=task.case_number,
        received_at=NOW,
        registered_at=NOW,
        lead_institute="KITECH",
    )
    return Desk(task=task, arrival=arrival, case=case, now=NOW)


# -- what is filed --


def test_the_year_has_the_proportions_of_the_release() -> None:
    arrivals = year_of_arrivals(YEAR, 0.1, 1, DAYS)

    kinds = Counter(arrival.kind for arrival in arrivals)
    assert kinds.pop(CONSULTATION) == 2000
    assert kinds.total() == 700
    assert kinds["process problem"] == pytest.approx(700 * 0.318, abs=1)
    assert kinds["advice"] == 140
    fields = Counter(arrival.field for arrival in arrivals)
    assert fields["machinery"] == pytest.approx(2700 * 0.182, abs=1)
    assert fields["chemistry"] == pytest.approx(2700 * 0.108, abs=1)


def test_the_same_seed_gives_the_same_year_and_another_one_another() -> None:
    assert year_of_arrivals(YEAR, 0.005, 1, DAYS) == _ARRIVALS
    assert year_of_arrivals(YEAR, 0.005, 2, DAYS) != _ARRIVALS


def test_requests_come_in_on_working_days_in_their_order() -> None:
    at = [arrival.at.astimezone(SEOUL) for arrival in _ARRIVALS]

    assert all(DAYS.is_working_day(one.date()) and one.year == YEAR for one in at)
    assert at == sorted(at)


def test_made_up_companies_have_numbers_that_pass_the_checksum() -> None:
    for company in (1, 4711, 7801):
        assert check_business_number(business_number(company)) == business_number(company)


# -- who answers how --


@pytest.mark.parametrize("kind", list(TaskKind), ids=lambda kind: kind.value)
def test_people_can_answer_every_kind_of_task(kind: TaskKind) -> None:
    head = STAFF[2]

    for nth in range(1, 30):
        # Tasks of a round belong to no single arrival.
        for arrival in (_ARRIVALS[nth], None):
            desk = desk_of(task_of(kind, nth), arrival)
            outcome = OUTCOMES[kind].model_validate(PEOPLE.outcome(desk, head))
            check_outcome(outcome)


def test_a_kind_without_a_line_in_the_table_is_mostly_answered_by_its_first_choice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rates, "DECISIONS", {})
    triage = STAFF[0]

    decided = Counter(
        PEOPLE.outcome(desk_of(task_of(TaskKind.CALL_BACK, nth)), triage)["decision"]
        for nth in range(1, 400)
    )

    assert decided["explained"] == pytest.approx(400 * rates.FIRST_CHOICE, rel=0.1)
    assert len(decided) == 4


def test_answers_come_in_time_as_often_as_the_table_says() -> None:
    tasks = [task_of(TaskKind.PLAN_SESSION, nth) for nth in range(1, 1000)]

    answered = [PEOPLE.answers_at(desk_of(task), pushed=False) for task in tasks]

    habit = rates.HABITS["support"]
    late = sum(at is not None and at > tasks[0].deadline.due_at for at in answered)
    assert answered.count(None) == pytest.approx(1000 * habit.forgets, rel=0.4)
    assert late == pytest.approx(1000 * habit.dawdles, rel=0.4)


def test_a_task_is_answered_by_its_assignee_else_by_the_desk_it_is_for() -> None:
    free = task_of(TaskKind.PLAN_SESSION)
    excluded = free.model_copy(update={"excluded": ("acc-kitech-support",)})
    assigned = free.model_copy(update={"assignee": "acc-kitech-dept_head"})
    companys = free.model_copy(update={"candidate_group": COMPANY_GROUP})
    nobodys = free.model_copy(update={"candidate_group": centre_group(Role.SURVEY)})

    who = [PEOPLE.answerer(task) for task in (free, excluded, assigned, companys, nobodys)]

    ids = [None if actor is None else actor.id for actor in who]
    head = "acc-kitech-dept_head"
    assert ids == ["acc-kitech-support", head, head, COMPANY.id, "acc-coordinator"]


# -- the proof --


def projection(*tasks: HumanTask, **changes: object) -> CaseProjection:
    snapshot = desk_of(task_of(TaskKind.SCREEN_CASE)).case
    assert snapshot is not None
    return CaseProjection(snapshot=snapshot.model_copy(update=changes), tasks=tasks)


def test_a_case_waits_for_what_has_a_name_or_is_lost() -> None:
    running = Promise(kind="agreement", deadline=task_of(TaskKind.SCREEN_CASE).deadline)
    closed = {"status": CaseStatus.CLOSED, "reopen_until": NOW}

    assert waits_for(projection(task_of(TaskKind.WRITE_ADVICE))) == "task write_advice"
    assert waits_for(projection(on_hold_until=NOW)) == "on hold"
    assert waits_for(projection(waiting_for="next_call")) == "next call"
    assert waits_for(projection(promises=(running,))) == "promise agreement"
    assert waits_for(projection(**closed)) == "reopening window"
    assert waits_for(projection()) is None


def test_a_round_waits_for_its_reviewers_or_its_next_date_or_is_lost() -> None:
    panel = RoundSnapshot(
        round_id=f"round-medium-{YEAR}-1",
        programme=RoundProgramme.MEDIUM,
        period=f"{YEAR}-1",
        state=RoundState.PANEL,
        opens_at=NOW,
        cutoff_at=NOW,
    )
    dated = panel.model_copy(update={"next_due_at": NOW})
    scoring = task_of(TaskKind.SCORE_APPLICATIONS)

    assert round_waits_for(RoundProjection(snapshot=panel, tasks=(scoring,))) == (
        "task score_applications"
    )
    assert round_waits_for(RoundProjection(snapshot=dated)) == "end of panel"
    assert round_waits_for(RoundProjection(snapshot=panel)) is None


def test_reviewers_score_within_the_criteria_or_declare_a_conflict() -> None:
    desk = desk_of(task_of(TaskKind.SCORE_APPLICATIONS))
    numbers = [f"1379-{YEAR}-{nth:06}" for nth in range(1, 500)]

    given = PEOPLE.assessments(desk, numbers)

    assert ScoreSheet(assessments=given).assesses(numbers)
    conflicts = sum(one.conflict for one in given.values())
    assert conflicts == pytest.approx(500 * rates.CONFLICTS_OF_INTEREST, rel=0.8)
    assert len({one.total for one in given.values()}) > 20


# -- the year itself --


async def test_a_small_year_passes_and_no_case_is_lost(tmp_path: Path) -> None:
    shown: list[float] = []

    year = await simulate(
        YearPlan(year=YEAR, scale=0.0006, seed=3, run_out_days=30),
        lambda share, _what: shown.append(share),
    )

    assert year.proof.lost == []
    assert year.proof.stands_at.total() == len(year.arrivals) == 16
    assert year.figures.cases + year.figures.contacts == 16
    assert year.figures.promises["first_contact"].total() == 16
    assert year.answers > 16
    assert shown == sorted(shown)
    assert shown[-1] == 1
    assert year.ends_at >= datetime(YEAR + 1, 1, 30, tzinfo=SEOUL)
    written = StringIO()
    show([year, year], Console(file=written, width=200))
    assert "kept %" in written.getvalue()
    drawn = draw_plots([year], tmp_path)
    assert all(path.read_text("utf-8").startswith("<?xml") for path in drawn)
    assert len(drawn) == 4


async def test_a_year_that_has_begun_is_refused() -> None:
    with pytest.raises(YearIsPast, match="has begun"):
        await simulate(YearPlan(year=YEAR - 1, scale=0.001, seed=1))


def test_the_command_says_why_it_does_not_start() -> None:
    ended = CliRunner().invoke(app, ["simulate", "--year", "2013"])

    assert ended.exit_code == 1
    assert "2013 has begun" in " ".join(ended.output.split())
