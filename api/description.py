"""The OpenAPI document: what the routes do not say themselves.

FastAPI describes parameters and models. Who may call, which problems may come back and what a
request and its answer look like is added here, for every operation in the same way.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI

from api.auth import SESSION_COOKIE, Access
from api.problems import MEDIA_TYPE, PROBLEM, responses
from schemas.problem import ProblemType

EXAMPLES_FILE: Final = Path(__file__).with_name("examples.json")
_SAFE_METHODS: Final = frozenset({"get", "head", "options"})
_JSON: Final = "application/json"
_SECURITY_SCHEMES: Final[dict[str, Any]] = {
    "session": {
        "type": "http",
        "scheme": "bearer",
        "description": "`token` of `POST /api/v1/sessions`.",
    },
    "sessionCookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": SESSION_COOKIE,
        "description": "The same session in a browser; changes then need JSON or `X-CSRF-Token`.",
    },
    "trackingCode": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Tracking-Code",
        "description": "Opens one case to its company, together with the case number.",
    },
}
_PROBLEM_SCHEMA: Final[dict[str, Any]] = {
    "title": "Problem",
    "description": "A problem document (RFC 9457).",
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "detail"],
                "properties": {
                    "pointer": {"type": "string", "description": "JSON pointer of the field."},
                    "detail": {"type": "string", "description": "What to do."},
                },
            },
        },
    },
}


def describe(app: FastAPI, accesses: Mapping[tuple[str, str], Access | None]) -> None:
    """Complete the document of `app`.

    Args:
        app: The application with all its routes.
        accesses: Who may call each operation, by method and path.
    """
    generate = app.openapi
    examples: dict[str, dict[str, Any]] = json.loads(EXAMPLES_FILE.read_text(encoding="utf-8"))

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is not None:
            return app.openapi_schema
        document = generate()
        components = document["components"]
        components["securitySchemes"] = _SECURITY_SCHEMES
        components["schemas"]["Problem"] = _PROBLEM_SCHEMA
        for unused in ("HTTPValidationError", "ValidationError"):
            components["schemas"].pop(unused, None)
        for method, path, operation in _operations(document):
            access = accesses[method.upper(), path] or Access()
            operation["security"] = _security_of(access)
            _add_problems(operation, _problems_of(method, path, access, operation))
            _add_examples(operation, examples.get(f"{method.upper()} {path}", {}))
        return document

    app.openapi = openapi


def _operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            yield method, path, operation


def _security_of(access: Access) -> list[dict[str, list[str]]]:
    if access.anyone:
        return [{}]
    names = ["session", "sessionCookie"] if access.roles else []
    return [{name: []} for name in [*names, *(["trackingCode"] if access.company else [])]]


def _problems_of(
    method: str, path: str, access: Access, operation: Mapping[str, Any]
) -> Iterator[ProblemType]:
    """What any operation of this kind may be answered with."""
    if path.startswith("/api/"):
        yield ProblemType.TEMPORARILY_UNAVAILABLE
    if not access.anyone:
        yield from (ProblemType.NOT_SIGNED_IN, ProblemType.NOT_ALLOWED)
    if access.company:
        yield ProblemType.TOO_MANY_ATTEMPTS
    if "{case_number}" in path:
        yield ProblemType.CASE_NOT_FOUND
    if method not in _SAFE_METHODS:
        yield ProblemType.CSRF_FAILED
    if "requestBody" in operation:
        yield ProblemType.PAYLOAD_TOO_LARGE
    headers = {parameter["name"] for parameter in operation.get("parameters", [])}
    if "Idempotency-Key" in headers:
        yield ProblemType.IDEMPOTENCY_KEY_REUSED
    if "If-Match" in headers:
        yield ProblemType.STALE_VERSION


def _add_problems(operation: dict[str, Any], problems: Iterator[ProblemType]) -> None:
    described: dict[str, Any] = operation["responses"]
    invalid = described.get("422", {}).get("content", {})
    if _JSON in invalid:
        described["422"] = responses(ProblemType.INVALID_REQUEST)[422]
    if "requestBody" in operation:
        described["400"] = {
            "description": "The body could not be read",
            "content": {MEDIA_TYPE: {"schema": PROBLEM}},
        }
    for status, response in responses(*problems).items():
        known = described.setdefault(str(status), response).setdefault("content", {})
        added = response["content"][MEDIA_TYPE]
        examples = known.setdefault(MEDIA_TYPE, added).setdefault("examples", {})
        known[MEDIA_TYPE]["examples"] = added["examples"] | examples


def _add_examples(operation: dict[str, Any], example: Mapping[str, Any]) -> None:
    if "request" in example:
        for content in operation["requestBody"]["content"].values():
            content["example"] = example["request"]
    if "response" in example:
        content = main_response(operation)["content"]
        for described in content.values():
            described["example"] = example["response"]


def main_response(operation: Mapping[str, Any]) -> dict[str, Any]:
    """The answer of an operation that did what was asked."""
    described: dict[str, dict[str, Any]] = operation["responses"]
    return described[min(status for status in described if status.startswith("2"))]
