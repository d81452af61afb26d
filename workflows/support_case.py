"""SupportCase: one company's difficulty from receipt to after-check, as one durable workflow."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from schemas.actor import SYSTEM, Actor, Role, centre_group
    from schemas.case import (
        CaseIntake,
        CaseOutcome,
        CaseSnapshot,
        CaseStatus,
        HandlerChange,
        HoldRequest,
        InstituteSuccession,
        MatterReport,
        PartnerInvitation,
        ReopenRequest,
        Withdrawal,
    )
    from schemas.journal import JournalEntry
    from schemas.outcome import (
        DecideOverrun,
        NotifyOtherwise,
        ResolveOverdue,
        TriageCase,
    )
    from schemas.problem import ProblemType, Refused
    from schemas.record import Arrival, CaseProjection
    from schemas.selection import RoundDecision
    from schemas.task import (
        ConflictDeclaration,
        HumanTask,
        TaskCompletion,
        TaskExtension,
        TaskReceipt,
        TaskStatus,
    )
    from workflows.policy import task_rules
    from workflows.policy.programmes import check_extension

from workflows import activity_stubs, task_acts
from workflows.after_check import check_afterwards, has_short_survey, may_reopen
from workflows.asking import Question, ask
from workflows.case_file import CaseFile
from workflows.designation import designate
from workflows.extensions import extend
from workflows.first_contact import make_contact
from workflows.front_desk import receive, screen, triage
from workflows.hold import go_on, let_go, stand_still
from workflows.joint import begin_again, invite, take_over
from workflows.matters import TASK_OF, raise_matter
from workflows.proceeding import Ended, LeadGone, abandon
from workflows.refusals import refusals
from workflows.resolution import resolve
from workflows.resolution.competition import learn
from workflows.task_updates import TaskUpdates

_OVER = frozenset({CaseStatus.SURVEY, CaseStatus.CLOSED})
_ASKED = frozenset({"task:work:opened", "task:work:expired"})


@workflow.defn(name="SupportCase")
class SupportCase(TaskUpdates):
    """A case. Its id is the case number; its whole history stays in one run."""

    @workflow.init
    def __init__(self, intake: CaseIntake) -> None:
        self._case = self.proceeding = CaseFile(intake)
        self._reopened = False
        self._expiry_reversed = False

    @workflow.run
    async def run(self, intake: CaseIntake) -> CaseSnapshot:
        """Receipt, designation, resolution, after-check: the four steps (R021-R028)."""
        case = self._case
        case.policy = await activity_stubs.pin_policy(intake.policy_version)
        recording = asyncio.create_task(case.keep_records())
        await receive(case)
        await self._until_closed(self._handle())
        while await self._is_reopened():
            await self._until_closed(self._handle())
        case.stop_background()
        await case.records_are_kept()
        await workflow.wait_condition(workflow.all_handlers_finished)
        abandon(recording)
        return case.snapshot

    async def _handle(self) -> CaseOutcome:
        """Steps 1 to 3; a case taken up again goes on after its triage, if it got that far."""
        case = self._case
        if not any(isinstance(task.outcome, TriageCase) for task in case.tasks):
            await screen(case)
            await triage(case)
        successor: str | None = None
        while True:
            try:
                if successor is None:
                    await designate(case)
                else:
                    take_over(case, successor)
                await make_contact(case)
                return await resolve(case)
            except LeadGone as gone:
                successor = gone.successor
                await begin_again(case)

    async def _until_closed(self, handling: Coroutine[Any, Any, CaseOutcome]) -> None:
        """Handle the case to its end, however that comes, and close it."""
        case = self._case
        reason = document = None
        try:
            outcome = await handling
        except Ended as ended:
            outcome, reason, document = ended.outcome, ended.reason, ended.document
        case.resume()
        let_go(case)
        with case.transition():
            case.stop_background()
            window = await case.deadline("reopen.window")
            case.move(
                CaseStatus.SURVEY,
                outcome=outcome,
                outcome_reason=reason,
                outcome_document=document,
                closed_at=workflow.now(),
                reopen_until=window.due_at,
            )
            case.note("case:work:closed", outcome=outcome.value, reason=reason)
            case.tell("case_closed", outcome=outcome.value, reopen_until=window.due_at.isoformat())

    async def _is_reopened(self) -> bool:
        """Step 4; then wait until the reopening window has passed (U16, U17)."""
        case = self._case
        checking = asyncio.create_task(check_afterwards(case))
        try:
            await case.wait(lambda: checking.done() or self._is_wanted)
            wanted = self._is_wanted or await checking
            if not wanted:
                case.move(CaseStatus.CLOSED)
                wanted = await case.wait(
                    lambda: self._is_wanted,
                    until=case.snapshot.reopen_until,
                    summary="reopening window",
                )
        finally:
            abandon(checking)
        if wanted:
            await self._reopen()
        return wanted

    @property
    def _is_wanted(self) -> bool:
        return self._reopened or self._expiry_reversed

    async def _reopen(self) -> None:
        """Take the case up again under its number; if the company asked, with another handler.

        An expiry that is taken back was no ending, so it does not count as a reopening (U16).
        """
        case = self._case
        case.first_service = None
        if not self._expiry_reversed and case.snapshot.handler is not None:
            case.excluded = (*case.excluded, case.snapshot.handler)
        reopenings = 0 if self._expiry_reversed else 1
        self._reopened = self._expiry_reversed = False
        case.stop_background()
        case.move(
            CaseStatus.RECEIVED,
            reopen_seq=case.snapshot.reopen_seq + reopenings,
            outcome=None,
            outcome_reason=None,
            outcome_document=None,
            interim_note=None,
            unconfirmed=False,
            closed_at=None,
            reopen_until=None,
            lead_institute=None,
            handler=None,
            entry=None,
            survey_state=None,
        )
        case.note("case:work:reopened", seq=str(case.snapshot.reopen_seq))
        case.tell("case_reopened")
        await case.promise("first_contact", "intake.promise.total", start=workflow.now())

    # -- what people do --

    @workflow.update(description="Confirm the receipt with the promise that was made")
    async def acknowledge(self) -> CaseSnapshot:
        """Answers when the first promise is computed, so that the company can be told its date."""
        await workflow.wait_condition(lambda: self._case.promise_of("first_contact") is not None)
        return self._case.snapshot

    def check_completion(self, completion: TaskCompletion) -> None:
        case = self._case
        task_acts.check_completion(
            case, completion, short_survey=has_short_survey(case.snapshot.outcome)
        )
        is_expired = case.tasks.get(completion.task_id).status is TaskStatus.EXPIRED
        if is_expired and case.snapshot.status not in _OVER:
            raise Refused(
                ProblemType.TASK_NOT_OPEN, "The case went on meanwhile. Reload it to see how."
            )

    def check_new(self, completion: TaskCompletion) -> None:
        case, outcome = self._case, completion.outcome
        task = case.tasks.get(completion.task_id)
        task_rules.check_named_staff(task, outcome)
        task_rules.check_new(completion, case.snapshot)
        if task.status is TaskStatus.EXPIRED and not self._has_ended_by(task):
            raise Refused(
                ProblemType.TASK_NOT_OPEN, "The case went on meanwhile. Reload it to see how."
            )
        if isinstance(outcome, ResolveOverdue) and case.snapshot.status in _OVER:
            task_rules.check_closes_nothing(outcome, "The case has ended already.")
        if isinstance(outcome, DecideOverrun):
            check_extension(case.snapshot.plan, case.snapshot.track, outcome, case.policy)

    def _has_ended_by(self, expired: HumanTask) -> bool:
        """Whether the case ended because a task expired: nothing else came in between."""
        since: list[JournalEntry] = []
        for entry in reversed(self._case.journal):
            if entry.tag == "task:work:expired" and entry.detail["task"] == expired.task_id:
                break
            since.append(entry)
        tags = [entry.tag for entry in since]
        if "case:work:closed" not in tags:
            return False
        before = since[tags.index("case:work:closed") :]
        return all(entry.actor == SYSTEM and entry.tag not in _ASKED for entry in before)

    def completed(self, before: HumanTask, completion: TaskCompletion) -> None:
        if before.status is TaskStatus.EXPIRED:
            # Submitted in time, seen too late: the ending it caused is taken back.
            self._case.note("case:expiry:reversed", completion.actor, task=before.task_id)
            self._expiry_reversed = True

    def receipt(self, task: HumanTask) -> TaskReceipt:
        case = self._case.snapshot
        return TaskReceipt(task=task, case_version=case.version, case_outcome=case.outcome)

    @workflow.update(description="Ask for more time for a task")
    def extend_task(self, request: TaskExtension) -> TaskReceipt:
        with refusals():
            self._check_extension(request)
            return self.receipt(extend(self._case, request))

    @extend_task.validator
    def _refuse_extension(self, request: TaskExtension) -> None:
        with refusals():
            self._check_extension(request)
            # Not asked again of requests in histories: once it was not a rule.
            task_rules.check_no_consent_is_open(self._case.tasks.open_ones)

    def _check_extension(self, request: TaskExtension) -> None:
        case = self._case
        task_rules.check_extension(
            case.tasks.get(request.task_id), request.actor, request.expected_version, case.policy
        )

    @workflow.update(description="Name who handles the case")
    def change_handler(self, change: HandlerChange) -> CaseSnapshot:
        with refusals():
            self._check_handler_change(change)
        task_acts.hand_over(self._case, change)
        return self._case.snapshot

    @change_handler.validator
    def _check_handler_change(self, change: HandlerChange) -> None:
        with refusals():
            self._check_open()
            task_rules.check_handler_change(self._case.snapshot, change)

    @workflow.update(description="Ask an institute to take part beside the lead")
    def invite_partner(self, invitation: PartnerInvitation) -> CaseSnapshot:
        with refusals():
            self._check_invitation(invitation)
        invite(self._case, invitation)
        return self._case.snapshot

    @invite_partner.validator
    def _check_invitation(self, invitation: PartnerInvitation) -> None:
        with refusals():
            self._check_open()
            task_rules.check_invitation(self._case.snapshot, invitation, self._case.policy)

    @workflow.update(description="Put a matter of the case to whoever settles it")
    def raise_matter(self, report: MatterReport) -> CaseSnapshot:
        with refusals():
            self._check_matter(report)
        raise_matter(self._case, report)
        return self._case.snapshot

    @raise_matter.validator
    def _check_matter(self, report: MatterReport) -> None:
        case = self._case
        with refusals():
            self._check_open()
            task_rules.check_matter(case.snapshot, report)
            if any(task.kind is TASK_OF[report.matter] for task in case.tasks.open_ones):
                raise Refused(
                    ProblemType.NOT_ALLOWED,
                    "This was raised already; wait until it is decided.",
                )

    @workflow.update(description="Move the case to the institute that followed its lead")
    def change_institute(self, succession: InstituteSuccession) -> CaseSnapshot:
        with refusals():
            self._check_succession(succession)
        task_acts.move_to_successor(self._case, succession)
        return self._case.snapshot

    @change_institute.validator
    def _check_succession(self, succession: InstituteSuccession) -> None:
        with refusals():
            self._check_open()
            task_rules.check_succession(self._case.snapshot, succession)

    @workflow.update(description="Keep out of a case that one has an interest in")
    def declare_conflict(self, declaration: ConflictDeclaration) -> TaskReceipt:
        with refusals():
            self._check_conflict(declaration)
            return self.receipt(task_acts.declare_conflict(self._case, declaration))

    @declare_conflict.validator
    def _check_conflict(self, declaration: ConflictDeclaration) -> None:
        with refusals():
            task = self._case.tasks.get(declaration.task_id)
            task_rules.check_conflict(task, declaration.actor)

    def _check_open(self) -> None:
        if self._case.snapshot.status in _OVER:
            raise Refused(ProblemType.CASE_CLOSED, "The case has ended already.")

    @workflow.update(description="Pause the case")
    def hold(self, request: HoldRequest) -> CaseSnapshot:
        with refusals():
            self._check_hold(request)
        case = self._case
        actor = Actor(id=request.actor_id, role=Role.SME)
        case.note("case:hold:asked", actor, document=request.reason)
        # At once: a second request in the same moment finds the case paused.
        case.pause_clocks()
        case.spawn(stand_still(case))
        return case.snapshot

    @hold.validator
    def _check_hold(self, request: HoldRequest) -> None:
        case = self._case
        with refusals():
            self._check_open()
            if case.is_on_hold or case.is_paused:
                raise Refused(
                    ProblemType.HOLD_REFUSED,
                    "The case waits for you already. Let it go on, or answer what is asked.",
                )

    @workflow.update(description="Let a paused case go on")
    def end_hold(self, request: HoldRequest) -> CaseSnapshot:
        with refusals():
            self._check_end_of_hold(request)
        case = self._case
        actor = Actor(id=request.actor_id, role=Role.SME)
        case.note("case:hold:end_asked", actor, document=request.reason)
        go_on(case)
        return case.snapshot

    @end_hold.validator
    def _check_end_of_hold(self, request: HoldRequest) -> None:
        with refusals():
            if not self._case.is_on_hold:
                raise Refused(ProblemType.HOLD_REFUSED, "The case is not on hold; it goes on.")

    @workflow.update(description="Withdraw the case")
    def withdraw(self, withdrawal: Withdrawal) -> CaseSnapshot:
        with refusals():
            self._check_withdrawal(withdrawal)
        case = self._case
        case.note("case:work:withdrawn", Actor(id=withdrawal.actor_id, role=Role.SME))
        case.tell("withdrawn")
        if case.snapshot.lead_institute is not None:
            case.tell("case_withdrawn_staff", case.lead_group(Role.DEPT_HEAD))
        case.end(Ended(CaseOutcome.WITHDRAWN, "withdrawn", withdrawal.reason))
        return case.snapshot

    @withdraw.validator
    def _check_withdrawal(self, withdrawal: Withdrawal) -> None:
        with refusals():
            self._check_open()

    @workflow.update(description="Take a closed case up again inside its window")
    def reopen(self, request: ReopenRequest) -> CaseSnapshot:
        with refusals():
            self._check_reopening(request)
        self._case.note(
            "case:reopening:requested",
            Actor(id=request.actor_id, role=Role.SME),
            document=request.reason,
        )
        self._reopened = True
        return self._case.snapshot

    @reopen.validator
    def _check_reopening(self, request: ReopenRequest) -> None:
        case = self._case
        with refusals():
            if case.snapshot.status not in _OVER or self._reopened:
                raise Refused(
                    ProblemType.CASE_OPEN, "The case is open; there is nothing to reopen."
                )
            until = case.snapshot.reopen_until
            if until is None or request.submitted_at > until or not may_reopen(case):
                raise Refused(
                    ProblemType.REOPEN_REFUSED,
                    "This case cannot be reopened any more. File a new one and name this case.",
                )

    @workflow.signal(description="The table of holidays changed")
    def calendar_changed(self, version: int) -> None:
        self._case.change_calendar(version)

    @workflow.signal(description="A message could not be delivered")
    def message_failed(self, key: str) -> None:
        case = self._case
        # The signal comes again when delivery crashed between telling the case and noting it.
        if any(entry.detail.get("message") == key for entry in case.journal):
            return
        case.note("case:message:failed", message=key)
        case.spawn(
            ask(
                case,
                Question(
                    NotifyOtherwise,
                    centre_group(Role.COORDINATOR),
                    due="intake.first_contact.due",
                    parameters={"message": key},
                ),
            )
        )

    @workflow.signal(description="The company sent a message or a file")
    def document_arrived(self, arrival: Arrival) -> None:
        case = self._case
        # The signal comes again when whoever sent it did not learn that it had come.
        if any(entry.detail.get("document") == arrival.document for entry in case.journal):
            return
        case.note(f"case:{arrival.purpose}:received", arrival.actor, document=arrival.document)
        # What comes after the end is kept; a coordinator may take the case up again (U33).
        is_over = case.snapshot.status in _OVER
        readers = centre_group(Role.COORDINATOR) if is_over else case.handlers
        case.tell("document_arrived", readers, kind=arrival.purpose)

    @workflow.signal(description="A selection round decided")
    def round_decided(self, decision: RoundDecision) -> None:
        if self._case.snapshot.status not in _OVER:
            learn(self._case, decision)

    @workflow.query(description="Row, tasks and journal of the read model")
    def projection(self) -> CaseProjection:
        return self._case.projection()
