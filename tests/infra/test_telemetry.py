"""Log lines are constant events with ids as keys, and hold nothing personal."""

import json
import logging  # noqa: TID251  # a library's records must come out in our form
import os
import sys
from base64 import b64encode
from collections.abc import Iterator
from io import StringIO

import pytest
import structlog
from pydantic import SecretStr
from temporalio import workflow

from infra.settings import Settings
from infra.telemetry import MASK, configure_logging


def settings(log_format: str = "json") -> Settings:
    return Settings.model_validate(
        {
            "database_url": SecretStr("postgresql://"),
            "codec_keys": SecretStr("k1:" + b64encode(os.urandom(32)).decode()),
            "codec_active_key": "k1",
            "pepper": SecretStr("p" * 32),
            "log_format": log_format,
        }
    )


@pytest.fixture
def stderr(monkeypatch: pytest.MonkeyPatch) -> Iterator[StringIO]:
    """What a process that logs as in production writes."""
    written = StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    root = logging.getLogger()
    before, level = root.handlers, root.level
    configure_logging(settings())
    yield written
    root.handlers = before
    root.setLevel(level)
    structlog.reset_defaults()


def only_line(stderr: StringIO) -> dict[str, object]:
    [line] = stderr.getvalue().splitlines()
    return json.loads(line)


def test_an_event_of_ours_is_one_line_of_json(stderr: StringIO) -> None:
    structlog.stdlib.get_logger("here").warning("task_overdue", task_kind="accept_case")

    line = only_line(stderr)
    assert line["event"] == "task_overdue"
    assert line["level"] == "warning"
    assert line["logger"] == "here"
    assert line["task_kind"] == "accept_case"
    assert str(line["timestamp"]).endswith("Z")


def test_a_librarys_record_takes_the_same_form(stderr: StringIO) -> None:
    logging.getLogger("library").warning("lost a %s", "connection", extra={"attempts": 3})

    line = only_line(stderr)
    assert line["event"] == "lost a connection"
    assert line["attempts"] == 3


@pytest.mark.parametrize("key", ["name", "email", "phone", "description", "tracking_code", "Title"])
def test_what_could_be_personal_is_masked_at_any_depth(stderr: StringIO, key: str) -> None:
    given = {key: "a person"}
    structlog.stdlib.get_logger().info("case_received", inner={"deep": given}, **given)

    line = only_line(stderr)
    assert line[key] == MASK
    assert line["inner"] == {"deep": {key: MASK}}
    assert given == {key: "a person"}


def test_ids_are_not_masked(stderr: StringIO) -> None:
    structlog.stdlib.get_logger().info("case_received", case_number="1379-2026-000001")

    assert only_line(stderr)["case_number"] == "1379-2026-000001"


def test_an_error_is_logged_without_the_values_of_variables(
    stderr: StringIO,
) -> None:
    def fail(contact: str) -> None:
        raise LookupError(f"no desk for {len(contact)} letters")

    contact = f"{'someone'}@company.example"
    try:
        fail(contact)
    except LookupError:
        structlog.stdlib.get_logger().exception("dispatch_failed")

    line = json.dumps(only_line(stderr))
    assert "no desk for 23 letters" in line
    assert "someone@company" not in line


@pytest.mark.usefixtures("stderr")
def test_the_sdk_does_not_change_events() -> None:
    assert not workflow.logger.workflow_info_on_message


def test_people_can_read_the_console_form(
    stderr: StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stderr", stderr)
    configure_logging(settings("console"))
    structlog.stdlib.get_logger().info("worker_started", queues=["case"])
    structlog.reset_defaults()

    assert "worker_started" in stderr.getvalue()
