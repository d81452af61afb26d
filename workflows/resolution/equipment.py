"""Step 3, equipment: the company uses an instrument of the institute."""

import asyncio
from datetime import date, datetime, time, timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from schemas.actor import COMPANY_GROUP, Role
    from schemas.booking import BookingRequest, BookingState, UseOfEquipment
    from schemas.case import CaseOutcome, CaseStatus, CaseStep
    from schemas.outcome import (
        AcceptUse,
        CheckEquipment,
        MoveBooking,
        RecordUse,
        ReportUse,
        TaskKind,
    )
    from workflows.policy.business_calendar import SEOUL, day_of

from workflows import activity_stubs
from workflows.appointments import keep_appointment
from workflows.asking import Question, ask, ask_until
from workflows.case_file import CaseFile
from workflows.proceeding import Ended, abandon
from workflows.resolution.result import confirm_result


async def lend(case: CaseFile) -> CaseOutcome:
    """Find a time, agree on terms, book, use, report. What goes wrong is booked again.

    Raises:
        Ended: No instrument, no agreement on terms, or the company did not come.
    """
    visit = _Visit(case)
    try:
        while True:
            booking = await visit.book()
            if await visit.use(booking):
                return await visit.report(booking)
    except Ended:
        await visit.give_back()
        raise


