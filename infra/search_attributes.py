"""The five search attributes as Temporal knows them; their names are in `schemas`."""

from typing import Final

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import (
    AddSearchAttributesRequest,
    ListSearchAttributesRequest,
)
from temporalio.client import Client
from temporalio.common import SearchAttributeKey

from schemas.search_attributes import CASE_STATE, LEAD_INSTITUTE, NEXT_DUE_AT, OVERDUE, TRACK

CASE_STATE_KEY: Final = SearchAttributeKey.for_keyword(CASE_STATE)
LEAD_INSTITUTE_KEY: Final = SearchAttributeKey.for_keyword(LEAD_INSTITUTE)
TRACK_KEY: Final = SearchAttributeKey.for_keyword(TRACK)
NEXT_DUE_AT_KEY: Final = SearchAttributeKey.for_datetime(NEXT_DUE_AT)
OVERDUE_KEY: Final = SearchAttributeKey.for_bool(OVERDUE)

KEYS: Final = (CASE_STATE_KEY, LEAD_INSTITUTE_KEY, TRACK_KEY, NEXT_DUE_AT_KEY, OVERDUE_KEY)


async def missing(client: Client) -> list[str]:
    """Names of the search attributes that the client's namespace doesn't have yet."""
    known = await client.operator_service.list_search_attributes(
        ListSearchAttributesRequest(namespace=client.namespace)
    )
    return [key.name for key in KEYS if key.name not in known.custom_attributes]


async def register(client: Client) -> list[str]:
    """Add the search attributes that are missing and return their names.

    On Temporal Cloud they are added with its own tools; there this finds nothing to do.
    """
    names = await missing(client)
    if names:
        await client.operator_service.add_search_attributes(
            AddSearchAttributesRequest(
                namespace=client.namespace,
                search_attributes={
                    key.name: IndexedValueType.ValueType(key.indexed_value_type)
                    for key in KEYS
                    if key.name in names
                },
            )
        )
    return names
