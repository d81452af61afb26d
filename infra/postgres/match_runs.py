"""Runs of matching: what was proposed, by which index, with which evidence."""

from dataclasses import dataclass
from uuid import NAMESPACE_URL, UUID, uuid5

from infra.postgres.pool import Database
from schemas.designation import EnquiryProposal, PastCase, Ranking


async def case_text(db: Database, case_number: str) -> str:
    """What a company wrote, with personal data blanked out.

    Raises:
        LookupError: There is no such case.
    """
    text = await db.fetchval(
        """
        SELECT title_masked || E'\\n' || description_masked
          FROM case_text
         WHERE case_number = $1
        """,
        case_number,
    )
    if text is None:
        raise LookupError(case_number)
    return text


@dataclass(frozen=True, kw_only=True)
class MatchRunRow:
    """What a run said of the text as a whole.

    Attributes:
        similar_cases: For staff only.
    """

    confidence: float
    low_confidence: bool
    enquiry: EnquiryProposal | None
    similar_cases: tuple[PastCase, ...]


async def run(db: Database, run_id: UUID) -> MatchRunRow | None:
    """A run, without its institutes (see `cases.evidence`); None when there is none."""
    row = await db.fetchrow(
        """
        SELECT confidence, low_confidence, enquiry, similar_cases
          FROM match_run
         WHERE run_id = $1
        """,
        run_id,
    )
    if row is None:
        return None
    return MatchRunRow(
        confidence=row["confidence"],
        low_confidence=row["low_confidence"],
        enquiry=EnquiryProposal.model_validate(row["enquiry"]) if row["enquiry"] else None,
        similar_cases=tuple(PastCase.model_validate(case) for case in row["similar_cases"]),
    )


async def add_run(db: Database, case_number: str, input_sha256: str, ranking: Ranking) -> UUID:
    """Store a ranking, once for each case, index and text; the caller opens the transaction.

    Returns:
        The run's id, the same when the same is asked again.
    """
    run_id = uuid5(NAMESPACE_URL, f"{case_number}/{ranking.index_version}/{input_sha256}")
    added = await db.fetchval(
        """
        INSERT INTO match_run (run_id, case_number, index_version, input_sha256, confidence,
                               low_confidence, enquiry, similar_cases)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT DO NOTHING
        RETURNING true
        """,
        run_id,
        case_number,
        ranking.index_version,
        input_sha256,
        ranking.confidence,
        ranking.low_confidence,
        ranking.enquiry and ranking.enquiry.model_dump(mode="json"),
        [case.model_dump(mode="json") for case in ranking.similar_cases],
    )
    if added:
        await db.executemany(
            """
            INSERT INTO match_candidate (run_id, rank, institute, score, researchers, evidence, why,
                                         why_en, factors)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            """,
            [
                (
                    run_id,
                    candidate.rank,
                    candidate.institute,
                    candidate.score,
                    candidate.researchers,
                    [item.model_dump(mode="json") for item in candidate.evidence],
                    candidate.why,
                    candidate.why_en,
                    {factor.value: added for factor, added in candidate.factors.items()},
                )
                for candidate in ranking.candidates
            ],
        )
    return run_id
