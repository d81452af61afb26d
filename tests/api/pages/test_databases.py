"""The pages of the open databases over the sample catalogue, as a browser without JavaScript."""

import csv
import io
import re
from collections.abc import AsyncIterator
from datetime import date
from html import unescape
from typing import Final

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from api import finding
from api.centre import Centre
from infra.postgres.catalogue import load_sample
from infra.postgres.institutes import load_reference
from infra.sample_catalogue import sample_catalogue
from tests.api.conftest import browser, filed, project, serving
from tests.api.pages.conftest import check_page, difficulty_form, sign_in

KINDS: Final = ("patents", "equipment", "labs", "technologies")
PATENT: Final = "/databases/patents/10-0000-0000001"
_TAGS: Final = re.compile(r"<[^>]+>")


@pytest.fixture
async def app(centre: Centre, database: asyncpg.Pool) -> AsyncIterator[FastAPI]:
    await load_reference(database)
    await load_sample(database, sample_catalogue())
    await database.execute(
        """
        INSERT INTO technology (technology_id, institute, name, summary, source, as_of)
        VALUES ('SAMPLE-T-900', 'KITECH', '합성 견본 기술', '견본 요약', 'sample', '2013-08-26')
        ON CONFLICT DO NOTHING
        """
    )
    async with serving(centre) as app:
        yield app


def text_of(html: str) -> str:
    """What a reader of the page's main part sees."""
    main = html[html.index("<main") : html.index("</main>")]
    return " ".join(unescape(_TAGS.sub(" ", main)).split())


def links(html: str, start: str) -> list[str]:
    return [unescape(found) for found in re.findall(r'href="([^"]+)"', html) if start in found]


def total_in(html: str) -> int:
    found = re.search(r'<h2 id="results"[^>]*>([\d,]+) found', html)
    assert found, text_of(html)
    return int(found[1].replace(",", ""))


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize(
    "path",
    [
        "/databases",
        "/databases?q=알루미늄",
        *(f"/databases/{kind}" for kind in KINDS),
        "/databases/patents?q=알루미늄&institute=KITECH&year_from=2003&year_to=2013",
        "/databases/patents?q=쀍쀍쀍",
        PATENT,
        "/databases/equipment/SAMPLE-EQ-0001",
        "/databases/labs/SAMPLE-LAB-001",
        "/databases/technologies/SAMPLE-T-900",
        "/cases/new?item_kind=equipment&item_id=SAMPLE-EQ-0001",
    ],
)
async def test_every_page_keeps_to_the_rules_of_all_pages(
    visitor: httpx.AsyncClient, path: str, language: str
) -> None:
    answer = await visitor.get(f"{path}{'&' if '?' in path else '?'}lang={language}")

    assert answer.status_code == 200, answer.text
    check_page(answer, language)


async def test_words_are_marked_and_every_row_says_where_it_is_from_and_as_of_when(
    visitor: httpx.AsyncClient,
) -> None:
    html = (await visitor.get("/databases/patents?q=알루미늄")).text

    rows = html.split('<li class="hit">')[1:]
    assert rows
    assert all("<mark>알루미늄</mark>" in row for row in rows)
    assert all("as of 26 Aug 2013" in row and "Sample data" in row for row in rows)
    # Beside the count: how much is loaded, and how much the institutes hold (C13).
    assert re.search(r"[\d,]+ in the database \(as of 26 Aug 2013\)", text_of(html))
    assert "more than 30,000 held by the institutes (as of 26 Aug 2013)" in text_of(html)


