"""The connection to Temporal that the API, the workers, the command line and the tests share."""

import asyncio
from dataclasses import replace
from functools import cache
from typing import Final

import structlog
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import DataConverter, DefaultFailureConverterWithEncodedAttributes
from temporalio.envconfig import ClientConfig
from temporalio.runtime import PrometheusConfig, Runtime, TelemetryConfig

from infra.codec import EncryptionCodec
from infra.settings import Settings

log = structlog.stdlib.get_logger()

DEFAULT_ADDRESS: Final = "127.0.0.1:7233"
DEFAULT_NAMESPACE: Final = "default"

# A server that starts together with us needs seconds; one that is being upgraded, a minute.
_PAUSES_SECONDS: Final = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)


def converter(settings: Settings, namespace: str = DEFAULT_NAMESPACE) -> DataConverter:
    """How values become payloads: pydantic's JSON, encrypted, failures' texts included."""
    return replace(
        pydantic_data_converter,
        payload_codec=EncryptionCodec(settings.key_ring, namespace),
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
    )


async def connect_client(settings: Settings, *, retry: bool = True) -> Client:
    """Connect to the Temporal that `TEMPORAL_…` variables or a profile name.

    Args:
        settings: Keys of the codec, and where metrics are served.
        retry: Whether to wait, about a minute, for a server that isn't there yet.

    Raises:
        RuntimeError: No server answered.
    """
    for pause in _PAUSES_SECONDS if retry else ():
        try:
            return await _connect(settings, lazy=False)
        # The SDK raises a bare RuntimeError for every connection it can't make.
        except RuntimeError:
            log.warning("temporal_unreachable", next_attempt_seconds=pause)
            await asyncio.sleep(pause)
    return await _connect(settings, lazy=False)


async def lazy_client(settings: Settings) -> Client:
    """A client that connects with its first call, for a process that is of use without Temporal.

    Intake takes cases while Temporal is down, so the API must start then too. Workers can't use it.
    """
    return await _connect(settings, lazy=True)


async def _connect(settings: Settings, *, lazy: bool) -> Client:
    profile = ClientConfig.load_client_connect_config()
    profile.setdefault("target_host", DEFAULT_ADDRESS)
    namespace = profile.setdefault("namespace", DEFAULT_NAMESPACE)
    return await Client.connect(
        **profile,
        data_converter=converter(settings, namespace),
        runtime=_runtime(settings.temporal_metrics_address),
        lazy=lazy,
    )


@cache
def _runtime(metrics_address: str | None) -> Runtime:
    """One runtime for the process, made before its first client."""
    metrics = (
        None
        if metrics_address is None
        else PrometheusConfig(bind_address=metrics_address, durations_as_seconds=True)
    )
    return Runtime(telemetry=TelemetryConfig(metrics=metrics))
