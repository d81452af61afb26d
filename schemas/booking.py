"""Bookings of instruments: from when to when, for whom, and what became of them."""

from enum import StrEnum

from schemas.base import CaseNumber, Instant, Krw, WireModel


class BookingState(StrEnum):
    """What became of a booking."""

    BOOKED = "booked"
    USED = "used"
    NO_SHOW = "no_show"
    BROKEN = "broken"
    CANCELLED = "cancelled"


class BookingRequest(WireModel):
    """Asks for an instrument from one instant to another.

    Attributes:
        booking_id: `<case number>/<how many-eth booking>`; repeating the request finds it.
        at: When it is asked.
    """

    booking_id: str
    case_number: CaseNumber
    equipment_id: str
    from_at: Instant
    to_at: Instant
    at: Instant


class UseOfEquipment(WireModel):
    """Ends a booking.

    Attributes:
        hours: How long the instrument was used.
        fee_krw: What the company pays for it, in won.
    """

    booking_id: str
    state: BookingState
    hours: int | None = None
    fee_krw: Krw | None = None


class BookedTime(WireModel):
    """When an instrument is taken; for whom is not said."""

    equipment_id: str
    name: str
    from_at: Instant
    to_at: Instant
