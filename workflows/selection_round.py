"""SelectionRound: one competition of a programme and period, from its opening to its last place.

It decides by rows: applications and score sheets are in the database, and reviewers' answers name
their sheets by hash. So a round of hundreds of applications has a short history.
"""

import asyncio
from datetime import datetime, timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from schemas.actor import Role, centre_group
    from schemas.outcome import DecideRound, ResolveOverdue, ScoreApplications, TaskKind
    from schemas.policy import Deadline
    from schemas.problem import ProblemType, Refused
    from schemas.selection import (
        PanelRequest,
        Place,
        RankingRequest,
        RankingSummary,
        RoundCheck,
        RoundClosing,
        RoundIntake,
        RoundProjection,
        RoundSnapshot,
        RoundState,
        Vacancy,
    )
    from schemas.sheet import SheetReference
    from schemas.task import TaskCompletion, TaskStatus
    from workflows.policy import task_rules
    from workflows.policy.rounds import COMPETITIONS, LATE_AGREEMENT, quorum

from workflows import activity_stubs
from workflows.asking import Question, ask, ask_until
from workflows.proceeding import abandon
from workflows.round_file import RoundFile
from workflows.task_updates import TaskUpdates

_EVALUATORS = centre_group(Role.EVALUATOR)
_COORDINATORS = centre_group(Role.COORDINATOR)


