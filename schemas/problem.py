"""The vocabulary of "no": every refusal has a stable public name.

A rule raises `Refused`; a workflow turns it into an `ApplicationError` of the same type; the API
answers `application/problem+json` of that type. Nobody compares message texts.
"""

from enum import StrEnum


class ProblemType(StrEnum):
    """Public names of problems. They are part of the API and never renamed."""

    INVALID_REQUEST = "invalid-request"
    INVALID_BUSINESS_NUMBER = "invalid-business-number"
    CONSENT_REQUIRED = "consent-required"
    CHANNEL_NOT_OPEN = "channel-not-open"
    IDEMPOTENCY_KEY_REUSED = "idempotency-key-reused"
    IDEMPOTENCY_KEY_REQUIRED = "idempotency-key-required"
    NOT_SIGNED_IN = "not-signed-in"
    NOT_ALLOWED = "not-allowed"
    WRONG_CREDENTIALS = "wrong-credentials"
    TOO_MANY_ATTEMPTS = "too-many-attempts"
    CSRF_FAILED = "csrf-failed"
    CASE_NOT_FOUND = "case-not-found"
    CASE_CLOSED = "case-closed"
    CASE_OPEN = "case-open"
    REOPEN_REFUSED = "reopen-refused"
    HOLD_REFUSED = "hold-refused"
    EXTENSION_REFUSED = "extension-refused"
    TASK_NOT_FOUND = "task-not-found"
    TASK_NOT_OPEN = "task-not-open"
    TASK_NOT_YOURS = "task-not-yours"
    STALE_VERSION = "stale-version"
    VERSION_REQUIRED = "version-required"
    OUTCOME_INCOMPLETE = "outcome-incomplete"
    OUTCOME_MISMATCH = "outcome-mismatch"
    CONFLICT_OF_INTEREST = "conflict-of-interest"
    NOT_FOUND = "not-found"
    PAYLOAD_TOO_LARGE = "payload-too-large"
    TEMPORARILY_UNAVAILABLE = "temporarily-unavailable"
    INTERNAL_ERROR = "internal-error"


class Refused(Exception):
    """A rule says no.

    Attributes:
        problem: Which rule, by its public name.
        detail: One sentence for the person concerned: what is wrong and what to do next. It goes
            into histories and logs, so it never repeats what the person typed.
        field: JSON pointer of the field concerned, such as `/outcome/question`; None when the
            refusal is about the whole request.
    """

    def __init__(self, problem: ProblemType, detail: str, *, field: str | None = None) -> None:
        super().__init__(detail)
        self.problem = problem
        self.detail = detail
        self.field = field
