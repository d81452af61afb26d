"""For auditors and operators: what really happened to a case, and what got stuck."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Response
from temporalio.common import SearchAttributeKey
from temporalio.service import RPCError

from api import auth, reading
from api.auth import Caller
from api.centre import Centre, calling_temporal
from api.pages.rendering import PageRoute, Visit, VisitDep, institute_names, page
from api.problems import is_outage
from api.routes.history import History, get_history
from infra import mailbox
from infra.postgres import journal, oversight, statistics
from schemas.actor import Role
from schemas.base import CaseNumber
from schemas.problem import ProblemType, Refused

router = APIRouter(route_class=PageRoute, include_in_schema=False)

Auditor = Annotated[Caller, Depends(auth.AUDIT)]
Operator = Annotated[Caller, Depends(auth.staff(Role.OPERATOR))]
# A case that waits longer than this for the sweeper, or past its last deadline, is stuck.
STUCK_AFTER: Final = timedelta(minutes=15)
TOP_LEVEL: Final = 3
# Set by Temporal itself on a workflow whose tasks fail.
_PROBLEMS: Final = SearchAttributeKey.for_keyword_list("TemporalReportedProblems")
_MOST_FAILING: Final = 100
_PATIENCE_SECONDS: Final = 5


@router.get("/audit/{case_number}")
async def audit(case_number: CaseNumber, visit: VisitDep, caller: Auditor) -> Response:
    """Temporal's history beside the journal, its chain checked, and the notification log."""
    stored = await reading.find_case(visit.centre, case_number)
    history, away = await _history(visit.centre, caller, case_number)
    pool = visit.centre.pool
    return await page(
        visit,
        "audit.html",
        caller=caller,
        case_number=case_number,
        title=stored.title_masked,
        history=history,
        away=away,
        entries=await journal.entries_of(pool, case_number),
        breaks=[found async for found in journal.verify(pool, case_number)],
        messages=await oversight.messages_of(pool, case_number),
        institutes=await institute_names(visit),
    )


async def _history(centre: Centre, caller: Caller, case_number: str) -> tuple[History | None, bool]:
    """The decoded history, and whether Temporal is away; the journal is shown without it too."""
    try:
        answer = await get_history(case_number, caller, centre, "timeline")
    except (RPCError, ConnectionError, TimeoutError) as error:
        return None, is_outage(error)
    return History.model_validate_json(bytes(answer.body)), False


@router.get("/mailbox")
async def mailbox_page(visit: VisitDep, caller: Operator) -> Response:
    """What people were written, on a centre whose mail stays on this machine."""
    folder = _mailbox_of(visit)
    mails = await asyncio.to_thread(mailbox.list_mails, folder)
    return await page(visit, "mailbox.html", caller=caller, mails=mails)


@router.get("/mailbox/{mail_id}")
async def mail_page(mail_id: str, visit: VisitDep, caller: Operator) -> Response:
    """One message as text."""
    mail = await asyncio.to_thread(mailbox.read_mail, _mailbox_of(visit), mail_id)
    if mail is None:
        raise Refused(ProblemType.NOT_FOUND, "There is no such message any more.")
    return await page(visit, "mail.html", caller=caller, mail=mail)


def _mailbox_of(visit: Visit) -> Path:
    if visit.centre.mailbox_dir is None:
        raise Refused(ProblemType.NOT_FOUND, "Mail of this centre goes out; nothing stays here.")
    return visit.centre.mailbox_dir


@dataclass(frozen=True)
class FailingWorkflow:
    """A workflow whose code cannot go on: a release has to put that right.

    Attributes:
        problems: What Temporal says, such as `cause=WorkflowTaskFailedCauseNonDeterministicError`.
    """

    workflow_id: str
    problems: tuple[str, ...]


async def _failing(centre: Centre) -> list[FailingWorkflow] | None:
    """Workflows whose tasks fail again and again; None while Temporal is away."""
    try:
        with calling_temporal():
            async with asyncio.timeout(_PATIENCE_SECONDS):
                return [
                    FailingWorkflow(
                        found.id, tuple(found.typed_search_attributes.get(_PROBLEMS) or ())
                    )
                    async for found in centre.temporal.list_workflows(
                        f"{_PROBLEMS.name} IS NOT NULL", limit=_MOST_FAILING
                    )
                ]
    except (RPCError, OSError) as error:
        if not is_outage(error):
            raise
        return None


@router.get("/operations")
async def operations(visit: VisitDep, caller: Operator) -> Response:
    """How much is open, what is stuck, which messages failed, which ladders are at their end."""
    pool, now = visit.centre.pool, visit.centre.clock()
    return await page(
        visit,
        "operations.html",
        caller=caller,
        load=await statistics.load(pool, now),
        failing=await _failing(visit.centre),
        stuck=await oversight.stuck_cases(pool, now - STUCK_AFTER),
        failed=await oversight.failed_messages(pool),
        lost=await oversight.ladders_at_end(pool, TOP_LEVEL),
        institutes=await institute_names(visit),
        now=now,
    )
