"""Selection rounds: what decides them is rows, written here; workflows say when."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

import asyncpg
import structlog
from temporalio import activity
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from infra.postgres import journal, notifications, policies, records, rounds
from infra.postgres.pool import transaction
from schemas.policy import PolicyValues
from schemas.selection import (
    ApplicationRequest,
    ApplicationState,
    PanelRequest,
    Place,
    PlannedRound,
    RankingRequest,
    RankingSummary,
    Receipt,
    RoundCheck,
    RoundClosing,
    RoundDecision,
    RoundIntake,
    RoundQuery,
    RoundWrite,
    Vacancy,
)
from workflows.activity_stubs import Rounds
from workflows.policy.rounds import (
    COMPETITIONS,
    Competition,
    excluded_by_rule,
    moving_up,
    rank,
    round_for,
    rounds_open_at,
    summary_of,
)

log = structlog.stdlib.get_logger()

TASK_QUEUE: Final = "case"
_RPC_TIMEOUT: Final = timedelta(seconds=10)
_SECOND: Final = timedelta(seconds=1)
# Ranking again, with another budget, starts from the same applications.
_RANKED: Final = frozenset(
    {
        ApplicationState.APPLIED,
        ApplicationState.SELECTED,
        ApplicationState.RESERVE,
        ApplicationState.NOT_SELECTED,
    }
)


class RoundActivities(Rounds):
    """Every call can be repeated: rows are written by key, decisions told once."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        client: Client,
        dispatch: Callable[[Sequence[str]], Awaitable[None]],
    ) -> None:
        """Connect to rows, to Temporal, and to the delivery of messages."""
        self._pool = pool
        self._client = client
        self._dispatch = dispatch

    @activity.defn(name="rounds.open_due")
    async def open_due(self, at: datetime) -> int:
        version, values = await self._current_policy()
        due = rounds_open_at(at, values)
        return sum([await self._start(planned, version) for planned in due])

    @activity.defn(name="rounds.next")
    async def next(self, query: RoundQuery) -> PlannedRound:
        version, values = await self._current_policy()
        return await self._next(COMPETITIONS[query.programme], query.at, version, values)

    @activity.defn(name="rounds.apply")
    async def apply(self, request: ApplicationRequest) -> Receipt:
        version, values = await self._current_policy()
        competition = COMPETITIONS[request.programme]
        held = await self._told(request) or await self._next(
            competition, request.submitted_at, version, values
        )
        while True:
            if held.opens_at <= request.submitted_at:
                # The schedule opens rounds; one that it missed is opened by its first application.
                await self._start(held, version)
            # One that comes before the call waits in its list for the round to begin.
            async with transaction(self._pool) as db:
                if await rounds.apply(db, held.round_id, request):
                    return Receipt(round_id=held.round_id, cutoff_at=held.cutoff_at)
            held = await self._next(competition, held.cutoff_at + _SECOND, version, values)

    async def _told(self, request: ApplicationRequest) -> PlannedRound | None:
        """The round that the institute was told, unless its application is too late for it."""
        if request.round_id is None:
            return None
        told = await rounds.find_planned(self._pool, request.round_id)
        return told if told is not None and request.submitted_at <= told.cutoff_at else None

    async def _next(
        self, competition: Competition, at: datetime, version: str, values: PolicyValues
    ) -> PlannedRound:
        """The earliest round for what is submitted at `at`, by the dates that are written down.

        Those that were told stand: a policy that plans otherwise since then does not move them.
        """
        by_policy = at
        while True:
            planned = round_for(competition, by_policy, values)
            held = await rounds.plan(self._pool, planned, version)
            if held.cutoff_at >= at:
                return held
            by_policy = planned.cutoff_at + _SECOND

    async def _current_policy(self) -> tuple[str, PolicyValues]:
        """What a round begins with; cases may have pinned an older one."""
        version = await policies.current_policy_version(self._pool)
        return version, (await policies.get_policy(self._pool, version)).pinned()

    async def _start(self, planned: PlannedRound, policy_version: str) -> bool:
        """Start a round's workflow, once for ever; False for one that was started before."""
        planned = await rounds.plan(self._pool, planned, policy_version)
        try:
            await self._client.start_workflow(
                "SelectionRound",
                RoundIntake(planned=planned, policy_version=policy_version),
                id=planned.round_id,
                task_queue=TASK_QUEUE,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
                rpc_timeout=_RPC_TIMEOUT,
            )
        except WorkflowAlreadyStartedError:
            return False
        log.info("round_opened", round_id=planned.round_id)
        return True

    @activity.defn(name="rounds.save")
    async def save(self, write: RoundWrite) -> None:
        async with transaction(self._pool) as db:
            await rounds.save(db, write.snapshot)
            for task in write.tasks:
                await records.save_task(db, task)
            await journal.extend(db, write.snapshot.round_id, write.journal)
            new_messages = await notifications.add_pending(db, write.messages, write.at)
        if new_messages:
            await self._dispatch(new_messages)

    @activity.defn(name="rounds.on_their_way")
    async def on_their_way(self, round_id: str) -> int:
        return await rounds.on_their_way(self._pool, round_id)

    @activity.defn(name="rounds.close_list")
    async def close_list(self, closing: RoundClosing) -> RoundCheck:
        values = (await policies.get_policy(self._pool, closing.policy_version)).pinned()
        async with transaction(self._pool) as db:
            listed = await rounds.close_list(db, closing.round_id)
            numbers = [one.case_number for one in listed]
            excluded = excluded_by_rule(
                listed,
                values,
                elsewhere=await rounds.taking_part_elsewhere(db, closing.round_id, numbers),
                companies=await rounds.companies(db, numbers),
            )
            await rounds.exclude(db, closing.round_id, excluded)
            panel = await rounds.panel(db, closing.at, closing.panel)
        return RoundCheck(
            eligible=len(listed) - len(excluded), ineligible=len(excluded), panel=tuple(panel)
        )

    @activity.defn(name="rounds.more_reviewers")
    async def more_reviewers(self, request: PanelRequest) -> tuple[str, ...]:
        return tuple(await rounds.panel(self._pool, request.at, request.most, asked=request.asked))

    @activity.defn(name="rounds.rank")
    async def rank(self, request: RankingRequest) -> RankingSummary:
        """Rank by exactly the sheets that were handed in.

        Raises:
            ApplicationError: A sheet is missing that a reviewer handed in: rows were lost.
        """
        async with transaction(self._pool) as db:
            scores: dict[str, list[int]] = {}
            for reference in request.sheets:
                sheet = await rounds.sheet(db, reference)
                if sheet is None:
                    # Asked again until the row is restored: the round must not be decided without.
                    log.error("sheet_missing", task_id=reference.task_id)
                    raise ApplicationError(
                        f"The sheet of {reference.task_id} is missing.", type="sheet_missing"
                    )
                for case_number, assessment in sheet.assessments.items():
                    if assessment.total is not None:
                        scores.setdefault(case_number, []).append(assessment.total)
            await rounds.lock(db, request.round_id)
            standing = [
                row.standing.model_copy(update={"scores": tuple(scores.get(row.case_number, ()))})
                for row in await rounds.applications(db, request.round_id)
                if row.state in _RANKED
            ]
            placed = rank(
                standing,
                budget_krw=request.budget_krw,
                threshold=request.threshold,
                fewest_scores=request.fewest_scores,
            )
            await rounds.place(db, request.round_id, placed)
        return summary_of(placed, {one.case_number: one.budget_krw for one in standing})

    @activity.defn(name="rounds.tell_cases")
    async def tell_cases(self, round_id: str) -> int:
        told = 0
        while untold := await rounds.untold(self._pool, round_id):
            for decision in untold:
                told += await self._tell(decision)
                await rounds.mark_told(self._pool, decision)
                activity.heartbeat(told)
        return told

    async def _tell(self, decision: RoundDecision) -> bool:
        """Tell a case; False for one that has ended since."""
        try:
            await self._client.get_workflow_handle(decision.case_number).signal(
                "round_decided", decision, rpc_timeout=_RPC_TIMEOUT
            )
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            log.warning("case_not_running", case_number=decision.case_number)
            return False
        return True

    @activity.defn(name="rounds.grant")
    async def grant(self, place: Place) -> None:
        selected = ApplicationState.SELECTED
        async with transaction(self._pool) as db:
            await rounds.lock(db, place.round_id)
            await rounds.set_state(db, place.round_id, [place.case_number], selected, "objection")
            await rounds.mark_told(
                db,
                RoundDecision(
                    round_id=place.round_id, case_number=place.case_number, state=selected
                ),
            )

    @activity.defn(name="rounds.give_up")
    async def give_up(self, place: Place) -> None:
        if not await rounds.give_up(self._pool, place.round_id, place.case_number):
            return
        try:
            await self._client.get_workflow_handle(place.round_id).signal(
                "place_given_up", place, rpc_timeout=_RPC_TIMEOUT
            )
        except RPCError as error:
            # The round is over: nobody can move up any more.
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise

    @activity.defn(name="rounds.fill_places")
    async def fill_places(self, vacancy: Vacancy) -> int:
        async with transaction(self._pool) as db:
            await rounds.lock(db, vacancy.round_id)
            listed = await rounds.applications(db, vacancy.round_id)
            reserve = [row for row in listed if row.state is ApplicationState.RESERVE]
            if vacancy.final:
                chosen = [row.case_number for row in reserve]
                state, reason = ApplicationState.NOT_SELECTED, "no_place_left"
            else:
                granted = sum(
                    row.budget_krw for row in listed if row.state is ApplicationState.SELECTED
                )
                chosen = moving_up(
                    [row.standing for row in reserve if row.reason == "budget"],
                    left_krw=vacancy.budget_krw - granted,
                )
                state, reason = ApplicationState.SELECTED, "moved_up"
            await rounds.set_state(db, vacancy.round_id, chosen, state, reason)
        # Not how many moved: an attempt that was lost has moved them already, and told nobody.
        return len(await rounds.untold(self._pool, vacancy.round_id))
