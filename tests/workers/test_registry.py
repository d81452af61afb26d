"""Every task queue serves what workflows ask of it."""

import inspect

import asyncpg
from temporalio.testing import WorkflowEnvironment

from tests.settings import settings_for_test
from workers.registry import Resources, registrations
from workflows import activity_stubs

_DEFINITION = "__temporal_activity_definition"


async def test_every_activity_that_workflows_name_is_served(
    database: asyncpg.Pool, temporal: WorkflowEnvironment
) -> None:
    named = {
        getattr(method, _DEFINITION).name
        for _, stub in inspect.getmembers(activity_stubs, inspect.isclass)
        for _, method in inspect.getmembers(stub, inspect.isfunction)
        if hasattr(method, _DEFINITION)
    }
    registered = registrations(Resources(database, settings_for_test(), temporal.client))
    served = [
        getattr(function, _DEFINITION).name
        for registration in registered.values()
        for function in registration.activities
    ]

    assert sorted(served) == sorted(named)
