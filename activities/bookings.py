"""Bookings of instruments, in the calendar that keeps them from overlapping."""

import asyncpg
from temporalio import activity

from infra.postgres import bookings
from schemas.booking import BookingRequest, UseOfEquipment
from workflows.activity_stubs import Bookings


class BookingActivities(Bookings):
    """Books and ends bookings. A repeated call changes nothing."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    @activity.defn(name="bookings.book")
    async def book(self, request: BookingRequest) -> bool:
        return await bookings.book(self._pool, request)

    @activity.defn(name="bookings.close")
    async def close(self, use: UseOfEquipment) -> None:
        await bookings.close(self._pool, use)
