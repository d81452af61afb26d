"""Selection rounds: their applications, score sheets and rankings."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from infra.postgres.pool import Database
from schemas.selection import (
    ApplicationRequest,
    ApplicationState,
    Ineligibility,
    Placed,
    PlannedRound,
    RoundDecision,
    RoundSnapshot,
    RoundState,
    Standing,
)
from schemas.sheet import ScoreSheet, SheetReference

_OUT: Final = frozenset(
    {ApplicationState.INELIGIBLE, ApplicationState.WITHDRAWN, ApplicationState.GIVEN_UP}
)


async def plan(db: Database, planned: PlannedRound, policy_version: str) -> PlannedRound:
    """Write a round down before its workflow starts; one that is there stays as it is.

    Returns:
        The round as it is written down: its dates were told to whoever applied.
    """
    await db.execute(
        """
        INSERT INTO selection_round
               (round_id, programme, period, opens_at, cutoff_at, policy_version)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT DO NOTHING
        """,
        planned.round_id,
        planned.programme.value,
        planned.period,
        planned.opens_at,
        planned.cutoff_at,
        policy_version,
    )
    return await find_planned(db, planned.round_id) or planned


async def find_planned(db: Database, round_id: str) -> PlannedRound | None:
    """A round as it was written down when it was planned; None for an unknown one."""
    row = await db.fetchrow(
        """
        SELECT round_id, programme, period, opens_at, cutoff_at
          FROM selection_round
         WHERE round_id = $1
        """,
        round_id,
    )
    return None if row is None else PlannedRound.model_validate(dict(row))


async def save(db: Database, snapshot: RoundSnapshot) -> None:
    """Write the round's row unless the stored one is as new."""
    await db.execute(
        """
        INSERT INTO selection_round AS stored
               (round_id, version, programme, period, state, opens_at, cutoff_at, next_due_at,
                calendar_version, policy_version, snapshot)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        ON CONFLICT (round_id) DO UPDATE
           SET version = excluded.version, state = excluded.state,
               next_due_at = excluded.next_due_at, calendar_version = excluded.calendar_version,
               policy_version = excluded.policy_version, snapshot = excluded.snapshot
         WHERE stored.version < excluded.version
        """,
        snapshot.round_id,
        snapshot.version,
        snapshot.programme.value,
        snapshot.period,
        snapshot.state.value,
        snapshot.opens_at,
        snapshot.cutoff_at,
        snapshot.next_due_at,
        snapshot.calendar_version,
        snapshot.policy_version,
        snapshot.model_dump(mode="json"),
    )


async def apply(db: Database, round_id: str, application: ApplicationRequest) -> bool:
    """Add an application to a round; handing it in again before the cut-off replaces it.

    The caller opens the transaction; the round's row is locked against closing meanwhile.

    Returns:
        False when it comes after the round's cut-off, or the list is closed already.
    """
    in_time = await db.fetchval(
        """
        SELECT state = $2 AND cutoff_at >= $3 FROM selection_round WHERE round_id = $1 FOR SHARE
        """,
        round_id,
        RoundState.OPEN.value,
        application.submitted_at,
    )
    if not in_time:
        return False
    await db.execute(
        """
        INSERT INTO application (round_id, case_number, submitted_at, application, budget_krw)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (round_id, case_number) DO UPDATE
           SET submitted_at = excluded.submitted_at, application = excluded.application,
               budget_krw = excluded.budget_krw, state = 'applied'
         WHERE application.state IN ('applied', 'withdrawn')
        """,
        round_id,
        application.case_number,
        application.submitted_at,
        application.model_dump(mode="json"),
        application.budget_krw or 0,
    )
    return True


async def close_list(db: Database, round_id: str) -> list[ApplicationRequest]:
    """Take no more applications, and return those that take part.

    The caller opens the transaction. Repeating it changes nothing.
    """
    await db.execute(
        "UPDATE selection_round SET state = 'panel' WHERE round_id = $1 AND state = 'open'",
        round_id,
    )
    rows = await db.fetch(
        """
        SELECT application
          FROM application
         WHERE round_id = $1 AND state IN ('applied', 'ineligible')
         ORDER BY submitted_at, case_number
        """,
        round_id,
    )
    return [ApplicationRequest.model_validate(row["application"]) for row in rows]


