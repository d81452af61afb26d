"""Equipment: an offer, terms, a booking that nobody else has, the use and its fee."""

from datetime import datetime, timedelta
from itertools import count
from typing import NamedTuple

import asyncpg
import pytest

from infra.postgres import bookings
from schemas.actor import COMPANY
from schemas.booking import BookingState
from schemas.case import CaseOutcome, CaseStep, Service
from schemas.outcome import (
    AcceptUse,
    CheckEquipment,
    ConfirmResult,
    MoveBooking,
    RecordUse,
    ReportUse,
    TaskKind,
    TriageCase,
)
from tests.driver import CaseDriver, StartCase, support_of, written

EQUIPMENT = TriageCase(service=Service.EQUIPMENT)
SUPPORT = support_of("KITECH")
_SERIALS = count(1)


async def add_equipment(database: asyncpg.Pool, equipment_id: str) -> None:
    """An instrument of the institute that nobody has booked."""
    await database.execute(
        """
        INSERT INTO institute (code, name_ko, name_en, city, valid_from)
        VALUES ('KITECH', '데모', 'Demo', '데모', '2013-01-01')
        ON CONFLICT DO NOTHING
        """
    )
    await database.execute(
        """
        INSERT INTO equipment (equipment_id, institute, name, specification, field_of_use, location,
                               sme_available, source, as_of)
        VALUES ($1, 'KITECH', '시험 장비', '', '', '', true, 'test', '2026-01-01')
        ON CONFLICT DO NOTHING
        """,
        equipment_id,
    )


@pytest.fixture
async def instrument(database: asyncpg.Pool) -> str:
    equipment_id = f"EQ-TEST-{next(_SERIALS)}"
    await add_equipment(database, equipment_id)
    return equipment_id


class Booking(NamedTuple):
    """What is written down of a booking."""

    case_number: str
    from_at: datetime
    to_at: datetime
    state: str
    fee_krw: int | None


async def calendar(database: asyncpg.Pool, instrument: str) -> list[Booking]:
    """Everything that was ever booked of an instrument, in order."""
    rows = await database.fetch(
        """
        SELECT case_number, lower(during) AS from_at, upper(during) AS to_at, state, fee_krw
          FROM equipment_booking
         WHERE equipment_id = $1
         ORDER BY during, booking_id
        """,
        instrument,
    )
    return [Booking(**row) for row in rows]


def offer(case: CaseDriver, instrument: str, *, days: int = 10) -> CheckEquipment:
    return CheckEquipment(
        decision="available",
        equipment_id=instrument,
        starts_on=(case.now + timedelta(days=days)).date().isoformat(),
        start_hour=9,
        hours=4,
        fee_krw=40_000,
        terms=written("안전교육 이수"),
    )


async def book(case: CaseDriver, instrument: str, *, days: int = 10) -> None:
    await case.complete(offer(case, instrument, days=days), SUPPORT)
    await case.complete(AcceptUse(decision="accept"), COMPANY)


async def to_the_booking(case: CaseDriver, instrument: str, *, days: int = 10) -> None:
    await case.get_contacted(EQUIPMENT)
    await book(case, instrument, days=days)
    await case.open_task(TaskKind.MOVE_BOOKING)


async def test_a_day_that_has_passed_is_not_offered(start_case: StartCase, instrument: str) -> None:
    case = await start_case()
    await case.get_contacted(EQUIPMENT)
    task = await case.open_task(TaskKind.CHECK_EQUIPMENT)

    assert await case.refused(task, offer(case, instrument, days=-2), SUPPORT) == "outcome-mismatch"


async def test_who_agrees_after_the_day_has_passed_is_offered_another(
    start_case: StartCase, instrument: str, database: asyncpg.Pool
) -> None:
    case = await start_case()
    await case.get_contacted(EQUIPMENT)
    await case.complete(offer(case, instrument, days=1), SUPPORT)
    await case.open_task(TaskKind.ACCEPT_USE)
    await case.pass_time(timedelta(days=3))
    await case.complete(AcceptUse(decision="accept"), COMPANY)
    again = await case.open_task(TaskKind.CHECK_EQUIPMENT)

    assert again.task_id.endswith(".2")
    assert await calendar(database, instrument) == []


async def test_an_instrument_is_booked_used_and_paid_for(
    start_case: StartCase, instrument: str, database: asyncpg.Pool
) -> None:
    case = await start_case()
    await to_the_booking(case, instrument)
    await case.pass_time(timedelta(days=11))
    await case.complete(RecordUse(decision="used"), SUPPORT)
    await case.complete(ReportUse(hours=3, fee_krw=30_000, report=written("측정")), SUPPORT)
    await case.complete(ConfirmResult(decision="confirm"), COMPANY)
    await case.open_task(TaskKind.ANSWER_SURVEY)

    assert (await case.snapshot()).outcome is CaseOutcome.RESOLVED_EQUIPMENT
    [used] = await calendar(database, instrument)
    assert (used.state, used.fee_krw) == (BookingState.USED, 30_000)
    assert used.to_at - used.from_at == timedelta(hours=4)
    reminded = await database.fetchval(
        "SELECT count(*) FROM notification "
        "WHERE case_number = $1 AND template = 'equipment_reminder' AND audience = 'company'",
        case.handle.id,
    )
    assert reminded == 2  # three days and one day before