async def test_the_counts_beside_a_filter_are_what_following_it_finds(
    visitor: httpx.AsyncClient,
) -> None:
    html = (await visitor.get("/databases/patents?q=방법")).text
    counted = re.findall(
        r'<li><a href="([^"]+)">[^<]+<span class="count">([\d,]+)</span></a></li>', html
    )

    assert {name for path, _ in counted for name in ("institute=", "year_from=", "status=")
            if name in path} == {"institute=", "year_from=", "status="}  # fmt: skip
    for path, count in counted[:3] + counted[-3:]:
        narrowed = (await visitor.get(unescape(path))).text
        assert total_in(narrowed) == int(count)
        # The filter is named, and can be taken away again.
        [without] = re.findall(r'<ul class="chosen"[^>]*>\s*<li><a href="([^"]+)"', narrowed)
        assert total_in((await visitor.get(unescape(without))).text) == total_in(html)


async def test_pages_lead_through_everything_once(visitor: httpx.AsyncClient) -> None:
    path, html, seen = "/databases/equipment", "", list[str]()
    while path:
        html = (await visitor.get(path)).text
        seen += links(html, "/databases/equipment/SAMPLE")
        following = re.search(r'rel="next" href="([^"]+)"', html)
        path = unescape(following[1]) if following else ""

    assert len(seen) == len(set(seen)) == total_in(html)


async def test_the_address_holds_everything_that_was_asked(visitor: httpx.AsyncClient) -> None:
    html = (
        await visitor.get("/databases/patents?q=방법&institute=KITECH&year_from=2004&year_to=2006")
    ).text

    assert '<option value="KITECH" selected>' in html
    assert 'name="q" value="방법"' in html
    assert 'name="year_from" value="2004"' in html
    for row in html.split('<li class="hit">')[1:]:
        assert re.search(r"filed \d+ \w+ 200[456]", row)


@pytest.mark.parametrize(
    "query",
    [
        "year_from=abc&year_to=99999&page=-1&institute=x",
        "institute=A",
        "institute=ABCDEFGHIJK",
        "institute=KITECH%0A",
        "page=99999",
        "page=³&year_from=²",
        "q=%00&institute=%00&status=%00",
        "q=" + "가" * 5000,
        "q=<script>alert(1)</script>",
        "q='; DROP TABLE patent; --",
        "year_from=2010&year_to=2004",
        "status=%F0%9F%98%80",
    ],
)
async def test_an_address_that_was_edited_by_hand_still_leads_to_a_page(
    visitor: httpx.AsyncClient, query: str
) -> None:
    for kind in ("patents", "equipment"):
        answer = await visitor.get(f"/databases/{kind}?{query}")

        assert answer.status_code == 200
        check_page(answer, "en")
        assert "<script>alert" not in answer.text


@pytest.mark.parametrize(
    "path", ["/databases/researchers", "/databases/nothing", "/databases/patents/none"]
)
async def test_what_is_not_open_and_what_is_not_there_are_the_same(
    visitor: httpx.AsyncClient, path: str
) -> None:
    answer, other = await visitor.get(path), await visitor.get("/databases/other")

    assert answer.status_code == other.status_code == 404
    assert text_of(answer.text) == text_of(other.text)


async def test_equipment_that_is_not_offered_has_no_page(
    visitor: httpx.AsyncClient, database: asyncpg.Pool
) -> None:
    kept = await database.fetchval("SELECT equipment_id FROM equipment WHERE NOT sme_available")

    assert (await visitor.get(f"/databases/equipment/{kept}")).status_code == 404
    asked = await visitor.get(f"/cases/new?item_kind=equipment&item_id={kept}")
    assert 'name="item_id"' not in asked.text


async def test_an_item_shows_its_public_fields_and_leads_to_the_patent_office(
    visitor: httpx.AsyncClient, database: asyncpg.Pool
) -> None:
    text = text_of((await visitor.get(PATENT)).text)
    for part in ("합성발명자 001", "Filed on", "IPC", "Summary", "Registered", "Sample data"):
        assert part in text
    assert links((await visitor.get(PATENT)).text, "doi.org") == [
        "https://doi.org/10.8080/1000000000001"
    ]
    # An inventor's name is text: it leads nowhere.
    assert not links((await visitor.get(PATENT)).text, "%EB%B0%9C%EB%AA%85%EC%9E%90")
    await database.execute(
        "UPDATE patent SET url = 'javascript:alert(1)' WHERE application_number = $1",
        PATENT.rpartition("/")[2],
    )
    assert "javascript:" not in (await visitor.get(PATENT)).text
    await database.execute(
        "UPDATE patent SET url = NULL WHERE application_number = $1", PATENT.rpartition("/")[2]
    )


