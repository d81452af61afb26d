"""Messages and files: what is taken, who sees it, and how it is given out again."""

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from api.routes.documents import MAX_FILE_BYTES, MAX_FILES_BYTES, MEDIA_TYPES
from tests.api.conftest import browser, filed, project, signed_in

PDF = ("drawing.pdf", b"%PDF-1.7 plainly synthetic", "application/pdf")


@pytest.fixture
async def company(public: httpx.AsyncClient, database: asyncpg.Pool) -> httpx.AsyncClient:
    """The company of a case that KITECH was offered; its requests are relative to the case."""
    receipt = await filed(public)
    await project(database, receipt["case_number"], institute="KITECH")
    public.headers["X-Tracking-Code"] = receipt["tracking_code"]
    public.base_url = f"http://centre.example/api/v1/cases/{receipt['case_number']}"
    return public


async def handed_in(
    company: httpx.AsyncClient, file: tuple[str, bytes, str], key: str | None = None
) -> httpx.Response:
    headers = {} if key is None else {"Idempotency-Key": key}
    return await company.post("/attachments", files={"file": file}, headers=headers)


async def fetched(
    client: httpx.AsyncClient, company: httpx.AsyncClient, path: str
) -> httpx.Response:
    return await client.get(f"{str(company.base_url).rstrip('/')}{path}")


async def test_a_file_is_given_to_handlers_as_it_came(
    app: FastAPI, company: httpx.AsyncClient, database: asyncpg.Pool
) -> None:
    receipt = (await handed_in(company, PDF)).json()
    support = await signed_in(app, "kitech.support")

    answer = await fetched(support, company, f"/documents/{receipt['document_id']}")

    assert answer.status_code == 200, answer.text
    assert answer.content == PDF[1]
    assert answer.headers["content-type"] == "application/pdf"
    reads = await database.fetchval(
        """
        SELECT count(*)
          FROM journal_entry
         WHERE stream = 'access'
           AND tag = 'case:document:read'
           AND actor = 'acc-kitech-support'
           AND $1 LIKE '%' || (detail ->> 'case') || '/'
        """,
        str(company.base_url),
    )
    assert reads == 1


@pytest.mark.parametrize(
    "file",
    [
        ("page.txt", b"<script>alert(1)</script>", "text/html"),
        ("picture.png", b"<svg onload=alert(1)>", "image/png"),
        ('quo"te\r\nSet-Cookie: a=b.pdf', b"%PDF", "application/pdf"),
        ("../../etc/passwd.txt", b"root", "text/plain"),
        ("도면.pdf", b"%PDF", "application/pdf; charset=utf-8"),
    ],
)
async def test_a_file_is_never_shown_in_place(
    app: FastAPI, company: httpx.AsyncClient, file: tuple[str, bytes, str]
) -> None:
    receipt = (await handed_in(company, file)).json()
    coordinator = await signed_in(app, "coordinator")

    answer = await fetched(coordinator, company, f"/documents/{receipt['document_id']}")

    assert answer.content == file[1]
    assert answer.headers["content-disposition"].startswith("attachment; filename*=UTF-8''")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert "set-cookie" not in answer.headers
    assert "/" not in answer.headers["content-disposition"]
    assert answer.headers["content-type"].partition(";")[0] in MEDIA_TYPES.values()


@pytest.mark.parametrize(
    "name", ["page.html", "picture.svg", "script.js", "setup.exe", "file", ".pdf", "a.pdf.lnk"]
)
async def test_only_documents_and_pictures_are_taken(
    company: httpx.AsyncClient, database: asyncpg.Pool, name: str
) -> None:
    before = await database.fetchval("SELECT count(*) FROM document")

    answer = await handed_in(company, (name, b"content", "application/pdf"))

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/file"
    assert await database.fetchval("SELECT count(*) FROM document") == before


@pytest.mark.parametrize(
    ("name", "kept_as"),
    [
        ("도면.HWP", "application/x-hwp"),
        ("측정값.csv", "text/csv"),
        ("옛 문서.doc", "application/msword"),
    ],
)
async def test_the_name_and_not_the_browser_says_what_a_file_is(
    company: httpx.AsyncClient, database: asyncpg.Pool, name: str, kept_as: str
) -> None:
    receipt = await handed_in(company, (name, b"content", "application/octet-stream"))

    assert receipt.status_code == 201, receipt.text
    kept = await database.fetchval(
        "SELECT media_type FROM document WHERE document_id = $1", receipt.json()["document_id"]
    )
    assert kept == kept_as