async def test_two_cases_never_have_an_instrument_at_the_same_time(
    start_case: StartCase, instrument: str, database: asyncpg.Pool
) -> None:
    first, second = await start_case(), await start_case()
    await to_the_booking(first, instrument)
    await second.get_contacted(EQUIPMENT)
    await book(second, instrument)

    asked_again = await second.open_task(TaskKind.CHECK_EQUIPMENT)

    assert asked_again.parameters["bookings"] == "1"
    assert "case:equipment:taken" in await second.tags()
    await book(second, instrument, days=11)
    await second.open_task(TaskKind.MOVE_BOOKING)
    booked = await calendar(database, instrument)
    taken = [
        (one.from_at, one.to_at)
        for one in await bookings.of_institute(database, "KITECH", first.now, most=10**6)
        if one.equipment_id == instrument
    ]
    assert taken == [(line.from_at, line.to_at) for line in booked]
    assert [line.case_number for line in booked] == [first.handle.id, second.handle.id]


async def test_the_company_moves_its_booking_once(
    start_case: StartCase, instrument: str, database: asyncpg.Pool
) -> None:
    case = await start_case()
    await to_the_booking(case, instrument)
    await case.complete(MoveBooking(wish=written("다음 주")), COMPANY)
    again = await case.open_task(TaskKind.CHECK_EQUIPMENT)
    assert "wish" in again.documents
    await book(case, instrument, days=17)
    await case.pass_time(timedelta(days=1))

    assert (await case.snapshot()).step is CaseStep.EQUIPMENT_BOOKED
    assert TaskKind.MOVE_BOOKING not in await case.open_kinds()
    states = [line.state for line in await calendar(database, instrument)]
    assert states == [BookingState.CANCELLED, BookingState.BOOKED]


@pytest.mark.parametrize("wanted", ["other_time", "decline"])
async def test_terms_are_the_companys_to_accept(
    start_case: StartCase, instrument: str, wanted: str
) -> None:
    case = await start_case()
    await case.get_contacted(EQUIPMENT)
    await case.complete(offer(case, instrument), SUPPORT)
    answer = AcceptUse.model_validate({"decision": wanted, "wish": written("오후가 좋습니다")})
    await case.complete(answer, COMPANY)

    if wanted == "other_time":
        assert "wish" in (await case.open_task(TaskKind.CHECK_EQUIPMENT)).documents
    else:
        await case.open_task(TaskKind.ANSWER_SURVEY)
        assert (await case.snapshot()).outcome is CaseOutcome.DECLINED_BY_SME


async def test_a_broken_instrument_is_booked_again_without_a_new_case(
    start_case: StartCase, instrument: str, database: asyncpg.Pool
) -> None:
    case = await start_case()
    await to_the_booking(case, instrument)
    await case.pass_time(timedelta(days=11))
    await case.complete(RecordUse(decision="broken"), SUPPORT)
    await book(case, instrument)
    await case.open_task(TaskKind.MOVE_BOOKING)

    states = [line.state for line in await calendar(database, instrument)]

    assert states == [BookingState.BROKEN, BookingState.BOOKED]


async def test_two_absences_end_the_case_and_free_the_instrument(
    start_case: StartCase, instrument: str, database: asyncpg.Pool
) -> None:
    case = await start_case()
    await case.get_contacted(EQUIPMENT)
    for _ in range(2):
        await book(case, instrument, days=3)
        await case.pass_time(timedelta(days=4))
        await case.complete(RecordUse(decision="no_show"), SUPPORT)
    await case.open_task(TaskKind.ANSWER_SURVEY)

    assert (await case.snapshot()).outcome_reason == "no_show"
    states = {line.state for line in await calendar(database, instrument)}
    assert states == {BookingState.NO_SHOW}


async def test_no_instrument_no_answer_and_withdrawal_leave_nothing_booked(
    start_case: StartCase, instrument: str, database: asyncpg.Pool
) -> None:
    impossible, silent, withdrawn = [await start_case() for _ in range(3)]
    await impossible.get_contacted(EQUIPMENT)
    await impossible.complete(
        CheckEquipment(decision="not_possible", reason=written("없음")), SUPPORT
    )
    await silent.get_contacted(EQUIPMENT)
    await silent.complete(offer(silent, instrument), SUPPORT)
    terms = await silent.open_task(TaskKind.ACCEPT_USE)
    assert terms.expires_at is not None
    await silent.pass_time_until(terms.expires_at + timedelta(hours=1))
    await to_the_booking(withdrawn, instrument)
    await withdrawn.withdraw()
    outcomes = []
    for case in (impossible, silent, withdrawn):
        await case.open_task(TaskKind.ANSWER_SURVEY)
        outcomes.append((await case.snapshot()).outcome)

    assert outcomes == [
        CaseOutcome.NOT_SOLVED, CaseOutcome.CLOSED_NO_RESPONSE, CaseOutcome.WITHDRAWN
    ]  # fmt: skip
    [released] = await calendar(database, instrument)
    assert released.state == BookingState.CANCELLED


async def test_a_company_that_withdraws_after_the_use_pays_what_was_agreed(
    start_case: StartCase, instrument: str, database: asyncpg.Pool
) -> None:
    case = await start_case()
    await to_the_booking(case, instrument)
    await case.pass_time(timedelta(days=11))
    await case.complete(RecordUse(decision="used"), SUPPORT)
    await case.open_task(TaskKind.REPORT_USE)
    await case.withdraw()
    await case.open_task(TaskKind.ANSWER_SURVEY)

    [used] = await calendar(database, instrument)
    assert used.state == BookingState.USED
    assert used.fee_krw is not None