class _Visit:
    """A company's visit to an instrument, however often it has to be booked."""

    def __init__(self, case: CaseFile) -> None:
        self._case = case
        self._absences = 0
        self._may_move = True
        self._wish: str | None = None
        self._held: BookingRequest | None = None
        self._agreed: CheckEquipment | None = None
        self._used = False

    async def book(self) -> BookingRequest:
        """Agree on instrument, time and terms until a booking stands."""
        while True:
            offer = await self._check()
            if not await self._terms(offer):
                continue
            booking = BookingRequest(
                booking_id=f"{self._case.intake.case_number}/{self._offers}",
                case_number=self._case.intake.case_number,
                equipment_id=offer.equipment_id or "",
                from_at=_begins_at(offer),
                to_at=_begins_at(offer) + timedelta(hours=offer.hours or 1),
                at=workflow.now(),
            )
            if _is_over(offer) and workflow.patched("no-booking-in-the-past"):
                self._note("passed", booking)
                continue
            if await activity_stubs.book_equipment(booking):
                self._held, self._agreed = booking, offer
                self._note("booked", booking)
                self._case.tell("equipment_booked", held_on=str(offer.starts_on))
                return booking
            # Somebody else was faster: the calendar of the instrument is the judge, not the offer.
            self._note("taken", booking)

    async def use(self, booking: BookingRequest) -> bool:
        """Wait for the day and record what happened.

        Returns:
            Whether the instrument was used; False when it has to be booked again.

        Raises:
            Ended: The company stayed away too often.
        """
        case = self._case
        case.move(CaseStatus.IN_SERVICE, CaseStep.EQUIPMENT_BOOKED)
        if not await self._came(booking):
            await self._close(booking, BookingState.CANCELLED)
            return False
        record = await ask(
            case,
            Question(
                RecordUse,
                case.lead_group(Role.SUPPORT),
                due="equipment.record",
                start=max(booking.to_at, workflow.now()),
                assignee=case.snapshot.handler,
            ),
        )
        if record.decision == "used":
            self._used = True
            return True
        await self._close(booking, BookingState(record.decision))
        if record.decision == "no_show":
            self._absences += 1
            if self._absences >= case.policy.count("noshow.max"):
                raise Ended(CaseOutcome.CLOSED_NO_RESPONSE, "no_show")
        case.tell("equipment_rebooked", reason=record.decision)
        return False

    async def report(self, booking: BookingRequest) -> CaseOutcome:
        """Have the use and its fee recorded, and the company confirm the result."""
        case = self._case
        case.move(CaseStatus.IN_SERVICE, CaseStep.EQUIPMENT_REPORT)
        report = await ask(
            case,
            Question(
                ReportUse,
                case.lead_group(Role.SUPPORT),
                due="equipment.report",
                assignee=case.snapshot.handler,
            ),
        )
        await self._close(booking, BookingState.USED, hours=report.hours, fee_krw=report.fee_krw)
        return await confirm_result(case, CaseOutcome.RESOLVED_EQUIPMENT, report.report)

    @property
    def _offers(self) -> int:
        """How many times were offered in this case, before it was reopened too."""
        return sum(task.kind is TaskKind.CHECK_EQUIPMENT for task in self._case.tasks)

    async def give_back(self) -> None:
        """Free the instrument when the case ends; one that was used is paid for as agreed."""
        booking, agreed = self._held, self._agreed
        if booking is None or agreed is None:
            return
        if self._used:
            used = BookingState.USED
            await self._close(booking, used, hours=agreed.hours, fee_krw=agreed.fee_krw)
        else:
            await self._close(booking, BookingState.CANCELLED)

    async def _check(self) -> CheckEquipment:
        case = self._case
        case.move(CaseStatus.IN_SERVICE, CaseStep.EQUIPMENT_CHECK)
        offer = await ask(
            case,
            Question(
                CheckEquipment,
                case.lead_group(Role.SUPPORT),
                due="equipment.reply",
                assignee=case.snapshot.handler,
                documents={"wish": self._wish},
                parameters={"bookings": str(self._offers)},
            ),
        )
        if offer.decision == "not_possible":
            raise Ended(CaseOutcome.NOT_SOLVED, "no_equipment", offer.reason)
        return offer

    async def _terms(self, offer: CheckEquipment) -> bool:
        """Whether the company agrees to the terms; False when it wishes another time."""
        case = self._case
        case.move(CaseStatus.IN_SERVICE, CaseStep.EQUIPMENT_TERMS)
        answer = await ask_until(
            case,
            Question(
                AcceptUse,
                COMPANY_GROUP,
                due="equipment.terms",
                announce="equipment_offered",
                documents={"terms": offer.terms},
                parameters={
                    "equipment": offer.equipment_id or "",
                    "starts_on": offer.starts_on or "",
                    "start_hour": str(offer.start_hour),
                    "hours": str(offer.hours),
                    "fee_krw": str(offer.fee_krw or 0),
                },
            ),
        )
        if answer is None:
            raise Ended(CaseOutcome.CLOSED_NO_RESPONSE, "no_answer_to_terms")
        if answer.decision == "decline":
            raise Ended(CaseOutcome.DECLINED_BY_SME, "terms_declined", answer.wish)
        self._wish = answer.wish
        return answer.decision == "accept"

    async def _came(self, booking: BookingRequest) -> bool:
        """Wait for the day; the company may move its booking once."""
        moving = asyncio.create_task(self._ask_to_move(booking)) if self._may_move else None

        def is_moved() -> bool:
            return moving is not None and moving.done() and moving.result() is not None

        try:
            came = await keep_appointment(
                self._case,
                booking.from_at,
                "equipment.remind_before",
                "equipment_reminder",
                unless=is_moved,
                held_on=booking.from_at.astimezone(SEOUL).date().isoformat(),
            )
            if not came and moving is not None:
                moved = await moving
                self._may_move = False
                self._wish = moved and moved.wish
            return came
        finally:
            if moving is not None:
                abandon(moving)

    async def _ask_to_move(self, booking: BookingRequest) -> MoveBooking | None:
        return await ask_until(
            self._case,
            Question(
                MoveBooking,
                COMPANY_GROUP,
                due="equipment.move",
                not_before=booking.from_at - timedelta(days=1),
                reminders=None,
                announce=None,
            ),
        )

    async def _close(
        self,
        booking: BookingRequest,
        state: BookingState,
        *,
        hours: int | None = None,
        fee_krw: int | None = None,
    ) -> None:
        await activity_stubs.close_booking(
            UseOfEquipment(booking_id=booking.booking_id, state=state, hours=hours, fee_krw=fee_krw)
        )
        self._held = None
        self._note(state.value, booking)

    def _note(self, what: str, booking: BookingRequest) -> None:
        self._case.note(
            f"case:equipment:{what}", booking=booking.booking_id, equipment=booking.equipment_id
        )


def _is_over(offer: CheckEquipment) -> bool:
    """Whether the day that was offered has passed before the company agreed."""
    return date.fromisoformat(offer.starts_on or "") < day_of(workflow.now())


def _begins_at(offer: CheckEquipment) -> datetime:
    day = date.fromisoformat(offer.starts_on or "")
    return datetime.combine(day, time(offer.start_hour or 0), SEOUL)