async def test_an_instrument_and_its_laboratory_lead_to_each_other(
    visitor: httpx.AsyncClient,
) -> None:
    [lab] = links((await visitor.get("/databases/equipment/SAMPLE-EQ-0001")).text, "/labs/")

    assert "/databases/equipment/SAMPLE-EQ-0001" in (await visitor.get(lab)).text


@pytest.mark.parametrize("language", ["ko", "en"])
async def test_the_whole_result_comes_as_a_file_that_excel_opens(
    visitor: httpx.AsyncClient, language: str
) -> None:
    query = f"q=방법&institute=KITECH&lang={language}"
    page = await visitor.get(f"/databases/patents?{query}")
    answer = await visitor.get(f"/databases/patents.csv?{query}")

    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert re.search(
        r'filename="1379-patents-2026-11-23.csv"', answer.headers["content-disposition"]
    )
    assert answer.content.startswith(b"\xef\xbb\xbf")
    head, *rows = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    number = re.search(r'<h2 id="results"[^>]*>([\d,]+)', page.text)
    assert number
    assert len(rows) == int(number[1]) > 1
    assert {len(row) for row in rows} == {len(head)}
    assert head[0] == ("출원번호" if language == "ko" else "Application number")
    assert rows[0][-2:] == ["sample", "2013-08-26"]


async def test_a_file_that_can_not_be_made_is_refused_as_a_whole(
    visitor: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_args: object, **_more: object) -> None:
        raise OSError("connection lost")

    monkeypatch.setattr(finding, "find", away)

    answer = await visitor.get("/databases/patents.csv")

    assert answer.status_code == 503


