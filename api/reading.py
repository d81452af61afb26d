"""Reads of cases: what is stored, for views of it, and what only a recorded read shows."""

from datetime import datetime
from typing import Any
from uuid import UUID

from api.auth import Caller, scope_of
from api.centre import Centre
from api.problems import CASE_UNKNOWN
from infra.postgres import cases, companies, documents, journal
from infra.postgres.cases import StoredCase
from schemas.actor import Actor
from schemas.base import WireModel
from schemas.case import CaseSnapshot, PromiseState
from schemas.document import document_id_of, is_document_reference
from schemas.policy import Reasoning
from schemas.problem import ProblemType, Refused


class PromiseView(WireModel):
    """Something the company was told would happen by a date, and why by then."""

    kind: str
    due_at: datetime
    state: PromiseState
    ended_at: datetime | None
    reasoning: Reasoning


class Original(WireModel):
    """What the company wrote and whom to call: for handlers, and every read is recorded."""

    case_number: str
    company_name: str
    business_registration_number: str
    contact_name: str | None
    email: str | None
    phone: str | None
    title: str
    description: str
    details: dict[str, Any]


async def find_case(centre: Centre, case_number: str) -> StoredCase:
    """The case, for a caller whose access was checked.

    Raises:
        Refused: `case-not-found`.
    """
    stored = await cases.find(centre.pool, case_number)
    if stored is None:
        raise Refused(ProblemType.CASE_NOT_FOUND, CASE_UNKNOWN)
    return stored


async def original(centre: Centre, caller: Caller, case_number: str, reason: str) -> Original:
    """What the company wrote and whom to call; the read is recorded in the access journal first.

    An institute learns the contact only when the company agreed to that.
    """
    await record_access(centre, caller.actor, case_number, "original", reason)
    found = await companies.find_contact(centre.pool, case_number)
    if found is None:
        raise Refused(ProblemType.CASE_NOT_FOUND, CASE_UNKNOWN)
    may_know = scope_of(caller.actor).everything or await companies.allows_institutes(
        centre.pool, case_number
    )
    return Original(
        case_number=case_number,
        company_name=found.company_name,
        business_registration_number=found.business_registration_number,
        contact_name=found.contact_name if may_know else None,
        email=found.email if may_know else None,
        phone=found.phone if may_know else None,
        title=found.title,
        description=found.description,
        details=found.details,
    )


async def record_access(
    centre: Centre, actor: Actor, case_number: str, what: str, reason: str
) -> None:
    """Record a read of restricted data: who read what of which case and why, in codes."""
    await journal.append(
        centre.pool,
        "access",
        centre.clock(),
        actor,
        f"case:{what}:read",
        {"case": case_number, "reason": reason},
    )


async def texts_of(centre: Centre, references: dict[str, str]) -> dict[str, str]:
    """The texts behind references, by the same names; destroyed ones are left out."""
    ids = {
        name: UUID(hex=document_id_of(reference))
        for name, reference in references.items()
        if is_document_reference(reference)
    }
    found = await documents.bodies(centre.pool, list(ids.values())) if ids else {}
    return {name: found[document_id] for name, document_id in ids.items() if document_id in found}


def snapshot_of(stored: StoredCase) -> CaseSnapshot:
    """The case's state; before the first transition, what intake knows."""
    return stored.snapshot or CaseSnapshot(
        case_number=stored.case_number,
        service=stored.intake.service,
        channel=stored.intake.channel,
        region=stored.intake.region,
        received_at=stored.intake.received_at,
        registered_at=stored.intake.registered_at,
    )


def promises_of(snapshot: CaseSnapshot) -> list[PromiseView]:
    return [
        PromiseView(
            kind=promise.kind,
            due_at=promise.deadline.due_at,
            state=promise.state,
            ended_at=promise.ended_at,
            reasoning=promise.deadline.reasoning,
        )
        for promise in snapshot.promises
    ]
