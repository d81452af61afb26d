"""Refusals and failures as RFC 9457 problem documents.

Every answer that is not a success is one of `schemas.problem.ProblemType`. It says what to do next
and never repeats what was sent: inputs may be personal data.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import asyncpg
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from temporalio.client import WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from schemas.problem import ProblemType, Refused

log = structlog.stdlib.get_logger()

MEDIA_TYPE: Final = "application/problem+json"
RETRY_AFTER_SECONDS: Final = 5
PROBLEM: Final = {"$ref": "#/components/schemas/Problem"}


@dataclass(frozen=True)
class Kind:
    """How a problem is answered.

    Attributes:
        ko, en: Its title, the same for every occurrence.
    """

    status: int
    ko: str
    en: str


KINDS: Final[dict[ProblemType, Kind]] = {
    ProblemType.INVALID_REQUEST: Kind(
        422, "요청 내용을 확인해 주십시오", "The request is not valid"
    ),
    ProblemType.INVALID_BUSINESS_NUMBER: Kind(
        422, "사업자등록번호가 올바르지 않습니다", "The business registration number is not valid"
    ),
    ProblemType.CONSENT_REQUIRED: Kind(
        422, "필수 동의가 필요합니다", "A required consent is missing"
    ),
    ProblemType.CHANNEL_NOT_OPEN: Kind(
        422, "이용할 수 없는 접수 경로입니다", "This channel is not open"
    ),
    ProblemType.IDEMPOTENCY_KEY_REUSED: Kind(
        422,
        "같은 멱등키로 다른 내용을 보냈습니다",
        "The idempotency key was used for another request",
    ),
    ProblemType.IDEMPOTENCY_KEY_REQUIRED: Kind(
        400, "멱등키가 필요합니다", "An idempotency key is required"
    ),
    ProblemType.NOT_SIGNED_IN: Kind(401, "로그인이 필요합니다", "Sign in first"),
    ProblemType.NOT_ALLOWED: Kind(403, "권한이 없습니다", "You may not do this"),
    ProblemType.WRONG_CREDENTIALS: Kind(
        401, "아이디 또는 비밀번호가 맞지 않습니다", "Wrong username or password"
    ),
    ProblemType.TOO_MANY_ATTEMPTS: Kind(
        429, "시도 횟수가 너무 많습니다", "Too many failed attempts"
    ),
    ProblemType.CSRF_FAILED: Kind(
        403, "다른 사이트에서 온 요청일 수 있습니다", "The request may come from another site"
    ),
    ProblemType.CASE_NOT_FOUND: Kind(404, "접수 건을 찾을 수 없습니다", "No such case"),
    ProblemType.CASE_CLOSED: Kind(409, "종결된 접수 건입니다", "The case is closed"),
    ProblemType.CASE_OPEN: Kind(409, "진행 중인 접수 건입니다", "The case is still open"),
    ProblemType.REOPEN_REFUSED: Kind(
        409, "재개할 수 없는 접수 건입니다", "The case cannot be reopened"
    ),
    ProblemType.HOLD_REFUSED: Kind(
        409, "일시 중지할 수 없는 접수 건입니다", "The case cannot be put on hold"
    ),
    ProblemType.EXTENSION_REFUSED: Kind(409, "더 이상 연장할 수 없습니다", "No further extension"),
    ProblemType.TASK_NOT_FOUND: Kind(404, "처리업무를 찾을 수 없습니다", "No such task"),
    ProblemType.TASK_NOT_OPEN: Kind(409, "이미 끝난 처리업무입니다", "The task is over"),
    ProblemType.TASK_NOT_YOURS: Kind(
        409, "다른 담당자의 처리업무입니다", "Somebody else has this task"
    ),
    ProblemType.STALE_VERSION: Kind(
        412, "그 사이에 내용이 바뀌었습니다", "It changed while you worked on it"
    ),
    ProblemType.VERSION_REQUIRED: Kind(
        428, "확인한 버전을 함께 보내야 합니다", "Say which version you saw"
    ),
    ProblemType.OUTCOME_INCOMPLETE: Kind(422, "빠진 항목이 있습니다", "The outcome is incomplete"),
    ProblemType.OUTCOME_MISMATCH: Kind(
        422, "처리업무에 맞지 않는 답입니다", "The outcome does not fit the task"
    ),
    ProblemType.CONFLICT_OF_INTEREST: Kind(
        403, "이해충돌로 처리할 수 없습니다", "A conflict of interest"
    ),
    ProblemType.NOT_FOUND: Kind(404, "찾을 수 없습니다", "Nothing is here"),
    ProblemType.PAYLOAD_TOO_LARGE: Kind(413, "너무 큰 요청입니다", "The request is too large"),
    ProblemType.TEMPORARILY_UNAVAILABLE: Kind(
        503, "잠시 후 다시 시도해 주십시오", "Temporarily unavailable"
    ),
    ProblemType.INTERNAL_ERROR: Kind(500, "내부 오류가 발생했습니다", "Something failed here"),
}

_BY_NAME: Final = {problem.value: problem for problem in ProblemType}

_AGAIN_WITH_SAME_KEY: Final = (
    "The centre could not be reached in time. Nothing you sent is lost: repeat the request with "
    "the same Idempotency-Key; it cannot happen twice."
)


def describe(
    request: Request,
    problem: ProblemType,
    detail: str,
    *,
    field: str | None = None,
    errors: Sequence[Mapping[str, str]] = (),
) -> dict[str, Any]:
    """The problem document for this request, its title in the caller's language."""
    kind = KINDS[problem]
    document: dict[str, Any] = {
        "type": f"/problems/{problem.value}",
        "title": kind.en if _prefers_english(request) else kind.ko,
        "status": kind.status,
        "detail": detail,
    }
    if field is not None:
        errors = ({"pointer": field, "detail": detail},)
    if errors:
        document["errors"] = [dict(error) for error in errors]
    return document


