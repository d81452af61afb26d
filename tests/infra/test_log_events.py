"""docs/log-events.md lists every event that the code logs, with its level and its keys."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("schemas", "workflows", "activities", "matching", "api", "workers", "infra")
LEVELS = {"debug", "info", "warning", "error", "critical", "exception"}
LINE = re.compile(r"^\| `(\w+)` \| (\w+) \| (.*?) \|", re.MULTILINE)


@dataclass(frozen=True)
class Event:
    name: str
    level: str
    keys: frozenset[str]


def logged() -> Iterator[Event]:
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call) and is_log_call(node.func):
                    assert isinstance(node.func, ast.Attribute)
                    yield event(node, node.func.attr, path)


def is_log_call(called: ast.expr) -> bool:
    return (
        isinstance(called, ast.Attribute)
        and called.attr in LEVELS
        and ast.unparse(called.value) in {"log", "workflow.logger", "activity.logger"}
    )


def event(call: ast.Call, level: str, path: Path) -> Event:
    name = call.args[0]
    assert isinstance(name, ast.Constant), f"{path}:{call.lineno}: the event is no constant"
    keys = {word.arg for word in call.keywords} - {"exc_info", "extra"}
    for word in call.keywords:
        if word.arg == "extra" and isinstance(word.value, ast.Dict):
            keys |= {ast.literal_eval(key) for key in word.value.keys if key is not None}
    level = "error" if level == "exception" else level
    return Event(str(name.value), level, frozenset(str(key) for key in keys))


def listed() -> Iterator[Event]:
    text = (ROOT / "docs" / "log-events.md").read_text("utf-8")
    for name, level, keys in LINE.findall(text):
        yield Event(name, level, frozenset(re.findall(r"`(\w+)`", keys)))


def test_the_list_is_what_the_code_logs() -> None:
    assert set(listed()) == set(logged())


def test_an_event_is_a_few_small_words() -> None:
    for one in logged():
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*", one.name)
