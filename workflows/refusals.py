"""Turns a refusal of ours into the one exception an update handler may raise."""

from collections.abc import Generator
from contextlib import contextmanager

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from schemas.problem import Refused


@contextmanager
def refusals() -> Generator[None]:
    """Turn `Refused` into an `ApplicationError` of the same type.

    Anything else that leaves an update handler fails the workflow task, which is retried for
    ever: the case would stand still and no later update or query would be answered.
    """
    try:
        yield
    except Refused as refused:
        raise ApplicationError(
            refused.detail, refused.field, type=refused.problem, non_retryable=True
        ) from refused
