"""Writes docs/cost-of-a-case.md from a recorded case and round: every event, with its reason.

uv run python -m bench.cost_of_a_case
"""

import base64
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parent.parent
HISTORY: Final = ROOT / "tests" / "histories" / "cost" / "fast_lane.json"
ROUND: Final = ROOT / "tests" / "histories" / "cost" / "round.json"
PAGE: Final = ROOT / "docs" / "cost-of-a-case.md"
BUDGET: Final = 250

# Only the test server's clock writes these; no production case has them.
_OF_THE_TEST_CLOCK: Final = {
    "WORKFLOW_EXECUTION_TIME_SKIPPING_TRANSITIONED",
    "WORKFLOW_EXECUTION_OPTIONS_UPDATED",
}
_REASONS: Final = {
    "WORKFLOW_EXECUTION_STARTED": "the case begins",
    "WORKFLOW_EXECUTION_COMPLETED": "its reopening window has passed",
    "WORKFLOW_TASK_SCHEDULED": "something happened that the case has to decide on",
    "WORKFLOW_TASK_STARTED": "a worker takes the decision up",
    "WORKFLOW_TASK_COMPLETED": "the decision is made",
    "WORKFLOW_EXECUTION_UPDATE_ACCEPTED": "who answered which task, when, and what: the record",
    "WORKFLOW_EXECUTION_UPDATE_COMPLETED": "what they were told in return",
    "TIMER_STARTED": "the next reminder, rung of the ladder or expiry of what is open",
    "TIMER_CANCELED": "it was answered before",
    "TIMER_FIRED": "it was not answered before",
    "MARKER_RECORDED: deadlines.pin_policy": "the policy the case keeps for life",
    "MARKER_RECORDED: deadlines.compute": "a due date with its reasoning",
    "MARKER_RECORDED: records.screen": "what the automatic checks found",
    "MARKER_RECORDED: records.save_case": "row, tasks, journal and messages written as one",
    "UPSERT_WORKFLOW_SEARCH_ATTRIBUTES": "state, institute, track and next due date, findable",
    "ACTIVITY_TASK_SCHEDULED": "matching is asked; on its own queue, so retried and seen waiting",
    "ACTIVITY_TASK_STARTED": "matching works",
    "ACTIVITY_TASK_COMPLETED": "matching answered",
}
_REASONS_OF_A_ROUND: Final = {
    "WORKFLOW_EXECUTION_STARTED": "the round opens",
    "WORKFLOW_EXECUTION_COMPLETED": "nobody can move up any more",
    "WORKFLOW_EXECUTION_SIGNALED": "a case gave its place up",
    "MARKER_RECORDED: deadlines.pin_policy": "the policy the round keeps",
    "MARKER_RECORDED: rounds.save": "row, tasks, journal and messages written as one",
    "MARKER_RECORDED: rounds.on_their_way": "whether what was submitted in time still travels",
    "MARKER_RECORDED: rounds.close_list": "all applications checked by rule, in one transaction",
    "MARKER_RECORDED: rounds.rank": "all applications ranked, in one transaction",
    "MARKER_RECORDED: rounds.fill_places": "who moves up, or that nobody does any more",
    "ACTIVITY_TASK_SCHEDULED": "the cases are told, one signal each, from a cursor",
    "ACTIVITY_TASK_STARTED": "the telling begins",
    "ACTIVITY_TASK_COMPLETED": "every case has been told",
}
# What Temporal Cloud bills; all local activities of one workflow task are one action.
_ACTIONS: Final = {
    "WORKFLOW_EXECUTION_STARTED": 1,
    "WORKFLOW_EXECUTION_SIGNALED": 1,
    "WORKFLOW_EXECUTION_UPDATE_ACCEPTED": 1,
    "TIMER_STARTED": 1,
    "UPSERT_WORKFLOW_SEARCH_ATTRIBUTES": 1,
    "ACTIVITY_TASK_SCHEDULED": 1,
}


_ANSWERS: Final = {
    "matching.rank_institutes": "matching answered",
    "rounds.tell_cases": "every case has been told",
}


@dataclass
class Step:
    """What one happening cost."""

    name: str
    kinds: Counter[str] = field(default_factory=Counter[str])
    local_activities: bool = False

    @property
    def events(self) -> int:
        """Events written."""
        return sum(self.kinds.values())

    @property
    def actions(self) -> int:
        """Billable actions."""
        paid = sum(_ACTIONS.get(kind, 0) * count for kind, count in self.kinds.items())
        return paid + self.local_activities


def steps_of(history: dict[str, Any]) -> list[Step]:
    """Cut a history into happenings: each workflow task, named by what caused it."""
    steps = [Step("it is started")]
    activity = ""
    for kind, event in _events(history):
        if kind == "WORKFLOW_TASK_SCHEDULED" and steps[-1].kinds["WORKFLOW_TASK_COMPLETED"]:
            steps.append(Step("time passed"))
        if kind == "TIMER_FIRED":
            steps.append(Step("a reminder or a due date"))
        step = steps[-1]
        if kind == "WORKFLOW_EXECUTION_UPDATE_ACCEPTED":
            step.name = _answer(event)
        if kind == "WORKFLOW_EXECUTION_SIGNALED":
            signal = event["workflowExecutionSignaledEventAttributes"]["signalName"]
            step.name = signal.replace("_", " ")
        if kind == "ACTIVITY_TASK_SCHEDULED":
            activity = event["activityTaskScheduledEventAttributes"]["activityType"]["name"]
        if kind == "ACTIVITY_TASK_COMPLETED":
            steps.append(Step(f"{_ANSWERS[activity]}"))
            step = steps[-1]
        if kind == "MARKER_RECORDED":
            step.local_activities = True
            step.kinds[f"{kind}: {_local_activity(event)}"] += 1
        else:
            step.kinds[kind] += 1
    return [step for step in steps if step.events]


