"""The ladder of a human task: who hears of it, and when, while nobody acts."""

from enum import IntEnum
from typing import NamedTuple

from schemas.base import Instant
from schemas.task import (
    HumanTask,
)


class Step(IntEnum):
    """The rungs in the order in which they are climbed when they fall on one instant."""

    REMIND = 0
    OVERDUE = 1
    COORDINATOR = 2
    DIRECTOR = 3
    EXPIRE = 4


class Rung(NamedTuple):
    """One rung of a task's ladder."""

    at: Instant
    step: Step


def next_rung(task: HumanTask, climbed: Rung | None, *, escalates: bool) -> Rung | None:
    """The first rung above the one climbed last; None when only an answer ends the task.

    Args:
        task: With its deadline as it is now.
        climbed: The last rung climbed.
        escalates: Whether superiors are told: not for the company's own tasks.

    Source: domain rules of reminders at 50 % and 80 %, level 1 at 100 %, levels 2 and 3 later.
    """
    deadline = task.deadline
    rungs = [Rung(at, Step.REMIND) for at in deadline.reminders]
    if escalates:
        rungs.append(Rung(deadline.due_at, Step.OVERDUE))
        if deadline.l2_at is not None:
            rungs.append(Rung(deadline.l2_at, Step.COORDINATOR))
        if deadline.l3_at is not None:
            rungs.append(Rung(deadline.l3_at, Step.DIRECTOR))
    if task.expires_at is not None:
        rungs.append(Rung(task.expires_at, Step.EXPIRE))
    return min((rung for rung in rungs if climbed is None or rung > climbed), default=None)
