"""Who may claim, complete and reassign a task, and what its outcome must contain."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any, Final, cast

from schemas.actor import Actor, Role, groups_of, institute_group
from schemas.base import Instant, WireModel
from schemas.case import (
    CaseSnapshot,
    HandlerChange,
    InstituteSuccession,
    Matter,
    MatterReport,
    PartnerInvitation,
    Track,
)
from schemas.document import is_document_reference
from schemas.outcome import (
    OUTCOMES,
    AcceptCase,
    AnswerSurvey,
    AssignInstitute,
    CheckEquipment,
    ChooseNext,
    DecideLateAgreement,
    DecideTrack,
    Mediate,
    NameLead,
    Outcome,
    ResolveOverdue,
    TaskKind,
)
from schemas.policy import PolicyValues
from schemas.problem import ProblemType, Refused
from schemas.task import (
    HumanTask,
    TaskCompletion,
    TaskStatus,
)
from workflows.policy.business_calendar import day_of

_FARTHEST_DAY: Final = timedelta(days=3 * 366)
# Who may give tasks to others.
SUPERVISORS: Final = frozenset({Role.COORDINATOR, Role.DIRECTOR, Role.DEPT_HEAD})
_TRACK_OF: Final = {
    "short_fast": Track.SHORT,
    "short_monthly": Track.SHORT,
    "medium": Track.MEDIUM,
    "long": Track.LONG,
}


def text_fields(outcome: WireModel) -> tuple[str, ...]:
    """Names of the fields of `outcome` that hold texts, in the order of the form."""
    return tuple(name for name in type(outcome).model_fields if _marks(outcome, name)[0] == "text")


def check_outcome(outcome: WireModel) -> None:
    """Raise `Refused` unless every field that the other answers make necessary is filled in.

    These rules are no validators: a validator added later would refuse answers that are already
    in histories, and they would no longer replay.
    """
    for name in type(outcome).model_fields:
        _, needed_when = _marks(outcome, name)
        value = getattr(outcome, name)
        if value is not None and not (isinstance(value, str) and not value.strip()):
            continue
        for other, values in needed_when.items():
            if str(getattr(outcome, other)) in values:
                raise Refused(
                    ProblemType.OUTCOME_INCOMPLETE,
                    f"Fill in “{name}”: it is needed with this answer to “{other}”.",
                    field=f"/outcome/{name}",
                )


def check_references(outcome: WireModel) -> None:
    """Raise `Refused` when a text entered a workflow as itself and not as a reference."""
    for name in text_fields(outcome):
        value = getattr(outcome, name)
        if value is not None and not is_document_reference(value):
            raise Refused(
                ProblemType.OUTCOME_MISMATCH,
                "Texts are stored before an answer is sent. Send the answer through the API.",
                field=f"/outcome/{name}",
            )


def check_against_case(outcome: Outcome, case: CaseSnapshot, *, short_survey: bool) -> None:
    """Raise `Refused` when an outcome does not fit where its case stands."""
    match outcome:
        case DecideTrack(decision=decided, reason=None) if decided in _TRACK_OF:
            proposed = case.proposal.candidates
            if _TRACK_OF[decided] not in proposed:
                raise Refused(
                    ProblemType.OUTCOME_INCOMPLETE,
                    "The track table does not propose this track for the plan. Give a reason, "
                    "change the plan, or choose a proposed track.",
                    field="/outcome/reason",
                )
        case AssignInstitute(institute=str(institute)) if any(
            offer.institute == institute and offer.answer.value in {"declined", "silent"}
            for offer in case.assignments
        ):
            raise Refused(
                ProblemType.OUTCOME_MISMATCH,
                "This institute already declined or did not answer. Choose another one.",
                field="/outcome/institute",
            )
        case (
            NameLead(decision="partner", institute=str(institute))
            | Mediate(decision="split", institute=str(institute))
        ) if not any(
            offer.institute == institute and offer.answered_at is not None
            for offer in case.partners
        ):
            raise Refused(
                ProblemType.OUTCOME_MISMATCH,
                "This institute does not take part in the case. Choose one that does.",
                field="/outcome/institute",
            )
        case AnswerSurvey() if not short_survey:
            for name in ("ease", "speed", "competence", "result"):
                if getattr(outcome, name) is None:
                    raise Refused(
                        ProblemType.OUTCOME_INCOMPLETE,
                        "Please answer every question from 1 to 5.",
                        field=f"/outcome/{name}",
                    )
        case AcceptCase(better_institute=str(better)) if better == case.lead_institute:
            raise Refused(
                ProblemType.OUTCOME_MISMATCH,
                "Name another institute than your own.",
                field="/outcome/better_institute",
            )
        case _:
            pass


def check_may_work_on(task: HumanTask, actor: Actor) -> None:
    """Raise `Refused` unless `actor` belongs to the task's group and is not kept out of it.

    A task of a group that the actor does not belong to is answered as unknown, so that nobody
    learns of other institutes' work.
    """
    if task.candidate_group not in groups_of(actor):
        raise Refused(ProblemType.TASK_NOT_FOUND, "There is no such task for you.")
    if actor.id in task.excluded:
        raise Refused(
            ProblemType.CONFLICT_OF_INTEREST,
            "You handled this case before, or declared a conflict: a colleague has to do this.",
        )


def check_open(task: HumanTask) -> None:
    """Raise `Refused` when the task is over."""
    if task.status is not TaskStatus.OPEN:
        raise Refused(
            ProblemType.TASK_NOT_OPEN,
            f"This task is already {task.status.value}. Reload the case to see what follows.",
        )


def check_version(task: HumanTask, expected: int | None) -> None:
    """Raise `Refused` when somebody changed the task since the person last saw it."""
    if expected is not None and task.version != expected:
        raise Refused(
            ProblemType.STALE_VERSION,
            f"The task changed while you worked on it (now version {task.version}). Reload it.",
        )


def check_claim(task: HumanTask, actor: Actor, expected: int | None) -> None:
    """Raise `Refused` unless `actor` may take the task over now."""
    check_may_work_on(task, actor)
    check_open(task)
    check_version(task, expected)
    if task.assignee not in {None, actor.id} and actor.role not in SUPERVISORS:
        raise Refused(
            ProblemType.TASK_NOT_YOURS,
            "A colleague has claimed this task. Ask them to release it, or your head to reassign.",
        )


def check_release(task: HumanTask, actor: Actor, expected: int | None) -> None:
    """Raise `Refused` unless `actor` holds the task, or supervises who does."""
    check_may_work_on(task, actor)
    check_open(task)
    check_version(task, expected)
    if task.assignee != actor.id and actor.role not in SUPERVISORS:
        raise Refused(ProblemType.TASK_NOT_YOURS, "Only who claimed a task can release it.")


def check_extension(
    task: HumanTask, actor: Actor, expected: int | None, values: PolicyValues
) -> None:
    """Raise `Refused` unless a handler may still ask for more time.

    The company's own tasks are not the handler's to extend, and what expires is a promise.
    """
    check_may_work_on(task, actor)
    check_open(task)
    check_version(task, expected)
    if task.expires_at is not None or task.kind is TaskKind.RESOLVE_OVERDUE:
        raise Refused(
            ProblemType.EXTENSION_REFUSED,
            "Others wait for this answer, so it cannot be extended. Complete it, or release it.",
        )
    most = values.count("extension.self") + values.count("extension.with_consent")
    if task.extensions >= most:
        raise Refused(
            ProblemType.EXTENSION_REFUSED,
            "This task was extended as often as it may be. Complete it, or ask the coordinator.",
        )


def check_no_consent_is_open(open_tasks: Iterable[HumanTask]) -> None:
    """Raise `Refused` while a company is asked for its consent to an extension."""
    if any(task.kind is TaskKind.CONSENT_EXTENSION for task in open_tasks):
        raise Refused(
            ProblemType.EXTENSION_REFUSED,
            "The company is asked for more time already. Wait for its answer.",
        )


def check_reassignment(
    task: HumanTask, actor: Actor, assignee: Actor | None, expected: int | None
) -> None:
    """Raise `Refused` unless a supervisor gives the task to somebody who may do it."""
    coordinator = actor.role in {Role.COORDINATOR, Role.DIRECTOR}
    if not coordinator:
        check_may_work_on(task, actor)
    check_open(task)
    check_version(task, expected)
    if actor.role not in SUPERVISORS:
        raise Refused(
            ProblemType.NOT_ALLOWED, "Only a department head or a coordinator can reassign a task."
        )
    if assignee is not None:
        if task.candidate_group not in groups_of(assignee):
            raise Refused(
                ProblemType.NOT_ALLOWED,
                "This person does not belong to the group that the task is for.",
                field="/assignee",
            )
        check_may_work_on(task, assignee)


def check_handler_change(case: CaseSnapshot, change: HandlerChange) -> None:
    """Raise `Refused` unless a supervisor of the lead institute's staff names one of them."""
    if case.lead_institute is None:
        raise Refused(
            ProblemType.NOT_ALLOWED, "No institute has the case yet; the desk handles it."
        )
    own = change.actor.institute in {None, case.lead_institute}
    if change.actor.role not in SUPERVISORS or not own:
        raise Refused(
            ProblemType.NOT_ALLOWED, "Only the department's head or a coordinator can do this."
        )
    desk = institute_group(case.lead_institute, Role.SUPPORT)
    if change.handler is not None and desk not in groups_of(change.handler):
        raise Refused(
            ProblemType.NOT_ALLOWED,
            "This person does not belong to the department that has the case.",
            field="/handler",
        )


