"""Due dates with their reminders, ladder and reasoning."""

from datetime import date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from schemas.calendar import HolidayTable
from schemas.policy import Clock, Deadline, DeadlineRequest, Period
from tests.workflows.policy.test_business_calendar import INSTANTS, TABLE, kst
from workers.policy_files import default_policy
from workflows.policy.business_calendar import SEOUL
from workflows.policy.deadlines import compute_deadline
from workflows.policy.policy_table import override

VALUES = default_policy().pinned()


def deadline(key: str, start: datetime, **changes: object) -> Deadline:
    request = DeadlineRequest(policy_version=VALUES.version, key=key, start=start)
    return compute_deadline(request.model_copy(update=changes), VALUES, TABLE)


def test_a_task_is_reminded_of_at_half_and_four_fifths_of_its_working_hours() -> None:
    due = deadline("intake.accept.due", kst("Mon 2013-09-02 09:00"))

    assert due.due_at == kst("Mon 2013-09-02 18:00")
    assert due.reminders == (
        kst("Mon 2013-09-02 14:00"),
        kst("Mon 2013-09-02 16:24"),
    )


def test_the_example_of_the_handbook() -> None:
    due = deadline("intake.accept.due", kst("Tue 2026-11-24 15:30"))

    assert due.reminders == (kst("Wed 2026-11-25 10:30"), kst("Wed 2026-11-25 13:54"))
    assert due.due_at == kst("Wed 2026-11-25 15:30")
    assert due.l2_at == kst("Thu 2026-11-26 15:30")
    assert due.l3_at == kst("Fri 2026-11-27 15:30")


def test_reminders_over_working_days_come_while_people_work() -> None:
    due = deadline("info.simple", kst("Fri 2013-10-04 15:00"))

    assert due.due_at.date().isoformat() == "2013-10-15"
    assert due.reminders == (  # half and four fifths of 51 working hours
        kst("Thu 2013-10-10 16:30"),
        kst("Mon 2013-10-14 15:48"),
    )


def test_working_hours_are_those_of_the_policy() -> None:
    text = 'version = "early"\n[values]\n"clock.workday.spans" = "08:00-12:00 13:00-17:00"'
    early = override(default_policy(), text).pinned()
    request = DeadlineRequest(
        policy_version="early", key="intake.accept.due", start=kst("Mon 2013-09-02 07:00")
    )

    due = compute_deadline(request, early, TABLE)

    assert due.due_at == kst("Mon 2013-09-02 17:00")
    assert due.reminders[0] == kst("Mon 2013-09-02 12:00")


def test_a_second_extension_follows_the_first() -> None:
    start = kst("Tue 2013-10-01 10:00")
    twice = ("agreement.extension", "agreement.extension")
    due = deadline("track.short.fast.agreement", start, extensions=twice)

    assert due.due_at.date().isoformat() == "2013-11-11"


def test_a_closing_day_stops_only_the_clock_of_its_institute() -> None:
    start = kst("Mon 2013-09-02 14:00")
    closed = HolidayTable(1, TABLE.holidays, {"KIMS": frozenset({date(2013, 9, 3)})})

    def due(institute: str) -> datetime:
        request = DeadlineRequest(
            policy_version=VALUES.version,
            key="intake.accept.due",
            start=start,
            institute=institute,
        )
        return compute_deadline(request, VALUES, closed).due_at

    assert due("KIMM") == kst("Tue 2013-09-03 14:00")
    assert due("KIMS") == kst("Wed 2013-09-04 14:00")


def test_an_overdue_task_goes_up_after_eight_and_sixteen_working_hours() -> None:
    due = deadline("intake.accept.due", kst("Fri 2013-09-06 09:00"))

    assert due.l2_at == kst("Mon 2013-09-09 18:00")
    assert due.l3_at == kst("Tue 2013-09-10 18:00")


def test_the_reasoning_names_the_days_that_did_not_count() -> None:
    due = deadline("intake.promise.total", kst("Tue 2013-09-17 15:00"))

    skipped = {day.on: day.why for day in due.reasoning.skipped}
    assert skipped["2013-09-19"] == "추석"
    assert skipped["2013-09-21"] == "weekend"
    assert len(skipped) == 5


def test_the_reasoning_says_from_which_holiday_an_end_was_moved() -> None:
    due = deadline("track.short.fast.agreement", kst("Mon 2013-09-02 10:00"))

    assert due.reasoning.rolled_from == "2013-09-15"


def test_reminders_before_an_agreement_do_not_move_with_holidays() -> None:
    due = deadline(
        "track.short.fast.agreement",
        kst("Mon 2013-09-02 10:00"),
        reminders="agreement.remind_before",
    )

    assert [at.date().isoformat() for at in due.reminders] == [
        "2013-09-09",
        "2013-09-13",
        "2013-09-15",
    ]


def test_reminders_of_the_survey_count_from_its_sending() -> None:
    start = kst("Mon 2013-09-02 10:00")
    due = deadline("survey.close", start, reminders="survey.remind")

    assert due.reminders == (start + timedelta(days=5), start + timedelta(days=10))


def test_an_extension_begins_where_the_period_before_it_ended() -> None:
    start = kst("Tue 2013-10-01 10:00")
    due = deadline("track.short.fast.agreement", start, extensions=("agreement.extension",))

    assert due.due_at.date().isoformat() == "2013-10-28"


def test_a_date_that_was_told_never_comes_nearer() -> None:
    start = kst("Mon 2013-09-02 09:00")
    told = kst("Mon 2013-09-09 09:00")

    assert deadline("intake.accept.due", start, not_before=told).due_at == told


def test_a_period_agreed_for_one_case_takes_the_place_of_the_policys() -> None:
    agreed = Period(length="P2M", clock=Clock.CALENDAR)
    due = deadline("rd.project", kst("Wed 2013-11-20 10:00"), period=agreed)

    assert due.due_at.date().isoformat() == "2014-01-20"


def test_under_a_test_policy_everything_is_counted_around_the_clock() -> None:
    policy = override(default_policy(), 'version = "t"\nclock = "elapsed"\nday = "PT2S"')
    start = kst("Sat 2013-09-07 23:00")
    request = DeadlineRequest(
        policy_version="t",
        key="rd.project",
        start=start,
        period=Period(length="P3M", clock=Clock.CALENDAR),
    )

    due = compute_deadline(request, policy.pinned(), TABLE)

    assert due.due_at == start + timedelta(seconds=180)
    assert due.reasoning.clock is Clock.ELAPSED


@given(
    start=INSTANTS,
    key=st.sampled_from(["intake.promise.total", "survey.close", "rd.scoping", "rd.settlement"]),
)
def test_reminders_ascend_and_lie_before_the_due_date(start: datetime, key: str) -> None:
    due = deadline(key, start)

    assert list(due.reminders) == sorted(due.reminders)
    assert all(start < at < due.due_at for at in due.reminders)
    assert due.l2_at is not None
    assert due.l3_at is not None
    assert due.due_at < due.l2_at < due.l3_at


def test_an_empty_holiday_table_still_counts() -> None:
    request = DeadlineRequest(
        policy_version=VALUES.version,
        key="intake.promise.total",
        start=datetime(2026, 11, 23, 9, tzinfo=SEOUL),
    )

    due = compute_deadline(request, VALUES, HolidayTable())

    assert due.due_at == datetime(2026, 11, 25, 18, tzinfo=SEOUL)
