"""Runs of matching: what was proposed, by which index, with which evidence."""

from uuid import NAMESPACE_URL, UUID, uuid5

from infra.postgres.pool import Database
from schemas.designation import Ranking


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


async def add_run(db: Database, case_number: str, input_sha256: str, ranking: Ranking) -> UUID:
    """Store a ranking, once for each case, index and text; the caller opens the transaction.

    Returns:
        The run's id, the same when the same is asked again.
    """
    run_id = uuid5(NAMESPACE_URL, f"{case_number}/{ranking.index_version}/{input_sha256}")
    added = await db.fetchval(
        """
        INSERT INTO match_run (run_id, case_number, index_version, input_sha256, confidence)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT DO NOTHING
        RETURNING true
        """,
        run_id,
        case_number,
        ranking.index_version,
        input_sha256,
        ranking.confidence,
    )
    if added:
        await db.executemany(
            """
            INSERT INTO match_candidate (run_id, rank, institute, score, researchers, evidence)
            VALUES ($1, $2, $3, $4, $5, $6)
            """,
            [
                (
                    run_id,
                    candidate.rank,
                    candidate.institute,
                    candidate.score,
                    candidate.researchers,
                    [item.model_dump(mode="json") for item in candidate.evidence],
                )
                for candidate in ranking.candidates
            ],
        )
    return run_id