def check_invitation(
    case: CaseSnapshot, invitation: PartnerInvitation, values: PolicyValues
) -> None:
    """Raise `Refused` unless another institute may be asked to take part (C44)."""
    _check_speaks_for_lead(case, invitation.actor)
    known = {offer.institute for offer in (*case.partners, case.lead_assignment) if offer}
    if invitation.institute in known:
        raise Refused(
            ProblemType.OUTCOME_MISMATCH,
            "This institute takes part already, or was asked. Choose another one.",
            field="/institute",
        )
    if 1 + len(case.partners) >= values.count("joint.max_institutes"):
        raise Refused(
            ProblemType.NOT_ALLOWED, "As many institutes take part as may. Nobody can be added."
        )


def check_matter(case: CaseSnapshot, report: MatterReport) -> None:
    """Raise `Refused` unless the matter can be raised by this person as the case stands."""
    actor = report.actor
    taking_part = {offer.institute for offer in case.partners if offer.answered_at is not None}
    match report.matter:
        case Matter.COMPANY_STATUS:
            allowed = actor.institute in {None, case.lead_institute, *taking_part}
        case Matter.DISAGREEMENT:
            _check_accepted(case)
            allowed = actor.institute in {None, case.lead_institute, *taking_part}
            if not taking_part:
                raise Refused(
                    ProblemType.NOT_ALLOWED,
                    "No other institute takes part, so there is nobody to disagree with.",
                )
        case Matter.LEAD_GIVES_BACK:
            _check_speaks_for_lead(case, actor)
            allowed = True
        case Matter.HANDLER_LEAVES:
            _check_accepted(case)
            allowed = actor.institute in {None, case.lead_institute}
    if not allowed:
        raise Refused(ProblemType.NOT_ALLOWED, "Only who takes part in the case can do this.")


