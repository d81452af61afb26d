"""Messages: written with the transition that causes them, delivered afterwards."""

from collections.abc import Sequence
from datetime import datetime

from infra.postgres.pool import Database
from schemas.record import Message


async def add_pending(db: Database, messages: Sequence[Message], at: datetime) -> list[str]:
    """Add messages that are to be sent; one that is known already is left as it is.

    Returns:
        Keys of the messages that are new.
    """
    new: list[str] = []
    for message in messages:
        key = await db.fetchval(
            """
            INSERT INTO notification
                   (key, case_number, template, audience, parameters, created_at)
            VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (key) DO NOTHING
            RETURNING key
            """,
            message.key,
            message.case_number,
            message.template,
            message.audience,
            message.parameters,
            at,
        )
        if key is not None:
            new.append(key)
    return new
