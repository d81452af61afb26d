"""What pages share when they take a form in."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Final, TypeAlias, TypeVar
from uuid import uuid4

from fastapi import Depends, Request, Response, UploadFile
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.datastructures import FormData
from temporalio.client import WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.service import RPCError

from api.pages.forms import Field, FormError, by_field, errors_in, typed_in
from api.pages.languages import Words
from api.pages.rendering import Visit, see
from api.problems import problem_of
from schemas.problem import Refused

_UNAVAILABLE: Final = 503
ModelT = TypeVar("ModelT", bound=BaseModel)

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
    """The form that was sent; its files are closed when it was answered.

    Browsers count a line break as one character and send two, so it is made one again here.
    """
    async with request.form() as form:
        yield FormData(
            [
                (name, value.replace("\r\n", "\n") if isinstance(value, str) else value)
                for name, value in form.multi_items()
            ]
        )


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


def checked(model: type[ModelT], typed: object) -> ModelT:
    """What was typed, as what takes it in reads it.

    Raises:
        RequestValidationError: A field is missing or has a value that it cannot have.
    """
    try:
        return model.model_validate(typed)
    except ValidationError as error:
        raise RequestValidationError(
            [
                {"loc": ("body", *item["loc"]), "type": item["type"]}
                for item in error.errors(include_input=False, include_context=False)
            ]
        ) from None


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


@dataclass(frozen=True, kw_only=True)
class Sent:
    """What was sent to one of a page's forms and is shown again; the default is a first visit.

    Attributes:
        form: Which form it was; the others are shown as they are.
        key: The key under which the page's forms are sent.
    """

    form: str = ""
    typed: Mapping[str, str] = field(default_factory=dict[str, str])
    errors: Sequence[FormError] = ()
    status: int = 200
    key: str = field(default_factory=new_key)

    def drawn(self, form: str, one: Field) -> Field:
        """A field of one of the forms, with what was typed into it and what is wrong with that."""
        if form != self.form:
            return replace(one, form=form)
        return replace(
            one,
            form=form,
            value=self.typed.get(one.name, ""),
            error=by_field(self.errors).get(one.name, ""),
        )


async def answered(  # noqa: PLR0913  # what a form is answered from
    act: Callable[[], Awaitable[object]],
    visit: Visit,
    posted: FormData,
    form: str,
    *,
    back: str,
    again: Callable[[Sent], Awaitable[Response]],
    inside: str = "",
) -> Response:
    """Act, and lead back; what cannot be done is said on the page, over what was typed.

    Args:
        act: What the form is for.
        visit: Who sent it, from where.
        posted: What was sent.
        form: Which of the page's forms it was.
        back: Where to go when it was done.
        again: Shows the page with what was sent in vain.
        inside: As in `errors_in`.
    """
    try:
        await act()
    except CORRECTABLE as error:
        problem = problem_of(visit.request, error)
        return await again(sent_in_vain(form, posted, problem, visit.words, inside=inside))
    return see(back)


def sent_in_vain(
    form: str, posted: FormData, problem: Mapping[str, Any], words: Words, *, inside: str = ""
) -> Sent:
    """What is shown again when `problem` answers a form; `inside` as in `errors_in`."""
    return Sent(
        form=form,
        typed=typed_in(posted),
        errors=errors_in(problem, words, inside=inside),
        status=problem["status"],
        key=key_after(problem, posted),
    )