@pytest.mark.parametrize(
    ("size", "status"), [(0, 422), (1, 201), (MAX_FILE_BYTES, 201), (MAX_FILE_BYTES + 1, 413)]
)
async def test_a_file_has_at_least_one_byte_and_at_most_five_megabytes(
    company: httpx.AsyncClient, size: int, status: int
) -> None:
    answer = await handed_in(company, ("a.txt", b"x" * size, "text/plain"))

    assert answer.status_code == status, answer.text


async def test_the_files_of_a_case_have_a_limit_together(
    company: httpx.AsyncClient, database: asyncpg.Pool
) -> None:
    receipt = (await handed_in(company, PDF)).json()
    await database.execute(
        "UPDATE document SET content = convert_to(repeat('x', $2), 'UTF8') WHERE document_id = $1",
        receipt["document_id"],
        MAX_FILES_BYTES - 10,
    )

    last = await handed_in(company, ("a.txt", b"x" * 10, "text/plain"))
    beyond = await handed_in(company, ("a.txt", b"x", "text/plain"))

    assert [last.status_code, beyond.status_code] == [201, 413]


async def test_the_same_file_under_the_same_key_is_stored_once(
    company: httpx.AsyncClient, database: asyncpg.Pool
) -> None:
    before = await database.fetchval("SELECT count(*) FROM document")

    answers = [await handed_in(company, PDF, "the-same-file") for _ in range(2)]
    other = await handed_in(company, ("b.pdf", b"%PDF other", "application/pdf"), "the-same-file")

    assert answers[0].json() == answers[1].json()
    assert other.json()["type"] == "/problems/idempotency-key-reused"
    assert await database.fetchval("SELECT count(*) FROM document") == before + 1


@pytest.mark.parametrize("username", ["keri.support", "kitech.researcher", "ministry", "operator"])
async def test_those_who_do_not_handle_the_case_get_nothing(
    app: FastAPI, company: httpx.AsyncClient, username: str
) -> None:
    receipt = (await handed_in(company, PDF)).json()
    outsider = await signed_in(app, username)

    for path in ("/documents", f"/documents/{receipt['document_id']}"):
        answer = await fetched(outsider, company, path)
        assert answer.status_code in {403, 404}


async def test_a_document_is_found_only_in_its_own_case(
    app: FastAPI, company: httpx.AsyncClient
) -> None:
    receipt = (await handed_in(company, PDF)).json()
    coordinator = await signed_in(app, "coordinator")
    async with browser(app) as neighbour:
        other = (await filed(neighbour))["case_number"]

    foreign = await coordinator.get(f"/api/v1/cases/{other}/documents/{receipt['document_id']}")
    unknown = await fetched(coordinator, company, f"/documents/{'0' * 32}")
    broken = await fetched(coordinator, company, "/documents/not-an-id")

    assert [foreign.status_code, unknown.status_code, broken.status_code] == [404, 404, 422]


async def test_the_staffs_view_shows_that_a_message_came_and_not_what_it_says(
    app: FastAPI, company: httpx.AsyncClient
) -> None:
    sent = await company.post("/messages", json={"text": "도면을 보내 드립니다. 010-0000-0000"})
    assert sent.status_code == 201, sent.text
    await handed_in(company, PDF)
    support = await signed_in(app, "kitech.support")

    view = (await fetched(support, company, "")).json()

    arrived = {arrival["purpose"]: arrival for arrival in view["messages"]}
    assert set(arrived) == {"attachment", "message"}
    assert {arrival["written_by"] for arrival in view["messages"]} == {"company"}
    assert "도면을" not in str(view)
    message = await support.get(arrived["message"]["link"])
    assert message.text == "도면을 보내 드립니다. 010-0000-0000"
    assert message.headers["content-disposition"].startswith("attachment")


async def test_a_resident_number_in_a_message_is_not_kept(
    app: FastAPI, company: httpx.AsyncClient
) -> None:
    await company.post("/messages", json={"text": "제 번호는 900101-1234567 입니다."})
    support = await signed_in(app, "kitech.support")

    listed = await fetched(support, company, "/documents")

    assert "1234567" not in listed.text
    assert "제 번호는" in listed.text