async def test_a_file_holds_no_more_than_it_says_and_no_formulas(
    visitor: httpx.AsyncClient, database: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    await database.execute(
        """
        INSERT INTO lab (lab_id, institute, name, description, location, supports, source, as_of)
        VALUES ('SAMPLE-LAB-900', 'KITECH', '=HYPERLINK("x") 수식시험', '+1', '-1', '@x', 'sample',
                '2013-08-26')
        ON CONFLICT DO NOTHING
        """
    )
    formula = (await visitor.get("/databases/labs.csv?q=수식시험")).content.decode("utf-8-sig")
    _, row = csv.reader(io.StringIO(formula))
    await database.execute("DELETE FROM lab WHERE lab_id = 'SAMPLE-LAB-900'")
    assert row[1] == '\'=HYPERLINK("x") 수식시험'
    assert row[3:6] == ["'+1", "'@x", "'-1"]

    monkeypatch.setattr(finding, "MOST_ROWS", 200)
    bounded = (await visitor.get("/databases/patents.csv")).content.decode("utf-8-sig")
    assert len(list(csv.reader(io.StringIO(bounded)))) == 1 + 200


async def test_a_patent_leads_to_its_technologies_and_staff_to_who_knows_them(
    app: FastAPI, visitor: httpx.AsyncClient
) -> None:
    technology = next(t for t in sample_catalogue().technologies if t.patents and t.researchers)
    address = f"/databases/patents/{technology.patents[0]}"
    [department] = (
        person.department
        for person in sample_catalogue().researchers
        if person.researcher_id == technology.researchers[0]
    )
    public = (await visitor.get(address)).text
    async with sign_in(app, "kitech.support") as handler:
        internal = (await handler.get(address)).text
    async with sign_in(app, "auditor") as auditor:
        audited = (await auditor.get(address)).text

    assert f"/databases/technologies/{technology.technology_id}" in public
    assert department in internal
    assert department not in public
    assert department not in audited
    assert technology.researchers[0] not in internal


@pytest.mark.parametrize(
    ("path", "service"),
    [
        ("/databases/equipment/SAMPLE-EQ-0001", "equipment"),
        (PATENT, "transfer"),
        ("/databases/technologies/SAMPLE-T-900", "transfer"),
        ("/databases/labs/SAMPLE-LAB-001", "difficulty"),
    ],
)
async def test_asking_for_an_item_files_a_case_that_its_handlers_see_it_in(
    app: FastAPI, visitor: httpx.AsyncClient, database: asyncpg.Pool, path: str, service: str
) -> None:
    item_id = path.rpartition("/")[2]
    [ask] = links((await visitor.get(path)).text, "/cases/new?")
    form = (await visitor.get(ask)).text
    assert f'<option value="{service}" selected>' in form
    typed = difficulty_form(form)
    assert typed["item_id"] == item_id
    lacking = await visitor.post("/cases/new", data={**typed, "title": ""})
    assert f'name="item_id" value="{item_id}"' in lacking.text

    answer = await visitor.post("/cases/new", data={**typed, "service": service})

    assert answer.status_code == 303, answer.text
    number = answer.headers["location"].split("/")[2]
    kept = await database.fetchrow(
        """
        SELECT t.details, i.intake ->> 'service' AS service,
               i.intake ->> 'institute_wish' AS wish
          FROM case_text AS t
          JOIN intake AS i USING (case_number)
         WHERE case_number = $1
        """,
        number,
    )
    assert kept is not None
    assert kept["details"]["item_id"] == item_id
    assert kept["service"] == service
    assert kept["wish"] == typed["institute_wish"]
    await project(database, number)
    async with sign_in(app, "coordinator") as staff:
        shown = (await staff.get(f"/staff/cases/{number}")).text
    assert path in links(shown, path)


async def test_a_case_cannot_name_an_item_that_is_not_open(
    app: FastAPI, database: asyncpg.Pool
) -> None:
    kept = await database.fetchval("SELECT equipment_id FROM equipment WHERE NOT sme_available")
    async with browser(app) as company:
        for details in (
            {"item_kind": "equipment", "item_id": kept},
            {"item_kind": "researcher", "item_id": "SAMPLE-R-0001"},
            {"item_kind": "patent"},
            {"item_id": 7},
        ):
            with pytest.raises(AssertionError, match="/details/item_id"):
                await filed(company, details=details)


async def test_an_old_item_is_marked(visitor: httpx.AsyncClient, database: asyncpg.Pool) -> None:
    old = "older than its review period"
    assert old in (await visitor.get("/databases/labs/SAMPLE-LAB-001")).text
    await database.execute(
        "UPDATE lab SET as_of = $1 WHERE lab_id = 'SAMPLE-LAB-001'", date(2026, 1, 1)
    )

    assert old not in (await visitor.get("/databases/labs/SAMPLE-LAB-001")).text

    await database.execute(
        "UPDATE lab SET as_of = $1 WHERE lab_id = 'SAMPLE-LAB-001'", date(2013, 8, 26)
    )


async def test_a_mistyped_word_is_understood_and_the_page_says_so(
    visitor: httpx.AsyncClient,
) -> None:
    right = (await visitor.get("/databases/equipment?q=다이캐스팅")).text
    wrong = (await visitor.get("/databases/equipment?q=다이케스팅")).text

    assert "Perhaps mistyped" not in right
    assert "Perhaps mistyped. Shown for: 다이캐스팅" in text_of(wrong)
    assert links(wrong, "/databases/equipment/SAMPLE") == links(
        right, "/databases/equipment/SAMPLE"
    )
    assert "<mark>다이캐스팅</mark>" in wrong


async def test_entries_with_some_of_the_words_are_shown_as_such(visitor: httpx.AsyncClient) -> None:
    html = (await visitor.get("/databases/patents?q=알루미늄 해파리")).text

    assert "No entry has all of these words" in text_of(html)
    assert '<li class="hit">' in html
