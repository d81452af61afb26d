"""Receipt, screening, triage, designation and first contact, with everything that goes wrong."""

from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest

from infra.postgres.calendar import declare_holiday
from schemas.actor import COMPANY, Actor
from schemas.case import (
    Branch,
    CaseOutcome,
    CaseStatus,
    DeclineReason,
    OfferAnswer,
    PromiseState,
    Service,
)
from schemas.outcome import (
    AcceptCase,
    AnswerContact,
    AssignInstitute,
    ContactCompany,
    DecideNoMatch,
    ReferCase,
    ResolveOverdue,
    ScreenCase,
    SupplyInformation,
    TaskKind,
    TriageCase,
    Volunteer,
)
from schemas.record import Arrival
from schemas.task import (
    HumanTask,
    TaskClaim,
    TaskReassignment,
    TaskRelease,
    TaskStatus,
)
from tests.driver import (
    COORDINATOR,
    DIRECTOR,
    TRIAGE,
    CaseDriver,
    StartCase,
    head_of,
    support_of,
    written,
)
from workflows.policy.business_calendar import SEOUL
from workflows.support_case import SupportCase

TECH_HELD = TriageCase(service=Service.DIFFICULTY, branch=Branch.TECH_HELD)
DECLINE = AcceptCase(decision="decline", decline_reason=DeclineReason.NO_CAPACITY)
MOMENT = timedelta(seconds=5)


async def to_the_offer(case: CaseDriver, institute: str = "KITECH") -> HumanTask:
    await case.get_triaged(TECH_HELD)
    await case.complete(AssignInstitute(decision="assign", institute=institute), COORDINATOR)
    return await case.open_task(TaskKind.ACCEPT_CASE)


async def outcome_of(case: CaseDriver) -> CaseOutcome | None:
    await case.open_task(TaskKind.ANSWER_SURVEY)
    return (await case.snapshot()).outcome


# -- screening --


async def test_an_enquiry_answered_at_the_desk_is_counted_apart(start_case: StartCase) -> None:
    case = await start_case(service=None)
    await case.complete(ScreenCase(decision="answer", answer=written("답변")), TRIAGE)

    assert await outcome_of(case) is CaseOutcome.ANSWERED_AT_DESK
    assert (await case.snapshot()).counted_as == "contact"


@pytest.mark.parametrize(
    ("screening", "outcome"),
    [
        (
            ScreenCase(decision="duplicate", duplicate_of="1379-2026-999999"),
            CaseOutcome.MERGED,
        ),
        (ScreenCase(decision="not_sme", reason=written("사유")), CaseOutcome.OUT_OF_SCOPE),
    ],
)
async def test_screening_can_end_a_case(
    start_case: StartCase, screening: ScreenCase, outcome: CaseOutcome
) -> None:
    case = await start_case()
    await case.complete(screening, TRIAGE)

    assert await outcome_of(case) is outcome
    survey = await case.open_task(TaskKind.ANSWER_SURVEY)
    assert survey.parameters["form"] == "short"


async def test_abuse_ends_a_case_without_a_survey(start_case: StartCase) -> None:
    case = await start_case()
    await case.complete(ScreenCase(decision="abuse", reason=written("사유")), TRIAGE)
    await case.pass_time(timedelta(days=40))

    assert (await case.handle.result()).outcome is CaseOutcome.CLOSED_ABUSE
    assert TaskKind.ANSWER_SURVEY not in [task.kind for task in (await case.projection()).tasks]


async def test_the_wrong_channel_is_referred_to_a_named_body(start_case: StartCase) -> None:
    case = await start_case()
    await case.complete(ScreenCase(decision="wrong_channel"), TRIAGE)
    await case.complete(ReferCase(body="finance", reason=written("사유")), TRIAGE)

    assert await outcome_of(case) is CaseOutcome.REFERRED_OUT


async def test_a_needed_text_that_is_missing_is_refused(start_case: StartCase) -> None:
    case = await start_case()
    task = await case.open_task(TaskKind.SCREEN_CASE)

    assert await case.refused(task, ScreenCase(decision="supplement"), TRIAGE) == (
        "outcome-incomplete"
    )
    bare = ScreenCase(decision="supplement", question="이름이 무엇입니까?")
    assert await case.refused(task, bare, TRIAGE) == "outcome-mismatch"
    assert await case.refused(task, ReferCase(body="legal"), TRIAGE) == "outcome-mismatch"
    assert await case.refused(task, ScreenCase(decision="proceed"), COMPANY) == "task-not-found"