def answer(request: Request, document: Mapping[str, Any]) -> Response:
    """Answer with a problem document, and with what its status asks for in headers."""
    headers = {"Vary": "Accept-Language"}
    match document["status"]:
        case 401:
            headers["WWW-Authenticate"] = 'Bearer realm="center1379"'
        case 429:
            headers["Retry-After"] = "600"
        case 503:
            headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
        case _:
            pass
    if hasattr(request.state, "request_id"):
        headers["X-Request-Id"] = request.state.request_id
    return JSONResponse(dict(document), document["status"], headers=headers, media_type=MEDIA_TYPE)


def problem_of(request: Request, error: Exception) -> dict[str, Any]:  # noqa: PLR0911  # a table
    """The problem document that answers `error`; a defect is logged here, once."""
    match error:
        case Refused():
            return describe(request, error.problem, error.detail, field=error.field)
        case WorkflowUpdateFailedError(cause=ApplicationError(type=str(name)) as cause) if (
            name in _BY_NAME
        ):
            field = (
                cause.details[0] if cause.details and isinstance(cause.details[0], str) else None
            )
            return describe(request, _BY_NAME[name], cause.message, field=field)
        case RPCError(status=RPCStatusCode.NOT_FOUND):
            return describe(request, ProblemType.CASE_NOT_FOUND, CASE_UNKNOWN)
        case _ if is_outage(error):
            log.warning("dependency_unavailable", error=type(error).__name__)
            return describe(request, ProblemType.TEMPORARILY_UNAVAILABLE, _AGAIN_WITH_SAME_KEY)
        case RequestValidationError():
            return describe(
                request,
                ProblemType.INVALID_REQUEST,
                "Correct the fields listed in errors and send the request again.",
                errors=_field_errors(error),
            )
        case HTTPException():
            return _http_problem(request, error)
        case _:
            # Only the type and the places: messages and values may hold personal data.
            log.error("request_failed", error=type(error).__name__, at=_places(error))
            return describe(
                request,
                ProblemType.INTERNAL_ERROR,
                "This is our fault. Try again later, or call 1379 and name the X-Request-Id.",
            )


CASE_UNKNOWN: Final = (
    "There is no case with this number and tracking code for you. Check both, or call 1379."
)


def is_outage(error: Exception) -> bool:
    """Whether `error` means that Temporal or the database cannot be reached at the moment."""
    match error:
        case ValueError() | FileNotFoundError() | PermissionError():
            # The driver's complaint about an argument is an InterfaceError as well, and a file of
            # ours that is missing is an OSError.
            return False
        case RPCError(
            status=RPCStatusCode.UNAVAILABLE
            | RPCStatusCode.DEADLINE_EXCEEDED
            | RPCStatusCode.CANCELLED
            | RPCStatusCode.RESOURCE_EXHAUSTED
            | RPCStatusCode.FAILED_PRECONDITION
            | RPCStatusCode.ABORTED
            # A server that was killed in the middle of a call: its connection broke.
            | RPCStatusCode.UNKNOWN
            | RPCStatusCode.INTERNAL
        ):
            return True
        case (
            WorkflowUpdateRPCTimeoutOrCancelledError()
            | OSError()
            | asyncpg.PostgresConnectionError()
            | asyncpg.InterfaceError()
            # A statement reached a connection in the moment in which it broke.
            | asyncpg.InternalClientError()
            | asyncpg.OperatorInterventionError()
            | asyncpg.TooManyConnectionsError()
        ):
            return True
        case _:
            return False


