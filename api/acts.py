"""What any act on a case consists of: its key, its texts, the call of the workflow, its answer.

Texts are stored first, then the case's workflow is told. The JSON routes and the pages use the
same functions.
"""

import asyncio
import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, TypeAlias, TypeVar

from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode
from temporalio.workflow import UpdateMethodMultiParam

from api.auth import Caller
from api.centre import Centre, calling_temporal
from api.idempotency import Attempt, derived_id
from infra.postgres import cases, documents, rounds
from infra.postgres.documents import Document
from schemas.base import WireModel, case_number_of, is_round
from schemas.case import CaseStatus
from schemas.document import document_reference
from schemas.problem import ProblemType, Refused
from workflows.policy.personal_data import without_resident_numbers
from workflows.support_case import SupportCase

RPC_TIMEOUT: Final = timedelta(seconds=10)
PROJECTION_WAIT_SECONDS: Final = 1.5
_POLL_SECONDS: Final = 0.03
_BEHIND_SECONDS: Final = 8.0

ArgumentT = TypeVar("ArgumentT", bound=WireModel)
AnswerT = TypeVar("AnswerT", bound=WireModel)
# One of the updates of a case's workflow, or of a round's under the same name.
Change: TypeAlias = UpdateMethodMultiParam[[SupportCase, ArgumentT], AnswerT]


@dataclass(frozen=True)
class Act:
    """One act of one caller, repeatable under its key.

    Attributes:
        operation: What is done, such as `complete`.
        subject: Id of the task or case it is done to.
    """

    caller: Caller
    operation: str
    subject: str
    key: str

    @property
    def scope(self) -> str:
        """Where the key is unique: another caller's same key is another key."""
        who = self.caller.actor.id
        return f"{self.operation}/{self.subject}/{who}"

    @property
    def update_id(self) -> str:
        """The id under which the workflow takes this act once."""
        return str(derived_id(self.scope, self.key))

    def attempt(self, body: str, answer: type[AnswerT]) -> Attempt[AnswerT]:
        """This act as a request that may be repeated."""
        return Attempt(scope=self.scope, key=self.key, body=body.encode(), answer=answer)


async def store_text(centre: Centre, act: Act, purpose: str, text: str) -> str:
    """Store a text that belongs to an act, and return its reference.

    Resident registration numbers are removed before the first write.
    """
    kept = without_resident_numbers(text)
    document_id = derived_id(act.scope, act.key, purpose)
    await documents.add(
        centre.pool,
        Document(
            document_id=document_id,
            case_number=case_number_of(act.subject),
            purpose=purpose,
            body=kept,
            sha256=hashlib.sha256(kept.encode()).hexdigest(),
            written_by=act.caller.actor.id,
            written_at=centre.clock(),
        ),
    )
    return document_reference(document_id.hex, kept)


async def update(
    centre: Centre,
    act: Act,
    change: Change[ArgumentT, AnswerT],
    argument: ArgumentT,
) -> AnswerT:
    """Tell the case's workflow, once however often it is repeated, and return what it answers.

    Raises:
        WorkflowUpdateFailedError: A rule of the case refused.
        Refused: `case-closed` for a case that is over for good, `temporarily-unavailable` for one
            that has not begun, or whose task is in its row and still not in its history.
    """
    case_number = case_number_of(act.subject)
    handle = centre.temporal.get_workflow_handle_for(SupportCase.run, case_number)
    clock = asyncio.get_running_loop().time
    give_up_at: float | None = None
    while give_up_at is None or clock() < give_up_at:
        try:
            with calling_temporal():
                return await handle.execute_update(
                    change, argument, id=act.update_id, rpc_timeout=RPC_TIMEOUT
                )
        except WorkflowUpdateFailedError as error:
            if not _is_behind(error):
                raise
            # The first refusal itself may take as long as the server waits for a killed worker.
            give_up_at = give_up_at or clock() + _BEHIND_SECONDS
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            raise await _not_running(centre, case_number) from error
        await asyncio.sleep(_POLL_SECONDS)
    raise Refused(
        ProblemType.TEMPORARILY_UNAVAILABLE,
        "The case is being taken over by another server. Nothing is lost; repeat the request.",
    )


def _is_behind(error: WorkflowUpdateFailedError) -> bool:
    """Whether the case does not know a task that its row shows, as every caller has checked.

    The row is written first. A worker that is killed before history has the step leaves that to
    another one, which takes a moment. The same is said to somebody whose task was given to another
    group in that moment; when the request is repeated, the row says so.
    """
    cause = error.cause
    return isinstance(cause, ApplicationError) and cause.type == ProblemType.TASK_NOT_FOUND


async def _not_running(centre: Centre, case_number: str) -> Refused:
    """Why a case, or a round, that exists has no running workflow."""
    if is_round(case_number):
        return Refused(ProblemType.TASK_NOT_OPEN, "The round is over.")
    stored = await cases.find(centre.pool, case_number)
    snapshot = None if stored is None else stored.snapshot
    if snapshot is not None and snapshot.status is CaseStatus.CLOSED:
        return Refused(
            ProblemType.CASE_CLOSED,
            "The case has ended, and the time to reopen it has passed. File a new one.",
        )
    return Refused(
        ProblemType.TEMPORARILY_UNAVAILABLE,
        "The case was received and starts in a moment. Repeat the request then.",
    )


async def is_projected(centre: Centre, case_number: str, version: int) -> bool:
    """Whether the read model reached `version`, after a short wait if need be."""
    loop = asyncio.get_running_loop()
    until = loop.time() + PROJECTION_WAIT_SECONDS
    while True:
        stored = rounds.version if is_round(case_number) else cases.version
        if (await stored(centre.pool, case_number) or 0) >= version:
            return True
        if loop.time() >= until:
            return False
        await asyncio.sleep(_POLL_SECONDS)