# -- supplement --


async def test_a_supplement_stops_the_clock_of_the_promise(start_case: StartCase) -> None:
    case = await start_case()
    told = (await case.snapshot()).promises[0].deadline.due_at
    await case.complete(ScreenCase(decision="supplement", question=written("질문")), TRIAGE)
    await case.open_task(TaskKind.SUPPLY_INFORMATION)
    await case.pass_time(timedelta(days=5))
    await case.complete(SupplyInformation(decision="supply", information=written("정보")), COMPANY)
    await case.open_task(TaskKind.SCREEN_CASE)
    await case.pass_time(MOMENT)

    promise = (await case.snapshot()).promises[0]
    assert promise.state is PromiseState.RUNNING
    assert promise.deadline.due_at >= told + timedelta(days=5)
    assert "case:promise:moved" in await case.tags()


async def test_a_company_may_ask_for_more_time_as_often_as_the_policy_says(
    start_case: StartCase,
) -> None:
    case = await start_case()
    await case.complete(ScreenCase(decision="supplement", question=written("질문")), TRIAGE)
    for left in ("2", "1"):
        task = await case.open_task(TaskKind.SUPPLY_INFORMATION)
        assert task.parameters["extensions_left"] == left
        await case.complete_task(task, SupplyInformation(decision="more_time"), COMPANY)

    last = await case.open_task(TaskKind.SUPPLY_INFORMATION)

    assert last.parameters["extensions_left"] == "0"


async def test_a_supplement_that_never_comes_closes_the_case_after_a_second_request(
    start_case: StartCase,
) -> None:
    case = await start_case()
    await case.complete(ScreenCase(decision="supplement", question=written("질문")), TRIAGE)
    first = await case.open_task(TaskKind.SUPPLY_INFORMATION)
    await case.pass_time_until(first.deadline.due_at + timedelta(minutes=11))
    second = await case.open_task(TaskKind.SUPPLY_INFORMATION)
    assert second.task_id != first.task_id

    await case.pass_time_until(second.deadline.due_at + timedelta(minutes=11))

    assert await outcome_of(case) is CaseOutcome.CLOSED_NO_RESPONSE


async def test_an_answer_submitted_in_time_but_seen_late_reverses_the_expiry(
    start_case: StartCase,
) -> None:
    case = await start_case()
    await case.complete(ScreenCase(decision="supplement", question=written("질문")), TRIAGE)
    first = await case.open_task(TaskKind.SUPPLY_INFORMATION)
    await case.pass_time_until(first.deadline.due_at + timedelta(minutes=11))
    second = await case.open_task(TaskKind.SUPPLY_INFORMATION)
    await case.pass_time_until(second.deadline.due_at + timedelta(minutes=11))
    await case.open_task(TaskKind.ANSWER_SURVEY)
    expired = next(
        task for task in (await case.projection()).tasks if task.task_id == second.task_id
    )
    answer = SupplyInformation(decision="supply", information=written("정보"))
    late = expired.deadline.due_at + timedelta(seconds=1)
    assert await case.refused(expired, answer, COMPANY, submitted_at=late) == "task-not-open"

    await case.complete_task(
        expired, answer, COMPANY, submitted_at=expired.deadline.due_at - timedelta(seconds=1)
    )

    await case.open_task(TaskKind.SCREEN_CASE)
    assert "case:expiry:reversed" in await case.tags()


# -- designation --


async def test_a_declined_case_goes_to_the_next_candidate_and_then_to_the_panel(
    start_case: StartCase,
) -> None:
    case = await start_case()
    first = await to_the_offer(case)
    await case.complete_task(first, DECLINE, head_of("KITECH"))
    second = await case.open_task(TaskKind.ACCEPT_CASE)
    assert second.candidate_group == "institute:KIMS:dept_head"
    await case.complete_task(second, DECLINE, head_of("KIMS"))

    await case.open_task(TaskKind.DECIDE_NO_MATCH)

    snapshot = await case.snapshot()
    assert snapshot.status is CaseStatus.NO_MATCH
    assert [offer.answer for offer in snapshot.assignments] == [OfferAnswer.DECLINED] * 2


