"""What pages share when they take a form in."""

from collections.abc import AsyncIterator, Mapping
from typing import Annotated, Any, Final, TypeAlias
from uuid import uuid4

from fastapi import Depends, Request, UploadFile
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import FormData
from temporalio.client import WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.service import RPCError

from schemas.problem import Refused

_UNAVAILABLE: Final = 503

# What a form is shown again for, with everything that was typed: it can be corrected or repeated.
CORRECTABLE: Final = (
    Refused,
    RequestValidationError,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
    RPCError,
    ConnectionError,
    TimeoutError,
)


async def posted_form(request: Request) -> AsyncIterator[FormData]:
    """The form that was sent; its files are closed when it was answered."""
    async with request.form() as form:
        yield form


PostedForm: TypeAlias = Annotated[FormData, Depends(posted_form)]


def text_in(form: FormData, name: str) -> str | None:
    """A text field of the form; None when it is empty."""
    value = form.get(name)
    return value.strip() or None if isinstance(value, str) else None


def file_in(form: FormData, name: str) -> UploadFile | None:
    """A file of the form, as the JSON routes take it; None when none was chosen."""
    sent = form.get(name)
    if isinstance(sent, str) or sent is None or not sent.filename:
        return None
    return UploadFile(sent.file, size=sent.size, filename=sent.filename, headers=sent.headers)


def key_in(form: FormData) -> str:
    """The key under which this form counts once, however often it is sent."""
    return text_in(form, "idempotency_key") or new_key()


def new_key() -> str:
    """A key for a form that is shown anew."""
    return str(uuid4())


def key_after(problem: Mapping[str, Any], posted: PostedForm) -> str:
    """The key of a form that is shown again.

    Where it is not known whether the request was taken, the next one has to be the same; what was
    refused was not taken, and what is sent next is a new act.
    """
    return key_in(posted) if problem["status"] == _UNAVAILABLE else new_key()