async def exclude(db: Database, round_id: str, found: Sequence[tuple[str, Ineligibility]]) -> None:
    """Keep applications out of the scoring, each with its reason."""
    await db.executemany(
        """
        UPDATE application SET state = 'ineligible', reason = $3
         WHERE round_id = $1 AND case_number = $2 AND state IN ('applied', 'ineligible')
        """,
        [(round_id, case_number, reason.value) for case_number, reason in found],
    )


async def taking_part_elsewhere(
    db: Database, round_id: str, case_numbers: Sequence[str]
) -> dict[str, Ineligibility]:
    """What a company has elsewhere that keeps its case out of a round, by case number.

    It has joint R&D from the agreement on; before that, a place or a hope of one in another round.
    Of two rounds that take applications, the earlier application stands.
    """
    rows = await db.fetch(
        """
        SELECT own.case_number, bool_or(is_running) AS is_running
          FROM intake AS own
          JOIN application AS a ON a.round_id = $1 AND a.case_number = own.case_number
          JOIN intake AS other ON other.company_id = own.company_id
               AND other.case_number <> own.case_number
          JOIN support_case AS c ON c.case_number = other.case_number
         CROSS JOIN LATERAL (
               SELECT c.step IN ('agreement', 'agreement_late', 'rd_active', 'rd_overrun',
                                 'rd_result') AS is_running
               ) AS project
         WHERE own.case_number = ANY($2)
           AND c.closed_at IS NULL
           AND (is_running
                OR (c.step IN ('round_application', 'round_decision')
                    AND EXISTS (SELECT
                                  FROM application AS elsewhere
                                 WHERE elsewhere.case_number = other.case_number
                                   AND elsewhere.round_id <> $1
                                   AND (elsewhere.state IN ('selected', 'reserve')
                                        OR elsewhere.state = 'applied'
                                           AND elsewhere.submitted_at < a.submitted_at))))
         GROUP BY own.case_number
        """,
        round_id,
        list(case_numbers),
    )
    return {
        row["case_number"]: (
            Ineligibility.DOUBLE_FUNDING if row["is_running"] else Ineligibility.APPLIED_ELSEWHERE
        )
        for row in rows
    }


async def companies(db: Database, case_numbers: Sequence[str]) -> dict[str, str]:
    """Whose cases they are: company ids by case number."""
    rows = await db.fetch(
        "SELECT case_number, company_id::text AS company FROM intake WHERE case_number = ANY($1)",
        list(case_numbers),
    )
    return {row["case_number"]: row["company"] for row in rows}


async def on_their_way(db: Database, round_id: str) -> int:
    """Applications submitted in time that have not reached the round yet: it waits for them."""
    found: int = await db.fetchval(
        """
        SELECT count(*)::int
          FROM submission AS s
          JOIN human_task AS h ON h.task_id = s.task_id
          JOIN selection_round AS r ON r.round_id = $1
         WHERE h.kind = 'prepare_application'
           AND h.task -> 'parameters' ->> 'round' = $1
           AND s.submitted_at <= r.cutoff_at
           AND s.status <> 'refused'
           AND s.completion -> 'outcome' ->> 'decision' = 'apply'
           AND NOT EXISTS (SELECT FROM application AS a WHERE a.case_number = h.case_number
                                                          AND a.submitted_at >= s.submitted_at)
        """,
        round_id,
    )
    return found


