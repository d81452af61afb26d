"""The command line in a process of its own."""

import asyncio
import os
import subprocess
import sys
from base64 import b64encode
from collections.abc import Awaitable, Callable
from typing import TypeAlias

import pytest

# Nobody listens on it.
NOWHERE = "127.0.0.1:1"

Command: TypeAlias = Callable[..., Awaitable["subprocess.CompletedProcess[str]"]]


@pytest.fixture
def center1379(own_url: str) -> Command:
    """Runs a command on that database."""

    async def run(*words: str, temporal: str = NOWHERE) -> "subprocess.CompletedProcess[str]":
        # In a thread: the workers that some commands wait for run in this process.
        return await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-m", "workers.cli", *words],
            env={
                **os.environ,
                "CENTER1379_DATABASE_URL": own_url,
                "CENTER1379_CODEC_KEYS": f"test:{b64encode(bytes(32)).decode()}",
                "CENTER1379_CODEC_ACTIVE_KEY": "test",
                "CENTER1379_PEPPER": "a pepper that protects nothing at all",
                "TEMPORAL_ADDRESS": temporal,
                "COLUMNS": "200",
            },
            capture_output=True,
            text=True,
            check=False,
            # A command that waits for a Temporal that is away does so for a minute.
            timeout=30,
        )

    return run
