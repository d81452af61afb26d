"""What an answer names must exist: institutes, members of staff, earlier cases.

A workflow cannot look anything up, so this is checked before an answer is stored.
"""

from api.centre import Centre
from infra.postgres import accounts, cases, catalogue, intakes, rounds, tasks
from schemas.actor import Actor, Role, groups_of, institute_group
from schemas.base import WireModel
from schemas.outcome import (
    AcceptCase,
    AssignInstitute,
    CheckEquipment,
    DecideNoMatch,
    JoinCase,
    Mediate,
    NameAdviser,
    NameHandler,
    NameLead,
    ResolveOverdue,
    ScoreApplications,
    ScreenCase,
    TaskKind,
)
from schemas.problem import ProblemType, Refused
from schemas.sheet import SheetReference
from schemas.task import (
    HumanTask,
)


async def check_named(centre: Centre, actor: Actor, task: HumanTask, outcome: WireModel) -> None:
    """Raise `Refused` with the field that names what does not exist or does not fit."""
    match outcome:
        case (
            AssignInstitute(institute=str(code))
            | DecideNoMatch(institute=str(code))
            | Mediate(institute=str(code))
            | NameLead(institute=str(code))
        ):
            await check_institute(centre, code, field="/outcome/institute")
        case (
            JoinCase(named_staff=str(account_id))
            | NameHandler(named_staff=account_id)
            | NameAdviser(named_staff=str(account_id))
        ):
            desk = institute_group(actor.institute or "", named_role(task.kind))
            await find_assignable(centre, account_id, desk, field="/outcome/named_staff")
        case AcceptCase():
            await _check_acceptance(centre, actor, outcome)
        case CheckEquipment(equipment_id=str(equipment_id)):
            await _check_equipment(centre, actor, equipment_id, field="/outcome/equipment_id")
        case ResolveOverdue(assignee=str(account_id)):
            overdue = await tasks.find(centre.pool, task.parameters.get("overdue_task", ""))
            group = "" if overdue is None else overdue.candidate_group
            await find_assignable(centre, account_id, group, field="/outcome/assignee")
        case ScoreApplications(sheet=str(sha256)):
            await _check_sheet(centre, task, outcome, sha256)
        case ScreenCase(duplicate_of=str(number)):
            if number == task.case_number or await cases.find(centre.pool, number) is None:
                raise Refused(
                    ProblemType.INVALID_REQUEST,
                    "There is no earlier case with this number. Look it up in the list of cases.",
                    field="/outcome/duplicate_of",
                )
        case _:
            pass


def named_role(kind: TaskKind) -> Role:
    """The role of those at an institute who can be named in the answer to a task."""
    return Role.RESEARCHER if kind is TaskKind.NAME_ADVISER else Role.SUPPORT


async def find_assignable(centre: Centre, account_id: str, group: str, *, field: str) -> Actor:
    """The account's actor, when it is in use and may do the tasks of `group`.

    Raises:
        Refused: `invalid-request`, the same for an unknown account and for another desk's.
    """
    account = await accounts.find(centre.pool, account_id)
    if (
        account is None
        or not account.works_on(centre.korean_day(centre.clock()))
        or group not in groups_of(account.actor)
    ):
        raise Refused(
            ProblemType.INVALID_REQUEST,
            "Nobody with this account works in the group that the task is for. "
            "Choose a colleague of that group.",
            field=field,
        )
    return account.actor


async def check_institute(centre: Centre, code: str, *, field: str) -> None:
    """Raise `Refused` unless there is such an institute today."""
    if not await intakes.is_institute(centre.pool, code, centre.korean_day(centre.clock())):
        raise Refused(
            ProblemType.INVALID_REQUEST,
            "There is no such institute. Choose one of /api/v1/institutes.",
            field=field,
        )


async def _check_acceptance(centre: Centre, actor: Actor, outcome: AcceptCase) -> None:
    if outcome.better_institute is not None:
        await check_institute(centre, outcome.better_institute, field="/outcome/better_institute")
    if outcome.named_staff is not None:
        desk = institute_group(actor.institute or "", named_role(TaskKind.ACCEPT_CASE))
        await find_assignable(centre, outcome.named_staff, desk, field="/outcome/named_staff")


async def _check_sheet(
    centre: Centre, task: HumanTask, outcome: ScoreApplications, sha256: str
) -> None:
    if outcome.decision != "hand_in":
        raise Refused(
            ProblemType.OUTCOME_MISMATCH,
            "Who cannot review hands in no sheet. Leave it out, or hand it in.",
            field="/outcome/sheet",
        )
    reference = SheetReference(task_id=task.task_id, sha256=sha256)
    found = await rounds.sheet(centre.pool, reference)
    listed = await rounds.taking_part(centre.pool, task.case_number)
    if found is None or not found.assesses(listed):
        raise Refused(
            ProblemType.OUTCOME_INCOMPLETE,
            "Assess every application, or declare a conflict of interest, and save the sheet.",
            field="/outcome/sheet",
        )


async def _check_equipment(centre: Centre, actor: Actor, equipment_id: str, *, field: str) -> None:
    if await catalogue.equipment_name(centre.pool, equipment_id, actor.institute) is None:
        raise Refused(
            ProblemType.INVALID_REQUEST,
            "Your institute has no such instrument. Choose one of /api/v1/search/equipment.",
            field=field,
        )
