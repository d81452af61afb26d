"""Which texts of a case an institute may read."""

import hashlib
from datetime import UTC, datetime
from uuid import UUID, uuid4

import asyncpg
import pytest

from infra.postgres import accounts, documents
from infra.postgres.documents import Document
from schemas.actor import COMPANY, COMPANY_GROUP, Role, centre_group, institute_group
from schemas.document import document_reference

NUMBER = "1379-2026-700101"
AT = datetime(2026, 11, 23, tzinfo=UTC)
COORDINATOR = "acc-coordinator"
KITECH = "acc-kitech-head"
KERI = "acc-keri-head"


@pytest.fixture
async def database(catalogue: asyncpg.Pool) -> asyncpg.Pool:
    """A case that KITECH leads and KERI declined."""
    for account in accounts.demo_accounts([("KITECH", "생산"), ("KERI", "전기")]):
        await accounts.save(catalogue, account, "x")
    await catalogue.execute(
        """
        INSERT INTO support_case (case_number, version, status, step, channel, lead_institute,
                                  counted_as, received_at, overdue, calendar_version,
                                  policy_version, snapshot)
        VALUES ($1, 1, 'in_service', '', 'web', 'KITECH', 'case', $2, false, 0, '', '{}')
        """,
        NUMBER,
        AT,
    )
    return catalogue


async def written(database: asyncpg.Pool, purpose: str, by: str) -> UUID:
    document_id = uuid4()
    await documents.add(
        database,
        Document(
            document_id=document_id,
            case_number=NUMBER,
            purpose=purpose,
            body=purpose,
            sha256=hashlib.sha256(purpose.encode()).hexdigest(),
            written_by=by,
            written_at=AT,
        ),
    )
    return document_id


async def asked(database: asyncpg.Pool, group: str) -> set[UUID]:
    """Texts of the centre that a task of the group refers to."""
    reason = await written(database, "mediate.reason", COORDINATOR)
    comment = await written(database, "comment", COORDINATOR)
    task = {
        "documents": {"reason": document_reference(reason.hex, "mediate.reason")},
        "comments": [document_reference(comment.hex, "comment")],
    }
    await database.execute(
        """
        INSERT INTO human_task (task_id, case_number, kind, status, candidate_group, opened_at,
                                due_at, level, version, task)
        VALUES ($1, $2, 'x', 'open', $3, $4, $4, 0, 1, $5)
        """,
        uuid4().hex,
        NUMBER,
        group,
        AT,
        task,
    )
    return {reason, comment}


READERS = [
    ("supply_information.information", COMPANY.id, {"KITECH", "KERI"}),
    ("message", COORDINATOR, {"KITECH", "KERI"}),  # keyed in for a company that telephoned
    ("triage_case.note", "acc-triage", {"KITECH", "KERI"}),
    ("accept_case.note", KERI, {"KERI"}),
    ("propose_solution.proposal", KITECH, {"KITECH"}),
    ("join_case.note", KERI, {"KITECH", "KERI"}),  # for the lead
    ("answer_survey.comment", COMPANY.id, set[str]()),
    ("assign_institute.reason", COORDINATOR, set[str]()),
    ("decide_no_match.reason", "acc-director", set[str]()),
    ("comment", COORDINATOR, set[str]()),
    ("call_back.note", "acc-survey", set[str]()),
]


async def test_an_institute_reads_what_is_meant_for_it(database: asyncpg.Pool) -> None:
    ids = {purpose: await written(database, purpose, by) for purpose, by, _ in READERS}

    for institute in ("KITECH", "KERI"):
        expected = {purpose for purpose, _, readers in READERS if institute in readers}
        listed = await documents.of_case(database, NUMBER, institute)
        found = {
            purpose
            for purpose, document_id in ids.items()
            if await documents.find(database, document_id, institute)
        }
        assert ({document.purpose for document in listed}, found) == (expected, expected)
    assert {d.purpose for d in await documents.of_case(database, NUMBER)} == set(ids)
    assert all([await documents.find(database, document_id) for document_id in ids.values()])


async def test_an_institute_reads_what_its_tasks_refer_to(database: asyncpg.Pool) -> None:
    groups = (
        institute_group("KITECH", Role.SUPPORT),
        centre_group(Role.COORDINATOR),
        COMPANY_GROUP,
    )
    referred = {group: await asked(database, group) for group in groups}

    for institute, readable in (("KITECH", referred[groups[0]]), ("KERI", set[UUID]())):
        found = {d.document_id for d in await documents.of_case(database, NUMBER, institute)}
        assert found == readable
