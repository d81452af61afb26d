"""A selection round in progress: its snapshot, and how it is recorded."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from schemas.journal import JournalEntry
    from schemas.outcome import TaskKind
    from schemas.record import Message
    from schemas.selection import (
        RoundIntake,
        RoundProjection,
        RoundSnapshot,
        RoundState,
        RoundWrite,
    )
    from schemas.task import HumanTask

from workflows import activity_stubs
from workflows.proceeding import Proceeding


class RoundFile(Proceeding):
    """One round inside its running workflow."""

    def __init__(self, intake: RoundIntake) -> None:
        planned = intake.planned
        super().__init__(planned.round_id, intake.policy_version)
        self.snapshot = RoundSnapshot(
            round_id=planned.round_id,
            programme=planned.programme,
            period=planned.period,
            opens_at=planned.opens_at,
            cutoff_at=planned.cutoff_at,
            next_due_at=planned.cutoff_at,
            policy_version=intake.policy_version,
        )

    @property
    def version(self) -> int:
        return self.snapshot.version

    def change(self, **changes: object) -> None:
        snapshot = self.snapshot.model_copy(update=changes)
        dues = [task.deadline.due_at for task in self.tasks.open_ones]
        sheets = [
            task.deadline.due_at
            for task in self.tasks.open_ones
            if task.kind is TaskKind.SCORE_APPLICATIONS
        ]
        match snapshot.state:
            case RoundState.OPEN:
                dues.append(snapshot.cutoff_at)
            case RoundState.PANEL if not dues and snapshot.decide_by is not None:
                # Nobody can review: more reviewers are looked for again then.
                dues.append(snapshot.decide_by)
            case RoundState.OBJECTION | RoundState.FINAL:
                ends = (snapshot.final_at, snapshot.places_until)
                dues += [at for at in ends if at is not None and at > workflow.now()]
            case _:
                pass
        self.snapshot = snapshot.model_copy(
            update={
                "version": self.snapshot.version + 1,
                "next_due_at": min(dues, default=None),
                "decide_by": max(sheets, default=snapshot.decide_by),
            }
        )

    def move(self, state: RoundState, **changes: object) -> None:
        """Go on to the next state."""
        self.change(state=state, **changes)
        self.note("round:state:changed", state=state.value)

    def count_with(self, calendar_version: int) -> None:
        if calendar_version > self.snapshot.calendar_version:
            if self.snapshot.calendar_version:
                self.clock_changes += 1
            self.change(calendar_version=calendar_version)

    async def save(
        self,
        tasks: tuple[HumanTask, ...],
        journal: tuple[JournalEntry, ...],
        messages: tuple[Message, ...],
    ) -> None:
        await activity_stubs.save_round(
            RoundWrite(
                at=workflow.now(),
                snapshot=self.snapshot,
                tasks=tasks,
                journal=journal,
                messages=messages,
            )
        )

    def projection(self) -> RoundProjection:
        """Everything the read model holds of this round."""
        return RoundProjection(
            snapshot=self.snapshot, tasks=tuple(self.tasks), journal=tuple(self.journal)
        )
