"""What is due by the calendar: that a case goes on, what it brought, that somebody looks at it."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

import asyncpg
import structlog
from temporalio import activity

from infra.postgres import effects, notifications, policies, progress, reviews
from infra.postgres.effects import ClosedCase
from infra.postgres.pool import transaction
from infra.postgres.progress import CaseInService, EndedProject, LongProject
from schemas.actor import COMPANY_GROUP, Role, centre_group, institute_group
from schemas.policy import Clock, Period, PolicyValues
from schemas.record import Message
from workflows.activity_stubs import Morning
from workflows.policy.business_calendar import day_of, start_of
from workflows.policy.durations import later, length_of

log = structlog.stdlib.get_logger()

_EVERY = "progress.notice.every"
_REVIEWED = "monitor.check.every"
_AFTERWARDS = "survey.effect_followup"
# What a project still owes after its end, by the policy key of its period.
_OWED = {"final_report": "rd.final_report", "settlement": "rd.settlement"}
_BEFORE_THE_END = "rd.end.remind_before"
_BEFORE_A_YEAR = "rd.long.remind_before"
_A_YEAR = Period(length="P1Y", clock=Clock.CALENDAR)
# Longer ago nothing is owed any more, whatever the policy.
_OWED_FOR = timedelta(days=366)


class MorningActivities(Morning):
    """Finds what is due. A notice has a key of its own, so a repeated walk sends none twice."""

    def __init__(
        self, pool: asyncpg.Pool, dispatch: Callable[[Sequence[str]], Awaitable[None]]
    ) -> None:
        """Connect to the cases and to the delivery of messages."""
        self._pool = pool
        self._dispatch = dispatch
        self._policies: dict[str, PolicyValues] = {}

    @activity.defn(name="morning.send_progress_notices")
    async def send_progress_notices(self, at: datetime) -> int:
        (last,) = activity.info().heartbeat_details or ("",)
        sent = 0
        while cases := await progress.in_service(self._pool, after=last):
            due = [message for case in cases for message in await self._notices(case, at)]
            new = await notifications.add_pending(self._pool, due, at)
            await self._dispatch(new)
            sent += len(new)
            last = cases[-1].case_number
            activity.heartbeat(last)
        log.info("progress_notices_sent", count=sent)
        return sent

    @activity.defn(name="morning.open_reviews")
    async def open_reviews(self, at: datetime) -> int:
        last, opened = activity.info().heartbeat_details or ("", 0)
        while cases := await progress.in_service(self._pool, after=last):
            for case in cases:
                opened += await self._open_review(case, at)
            last = cases[-1].case_number
            activity.heartbeat(last, opened)
        log.info("reviews_opened", count=opened)
        return opened

    async def _open_review(self, case: CaseInService, at: datetime) -> bool:
        """Let the review of the month that has passed be due, and tell the coordinators."""
        period = (await self._policy(case.policy_version)).period(_REVIEWED)
        due_at = case.accepted_at
        while (following := later(due_at, period)) <= at:
            due_at = following
        if due_at == case.accepted_at:
            return False
        message = Message(
            key=f"{case.case_number}/review/{due_at.date()}",
            case_number=case.case_number,
            template="review_due",
            audience=centre_group(Role.COORDINATOR),
        )
        async with transaction(self._pool) as db:
            if not await reviews.open_review(db, case.case_number, due_at):
                return False
            new = await notifications.add_pending(db, [message], at)
        await self._dispatch(new)
        return True

    @activity.defn(name="morning.ask_for_effects")
    async def ask_for_effects(self, at: datetime) -> int:
        (last,) = activity.info().heartbeat_details or ("",)
        asked = 0
        while cases := await effects.closed_cases(self._pool, after=last):
            for case in cases:
                asked += await self._ask(case, at)
            last = cases[-1].case_number
            activity.heartbeat(last)
        log.info("effects_asked", count=asked)
        return asked

    async def _ask(self, case: ClosedCase, at: datetime) -> int:
        """Ask what is due and was not asked; a company that was asked late is asked once."""
        values = await self._policy(case.policy_version)
        due = [
            nth
            for nth, period in enumerate(values.periods(_AFTERWARDS), 1)
            if nth > case.asked and later(case.closed_at, period) <= at
        ]
        if not due:
            return 0
        question = Message(
            key=f"{case.case_number}/effect/{due[-1]}",
            case_number=case.case_number,
            template="effect_asked",
            audience=COMPANY_GROUP,
        )
        async with transaction(self._pool) as db:
            await effects.ask(db, case.case_number, due[-1], at)
            new = await notifications.add_pending(db, [question], at)
        await self._dispatch(new)
        return len(new)

    @activity.defn(name="morning.remind_of_reports")
    async def remind_of_reports(self, at: datetime) -> int:
        (last,) = activity.info().heartbeat_details or ("",)
        sent = 0
        while projects := await progress.ended_projects(self._pool, at - _OWED_FOR, after=last):
            due = [message for one in projects for message in await self._owed(one, at)]
            new = await notifications.add_pending(self._pool, due, at)
            await self._dispatch(new)
            sent += len(new)
            last = projects[-1].case_number
            activity.heartbeat(last)
        sent += await self._remind_of_years(at)
        log.info("reports_reminded", count=sent)
        return sent

    async def _remind_of_years(self, at: datetime) -> int:
        """Of the report with which every year of a long project ends."""
        last, sent = "", 0
        while projects := await progress.long_projects(self._pool, after=last):
            due = [message for one in projects for message in await self._yearly(one, at)]
            new = await notifications.add_pending(self._pool, due, at)
            await self._dispatch(new)
            sent += len(new)
            last = projects[-1].case_number
            activity.heartbeat("")
        return sent

    async def _yearly(self, project: LongProject, at: datetime) -> list[Message]:
        values = await self._policy(project.policy_version)
        due_at = later(start_of(project.starts_on), _A_YEAR)
        while due_at <= at:
            due_at = later(due_at, _A_YEAR)
        return [
            Message(
                key=f"{project.case_number}/yearly_report/{due_at.year}/{days}/{audience}",
                case_number=project.case_number,
                template="yearly_report_due",
                audience=audience,
                parameters={"held_on": day_of(due_at).isoformat()},
            )
            for days in _passed(due_at, values.periods(_BEFORE_A_YEAR), at)
            for audience in (
                COMPANY_GROUP,
                institute_group(project.lead_institute, Role.SUPPORT),
            )
        ]

    async def _owed(self, project: EndedProject, at: datetime) -> list[Message]:
        """To the institute: what is due soon; of reminders that were missed, the last one."""
        values = await self._policy(project.policy_version)
        found: list[Message] = []
        for what, key in _OWED.items():
            due_at = later(project.closed_at, values.period(key))
            found += [
                Message(
                    key=f"{project.case_number}/{what}/{days}",
                    case_number=project.case_number,
                    template=f"{what}_due",
                    audience=institute_group(project.lead_institute, Role.SUPPORT),
                    parameters={"held_on": day_of(due_at).isoformat()},
                )
                for days in _passed(due_at, values.periods(_BEFORE_THE_END), at)
            ]
        return found

    async def _notices(self, case: CaseInService, at: datetime) -> list[Message]:
        """To the company that its case goes on, and to its handlers that they should write."""
        values = await self._policy(case.policy_version)
        every = length_of(values.period(_EVERY).length).rest
        passed = (at - case.accepted_at) // every
        if passed < 1:
            return []
        # Counting begins again with another lead, so the day tells one notice from another.
        day = (case.accepted_at + passed * every).date()
        return [
            Message(
                key=f"{case.case_number}/{template}/{day}",
                case_number=case.case_number,
                template=template,
                audience=audience,
            )
            for template, audience in (
                ("progress_notice", COMPANY_GROUP),
                ("progress_asked", institute_group(case.lead_institute, Role.SUPPORT)),
            )
        ]

    async def _policy(self, version: str) -> PolicyValues:
        """A version's values; it never changes, so it is read once."""
        if version not in self._policies:
            self._policies[version] = (await policies.get_policy(self._pool, version)).pinned()
        return self._policies[version]


def _passed(due_at: datetime, reminders: Sequence[Period], at: datetime) -> list[int]:
    """How many days before its date something is reminded of now; of missed reminders the last."""
    before = [length_of(period.length).rest for period in reminders]
    passed = [length for length in before if due_at - length <= at < due_at]
    return [min(passed).days] if passed else []
