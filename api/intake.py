"""Intake: database first, once; then the case's workflow.

A case that was written is not lost, whatever happens next: while Temporal cannot be reached the
company gets its receipt, and a sweeper starts the workflow later under the same id.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, cast
from uuid import uuid4

import structlog
from temporalio.client import Client, WithStartWorkflowOperation
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from api import tracking_codes
from api.asked_items import asked_item
from api.auth import Caller
from api.centre import Centre, calling_temporal
from api.idempotency import other_body
from api.problems import is_outage
from infra.postgres import companies, intakes, policies
from infra.postgres.intakes import CaseText, Filing, StoredIntake
from infra.postgres.pool import Database, transaction
from schemas.actor import COMPANY, Role
from schemas.base import case_number
from schemas.case import CaseIntake
from schemas.company import IntakeRequest
from schemas.problem import ProblemType, Refused
from workflows.policy.eligibility import check_business_number
from workflows.policy.personal_data import PersonalDataKind, mask, without_resident_numbers
from workflows.support_case import SupportCase

log = structlog.stdlib.get_logger()

START_TIMEOUT: Final = timedelta(seconds=5)
CASE_QUEUE: Final = "case"
# What a company can use by itself; the other channels are those of a desk that files for it.
SELF_SERVICE: Final = frozenset({"web", "app"})
_TEN_DIGITS: Final = re.compile("[0-9]{10}")
_FILING_ROLES: Final = frozenset(
    {Role.AGENT, Role.REGIONAL, Role.TRIAGE, Role.COORDINATOR, Role.DIRECTOR}
)


@dataclass(frozen=True)
class Receipt:
    """What a company gets for its request.

    Attributes:
        tracking_code: Opens the case together with its number; None when the request is repeated
            after the code of a case that shares it was replaced.
        pending: The workflow could not be started yet; nothing is lost.
        personal_data: Kinds of personal data found in the texts.
        replayed: The same request came before; this is the answer it got.
    """

    case_number: str
    tracking_code: str | None
    received_at: datetime
    pending: bool
    personal_data: tuple[PersonalDataKind, ...]
    replayed: bool


async def file_case(
    centre: Centre, request: IntakeRequest, *, filed_by: Caller | None, key: str
) -> Receipt:
    """Take a difficulty in and start its case.

    Args:
        centre: Where it is kept and started.
        request: What was filed.
        filed_by: The member of staff who files for a caller; None for the company itself.
        key: The Idempotency-Key.

    Raises:
        Refused: An intake rule says no, or the key was used for another request.
    """
    body_hash = centre.secrets.body_hash(request.model_dump_json().encode())
    stored = await intakes.find_by_key(centre.pool, key)
    replayed = stored is not None
    if stored is None:
        now = centre.clock()
        await check_intake(centre, request, filed_by, now)
        policy_version = await policies.current_policy_version(centre.pool)
        region = await intakes.find_region(centre.pool, request.company.region)
        new = _new_intake(centre, request, key, _Pinned(now, policy_version, region))
        registered_by = (COMPANY if filed_by is None else filed_by.actor).id
        stored = await _store(centre, request, new, _Origin(body_hash, registered_by))
        if stored is None:
            # Another request with the same key was faster.
            stored = cast("StoredIntake", await intakes.find_by_key(centre.pool, key))
            replayed = True
    if stored.body_sha256 != body_hash:
        raise other_body()
    pending = stored.pending and not await _start(centre, stored.intake)
    return Receipt(
        case_number=stored.case_number,
        tracking_code=await tracking_codes.code_of(centre, stored.case_number),
        received_at=stored.intake.received_at,
        pending=pending,
        personal_data=tuple(PersonalDataKind(kind) for kind in stored.personal_data),
        replayed=replayed,
    )


async def start_case(client: Client, intake: CaseIntake) -> None:
    """Start the workflow of an intake, or find it already running.

    Update-with-start under the case number: however often this is called, from however many
    processes, there is one workflow. Whether it was acknowledged is not known when the call times
    out; the caller repeats it.
    """
    start = WithStartWorkflowOperation(
        SupportCase.run,
        intake,
        id=intake.case_number,
        task_queue=CASE_QUEUE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
    )
    try:
        with calling_temporal():
            await client.execute_update_with_start_workflow(
                SupportCase.acknowledge,
                id=f"acknowledge-{intake.case_number}",
                start_workflow_operation=start,
                rpc_timeout=START_TIMEOUT,
            )
    except WorkflowAlreadyStartedError:
        # It ran and is over: the start that nobody heard of happened long ago.
        log.info("case_start_repeated", case_number=intake.case_number)


async def check_intake(
    centre: Centre, request: IntakeRequest, filed_by: Caller | None, now: datetime
) -> None:
    """Raise `Refused` when a rule of intake says no."""
    self_service = request.channel in SELF_SERVICE
    # On the telephone a number may be misheard; the desk corrects it later.
    if self_service or not _TEN_DIGITS.fullmatch(request.company.business_registration_number):
        check_business_number(request.company.business_registration_number)
    if filed_by is None and not self_service:
        raise Refused(
            ProblemType.CHANNEL_NOT_OPEN,
            "Use the channel “web”. Staff file what comes in by other channels.",
            field="/channel",
        )
    if filed_by is not None and filed_by.actor.role not in _FILING_ROLES:
        raise Refused(ProblemType.NOT_ALLOWED, "Your role does not include filing cases.")
    received_at = request.received_at or now
    if filed_by is None and request.received_at is not None:
        raise Refused(
            ProblemType.INVALID_REQUEST,
            "Leave the time of receipt out: it is now. Only staff file what came in earlier.",
            field="/received_at",
        )
    if received_at > now:
        raise Refused(
            ProblemType.INVALID_REQUEST,
            "The time of receipt lies in the future. Correct it.",
            field="/received_at",
        )
    if request.company.email is None and request.company.phone is None:
        raise Refused(
            ProblemType.INVALID_REQUEST,
            "Give an e-mail address or a telephone number, so that the centre can answer.",
            field="/company/email",
        )
    await asked_item(centre, request.details)
    await _check_reference_data(centre, request, received_at)


async def _check_reference_data(
    centre: Centre, request: IntakeRequest, received_at: datetime
) -> None:
    day = centre.korean_day(received_at)
    if not await intakes.is_channel_open(centre.pool, request.channel, day):
        raise Refused(
            ProblemType.CHANNEL_NOT_OPEN,
            "This channel was not open on the day of receipt. Choose another one.",
            field="/channel",
        )
    wish = request.institute_wish
    if wish is not None and not await intakes.is_institute(centre.pool, wish, day):
        raise Refused(
            ProblemType.INVALID_REQUEST,
            "There is no such institute. Choose one of /api/v1/institutes, or leave it out.",
            field="/institute_wish",
        )
    await _check_consents(centre, request, received_at)


async def _check_consents(centre: Centre, request: IntakeRequest, at: datetime) -> None:
    texts = await intakes.consent_texts(centre.pool, centre.korean_day(at))
    known = {(text.kind, text.text_version) for text in texts}
    for kind, stated in request.consents.items():
        if (kind, stated.text_version) not in known:
            raise Refused(
                ProblemType.CONSENT_REQUIRED,
                "This version of the consent text is not in force. Read /api/v1/consents again.",
                field=f"/consents/{kind.value}/text_version",
            )
    for text in texts:
        stated = request.consents.get(text.kind)
        if text.required and (stated is None or not stated.given):
            raise Refused(
                ProblemType.CONSENT_REQUIRED,
                "Without this consent the centre cannot contact you or work on the case.",
                field=f"/consents/{text.kind.value}",
            )


class _KeyTaken(Exception):
    """Another request with the same key came first; nothing of this one may stay."""


@dataclass(frozen=True)
class _Origin:
    body_hash: str
    registered_by: str


@dataclass(frozen=True)
class _Pinned:
    at: datetime
    policy_version: str
    region: str | None


def _new_intake(
    centre: Centre, request: IntakeRequest, key: str, pinned: _Pinned
) -> Callable[[int], CaseIntake]:
    """Makes the intake of a request, once it has a serial number."""
    now = pinned.at

    def numbered(serial: int) -> CaseIntake:
        return CaseIntake(
            case_number=case_number(centre.korean_day(now).year, serial),
            service=request.service,
            channel=request.channel,
            region=pinned.region,
            received_at=request.received_at or now,
            registered_at=now,
            policy_version=pinned.policy_version,
            idempotency_key=key,
            institute_wish=request.institute_wish,
            language=request.language,
        )

    return numbered


async def _store(
    centre: Centre,
    request: IntakeRequest,
    numbered: Callable[[int], CaseIntake],
    origin: _Origin,
) -> StoredIntake | None:
    """Write an intake in one transaction; None when another one has its key."""
    text = masked_text(request)
    try:
        async with transaction(centre.pool) as db:
            intake = numbered(await intakes.next_serial(db))
            number, now = intake.case_number, intake.registered_at
            code = centre.secrets.tracking_code(number)
            filing = Filing(
                company_id=await companies.find_or_add(db, uuid4(), request.company, now),
                body_sha256=origin.body_hash,
                tracking_code_hash=centre.secrets.tracking_code_hash(code),
                registered_by=origin.registered_by,
            )
            await _add_once(db, intake, filing)
            await intakes.add_text(db, number, text)
            await companies.add_contact(db, number, request.company, request.language)
            await companies.add_consents(db, number, request.consents, now)
    except _KeyTaken:
        return None
    return StoredIntake(
        case_number=number,
        body_sha256=origin.body_hash,
        pending=True,
        intake=intake,
        personal_data=text.personal_data,
    )


async def _add_once(db: Database, intake: CaseIntake, filing: Filing) -> None:
    if not await intakes.add(db, intake, filing):
        raise _KeyTaken


def masked_text(request: IntakeRequest) -> CaseText:
    """The texts of a request in the forms in which they may be stored."""
    title, description = mask(request.title), mask(request.description)
    details = {
        name: without_resident_numbers(value) if isinstance(value, str) else value
        for name, value in request.details.items()
    }
    found = {*title.kinds, *description.kinds}
    found.update(
        kind
        for value in request.details.values()
        if isinstance(value, str)
        for kind in mask(value).kinds
    )
    return CaseText(
        title=title.kept,
        description=description.kept,
        title_masked=title.masked,
        description_masked=description.masked,
        details=details,
        personal_data=tuple(kind.value for kind in PersonalDataKind if kind in found),
    )


async def _start(centre: Centre, intake: CaseIntake) -> bool:
    try:
        await start_case(centre.temporal, intake)
    except Exception as error:
        if not is_outage(error):
            raise
        log.warning(
            "case_start_postponed", case_number=intake.case_number, error=type(error).__name__
        )
        return False
    await intakes.mark_started(centre.pool, intake.case_number, centre.clock())
    return True
