"""Beside the procedures: pauses, extensions, overdue tasks, messages that failed."""

from typing import Literal

from schemas.base import WireModel
from schemas.outcome.fields import optional, required, text


class EndHold(WireModel):
    """Whether a case that the company paused goes on."""

    kind: Literal["end_hold"] = "end_hold"
    decision: Literal["go_on", "withdraw"] = required("How do you want to go on?")
    reason: str | None = text("Why (you need not say)")


class ConsentExtension(WireModel):
    """The company's consent to a second extension."""

    kind: Literal["consent_extension"] = "consent_extension"
    decision: Literal["agree", "refuse"] = required("Do you agree?")


class ResolveOverdue(WireModel):
    """The coordinator's decision on a task that nobody did."""

    kind: Literal["resolve_overdue"] = "resolve_overdue"
    decision: Literal["remind", "reassign", "extend", "close_case"] = required("Decision")
    assignee: str | None = optional("New assignee", decision="reassign")
    reason: str | None = text("Reason", decision=("extend", "close_case"))


class DecideStatus(WireModel):
    """What becomes of a case whose company is insolvent, sold or no SME any more (U13)."""

    kind: Literal["decide_status"] = "decide_status"
    decision: Literal["finish", "hand_over", "stop"] = required("Decision")
    reason: str | None = text("Reason, told to the company", decision=("hand_over", "stop"))


class NotifyOtherwise(WireModel):
    """A message could not be delivered; somebody tells the person another way."""

    kind: Literal["notify_otherwise"] = "notify_otherwise"
    decision: Literal["told", "not_reached"] = required("Result")
    channel: Literal["phone", "letter", "visit", "other"] = required("By")