@workflow.defn(name="SelectionRound")
class SelectionRound(TaskUpdates):
    """A round. Its id says programme and period, so it is held once."""

    @workflow.init
    def __init__(self, intake: RoundIntake) -> None:
        self._round = self.proceeding = RoundFile(intake)
        self._competition = COMPETITIONS[intake.planned.programme]
        self._given_up: set[str] = set()
        self._filled = 0
        # Of the objections, and of the time in which places are given up.
        self._ends: tuple[Deadline, ...] = ()
        self._counted = 0

    @workflow.run
    async def run(self, intake: RoundIntake) -> RoundSnapshot:
        """Applications, list, panel, ranking, decision, objections, places (domain 3.7)."""
        file = self._round
        file.policy = await activity_stubs.pin_policy(intake.policy_version)
        recording = asyncio.create_task(file.keep_records())
        await self._take_applications()
        check = await self._close_list()
        if check.eligible + check.ineligible == 0:
            file.move(RoundState.EMPTY)
        else:
            if check.eligible:
                await self._score(check.panel)
                await self._decide()
            await self._tell_everybody()
            await self._fill_places_until_the_end()
            file.move(RoundState.CLOSED)
        await file.records_are_kept()
        await workflow.wait_condition(workflow.all_handlers_finished)
        abandon(recording)
        return file.snapshot

    async def _take_applications(self) -> None:
        file = self._round
        file.note("round:work:opened", cutoff_at=file.snapshot.cutoff_at.isoformat())
        await file.wait(lambda: False, until=file.snapshot.cutoff_at, summary="cut-off")
        # Submitted in time counts, and may still be on its way: a centre that was down over the
        # cut-off has to catch up with its cases first.
        grace = timedelta(seconds=file.policy.count("expiry.grace_seconds"))
        for _ in range(file.policy.count("round.late_arrivals")):
            await workflow.sleep(grace, summary="grace at the cut-off")
            if not await activity_stubs.applications_on_their_way(file.number):
                return

    async def _close_list(self) -> RoundCheck:
        file = self._round
        check = await activity_stubs.close_list(
            RoundClosing(
                round_id=file.number,
                policy_version=file.policy.version,
                at=workflow.now(),
                panel=file.policy.count("round.panel"),
            )
        )
        # The row says so already; it must not be open again with the next record.
        file.move(
            RoundState.PANEL,
            eligible=check.eligible,
            ineligible=check.ineligible,
            panel=check.panel,
        )
        file.note(
            "round:list:closed", eligible=str(check.eligible), ineligible=str(check.ineligible)
        )
        return check

    async def _score(self, panel: tuple[str, ...]) -> None:
        """Have every reviewer hand in a sheet, or enough of them for a quorum.

        When a quorum is missed there is a new date: those who are late are asked again, and others
        in place of those who cannot review. Where nobody else is there, those who can decide.
        """
        file = self._round
        while not panel:
            # Nobody is there to review: the centre names reviewers, and the round goes on.
            file.tell("round_without_panel", _COORDINATORS)
            retry = await file.deadline("round.quorum_retry")
            await file.wait(lambda: False, until=retry.due_at, summary="no panel")
            panel = (await self._close_list()).panel
        with file.transition():
            due = await file.deadline(self._competition.evaluation)
            file.change(decide_by=due.due_at)
        await self._ask(panel, due)
        size = len(panel)
        while len(self._sheets) < quorum(len(panel)):
            panel = await self._complete_panel(panel, size)
            file.tell("round_lacks_quorum" if panel else "round_without_panel", _COORDINATORS)
            with file.transition():
                due = await file.deadline("round.quorum_retry")
                file.note("round:quorum:missed", due_at=due.due_at.isoformat())
                file.change(decide_by=due.due_at, panel=panel)
            if panel:
                await self._ask(panel, due)
            else:
                # Until then the centre names reviewers, and the round goes on.
                await file.wait(lambda: False, until=due.due_at, summary="no panel")

    async def _complete_panel(self, panel: tuple[str, ...], size: int) -> tuple[str, ...]:
        """Put reviewers who were not asked yet, as far as there are any, for those who cannot."""
        file = self._round
        sheets = [task for task in file.tasks if task.kind is TaskKind.SCORE_APPLICATIONS]
        unable = {
            task.assignee
            for task in sheets
            if isinstance(task.outcome, ScoreApplications)
            and task.outcome.decision == "cannot_review"
        }
        able = tuple(reviewer for reviewer in panel if reviewer not in unable)
        # Rounds that asked them again before go on doing so: their histories say it.
        if len(able) == size or not workflow.patched("reviewers-are-replaced"):
            return panel
        more = await activity_stubs.more_reviewers(
            PanelRequest(
                at=workflow.now(),
                most=size - len(able),
                asked=(*panel, *(task.assignee for task in sheets if task.assignee)),
            )
        )
        if more:
            file.note("round:panel:completed", reviewers=",".join(more))
        return (*able, *more)

    async def _ask(self, panel: tuple[str, ...], deadline: Deadline) -> None:
        """Ask those of the panel who have not handed in a sheet, each blind of the others."""
        done = {sheet.task_id for sheet in self._sheets}
        busy = {task.assignee for task in self._round.tasks if task.task_id in done}
        await asyncio.gather(
            *(
                ask_until(
                    self._round,
                    Question(
                        ScoreApplications,
                        _EVALUATORS,
                        due=deadline.key,
                        start=deadline.start,
                        assignee=reviewer,
                        excluded=tuple(other for other in panel if other != reviewer),
                        parameters={"round": self._round.number},
                    ),
                )
                for reviewer in panel
                if reviewer not in busy
            )
        )

    @property
    def _sheets(self) -> tuple[SheetReference, ...]:
        """What was handed in."""
        return tuple(
            SheetReference(task_id=task.task_id, sha256=task.outcome.sheet)
            for task in self._round.tasks
            if isinstance(task.outcome, ScoreApplications)
            # The page used to send the saved sheet also with the answer that one cannot review.
            and task.outcome.decision == "hand_in"
            and task.outcome.sheet is not None
        )

    async def _decide(self) -> None:
        """Rank, and have the ranking confirmed; another budget, or every score, ranks anew."""
        file = self._round
        budget = file.policy.count(self._competition.budget)
        fewest = min(file.policy.count("round.fewest_scores"), len(self._sheets))
        while True:
            ranking = await self._rank(budget, fewest)
            file.move(RoundState.RANKED, budget_krw=budget, ranking=ranking)
            decision = await ask(
                file,
                Question(
                    DecideRound,
                    _COORDINATORS,
                    due="round.decision",
                    parameters={
                        "round": file.number,
                        "selected": str(ranking.selected),
                        "reserve": str(ranking.reserve),
                        "not_selected": str(ranking.not_selected),
                        "sheets": str(len(self._sheets)),
                        "fewest_scores": str(fewest),
                        "few_scores": str(ranking.few_scores),
                        "unscored": str(ranking.unscored),
                        "granted_krw": str(ranking.granted_krw),
                        "round_budget_krw": str(budget),
                    },
                ),
            )
            match decision.decision:
                case "confirm":
                    return
                case "admit":
                    fewest = 1
                case "change_budget":
                    budget = decision.budget_krw or 0

    async def _rank(self, budget: int, fewest_scores: int) -> RankingSummary:
        file = self._round
        return await activity_stubs.rank_applications(
            RankingRequest(
                round_id=file.number,
                sheets=self._sheets,
                budget_krw=budget,
                threshold=file.policy.count("round.threshold"),
                fewest_scores=fewest_scores,
            )
        )

    async def _tell_everybody(self) -> None:
        """Tell every case its decision, and wait until nobody can object any more."""
        file = self._round
        self._counted = file.clock_changes
        with file.transition():
            final = await file.deadline("round.objection", reminders=None)
            places = await file.deadline(
                self._competition.agreement, extensions=LATE_AGREEMENT, reminders=None
            )
            file.move(RoundState.OBJECTION, final_at=final.due_at, places_until=places.due_at)
        self._ends = (final, places)
        await self._tell()

    async def _fill_places_until_the_end(self) -> None:
        """Let reserves move up while places are given up; at the end let them go."""
        await self._fill_places(RoundState.OBJECTION)
        self._round.move(RoundState.FINAL)
        await self._fill_places(RoundState.FINAL)
        if await self._fill(final=True):
            await self._tell()

    async def _fill_places(self, state: RoundState) -> None:
        """Fill what is given up until the end of a state, which a changed calendar may move."""
        file = self._round
        while await file.wait(
            lambda: len(self._given_up) > self._filled or file.clock_changes > self._counted,
            until=self._end_of(state),
            summary="places given up",
        ):
            if file.clock_changes > self._counted:
                await self._count_again()
            if len(self._given_up) > self._filled:
                self._filled = len(self._given_up)
                if await self._fill(final=False):
                    await self._tell()

    def _end_of(self, state: RoundState) -> datetime:
        final, places = self._ends
        return final.due_at if state is RoundState.OBJECTION else places.due_at

    async def _count_again(self) -> None:
        """The calendar changed: both ends only move later (U30)."""
        file = self._round
        self._counted = file.clock_changes
        with file.transition():
            final, places = [
                await file.deadline(
                    told.key,
                    start=told.start,
                    extensions=extensions,
                    not_before=told.due_at,
                    reminders=None,
                )
                for told, extensions in zip(self._ends, ((), LATE_AGREEMENT), strict=True)
            ]
            self._ends = (final, places)
            file.change(final_at=final.due_at, places_until=places.due_at)
            file.note("round:calendar:changed", version=str(file.snapshot.calendar_version))

    async def _fill(self, *, final: bool) -> int:
        return await activity_stubs.fill_places(
            Vacancy(
                round_id=self._round.number,
                budget_krw=self._round.snapshot.budget_krw,
                final=final,
            )
        )

    async def _tell(self) -> None:
        told = await activity_stubs.tell_applicants(self._round.number)
        self._round.note("round:cases:told", cases=str(told))

    def check_new(self, completion: TaskCompletion) -> None:
        outcome = completion.outcome
        if self._round.tasks.get(completion.task_id).status is TaskStatus.EXPIRED:
            # The reviewer was asked again, or is not needed: a second sheet would count twice.
            raise Refused(
                ProblemType.TASK_NOT_OPEN, "The round went on meanwhile. Reload it to see how."
            )
        ranking = self._round.snapshot.ranking
        if (
            isinstance(outcome, DecideRound)
            and outcome.decision == "admit"
            and ranking.few_scores == ranking.unscored
        ):
            raise Refused(
                ProblemType.OUTCOME_MISMATCH,
                "Every score counts already. Confirm the ranking, or change the budget.",
                field="/outcome/decision",
            )
        if isinstance(outcome, ResolveOverdue):
            task_rules.check_closes_nothing(outcome, "A round is not closed by a task.")

    @workflow.signal(description="A case gave its place up")
    def place_given_up(self, place: Place) -> None:
        # The signal comes again when whoever sent it did not learn that it had come.
        if place.case_number in self._given_up:
            return
        self._given_up.add(place.case_number)
        self._round.note("round:place:given_up", case=place.case_number)

    @workflow.signal(description="The table of holidays changed")
    def calendar_changed(self, version: int) -> None:
        self._round.count_with(version)

    @workflow.query(description="Row, tasks and journal of the read model")
    def projection(self) -> RoundProjection:
        return self._round.projection()
