"""What companies and staff do to a case as a whole: withdraw, reopen, pause, name a handler."""

from typing import Literal, TypeVar

from api.acts import Act, Change, is_projected, store_text, update
from api.auth import Caller
from api.centre import Centre
from api.idempotency import once
from api.named import check_institute, find_assignable
from infra.postgres import cases, reference
from schemas.actor import Role, institute_group
from schemas.base import WireModel
from schemas.case import (
    CaseSnapshot,
    CaseStatus,
    CompanyWish,
    HandlerChange,
    HoldRequest,
    InstituteSuccession,
    Matter,
    MatterReport,
    PartnerInvitation,
    ReopenRequest,
    Withdrawal,
)
from schemas.problem import ProblemType, Refused
from workflows.support_case import SupportCase

WishT = TypeVar("WishT", bound=CompanyWish)


class CaseAnswer(WireModel):
    """A case after a change."""

    case_number: str
    status: CaseStatus
    projection: Literal["done", "pending"]


async def withdraw(
    centre: Centre, caller: Caller, case_number: str, reason: str | None, *, key: str
) -> CaseAnswer:
    """End a case at the company's wish."""
    act = Act(caller, "withdraw", case_number, key)
    return await _follow(centre, act, SupportCase.withdraw, Withdrawal, reason)


async def reopen(
    centre: Centre, caller: Caller, case_number: str, reason: str | None, *, key: str
) -> CaseAnswer:
    """Ask to take a closed case up again."""
    act = Act(caller, "reopen", case_number, key)
    return await _follow(centre, act, SupportCase.reopen, ReopenRequest, reason)


async def change_handler(  # noqa: PLR0913  # each is named at the call
    centre: Centre,
    caller: Caller,
    case_number: str,
    *,
    account_id: str | None,
    reason: str | None,
    key: str,
) -> CaseAnswer:
    """Name who handles a case at its lead institute, by account id, or nobody in particular."""
    stored = await cases.find(centre.pool, case_number)
    lead = None if stored is None or stored.snapshot is None else stored.snapshot.lead_institute
    desk = institute_group(lead or "", Role.SUPPORT)
    handler = (
        None
        if account_id is None
        else await find_assignable(centre, account_id, desk, field="/handler")
    )
    act = Act(caller, "handler", case_number, key)

    async def act_now() -> CaseAnswer:
        document = reason and await store_text(centre, act, "handler", reason)
        change = HandlerChange(actor=caller.actor, handler=handler, reason=document or None)
        snapshot = await update(centre, act, SupportCase.change_handler, change)
        return await _case_answer(centre, snapshot)

    return await once(centre, act.attempt(f"{account_id}\n{reason}", CaseAnswer), act_now)


async def invite_partner(
    centre: Centre, caller: Caller, case_number: str, institute: str, *, key: str
) -> CaseAnswer:
    """Ask an institute to take part beside the lead."""
    await check_institute(centre, institute, field="/institute")
    act = Act(caller, "partner", case_number, key)
    invitation = PartnerInvitation(actor=caller.actor, institute=institute)

    async def act_now() -> CaseAnswer:
        snapshot = await update(centre, act, SupportCase.invite_partner, invitation)
        return await _case_answer(centre, snapshot)

    return await once(centre, act.attempt(institute, CaseAnswer), act_now)


async def raise_matter(  # noqa: PLR0913  # each is named at the call
    centre: Centre, caller: Caller, case_number: str, matter: Matter, reason: str, *, key: str
) -> CaseAnswer:
    """Put something about a case to the coordinators."""
    act = Act(caller, "matter", case_number, key)

    async def act_now() -> CaseAnswer:
        document = await store_text(centre, act, f"matter.{matter.value}", reason)
        report = MatterReport(actor=caller.actor, matter=matter, reason=document)
        return await _case_answer(
            centre, await update(centre, act, SupportCase.raise_matter, report)
        )

    return await once(centre, act.attempt(f"{matter.value}\n{reason}", CaseAnswer), act_now)


async def follow_institute(
    centre: Centre, caller: Caller, case_number: str, reason: str | None, *, key: str
) -> CaseAnswer:
    """Move a case to the institute that followed its lead.

    Raises:
        Refused: `outcome-mismatch` when nobody followed it.
    """
    stored = await cases.find(centre.pool, case_number)
    lead = None if stored is None or stored.snapshot is None else stored.snapshot.lead_institute
    following = lead and await reference.successor(centre.pool, lead)
    if following is None:
        raise Refused(
            ProblemType.OUTCOME_MISMATCH,
            "No institute is recorded as the successor of the one that has the case.",
        )
    act = Act(caller, "successor", case_number, key)

    async def act_now() -> CaseAnswer:
        document = reason and await store_text(centre, act, "successor", reason)
        succession = InstituteSuccession(
            actor=caller.actor, successor=following, reason=document or None
        )
        snapshot = await update(centre, act, SupportCase.change_institute, succession)
        return await _case_answer(centre, snapshot)

    return await once(centre, act.attempt(reason or "", CaseAnswer), act_now)


async def hold(
    centre: Centre, caller: Caller, case_number: str, reason: str | None, *, key: str
) -> CaseAnswer:
    """Pause a case at the company's wish."""
    act = Act(caller, "hold", case_number, key)
    return await _follow(centre, act, SupportCase.hold, HoldRequest, reason)


async def end_hold(centre: Centre, caller: Caller, case_number: str, *, key: str) -> CaseAnswer:
    """Let a paused case go on."""
    act = Act(caller, "end_hold", case_number, key)
    return await _follow(centre, act, SupportCase.end_hold, HoldRequest, None)


async def _follow(
    centre: Centre,
    act: Act,
    change: Change[WishT, CaseSnapshot],
    wish: type[WishT],
    reason: str | None,
) -> CaseAnswer:
    """Tell the case what its company wishes, with the reason if it gave one."""

    async def act_now() -> CaseAnswer:
        document = reason and await store_text(centre, act, act.operation, reason)
        told = wish(
            actor_id=act.caller.actor.id, submitted_at=centre.clock(), reason=document or None
        )
        return await _case_answer(centre, await update(centre, act, change, told))

    return await once(centre, act.attempt(reason or "", CaseAnswer), act_now)


async def _case_answer(centre: Centre, snapshot: CaseSnapshot) -> CaseAnswer:
    done = await is_projected(centre, snapshot.case_number, snapshot.version)
    return CaseAnswer(
        case_number=snapshot.case_number,
        status=snapshot.status,
        projection="done" if done else "pending",
    )