async def panel(db: Database, at: datetime, most: int, *, asked: Sequence[str] = ()) -> list[str]:
    """Account ids of those who review, at most so many; who reviewed least goes first.

    Args:
        db: Accounts and tasks.
        at: When they are named.
        most: How many at most.
        asked: Those who were asked before, and are left out.
    """
    rows = await db.fetch(
        """
        SELECT a.account_id
          FROM account AS a
         WHERE a.role = 'evaluator'
           AND a.active
           AND a.account_id <> ALL ($3::text[])
           AND a.valid_from <= ($1::timestamptz AT TIME ZONE 'Asia/Seoul')::date
           AND (a.valid_to IS NULL
                OR a.valid_to >= ($1::timestamptz AT TIME ZONE 'Asia/Seoul')::date)
         ORDER BY (SELECT count(*) FROM human_task AS h
                    WHERE h.kind = 'score_applications' AND h.assignee = a.account_id),
                  a.account_id
         LIMIT $2
        """,
        at,
        most,
        list(asked),
    )
    return [row["account_id"] for row in rows]


async def applications(db: Database, round_id: str) -> list["ApplicationRow"]:
    """Every application of a round, in the order of its ranking."""
    rows = await db.fetch(
        """
        SELECT a.case_number, a.submitted_at, a.application, a.budget_krw, a.state, a.rank,
               a.score, a.reason, t.title_masked AS title
          FROM application AS a
          LEFT JOIN case_text AS t ON t.case_number = a.case_number
         WHERE a.round_id = $1
         ORDER BY a.rank NULLS LAST, a.submitted_at, a.case_number
        """,
        round_id,
    )
    return [
        ApplicationRow(
            case_number=row["case_number"],
            title=row["title"] or "",
            submitted_at=row["submitted_at"],
            application=ApplicationRequest.model_validate(row["application"]),
            budget_krw=row["budget_krw"],
            state=ApplicationState(row["state"]),
            rank=row["rank"],
            score=row["score"],
            reason=row["reason"],
        )
        for row in rows
    ]


@dataclass(frozen=True, kw_only=True)
class ApplicationRow:
    """One application with what became of it."""

    case_number: str
    title: str
    submitted_at: datetime
    application: ApplicationRequest
    budget_krw: int
    state: ApplicationState
    rank: int | None
    score: float | None
    reason: str | None

    @property
    def standing(self) -> Standing:
        """Without its scores."""
        return Standing(
            case_number=self.case_number,
            submitted_at=self.submitted_at,
            budget_krw=self.budget_krw,
        )


async def taking_part(db: Database, round_id: str) -> dict[str, ApplicationRow]:
    """Applications that are scored, by case number."""
    return {
        row.case_number: row for row in await applications(db, round_id) if row.state not in _OUT
    }


async def place(db: Database, round_id: str, placed: Sequence[Placed]) -> None:
    """Write a ranking in place of an earlier one; who withdrew stays withdrawn."""
    await db.executemany(
        """
        UPDATE application SET state = $3, rank = $4, score = $5, reason = $6
         WHERE round_id = $1
           AND case_number = $2
           AND state NOT IN ('withdrawn', 'given_up', 'ineligible')
        """,
        [
            (round_id, one.case_number, one.state.value, one.rank, one.score, one.reason)
            for one in placed
        ],
    )


async def lock(db: Database, round_id: str) -> None:
    """Let no application be withdrawn, or its place given up, until the transaction ends.

    A case that withdraws meanwhile does so afterwards: from the place that it was just given,
    which thereby becomes free.
    """
    await db.execute(
        "SELECT FROM application WHERE round_id = $1 ORDER BY case_number FOR UPDATE", round_id
    )


async def set_state(
    db: Database,
    round_id: str,
    case_numbers: Sequence[str],
    state: ApplicationState,
    reason: str | None = None,
) -> None:
    """Let applications be in a state, whatever they were; the caller holds `lock`."""
    await db.execute(
        """
        UPDATE application SET state = $3, reason = $4
         WHERE round_id = $1 AND case_number = ANY($2)
        """,
        round_id,
        list(case_numbers),
        state.value,
        reason,
    )


