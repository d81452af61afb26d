"""An import adds, changes and leaves rows as it should, and goes on where it was stopped."""

import asyncio
import csv
import json
import os
import signal
import subprocess
import sys
from base64 import b64encode
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from infra.imports.mapping import CannotImport, MappingFile
from infra.imports.problems import RowProblem, Wrong
from infra.postgres import technologies
from infra.postgres.imports import ImportedElsewhere, advance, begin
from infra.postgres.merging import Merged
from schemas.catalogue import DataSet
from workers import catalogue_import
from workers.catalogue_import import ImportPlan, Outcome, import_file

DAY = date(2026, 1, 2)
HEADER = ["출원번호", "출원인", "발명의명칭", "출원일", "요약", "상태"]


def patent(number: int, **changes: str) -> list[str]:
    row = {
        "출원번호": f"10-2013-{number:07d}",
        "출원인": "한국기계연구원",
        "발명의명칭": f"합성 발명 {number}",
        "출원일": "2013-08-26",
        "요약": "합성 요약",
        "상태": "등록",
    } | changes
    return list(row.values())


def write(path: Path, *rows: list[str], header: list[str] | None = None) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header or HEADER, *rows])
    return path


async def run(
    pool: asyncpg.Pool, path: Path, data_set: DataSet = DataSet.PATENTS, **changes: Any
) -> Outcome:
    plan = replace(ImportPlan(path, data_set, MappingFile(), as_of=DAY), **changes)
    return await import_file(pool, plan)


async def generation(pool: asyncpg.Pool) -> int:
    return await pool.fetchval("SELECT generation FROM catalogue_state")


async def test_rows_carry_source_and_date_and_are_known_by_their_number(
    catalogue: asyncpg.Pool, tmp_path: Path
) -> None:
    first = write(tmp_path / "a.csv", patent(1), patent(2))
    await run(catalogue, first, source="기계연 2026")
    second = write(tmp_path / "b.csv", patent(2, 발명의명칭="바뀐 이름"), patent(3))

    outcome = await run(catalogue, second, as_of=date(2026, 2, 3))

    assert outcome.merged == Merged(added=1, changed=1)
    found = await catalogue.fetch(
        "SELECT application_number, title_ko, source, as_of FROM patent ORDER BY application_number"
    )
    assert [tuple(row) for row in found] == [
        ("10-2013-0000001", "합성 발명 1", "기계연 2026", DAY),
        ("10-2013-0000002", "바뀐 이름", "b.csv", date(2026, 2, 3)),
        ("10-2013-0000003", "합성 발명 3", "b.csv", date(2026, 2, 3)),
    ]


async def test_rows_that_are_as_they_were_are_confirmed_without_a_new_index(
    catalogue: asyncpg.Pool, tmp_path: Path
) -> None:
    path = write(tmp_path / "a.csv", patent(1), patent(2))
    await run(catalogue, path, source="old")
    before = await generation(catalogue)

    outcome = await run(catalogue, path, source="new", as_of=date(2026, 2, 3))

    assert outcome.merged == Merged(unchanged=2)
    assert await generation(catalogue) == before
    rows = await catalogue.fetch("SELECT DISTINCT source, as_of FROM patent")
    assert [tuple(row) for row in rows] == [("new", date(2026, 2, 3))]


async def test_an_older_file_takes_nothing_back(catalogue: asyncpg.Pool, tmp_path: Path) -> None:
    await run(catalogue, write(tmp_path / "new.csv", patent(1, 발명의명칭="새 이름")))
    older = write(tmp_path / "old.csv", patent(1, 발명의명칭="옛 이름"))

    outcome = await run(catalogue, older, as_of=date(2025, 1, 1))

    assert outcome.merged == Merged(outdated=1)
    assert await catalogue.fetchval("SELECT title_ko FROM patent") == "새 이름"


