"""The calendar of each instrument; two bookings of one never overlap."""

from dataclasses import dataclass
from datetime import datetime

import asyncpg

from infra.postgres.pool import Database
from schemas.booking import BookingRequest, BookingState, UseOfEquipment


async def book(db: Database, request: BookingRequest) -> bool:
    """Book an instrument; booking it again under the same id changes nothing.

    The table's exclusion constraint decides, so that two cases at the same moment cannot both win.

    Returns:
        Whether the booking stands; False when another one overlaps it.
    """
    try:
        await db.execute(
            """
            INSERT INTO equipment_booking (booking_id, equipment_id, case_number, during, booked_at)
            VALUES ($1, $2, $3, tstzrange($4, $5), $6)
            ON CONFLICT (booking_id) DO NOTHING
            """,
            request.booking_id,
            request.equipment_id,
            request.case_number,
            request.from_at,
            request.to_at,
            request.at,
        )
    except asyncpg.ExclusionViolationError:
        return False
    return True


async def close(db: Database, use: UseOfEquipment) -> None:
    """Record what became of a booking, with its fee where it was used."""
    await db.execute(
        """
        UPDATE equipment_booking
           SET state = $2, hours = $3, fee_krw = $4
         WHERE booking_id = $1
           AND state = 'booked'
        """,
        use.booking_id,
        use.state.value,
        use.hours,
        use.fee_krw,
    )


@dataclass(frozen=True, kw_only=True)
class Booking:
    """One line of an instrument's calendar."""

    booking_id: str
    case_number: str
    from_at: datetime
    to_at: datetime
    state: BookingState
    fee_krw: int | None


async def calendar_of(
    db: Database, equipment_id: str, from_at: datetime, to_at: datetime
) -> list[Booking]:
    """The bookings of an instrument that touch a span of time, in order."""
    rows = await db.fetch(
        """
        SELECT booking_id, case_number, lower(during) AS from_at, upper(during) AS to_at, state,
               fee_krw
          FROM equipment_booking
         WHERE equipment_id = $1
           AND during && tstzrange($2, $3)
         ORDER BY during, booking_id
        """,
        equipment_id,
        from_at,
        to_at,
    )
    return [
        Booking(
            booking_id=row["booking_id"],
            case_number=row["case_number"],
            from_at=row["from_at"],
            to_at=row["to_at"],
            state=BookingState(row["state"]),
            fee_krw=row["fee_krw"],
        )
        for row in rows
    ]