async def test_a_silent_institute_is_passed_over_after_twice_its_time(
    start_case: StartCase,
) -> None:
    case = await start_case()
    offer = await to_the_offer(case)
    assert offer.expires_at is not None
    await case.pass_time_until(offer.deadline.due_at)
    overdue = await case.open_task(TaskKind.ACCEPT_CASE)
    assert (overdue.task_id, overdue.level) == (offer.task_id, 1)

    await case.pass_time_until(offer.expires_at + timedelta(minutes=11))

    following = await case.open_task(TaskKind.ACCEPT_CASE)
    assert following.candidate_group == "institute:KIMS:dept_head"
    assert (await case.snapshot()).assignments[0].answer is OfferAnswer.SILENT


async def test_another_institutes_task_looks_like_none(start_case: StartCase) -> None:
    case = await start_case()
    offer = await to_the_offer(case)

    assert await case.refused(offer, AcceptCase(decision="accept"), head_of("KERI")) == (
        "task-not-found"
    )
    assert await case.refused(offer, AcceptCase(decision="accept"), support_of("KITECH")) == (
        "task-not-found"
    )


async def test_a_broadcast_finds_a_volunteer_whom_the_coordinator_confirms(
    start_case: StartCase,
) -> None:
    case = await start_case()
    await case.get_triaged(TECH_HELD)
    await case.complete(AssignInstitute(decision="no_match", reason=written("사유")), COORDINATOR)
    await case.complete(DecideNoMatch(decision="broadcast"), COORDINATOR)
    await case.complete(Volunteer(note=written("가능")), head_of("KFRI"))
    confirm = await case.open_task(TaskKind.ASSIGN_INSTITUTE)
    assert confirm.parameters["volunteer"] == "KFRI"
    await case.complete_task(
        confirm, AssignInstitute(decision="assign", institute="KFRI"), COORDINATOR
    )

    offer = await case.open_task(TaskKind.ACCEPT_CASE)

    assert offer.candidate_group == "institute:KFRI:dept_head"


async def test_a_broadcast_nobody_answers_goes_back_to_the_panel(start_case: StartCase) -> None:
    case = await start_case()
    await case.get_triaged(TECH_HELD)
    await case.complete(AssignInstitute(decision="no_match", reason=written("사유")), COORDINATOR)
    await case.complete(DecideNoMatch(decision="broadcast"), COORDINATOR)
    broadcast = await case.open_task(TaskKind.VOLUNTEER)
    await case.pass_time_until(broadcast.deadline.due_at + timedelta(minutes=11))

    panel = await case.open_task(TaskKind.DECIDE_NO_MATCH)
    await case.complete_task(
        panel, DecideNoMatch(decision="close", reason=written("사유")), COORDINATOR
    )

    assert await outcome_of(case) is CaseOutcome.UNRESOLVABLE_NO_MATCH


async def test_an_institute_that_asks_the_company_is_asked_again(start_case: StartCase) -> None:
    case = await start_case()
    offer = await to_the_offer(case)
    await case.complete_task(
        offer, AcceptCase(decision="ask_company", question=written("질문")), head_of("KITECH")
    )
    await case.complete(SupplyInformation(decision="supply", information=written("정보")), COMPANY)

    again = await case.open_task(TaskKind.ACCEPT_CASE)

    assert again.task_id != offer.task_id


# -- first contact --


async def test_the_promise_is_kept_by_the_first_contact(start_case: StartCase) -> None:
    case = await start_case()
    await case.get_contacted(TECH_HELD)
    await case.open_task(TaskKind.CONFIRM_TECHNOLOGY)

    assert (await case.snapshot()).promises[0].state is PromiseState.KEPT