def check_succession(case: CaseSnapshot, succession: InstituteSuccession) -> None:
    """Raise `Refused` unless a coordinator moves a case that an institute leads (U32)."""
    _check_accepted(case)
    if succession.actor.role not in {Role.COORDINATOR, Role.DIRECTOR}:
        raise Refused(ProblemType.NOT_ALLOWED, "Only a coordinator can do this.")
    if succession.successor == case.lead_institute:
        raise Refused(ProblemType.OUTCOME_MISMATCH, "This institute has the case already.")


def check_conflict(task: HumanTask, actor: Actor) -> None:
    """Raise `Refused` unless the task is one that `actor` could otherwise do."""
    check_may_work_on(task, actor)
    check_open(task)


def _check_speaks_for_lead(case: CaseSnapshot, actor: Actor) -> None:
    """Raise `Refused` unless the lead's head, or a coordinator, speaks of an accepted case."""
    _check_accepted(case)
    if actor.role not in SUPERVISORS or actor.institute not in {None, case.lead_institute}:
        raise Refused(
            ProblemType.NOT_ALLOWED, "Only the lead's department head or a coordinator can do this."
        )


def _check_accepted(case: CaseSnapshot) -> None:
    if case.lead_assignment is None:
        raise Refused(ProblemType.NOT_ALLOWED, "No institute has accepted the case yet.")


def check_completion(task: HumanTask, completion: TaskCompletion) -> None:
    """Raise `Refused` unless `completion` may complete `task`.

    Completing an unclaimed task claims it. An answer counts as in time by `submitted_at`, so one
    that was on its way when the task expired is still taken.
    """
    check_may_work_on(task, completion.actor)
    expired = task.expires_at is not None and completion.submitted_at > task.expires_at
    if expired and task.status in {TaskStatus.OPEN, TaskStatus.EXPIRED}:
        raise Refused(
            ProblemType.TASK_NOT_OPEN,
            "The time for this answer has passed. Write a message, or ask to reopen the case.",
        )
    if task.status is not TaskStatus.EXPIRED:
        check_open(task)
    check_version(task, completion.expected_version)
    if task.assignee not in {None, completion.actor.id}:
        raise Refused(
            ProblemType.TASK_NOT_YOURS,
            "A colleague has claimed this task. Ask them to release it first.",
        )
    if not isinstance(completion.outcome, OUTCOMES[task.kind]):
        raise Refused(
            ProblemType.OUTCOME_MISMATCH,
            f"This task needs an outcome of kind “{task.kind.value}”.",
            field="/outcome/kind",
        )
    check_outcome(completion.outcome)
    check_references(completion.outcome)
    _check_choice(task, completion)
    _check_days(completion)