def install(app: FastAPI) -> None:
    """Answer every failure of `app` with a problem document."""

    async def respond(request: Request, error: Exception) -> Response:
        return answer(request, problem_of(request, error))

    for kind in (
        Refused, WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError, RPCError,
        OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError,
        RequestValidationError,
    ):  # fmt: skip
        app.add_exception_handler(kind, respond)


def responses(*problems: ProblemType) -> dict[int | str, dict[str, Any]]:
    """The problems a route may answer with, for its OpenAPI description."""
    described: dict[int | str, dict[str, Any]] = {}
    for problem in problems:
        kind = KINDS[problem]
        entry = described.setdefault(
            kind.status, {"description": kind.en, "content": {MEDIA_TYPE: {"examples": {}}}}
        )
        entry["content"][MEDIA_TYPE]["schema"] = PROBLEM
        entry["content"][MEDIA_TYPE]["examples"][problem.value] = {
            "value": {
                "type": f"/problems/{problem.value}",
                "title": kind.en,
                "status": kind.status,
                "detail": "What is wrong, and what to do next.",
            }
        }
    return described


def _http_problem(request: Request, error: HTTPException) -> dict[str, Any]:
    match error.status_code:
        case 404:
            return describe(
                request, ProblemType.NOT_FOUND, "Nothing is served at this address. See the API."
            )
        case 405:
            document = describe(
                request, ProblemType.NOT_FOUND, "This address does not take this method."
            )
            return {**document, "status": 405}
        case 413:
            return describe(request, ProblemType.PAYLOAD_TOO_LARGE, "Send less at once.")
        case _:
            document = describe(
                request, ProblemType.INVALID_REQUEST, "The request could not be read."
            )
            return {**document, "status": error.status_code}


# Pydantic's mark for "the name of the field, not its value".
_KEY_ITSELF: Final = "[key]"
NOT_ALLOWED: Final = "This value is not allowed here."
# What to do about each of pydantic's complaints; its own messages can repeat the input.
_ADVICE: Final = {
    "missing": "This field is needed.",
    "extra_forbidden": "There is no such field; leave it out.",
    "string_too_short": "This text is too short.",
    "string_too_long": "This text is too long.",
    "string_pattern_mismatch": "This does not have the expected form.",
    "string_type": "Send a text.",
    "string_unicode": "This text has characters that do not exist. Type it again.",
    "unstorable_text": "Leave the character U+0000 out.",
    "detail_value": "Send a short text, a finite number, true, false or null.",
    "date_parsing": "Give a day that exists, such as 2026-12-01.",
    "date_from_datetime_parsing": "Give a day that exists, such as 2026-12-01.",
    "datetime_parsing": "Give a day and a time that exist.",
    "datetime_from_date_parsing": "Give a day and a time that exist.",
    "datetime_object_invalid": "Give a day and a time that exist.",
    "bool_type": "Send true or false.",
    "bool_parsing": "Send true or false.",
    "int_type": "Send a whole number.",
    "int_parsing": "Send a whole number.",
    "int_from_float": "Send a whole number.",
    "int_parsing_size": "This value is too large.",
    "float_type": "Send a number.",
    "float_parsing": "Send a number.",
    "finite_number": "Send a number.",
    "greater_than": "This value is too small.",
    "greater_than_equal": "This value is too small.",
    "less_than": "This value is too large.",
    "less_than_equal": "This value is too large.",
    "enum": "Choose one of the listed values.",
    "literal_error": "Choose one of the listed values.",
    "json_invalid": "This is not valid JSON.",
    "timezone_aware": "Give the time with its zone, such as 2026-11-23T09:00:00+09:00.",
    "union_tag_invalid": "The kind does not exist.",
    "union_tag_not_found": "The kind is needed.",
}


def _field_errors(error: RequestValidationError) -> list[dict[str, str]]:
    return [
        {
            "pointer": pointer(item["loc"]),
            "detail": _ADVICE.get(item["type"], NOT_ALLOWED),
        }
        for item in error.errors()
    ]


def pointer(location: Sequence[int | str]) -> str:
    """The JSON pointer of a validation error; `/header/…` and `/query/…` outside the body."""
    parts = [part for part in location if part != _KEY_ITSELF]
    if parts and parts[0] == "body":
        del parts[0]
    text = "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in parts)
    # A name may hold halves of characters, which cannot be sent.
    return text.encode(errors="replace").decode()


def _places(error: BaseException) -> list[str]:
    places: list[str] = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"{code.co_filename.rpartition('/')[2]}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return places[-8:]


def _prefers_english(request: Request) -> bool:
    """Whether English stands before Korean in Accept-Language; Korean is the default."""
    for part in request.headers.get("accept-language", "").split(","):
        tag = part.partition(";")[0].strip().lower()
        if tag.startswith("ko"):
            return False
        if tag.startswith("en"):
            return True
    return False