def render(history: dict[str, Any], messages: int) -> str:
    """The page.

    Args:
        history: Temporal's JSON of the case.
        messages: How many mails the case caused; each is a standalone activity, one action,
            outside the history.
    """
    steps = steps_of(history)
    events = sum(step.events for step in steps)
    actions = sum(step.actions for step in steps)
    kinds = sum((step.kinds for step in steps), Counter[str]())
    lines = [
        "# What a case costs",
        "",
        "Generated by `uv run python -m bench.cost_of_a_case` from a recorded case; a test fails",
        "when page and record differ.",
        "",
        "A fast-lane case from receipt to the end of its reopening window, over its real",
        "durations: three months of project with two monthly reports, a survey answered, nobody",
        f"late: **{events} events** of a budget of {BUDGET}, **{actions + messages} billable",
        f"actions**, of which {messages} are mails. Completing a task nobody claimed claims it;",
        "claiming first costs five events and one action more.",
        "",
        "| what happened | events | actions |",
        "| --- | ---: | ---: |",
        *(f"| {step.name} | {step.events} | {step.actions} |" for step in steps),
        f"| **in all, without mails** | **{events}** | **{actions}** |",
        "",
        "## Why each kind of event is spent",
        "",
        "| event | count | reason |",
        "| --- | ---: | --- |",
        *(f"| {kind} | {count} | {_REASONS[kind]} |" for kind, count in kinds.most_common()),
        "",
        "## What was saved, and what was not",
        "",
        "- Due dates and records are local activities: one event instead of six. An answer, what",
        "  follows from it and its messages are one record.",
        "- Mails are standalone activities beside the case, so their retries cost it nothing. The",
        "  journal and the message log say what was sent to whom, when, and what became of it.",
        "- One timer per open task: the next rung of its ladder, not one timer a rung.",
        "- Nothing an auditor needs was left out: every answer is an accepted update with its",
        "  actor, its time and the hashes of its texts; every due date has its reasoning.",
        "",
    ]
    return "\n".join(lines)


def render_round(history: dict[str, Any]) -> str:
    """The part of the page about a selection round."""
    steps = steps_of(history)
    kinds = sum((step.kinds for step in steps), Counter[str]())
    size = len(json.dumps(history))
    reasons = _REASONS | _REASONS_OF_A_ROUND
    lines = [
        "## What a selection round costs",
        "",
        "A monthly round of 500 applications and nine reviewers, all of whom score all that are",
        f"eligible, with one place given up: **{sum(kinds.values())} events**,",
        f"{size // 1000} kB of history as JSON, **{sum(step.actions for step in steps)} billable",
        "actions**. Temporal warns at 10,240 events and ends a history at 51,200 events or 50 MB.",
        "The number of applications does not matter: they and the score sheets are rows, and a",
        "reviewer's answer names the sheet by its hash. Each application costs its own case four",
        "events and one action, for the signal that tells it the decision.",
        "",
        "| what happened | events | actions |",
        "| --- | ---: | ---: |",
        *(f"| {step.name} | {step.events} | {step.actions} |" for step in steps),
        "",
        "| event | count | reason |",
        "| --- | ---: | --- |",
        *(f"| {kind} | {count} | {reasons[kind]} |" for kind, count in kinds.most_common()),
        "",
        "The same round is held in a test with its worker killed ten times: the decision is the",
        "same, and every applicant hears of it exactly once.",
        "",
    ]
    return "\n".join(lines)


def _events(history: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for event in history["events"]:
        kind = event["eventType"].removeprefix("EVENT_TYPE_")
        if kind not in _OF_THE_TEST_CLOCK:
            yield kind, event


def _answer(event: dict[str, Any]) -> str:
    attributes = event["workflowExecutionUpdateAcceptedEventAttributes"]
    request = attributes["acceptedRequest"]["input"]
    if request["name"] != "complete_task":
        return request["name"].replace("_", " ")
    return _decode(request["args"]["payloads"][0])["outcome"]["kind"].replace("_", " ")


def _local_activity(event: dict[str, Any]) -> str:
    details = event["markerRecordedEventAttributes"]["details"]
    return _decode(details["data"]["payloads"][0])["activity_type"]


def _decode(payload: dict[str, Any]) -> dict[str, Any]:
    return json.loads(base64.b64decode(payload["data"]))


def page() -> str:
    """The page as the recorded case gives it."""
    recorded = json.loads(HISTORY.read_text("utf-8"))
    case = render(recorded["history"], recorded["messages"])
    return f"{case}\n{render_round(json.loads(ROUND.read_text('utf-8')))}"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)}")