async def test_the_promise_is_broken_at_its_date_and_everybody_is_told(
    start_case: StartCase, database: asyncpg.Pool
) -> None:
    case = await start_case()
    due_at = (await case.snapshot()).promises[0].deadline.due_at
    await case.pass_time_until(due_at - timedelta(minutes=1))
    assert (await case.snapshot()).promises[0].state is PromiseState.RUNNING

    await case.pass_time_until(due_at)
    await case.pass_time(MOMENT)

    assert (await case.snapshot()).promises[0].state is PromiseState.BROKEN
    told = await database.fetch(
        "SELECT template, audience FROM notification WHERE case_number = $1", case.handle.id
    )
    assert ("delay_notice", "company") in [tuple(row) for row in told]
    assert ("promise_broken", "centre:coordinator") in [tuple(row) for row in told]


async def test_a_company_nobody_reaches_gets_a_last_notice_and_is_closed(
    start_case: StartCase,
) -> None:
    case = await start_case()
    await case.get_accepted(TECH_HELD)
    for channel in ("phone", "phone", "email"):
        await case.complete(
            ContactCompany(decision="not_reached", channel=channel), support_of("KITECH")
        )
    notice = await case.open_task(TaskKind.ANSWER_CONTACT)
    assert (await case.snapshot()).status is CaseStatus.UNREACHABLE

    await case.pass_time_until(notice.deadline.due_at + timedelta(minutes=11))

    assert await outcome_of(case) is CaseOutcome.CLOSED_NO_RESPONSE


async def test_a_company_that_answers_the_last_notice_is_contacted_again(
    start_case: StartCase,
) -> None:
    case = await start_case()
    await case.get_accepted(TECH_HELD)
    for channel in ("phone", "mobile", "email"):
        await case.complete(
            ContactCompany(decision="not_reached", channel=channel), support_of("KITECH")
        )
    await case.complete(AnswerContact(best_time=written("오후")), COMPANY)

    await case.open_task(TaskKind.CONTACT_COMPANY)


# -- tasks --


async def test_a_task_is_claimed_once_and_given_back(start_case: StartCase) -> None:
    case = await start_case()
    task = await case.open_task(TaskKind.SCREEN_CASE)
    other = Actor(id="acc-triage-2", role=TRIAGE.role)
    await case.handle.execute_update(
        SupportCase.claim_task, TaskClaim(task_id=task.task_id, actor=TRIAGE), id="claim"
    )
    claimed = await case.open_task(TaskKind.SCREEN_CASE)
    assert claimed.assignee == TRIAGE.id
    assert await case.refused(claimed, ScreenCase(decision="proceed"), other) == "task-not-yours"
    assert await case.refused(task, ScreenCase(decision="proceed"), TRIAGE) == "stale-version"
    await case.handle.execute_update(
        SupportCase.release_task, TaskRelease(task_id=task.task_id, actor=TRIAGE), id="release"
    )

    await case.complete(ScreenCase(decision="proceed"), other)

    assert await case.refused(claimed, ScreenCase(decision="proceed"), other) == "task-not-open"


async def test_a_head_reassigns_an_absent_colleagues_task(start_case: StartCase) -> None:
    case = await start_case()
    await case.get_accepted(TECH_HELD)
    task = await case.open_task(TaskKind.CONTACT_COMPANY)
    assert task.assignee == support_of("KITECH").id
    deputy = support_of("KITECH").model_copy(update={"id": "acc-kitech-deputy"})
    await case.handle.execute_update(
        SupportCase.reassign_task,
        TaskReassignment(task_id=task.task_id, actor=head_of("KITECH"), assignee=deputy),
        id="reassign",
    )

    await case.complete(
        ContactCompany(decision="contacted", channel="phone", summary=written("통화")), deputy
    )


async def test_a_task_nobody_does_climbs_its_ladder(start_case: StartCase) -> None:
    case = await start_case()
    await case.complete(ScreenCase(decision="proceed"), TRIAGE)
    task = await case.open_task(TaskKind.TRIAGE_CASE)
    deadline = task.deadline
    assert deadline.l2_at is not None
    assert deadline.l3_at is not None
    levels: list[int] = []
    for instant in (deadline.due_at, deadline.l2_at, deadline.l3_at):
        await case.pass_time_until(instant)
        await case.pass_time(MOMENT)
        levels.append((await case.open_task(TaskKind.TRIAGE_CASE)).level)
    assert levels == [1, 2, 3]

    resolve = await case.open_task(TaskKind.RESOLVE_OVERDUE)
    await case.complete_task(
        resolve, ResolveOverdue(decision="extend", reason=written("사유")), COORDINATOR
    )

    extended = await case.open_task(TaskKind.TRIAGE_CASE)
    assert extended.level == 0
    assert extended.deadline.due_at > deadline.due_at
    tags = await case.tags()
    assert tags.count("task:work:reminded") == 2


