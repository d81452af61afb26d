"""Texts and files that people hand in, and answers as they arrived."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from infra.postgres.pool import Database
from schemas.actor import COMPANY, Actor, Role
from schemas.base import case_number_of
from schemas.record import Arrival
from schemas.task import (
    TaskCompletion,
)

# What the centre writes, or passes on for a company that telephoned, for every institute of a case.
_FOR_INSTITUTES: Final = (
    "message", "attachment", "triage_case.note", "mediate.plan", "settle_dispute.reason"
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Document:
    """A stored text or file.

    Attributes:
        purpose: What it was written for: `<task kind>.<field>`, `message`, `attachment`, `withdraw`
            or `reopen`.
        body: The text; None for a file.
        content: The file; None for a text, and in lists.
    """

    document_id: UUID
    case_number: str
    purpose: str
    body: str | None = None
    content: bytes | None = None
    sha256: str
    media_type: str = "text/plain"
    file_name: str | None = None
    written_by: str
    written_at: datetime


async def add(db: Database, document: Document) -> None:
    """Store a text or a file; storing it again under the same id changes nothing."""
    await db.execute(
        """
        INSERT INTO document (document_id, case_number, purpose, body, content, sha256, media_type,
                              file_name, written_by, written_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        ON CONFLICT (document_id) DO NOTHING
        """,
        document.document_id,
        document.case_number,
        document.purpose,
        document.body,
        document.content,
        document.sha256,
        document.media_type,
        document.file_name,
        document.written_by,
        document.written_at,
    )


async def find(db: Database, document_id: UUID, institute: str | None = None) -> Document | None:
    """The document with this id, its content included, unless it is not for `institute`."""
    row = await db.fetchrow(
        """
        SELECT document_id, case_number, purpose, body, media_type, file_name, content, sha256,
               written_by, written_at
          FROM document
         WHERE document_id = $1
        """,
        document_id,
    )
    if row is None:
        return None
    document = Document(**dict(row))
    if institute is None:
        return document
    readable = await of_case(db, document.case_number, institute)
    return document if document_id in {other.document_id for other in readable} else None


async def bodies(db: Database, document_ids: Sequence[UUID]) -> dict[UUID, str]:
    """The texts with these ids; unknown and destroyed ones are left out."""
    rows = await db.fetch(
        """
        SELECT document_id, body
          FROM document
         WHERE document_id = ANY($1)
           AND body IS NOT NULL
        """,
        list(document_ids),
    )
    return {row["document_id"]: row["body"] for row in rows}


async def of_case(db: Database, case_number: str, institute: str | None = None) -> list[Document]:
    """What was handed in for a case, oldest first, without the files themselves.

    An institute reads what the company wrote, what its own people wrote, what its tasks refer to,
    and what the centre and partners wrote for whoever works on the case. The centre's notes are the
    centre's business, and so is what the company says in its survey: the centre asks, not the
    institute that is judged (R028).

    Args:
        db: Where documents are kept.
        case_number: Whose.
        institute: Leave out what is not for this institute; None for everything.
    """
    rows = await db.fetch(
        """
        SELECT d.document_id, d.case_number, d.purpose, d.body, d.media_type, d.file_name,
               NULL::bytea AS content, d.sha256, d.written_by, d.written_at
          FROM document AS d
          LEFT JOIN account AS a ON a.account_id = d.written_by
         WHERE d.case_number = $1
           AND ($2::text IS NULL
                OR a.institute = $2
                OR d.written_by = $3 AND NOT starts_with(d.purpose, 'answer_survey.')
                OR d.purpose = ANY ($4)
                OR d.purpose = 'join_case.note'
                   AND EXISTS (SELECT FROM support_case AS c
                                WHERE c.case_number = d.case_number
                                  AND c.lead_institute = $2)
                OR EXISTS (SELECT FROM human_task AS h
                            WHERE h.case_number = d.case_number
                              AND starts_with(h.candidate_group, 'institute:' || $2 || ':')
                              AND jsonb_path_query_array(h.task, '$.documents.*')
                                  || (h.task -> 'comments')
                                  ? ('doc:' || replace(d.document_id::text, '-', '') || ':'
                                     || d.sha256)))
         ORDER BY d.written_at, d.document_id
        """,
        case_number,
        institute,
        COMPANY.id,
        list(_FOR_INSTITUTES),
    )
    return [Document(**dict(row)) for row in rows]


async def untold(
    db: Database, written_before: datetime, limit: int = 100
) -> list[tuple[str, Arrival]]:
    """Arrivals that their cases have not been told of, oldest first, with the case number.

    Cases that have not begun yet are left out: they are told when they have.
    """
    rows = await db.fetch(
        """
        SELECT d.document_id, d.case_number, d.purpose, d.written_by, a.role
          FROM document AS d
          JOIN support_case AS c ON c.case_number = d.case_number
          LEFT JOIN account AS a ON a.account_id = d.written_by
         WHERE d.told_at IS NULL
           AND d.purpose IN ('message', 'attachment')
           AND d.written_at < $1
         ORDER BY d.written_at
         LIMIT $2
        """,
        written_before,
        limit,
    )
    return [
        (
            row["case_number"],
            Arrival(
                document=row["document_id"].hex,
                purpose=row["purpose"],
                actor=Actor(id=row["written_by"], role=Role(row["role"] or COMPANY.role)),
            ),
        )
        for row in rows
    ]


async def mark_told(db: Database, document_id: UUID, at: datetime) -> None:
    """The case knows of this arrival."""
    await db.execute("UPDATE document SET told_at = $2 WHERE document_id = $1", document_id, at)


async def size_of_files(db: Database, case_number: str) -> int:
    """Bytes of all files of a case."""
    size: int = await db.fetchval(
        """
        SELECT COALESCE(sum(octet_length(content)), 0)::bigint
          FROM document
         WHERE case_number = $1
           AND content IS NOT NULL
        """,
        case_number,
    )
    return size


async def add_submission(db: Database, submission_id: UUID, completion: TaskCompletion) -> datetime:
    """Store an answer before the workflow is told, and return when it was first submitted.

    A repeated answer keeps its first time: whether it was in time does not depend on retries.
    """
    first: datetime = await db.fetchval(
        """
        INSERT INTO submission AS stored (submission_id, task_id, case_number, submitted_at,
                                          completion)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (submission_id) DO UPDATE SET submitted_at = stored.submitted_at
        RETURNING submitted_at
        """,
        submission_id,
        completion.task_id,
        case_number_of(completion.task_id),
        completion.submitted_at,
        completion.model_dump(mode="json"),
    )
    return first


async def settle_submission(db: Database, submission_id: UUID, *, taken: bool) -> None:
    """Record whether the workflow took the answer."""
    await db.execute(
        "UPDATE submission SET status = $2 WHERE submission_id = $1",
        submission_id,
        "taken" if taken else "refused",
    )
