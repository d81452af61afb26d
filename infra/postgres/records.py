"""Writes a case's transitions into the read model. Rows only ever move to a newer version."""

from infra.postgres.pool import Database
from schemas.case import CaseSnapshot
from schemas.record import FoundSubmission, ScreeningFindings, ScreeningRequest, SubmissionQuery
from schemas.task import (
    HumanTask,
    TaskCompletion,
)


async def save_case(db: Database, case: CaseSnapshot) -> bool:
    """Write the case's row unless the stored one is as new.

    Returns:
        Whether the row was written: a late retry of an earlier transition changes nothing.
    """
    written = await db.fetchval(
        """
        INSERT INTO support_case AS stored
               (case_number, version, status, step, service, channel, region, track,
                lead_institute, outcome, unconfirmed, counted_as, received_at, next_due_at,
                overdue, closed_at, calendar_version, policy_version, snapshot)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,
                $19)
        ON CONFLICT (case_number) DO UPDATE
           SET version = excluded.version, status = excluded.status, step = excluded.step,
               service = excluded.service, track = excluded.track,
               lead_institute = excluded.lead_institute, outcome = excluded.outcome,
               unconfirmed = excluded.unconfirmed, counted_as = excluded.counted_as,
               next_due_at = excluded.next_due_at, overdue = excluded.overdue,
               closed_at = excluded.closed_at, calendar_version = excluded.calendar_version,
               snapshot = excluded.snapshot
         WHERE stored.version < excluded.version
        RETURNING true
        """,
        case.case_number,
        case.version,
        case.status.value,
        case.step.value,
        case.service.value if case.service else None,
        case.channel,
        case.region,
        case.track.value if case.track else None,
        case.lead_institute,
        case.outcome.value if case.outcome else None,
        case.unconfirmed,
        case.counted_as,
        case.received_at,
        case.next_due_at,
        case.overdue,
        case.closed_at,
        case.calendar_version,
        case.policy_version,
        case.model_dump(mode="json"),
    )
    return written is True


async def save_assignments(db: Database, case: CaseSnapshot) -> None:
    """Write every offer made to an institute, with its answer.

    An offer keeps its number when another institute follows the one that it was made to (U32).
    """
    await db.executemany(
        """
        INSERT INTO assignment
               (case_number, nth, institute, role, offered_at, answered_at, answer,
                decline_reason)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (case_number, nth) DO UPDATE
           SET institute = excluded.institute, role = excluded.role,
               answered_at = excluded.answered_at, answer = excluded.answer,
               decline_reason = excluded.decline_reason
        """,
        [
            (
                case.case_number,
                nth,
                offer.institute,
                offer.role.value,
                offer.offered_at,
                offer.answered_at,
                offer.answer.value,
                offer.decline_reason.value if offer.decline_reason else None,
            )
            for nth, offer in enumerate(case.assignments, start=1)
        ],
    )


async def save_task(db: Database, task: HumanTask) -> None:
    """Write a task's row unless the stored one is as new."""
    await db.execute(
        """
        INSERT INTO human_task AS stored
               (task_id, case_number, kind, status, candidate_group, assignee, opened_at, due_at,
                expires_at, level, version, completed_at, task)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
        ON CONFLICT (task_id) DO UPDATE
           SET status = excluded.status, candidate_group = excluded.candidate_group,
               assignee = excluded.assignee, due_at = excluded.due_at,
               expires_at = excluded.expires_at, level = excluded.level,
               version = excluded.version, completed_at = excluded.completed_at,
               task = excluded.task
         WHERE stored.version < excluded.version
        """,
        task.task_id,
        task.case_number,
        task.kind.value,
        task.status.value,
        task.candidate_group,
        task.assignee,
        task.opened_at,
        task.deadline.due_at,
        task.expires_at,
        task.level,
        task.version,
        task.completed_at,
        task.model_dump(mode="json"),
    )


async def plan_destruction(db: Database, case: CaseSnapshot, keep_for: str) -> None:
    """Date the destruction of a closed case's contact data; an open case's has no date.

    Args:
        db: Database.
        case: The case.
        keep_for: How long contact data is kept after closing, as ISO 8601.
    """
    await db.execute(
        """
        UPDATE contact
           SET destroy_after = ($2::timestamptz + $3::text::interval)::date
         WHERE case_number = $1
           AND destroy_after IS DISTINCT FROM
               ($2::timestamptz + $3::text::interval)::date
        """,
        case.case_number,
        case.closed_at,
        keep_for,
    )


async def find_submission(db: Database, query: SubmissionQuery) -> FoundSubmission:
    """The first answer to a task that was stored in time and neither taken nor refused."""
    completion = await db.fetchval(
        """
        SELECT completion
          FROM submission
         WHERE task_id = $1 AND submitted_at <= $2 AND status = 'stored'
         ORDER BY submitted_at
         LIMIT 1
        """,
        query.task_id,
        query.submitted_by,
    )
    if completion is None:
        return FoundSubmission()
    return FoundSubmission(completion=TaskCompletion.model_validate(completion))


async def screen(db: Database, request: ScreeningRequest) -> ScreeningFindings:
    """What the desk should look at: likely duplicates of the same company, personal data.

    Texts are compared by their trigrams. Source: domain rule U18.
    """
    duplicates = await db.fetch(
        """
        SELECT earlier.case_number
          FROM intake
          JOIN case_text ON case_text.case_number = intake.case_number
          JOIN intake AS earlier ON earlier.company_id = intake.company_id
               AND earlier.case_number <> intake.case_number
               AND earlier.submitted_at <= intake.submitted_at
               AND earlier.submitted_at > intake.submitted_at - $2::text::interval
          JOIN case_text AS earlier_text ON earlier_text.case_number = earlier.case_number
         WHERE intake.case_number = $1
           AND similarity(case_text.description, earlier_text.description) >= $3
         ORDER BY earlier.submitted_at
         LIMIT 5
        """,
        request.case_number,
        request.duplicate_window,
        request.duplicate_similarity,
    )
    text = await db.fetchrow(
        """
        SELECT personal_data, description ~ '[가-힣]' AS korean
          FROM case_text
         WHERE case_number = $1
        """,
        request.case_number,
    )
    return ScreeningFindings(
        duplicate_candidates=tuple(row["case_number"] for row in duplicates),
        personal_data=tuple(text["personal_data"]) if text else (),
        language="ko" if text is None or text["korean"] else "other",
    )
