"""Runs of matching: what was proposed, by which index, with which evidence; how enquiries read."""

from uuid import NAMESPACE_URL, UUID, uuid5

from infra.postgres.pool import Database
from schemas.designation import EnquiryProposal, Ranking


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


async def added_texts(db: Database, case_number: str) -> list[str]:
    """What a company added to its case when it was asked, as it wrote it; the oldest first."""
    rows = await db.fetch(
        """
        SELECT body
          FROM document
         WHERE case_number = $1 AND purpose = 'supply_information.information'
           AND body IS NOT NULL
         ORDER BY written_at
        """,
        case_number,
    )
    return [row["body"] for row in rows]


async def add_run(db: Database, case_number: str, input_sha256: str, ranking: Ranking) -> UUID:
    """Store a ranking of a case, each result once; the caller opens the transaction.

    Returns:
        The run's id, the same for the same ranking: a repeated activity finds its own run, and
        other weights or circumstances, which rank otherwise, never find another's.
    """
    run_id = uuid5(NAMESPACE_URL, f"{case_number}/{input_sha256}/{ranking.model_dump_json()}")
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
        None if ranking.enquiry is None else ranking.enquiry.model_dump(mode="json"),
        [case.model_dump(mode="json") for case in ranking.similar_cases],
    )
    if added:
        await db.executemany(
            """
            INSERT INTO match_candidate (run_id, rank, institute, score, researchers, evidence,
                                         why, why_en, factors)
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


async def ranking_of(db: Database, run_id: UUID, *, only: str | None = None) -> Ranking | None:
    """What a run found; None for a run that is not kept.

    Args:
        db: Where match runs are kept.
        run_id: The run.
        only: An institute that sees its own line only; None for all lines, and for what is said of
            the case beside them.
    """
    run = await db.fetchrow(
        """
        SELECT index_version, confidence, low_confidence, enquiry, similar_cases
          FROM match_run
         WHERE run_id = $1
        """,
        run_id,
    )
    if run is None:
        return None
    lines = await db.fetch(
        """
        SELECT rank, institute, score, researchers, evidence, why, why_en, factors
          FROM match_candidate
         WHERE run_id = $1
           AND ($2::text IS NULL OR institute = $2)
         ORDER BY rank
        """,
        run_id,
        only,
    )
    whole: dict[str, object] = dict(run)
    if only is not None:
        whole |= {"enquiry": None, "similar_cases": ()}
    return Ranking.model_validate({**whole, "candidates": [dict(line) for line in lines]})


async def keep_reading(db: Database, case_number: str, reading: EnquiryProposal) -> None:
    """Store how an enquiry reads; the latest reading counts."""
    await db.execute(
        """
        INSERT INTO enquiry_reading (case_number, reading)
        VALUES ($1, $2)
        ON CONFLICT (case_number) DO UPDATE SET reading = excluded.reading
        """,
        case_number,
        reading.model_dump(mode="json"),
    )


async def reading_of(db: Database, case_number: str) -> EnquiryProposal | None:
    """How an enquiry reads; None for one that was not read yet."""
    reading = await db.fetchval(
        "SELECT reading FROM enquiry_reading WHERE case_number = $1", case_number
    )
    return None if reading is None else EnquiryProposal.model_validate(reading)