def check_named_staff(task: HumanTask, outcome: Outcome) -> None:
    """Raise `Refused` when somebody is named who is kept out of the case.

    After a reopening that is who handled it before (U16): tasks given to them could not be worked.
    """
    named = getattr(outcome, "named_staff", None)
    if named is not None and named in task.excluded:
        raise Refused(
            ProblemType.CONFLICT_OF_INTEREST,
            "This person handled the case before. Name a colleague.",
            field="/outcome/named_staff",
        )


def check_closes_nothing(outcome: ResolveOverdue, why: str) -> None:
    """Raise `Refused` when an overdue task would close what cannot be closed.

    Args:
        outcome: The decision on the overdue task.
        why: What the person is told, before what to do instead.
    """
    if outcome.decision == "close_case":
        raise Refused(
            ProblemType.OUTCOME_MISMATCH,
            f"{why} Remind, reassign or extend.",
            field="/outcome/decision",
        )


def check_new(completion: TaskCompletion, case: CaseSnapshot) -> None:
    """Raise `Refused` by rules that answers in recorded histories need not keep."""
    match completion.outcome:
        case DecideLateAgreement(decision="extend") if any(
            promise.deadline.key == "agreement.extension" for promise in case.promises
        ):
            raise Refused(
                ProblemType.OUTCOME_MISMATCH,
                "The agreement was given more time once already. Decide what takes its place.",
                field="/outcome/decision",
            )
        case CheckEquipment(starts_on=str(day)) if date.fromisoformat(day) < day_of(
            completion.submitted_at
        ):
            raise Refused(
                ProblemType.OUTCOME_MISMATCH,
                "This day has passed. Offer a later one.",
                field="/outcome/starts_on",
            )
        case _:
            pass


def _check_choice(task: HumanTask, completion: TaskCompletion) -> None:
    """Raise `Refused` for a way that is not open to this company, or not any more."""
    if not isinstance(completion.outcome, ChooseNext):
        return
    match completion.outcome.decision:
        case "wait" if task.parameters.get("may_wait") == "false":
            raise Refused(
                ProblemType.OUTCOME_MISMATCH,
                "The programme can be entered no more often. Choose another way.",
                field="/outcome/decision",
            )
        case "object" if not _is_before(
            completion.submitted_at, task.parameters.get("object_until")
        ):
            raise Refused(
                ProblemType.OUTCOME_MISMATCH,
                "There is no decision that you can object to any more. Choose another way.",
                field="/outcome/decision",
            )
        case _:
            pass


def _is_before(at: Instant, until: str | None) -> bool:
    return bool(until) and at <= datetime.fromisoformat(until or "")


def _check_days(completion: TaskCompletion) -> None:
    """Raise `Refused` for a day that does not exist, or lies too far ahead to be meant."""
    latest = (completion.submitted_at + _FARTHEST_DAY).date()
    for name, value in completion.outcome:
        extra = type(completion.outcome).model_fields[name].json_schema_extra
        marks = cast("dict[str, Any]", extra if isinstance(extra, dict) else {})
        if (
            marks.get("format") == "date"
            and value is not None
            and not _is_day_before(value, latest)
        ):
            raise Refused(
                ProblemType.OUTCOME_MISMATCH,
                "Give a day that exists and is at most three years away.",
                field=f"/outcome/{name}",
            )


def _is_day_before(text: str, latest: date) -> bool:
    try:
        return date.fromisoformat(text) <= latest
    except ValueError:
        return False


def is_in_time(task: HumanTask, submitted_at: Instant) -> bool:
    """Whether an answer submitted then met the task's due date."""
    return submitted_at <= task.deadline.due_at


def _marks(outcome: WireModel, name: str) -> tuple[str, dict[str, list[str]]]:
    extra = type(outcome).model_fields[name].json_schema_extra
    marks = cast("dict[str, Any]", extra if isinstance(extra, dict) else {})
    return marks.get("x-kind", ""), marks.get("x-needed-when", {})