async def give_up(db: Database, round_id: str, case_number: str) -> bool:
    """Take a place back: given up once it was selected, else withdrawn.

    Returns:
        Whether a place became free by that; the same when it is repeated.
    """
    await db.execute(
        """
        UPDATE application
           SET state = CASE WHEN state = 'selected' THEN 'given_up' ELSE 'withdrawn' END
         WHERE round_id = $1
           AND case_number = $2
           AND state IN ('applied', 'selected', 'reserve')
        """,
        round_id,
        case_number,
    )
    state: str | None = await db.fetchval(
        "SELECT state FROM application WHERE round_id = $1 AND case_number = $2",
        round_id,
        case_number,
    )
    return state == ApplicationState.GIVEN_UP.value


async def untold(db: Database, round_id: str, *, limit: int = 100) -> list[RoundDecision]:
    """Decisions that cases were not told yet, in the order of their numbers."""
    rows = await db.fetch(
        """
        SELECT case_number, state, rank, reason
          FROM application
         WHERE round_id = $1
           AND state IN ('ineligible', 'selected', 'reserve', 'not_selected')
           AND told IS DISTINCT FROM state
         ORDER BY case_number
         LIMIT $2
        """,
        round_id,
        limit,
    )
    return [
        RoundDecision(
            round_id=round_id,
            case_number=row["case_number"],
            state=ApplicationState(row["state"]),
            rank=row["rank"],
            reason=row["reason"],
        )
        for row in rows
    ]


async def mark_told(db: Database, decision: RoundDecision) -> None:
    """The case knows of the decision."""
    await db.execute(
        "UPDATE application SET told = $3 WHERE round_id = $1 AND case_number = $2",
        decision.round_id,
        decision.case_number,
        decision.state.value,
    )


async def find(db: Database, round_id: str) -> RoundSnapshot | None:
    """The round as it was last recorded; None for one that has not begun."""
    stored = await db.fetchval("SELECT snapshot FROM selection_round WHERE round_id = $1", round_id)
    return None if stored is None else RoundSnapshot.model_validate(stored)


async def version(db: Database, round_id: str) -> int | None:
    """The version that the read model holds; None before the first."""
    stored: int | None = await db.fetchval(
        "SELECT version FROM selection_round WHERE round_id = $1", round_id
    )
    return stored


async def latest(db: Database, *, limit: int = 50) -> list[RoundSnapshot]:
    """Rounds that have begun, the latest cut-off first."""
    rows = await db.fetch(
        """
        SELECT snapshot
          FROM selection_round
         WHERE snapshot IS NOT NULL
         ORDER BY cutoff_at DESC, round_id
         LIMIT $1
        """,
        limit,
    )
    return [RoundSnapshot.model_validate(row["snapshot"]) for row in rows]


async def save_sheet(  # noqa: PLR0913, PLR0917  # a sheet has this many parts
    db: Database, task_id: str, round_id: str, sheet: ScoreSheet, saved_by: str, at: datetime
) -> None:
    """Keep a sheet; saving the current one again changes nothing."""
    await db.execute(
        """
        INSERT INTO score_sheet (task_id, sha256, round_id, scores, saved_by, saved_at)
        SELECT $1, $2, $3, $4, $5, $6
         WHERE $2 IS DISTINCT FROM (SELECT sha256 FROM score_sheet
                                     WHERE task_id = $1 ORDER BY nth DESC LIMIT 1)
        """,
        task_id,
        sheet.sha256,
        round_id,
        sheet.model_dump(mode="json"),
        saved_by,
        at,
    )


async def latest_sheet(db: Database, task_id: str) -> ScoreSheet | None:
    """The sheet that a reviewer saved last."""
    stored = await db.fetchval(
        "SELECT scores FROM score_sheet WHERE task_id = $1 ORDER BY nth DESC LIMIT 1", task_id
    )
    return None if stored is None else ScoreSheet.model_validate(stored)


async def sheet(db: Database, reference: SheetReference) -> ScoreSheet | None:
    """One sheet of a task, by its hash."""
    stored = await db.fetchval(
        "SELECT scores FROM score_sheet WHERE task_id = $1 AND sha256 = $2 LIMIT 1",
        reference.task_id,
        reference.sha256,
    )
    return None if stored is None else ScoreSheet.model_validate(stored)