async def test_what_a_source_does_not_have_stays(catalogue: asyncpg.Pool, tmp_path: Path) -> None:
    header = [*HEADER, "발명자"]
    await run(catalogue, write(tmp_path / "a.csv", [*patent(1), "합성 갑; 합성 을"], header=header))

    await run(catalogue, write(tmp_path / "b.csv", patent(1, 요약="", 발명의명칭="새 이름")))

    row = await catalogue.fetchrow("SELECT title_ko, summary, inventors FROM patent")
    assert row is not None
    assert tuple(row) == ("새 이름", "합성 요약", ["합성 갑", "합성 을"])


async def test_wrong_rows_are_named_and_the_others_taken(
    catalogue: asyncpg.Pool, tmp_path: Path
) -> None:
    path = write(
        tmp_path / "a.csv",
        patent(1),
        patent(2, 출원인="합성대학교"),
        patent(3, 출원일="모름", 상태="이상"),
        patent(4, 발명의명칭=""),
        patent(1),
        patent(5, 요약="널\0문자"),
        patent(6),
    )

    outcome = await run(catalogue, path)

    assert outcome.merged == Merged(added=2, refused=5)
    assert outcome.problems == (
        RowProblem(3, "출원인", Wrong.UNKNOWN_INSTITUTE),
        RowProblem(4, "출원일", Wrong.NOT_A_DATE),
        RowProblem(4, "상태", Wrong.UNKNOWN_STATUS),
        RowProblem(5, "발명의명칭", Wrong.MISSING),
        RowProblem(6, "출원번호", Wrong.REPEATED),
        RowProblem(7, "요약", Wrong.UNSTORABLE),
    )


async def test_a_dry_run_says_what_would_happen_and_writes_nothing(
    catalogue: asyncpg.Pool, tmp_path: Path
) -> None:
    path = write(tmp_path / "a.csv", patent(1), patent(2, 출원일="?"))
    before = await generation(catalogue)

    outcome = await run(catalogue, path, dry_run=True)

    assert outcome.merged == Merged(added=1, refused=1)
    assert await catalogue.fetchval("SELECT count(*) FROM patent") == 0
    assert await catalogue.fetchval("SELECT count(*) FROM catalogue_import") == 0
    assert await generation(catalogue) == before


async def test_a_finished_import_is_not_repeated_but_another_reading_of_the_file_is_another_import(
    catalogue: asyncpg.Pool, tmp_path: Path
) -> None:
    path = write(tmp_path / "a.csv", patent(1))
    await run(catalogue, path)

    again = await run(catalogue, path)
    fixed = await run(catalogue, path, mapping=MappingFile(fixed={"institute": "KIMS"}))

    assert again.finished_before is not None
    assert fixed.merged == Merged(changed=1)


async def test_equipment_names_a_laboratory_that_is_there(
    catalogue: asyncpg.Pool, tmp_path: Path
) -> None:
    labs = write(
        tmp_path / "labs.csv",
        ["L1", "기계연", "정밀 실험실", "설명", "대전", "시험"],
        header=["실험실번호", "기관", "실험실명", "설명", "위치", "지원사항"],
    )
    items = write(
        tmp_path / "items.csv",
        ["E1", "기계연", "L1", "전자현미경", "공동활용 가능", "Y"],
        ["E2", "기계연", "L2", "선반", "", ""],
        ["E3", "기계연", "", "선반", "담당 010-1234-5678", "N"],
        header=["장비번호", "기관", "실험실번호", "장비명", "주요사양", "중소기업활용"],
    )

    await run(catalogue, labs, DataSet.LABS)
    outcome = await run(catalogue, items, DataSet.EQUIPMENT)

    assert outcome.merged == Merged(added=1, refused=2)
    assert outcome.problems == (
        RowProblem(3, "실험실번호", Wrong.UNKNOWN_LAB),
        RowProblem(4, "주요사양", Wrong.PERSONAL_DATA),
    )