async def test_a_coordinator_can_close_a_case_that_nobody_works_on(start_case: StartCase) -> None:
    case = await start_case()
    task = await case.open_task(TaskKind.SCREEN_CASE)
    assert task.deadline.l2_at is not None
    await case.pass_time_until(task.deadline.l2_at)
    await case.complete(ResolveOverdue(decision="close_case", reason=written("사유")), COORDINATOR)

    assert await outcome_of(case) is CaseOutcome.NOT_SOLVED


async def test_an_overdue_task_of_the_coordinators_goes_to_the_director(
    start_case: StartCase,
) -> None:
    case = await start_case()
    await case.get_triaged(TECH_HELD)
    task = await case.open_task(TaskKind.ASSIGN_INSTITUTE)
    assert task.deadline.l2_at is not None
    await case.pass_time_until(task.deadline.l2_at)

    await case.complete(ResolveOverdue(decision="remind"), DIRECTOR)

    assert (await case.open_task(TaskKind.ASSIGN_INSTITUTE)).level == 0


# -- at any time --


@pytest.mark.parametrize("stage", ["screening", "offered", "contact"])
async def test_a_company_withdraws_at_any_stage(start_case: StartCase, stage: str) -> None:
    case = await start_case()
    if stage == "offered":
        await to_the_offer(case)
    elif stage == "contact":
        await case.get_accepted(TECH_HELD)

    await case.withdraw()

    assert await outcome_of(case) is CaseOutcome.WITHDRAWN
    open_kinds = await case.open_kinds()
    assert open_kinds == [TaskKind.ANSWER_SURVEY]


async def test_a_holiday_declared_while_a_case_runs_moves_its_dates_later(
    start_case: StartCase, database: asyncpg.Pool
) -> None:
    case = await start_case()
    told = (await case.snapshot()).promises[0].deadline.due_at
    version = await declare_holiday(database, told.astimezone(SEOUL).date(), "임시공휴일")
    await case.handle.signal(SupportCase.calendar_changed, version)
    await case.pass_time(MOMENT)

    snapshot = await case.snapshot()

    assert snapshot.calendar_version == version
    assert snapshot.promises[0].deadline.due_at > told
    assert snapshot.promises[0].deadline.calendar_version == version


async def test_a_message_that_cannot_be_delivered_becomes_somebodys_task(
    start_case: StartCase,
) -> None:
    case = await start_case()
    await case.handle.signal(SupportCase.message_failed, "some-key")

    task = await case.open_task(TaskKind.NOTIFY_OTHERWISE)

    assert task.status is TaskStatus.OPEN
    assert task.parameters["message"] == "some-key"


async def test_a_message_of_the_company_reaches_those_who_handle_the_case_once(
    start_case: StartCase, database: asyncpg.Pool
) -> None:
    case = await start_case()
    arrival = Arrival(document=uuid4().hex, purpose="message", actor=COMPANY)
    for _ in range(2):
        await case.handle.signal(SupportCase.document_arrived, arrival)
    await case.get_accepted(TECH_HELD)
    later = arrival.model_copy(update={"document": uuid4().hex, "purpose": "attachment"})
    await case.handle.signal(SupportCase.document_arrived, later)

    tags = await case.tags()
    await case.settle(database)

    assert [tags.count(f"case:{what}:received") for what in ("message", "attachment")] == [1, 1]
    told = await database.fetch(
        "SELECT audience, parameters FROM notification "
        "WHERE case_number = $1 AND template = 'document_arrived' ORDER BY created_at",
        case.handle.id,
    )
    assert [(row["audience"], row["parameters"]) for row in told] == [
        ("centre:triage", {"kind": "message"}),
        ("institute:KITECH:support", {"kind": "attachment"}),
    ]
