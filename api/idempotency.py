"""Makes a repeated request harmless: the same key and body get the first answer again."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar
from uuid import UUID, uuid5

from pydantic import BaseModel

from api.centre import Centre
from infra.postgres import request_keys
from schemas.problem import ProblemType, Refused

_NAMESPACE: Final = UUID("6b9f6f0e-1379-5000-8000-000000001379")
AnswerT = TypeVar("AnswerT", bound=BaseModel)


def derived_id(*parts: str) -> UUID:
    """An id that is the same for the same parts: what is repeated finds what it made before."""
    return uuid5(_NAMESPACE, "\n".join(parts))


def other_body() -> Refused:
    """The refusal of a key that was used for something else."""
    return Refused(
        ProblemType.IDEMPOTENCY_KEY_REUSED,
        "This Idempotency-Key belongs to another request. Send a new key with a new request.",
    )


@dataclass(frozen=True, kw_only=True)
class Attempt(Generic[AnswerT]):
    """One request under an Idempotency-Key.

    Attributes:
        scope: Caller and operation; the same key means something else in another scope.
        body: What was sent, so that another request under the same key is noticed.
        answer: Model of what is answered.
    """

    scope: str
    key: str
    body: bytes
    answer: type[AnswerT]


async def once(
    centre: Centre, attempt: Attempt[AnswerT], act: Callable[[], Awaitable[AnswerT]]
) -> AnswerT:
    """Act, unless the same request was already answered.

    What `act` does must itself be repeatable under the same key: when the first answer was lost
    on the way, or two requests arrive at once, it runs again.

    Raises:
        Refused: `idempotency-key-reused` when the key was used for another body; or whatever
            `act` refuses.
    """
    scope, key, db = attempt.scope, attempt.key, centre.pool
    digest = centre.secrets.body_hash(attempt.body)
    used = await request_keys.use(db, scope, key, digest, centre.clock())
    if used is not None:
        if used.body_sha256 != digest:
            raise other_body()
        if used.answer is not None:
            return attempt.answer.model_validate(used.answer)
    answer = await act()
    await request_keys.keep_answer(db, scope, key, answer.model_dump(mode="json"))
    return answer