async def test_technologies_are_linked_and_links_follow_the_source(
    catalogue: asyncpg.Pool, tmp_path: Path
) -> None:
    await run(catalogue, write(tmp_path / "p.csv", patent(1), patent(2)))
    people = write(
        tmp_path / "r.csv",
        ["R-1", "기계연", "정밀기계실", "진동, 소음"],
        header=["연구자번호", "소속기관", "부서", "연구분야"],
    )
    await run(catalogue, people, DataSet.RESEARCHERS)
    path = tmp_path / "t.jsonl"

    async def imported(day: int, **links: Any) -> Merged:
        row = {
            "technology_id": "T-1", "institute": "KIMM", "name": "저소음 펌프", "summary": "개요",
            "readiness": 6, **links,
        }  # fmt: skip
        path.write_text(json.dumps(row, ensure_ascii=False), "utf-8")
        done = await run(catalogue, path, DataSet.TECHNOLOGIES, as_of=date(2026, 3, day))
        return done.merged

    both = ["10-2013-0000001", "1020130000002"]
    assert await imported(1, patents=both, researchers=["R-1"]) == Merged(added=1)
    assert [known.department for known in await technologies.who_knows(catalogue, both[0])] == [
        "정밀기계실"
    ]
    assert await imported(2, patents=both[:1]) == Merged(changed=1)
    assert await imported(3, patents=both[:1]) == Merged(unchanged=1)
    assert await imported(4, patents=["10-2013-0000009"]) == Merged(refused=1)
    found = await technologies.find(catalogue, "T-1")
    assert found is not None
    assert (found.patents, found.researchers) == (("10-2013-0000001",), ("R-1",))


async def test_researchers_named_in_a_later_line_only_are_left_out(
    catalogue: asyncpg.Pool, tmp_path: Path
) -> None:
    path = tmp_path / "r.jsonl"
    rows = [
        {"researcher_id": f"R-{n}", "institute": "KIMM", "department": "실", "fields": ["진동"]}
        for n in range(300)
    ]
    rows[299]["성명"] = "합성"
    path.write_text("\n".join(json.dumps(row) for row in rows), "utf-8")

    outcome = await run(catalogue, path, DataSet.RESEARCHERS)

    assert outcome.problems == (RowProblem(300, "성명", Wrong.PERSONAL_DATA),)
    assert outcome.merged.added == 299


async def test_a_value_for_every_row_that_is_wrong_refuses_the_file(
    catalogue: asyncpg.Pool, tmp_path: Path
) -> None:
    path = write(tmp_path / "a.csv", patent(1))

    with pytest.raises(CannotImport, match=r"fixed\.filed_on"):
        await run(catalogue, path, mapping=MappingFile(fixed={"filed_on": "?"}))


async def test_readers_see_a_batch_wholly_or_not_at_all(
    catalogue: asyncpg.Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue_import, "_BATCH", 50)
    path = write(tmp_path / "a.csv", *(patent(number) for number in range(1, 501)))
    seen: set[int] = set()
    importing = asyncio.create_task(run(catalogue, path))

    while not importing.done():
        seen.add(await catalogue.fetchval("SELECT count(*) FROM patent"))

    assert (await importing).merged == Merged(added=500)
    assert {count % 50 for count in seen} == {0}


async def test_a_batch_that_fails_leaves_those_before_it_and_is_repeated(
    catalogue: asyncpg.Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue_import, "_BATCH", 10)
    path = write(tmp_path / "a.csv", *(patent(number) for number in range(1, 26)))
    await catalogue.execute("ALTER TABLE patent ADD CHECK (application_number < '10-2013-0000015')")

    with pytest.raises(asyncpg.CheckViolationError):
        await run(catalogue, path)
    assert await catalogue.fetchval("SELECT count(*) FROM patent") == 10
    await catalogue.execute("ALTER TABLE patent DROP CONSTRAINT patent_application_number_check")
    outcome = await run(catalogue, path)

    assert outcome.done_before == 10
    assert outcome.merged == Merged(added=25)
    assert await catalogue.fetchval("SELECT count(*) FROM patent") == 25


