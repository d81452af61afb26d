"""The calendar of each instrument; two bookings of one never overlap."""

from datetime import datetime

import asyncpg

from infra.postgres.pool import Database
from schemas.booking import BookedTime, BookingRequest, UseOfEquipment


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


async def of_institute(
    db: Database, institute: str, from_at: datetime, *, most: int
) -> tuple[BookedTime, ...]:
    """When an institute's instruments are taken from an instant on, the earliest first."""
    rows = await db.fetch(
        """
        SELECT b.equipment_id, e.name, lower(b.during) AS from_at, upper(b.during) AS to_at
          FROM equipment_booking AS b
          JOIN equipment AS e USING (equipment_id)
         WHERE e.institute = $1
           AND b.state IN ('booked', 'used')
           AND upper(b.during) > $2
         ORDER BY b.during, b.equipment_id
         LIMIT $3
        """,
        institute,
        from_at,
        most,
    )
    return tuple(BookedTime.model_validate(dict(row)) for row in rows)
