"""Limits on guessing: failed attempts are counted, successful requests never are."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from api.centre import Centre
from infra.postgres import accounts
from schemas.problem import ProblemType, Refused


@dataclass(frozen=True)
class Limit:
    """So many failures of each subject in a window of time.

    Attributes:
        most: For each kind of subject, in the order in which subjects are given.
    """

    purpose: str
    most: tuple[int, ...]
    window: timedelta

    def keyed(self, centre: Centre, *subjects: str) -> "Attempts":
        """The attempts of these subjects: an address, an account from an address."""
        keys = tuple(
            centre.secrets.attempt_key(f"{self.purpose}|{place}|{subject}")
            for place, subject in enumerate(subjects)
        )
        return Attempts(self, centre, keys)


@dataclass(frozen=True)
class Attempts:
    """The counted failures of some subjects under one limit."""

    limit: Limit
    centre: Centre
    keys: tuple[bytes, ...]

    async def check(self) -> None:
        """Raise `too-many-attempts` when a subject used its failures up."""
        since = self.centre.clock() - self.limit.window
        failures = await accounts.count_failures(self.centre.pool, self.keys, since)
        if any(
            failures.get(key, 0) >= most
            for key, most in zip(self.keys, self.limit.most, strict=True)
        ):
            raise Refused(
                ProblemType.TOO_MANY_ATTEMPTS,
                "Too many attempts failed. Wait ten minutes, or call 1379.",
            )

    async def count_failure(self) -> None:
        """Count one failure for every subject."""
        window_start = self.centre.clock().replace(second=0, microsecond=0)
        await accounts.add_failure(self.centre.pool, self.keys, window_start)


SIGN_IN: Final = Limit("sign-in", (10,), timedelta(minutes=10))
TRACKING: Final = Limit("tracking", (10, 40), timedelta(minutes=10))