async def test_two_imports_of_one_file_do_not_both_count(catalogue: asyncpg.Pool) -> None:
    await begin(catalogue, "key", DataSet.PATENTS, "source", DAY)
    await advance(catalogue, "key", 0, 10, Merged(added=10))

    with pytest.raises(ImportedElsewhere):
        await advance(catalogue, "key", 0, 10, Merged(added=10))


def command(url: str, path: Path, *options: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(  # noqa: S603  # our own command
        [sys.executable, "-m", "workers.cli", "catalogue", "import", str(path), "--kind", "patents",
         "--as-of", "2026-01-02", *options],
        env={
            **os.environ,
            "CENTER1379_DATABASE_URL": url,
            "CENTER1379_CODEC_KEYS": f"test:{b64encode(bytes(32)).decode()}",
            "CENTER1379_CODEC_ACTIVE_KEY": "test",
            "CENTER1379_PEPPER": "a pepper that protects nothing at all",
            "COLUMNS": "200",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )  # fmt: skip


async def test_after_kill_9_the_same_command_goes_on_and_the_report_is_whole(
    catalogue: asyncpg.Pool, own_url: str, tmp_path: Path
) -> None:
    wrong = {7: "출원일", 20_000: "출원일"}
    path = write(
        tmp_path / "a.csv",
        *(
            patent(number, **({"출원일": "?"} if number in wrong else {}))
            for number in range(20_001)
        ),
    )
    report = tmp_path / "report.csv"
    killed = command(own_url, path)
    async with asyncio.timeout(120):
        while await catalogue.fetchval("SELECT count(*) FROM patent") == 0:  # noqa: ASYNC110  # another process
            await asyncio.sleep(0.02)
    killed.send_signal(signal.SIGKILL)
    await asyncio.to_thread(killed.communicate)
    done = await catalogue.fetchval("SELECT records FROM catalogue_import")
    assert 0 < done < 20_001

    went_on = command(own_url, path, "--report", str(report))
    out, _ = await asyncio.to_thread(went_on.communicate, timeout=120)
    again = command(own_url, path)
    said, _ = await asyncio.to_thread(again.communicate, timeout=120)

    assert went_on.returncode == 2
    assert f"Went on after row {done}" in out
    assert await catalogue.fetchval("SELECT count(*) FROM patent") == 19_999
    assert [line.split(",")[0] for line in report.read_text("utf-8-sig").splitlines()[1:]] == [
        "9",
        "20002",
    ]
    assert (again.returncode, "nothing was done" in said) == (0, True)


async def test_the_days_of_a_call_are_taken_together(
    catalogue: asyncpg.Pool, tmp_path: Path
) -> None:
    path = tmp_path / "calls.jsonl"

    async def imported(day: int, **given: str) -> tuple[date | None, date | None]:
        row = {"call_id": "C-1", "title": "합성 공고", "period": None, "opens_on": None}
        path.write_text(json.dumps({**row, "closes_on": None, **given}), "utf-8")
        await run(catalogue, path, DataSet.CALLS, as_of=date(2026, 3, day))
        kept = await catalogue.fetchrow("SELECT opens_on, closes_on FROM support_call")
        assert kept is not None
        return kept["opens_on"], kept["closes_on"]

    march, may = date(2026, 3, 31), date(2026, 5, 1)
    assert await imported(1, opens_on="2026-03-01", closes_on="2026-03-31") == (
        date(2026, 3, 1), march
    )  # fmt: skip
    assert await imported(2, title="합성 공고 (변경)") == (date(2026, 3, 1), march)
    assert await imported(3, opens_on="2026-05-01") == (may, None)
    assert await imported(4, period="예산 소진 시까지") == (None, None)
