"""The command line as an operator meets it, in a process of its own."""

from datetime import date
from pathlib import Path

import asyncpg
from temporalio.testing import WorkflowEnvironment

from infra.postgres import calendar
from tests.workers.conftest import Command

TOLD_LATER = "Temporal cannot be reached; open cases are told when it is back."


async def test_a_holiday_is_declared_while_temporal_is_away_and_it_says_so(
    center1379: Command, catalogue: asyncpg.Pool
) -> None:
    declared = await center1379("holidays", "declare", "2031-03-03", "임시공휴일")

    assert declared.returncode == 0
    assert declared.stdout.splitlines() == [
        "2031-03-03 is a holiday from calendar version 1 on.",
        TOLD_LATER,
    ]
    assert date(2031, 3, 3) in (await calendar.holiday_table(catalogue)).holidays


async def test_a_closing_day_is_taken_once_and_only_for_an_institute_there_is(
    center1379: Command, catalogue: asyncpg.Pool
) -> None:
    closed = [
        await center1379("holidays", "close", "KITECH", "2031-10-12", "창립기념일")
        for _ in range(2)
    ]
    unknown = await center1379("holidays", "close", "NOWHERE", "2031-10-12", "창립기념일")

    for done in closed:
        assert done.stdout.splitlines() == [
            "KITECH is closed on 2031-10-12: calendar version 1.",
            TOLD_LATER,
        ]
    assert unknown.returncode == 1
    assert unknown.stderr.splitlines() == [
        "There is no institute NOWHERE. Codes are at /api/v1/institutes."
    ]
    table = await calendar.holiday_table(catalogue)
    assert table.closures == {"KITECH": frozenset({date(2031, 10, 12)})}


async def test_loading_tells_open_cases_of_holidays_enacted_since_and_of_nothing_else(
    center1379: Command, catalogue: asyncpg.Pool
) -> None:
    first = await center1379("load")
    again = await center1379("load")
    await catalogue.execute("DELETE FROM calendar_day WHERE on_day = '2027-12-27'")
    enacted = await center1379("load")

    assert (first.returncode, first.stdout) == (0, "")
    assert (again.returncode, again.stdout) == (0, "")
    assert enacted.stdout.splitlines() == ["Holidays were enacted: calendar version 2.", TOLD_LATER]


async def test_the_archive_is_brought_up_to_date_by_hand(
    center1379: Command, temporal: WorkflowEnvironment, workers: None
) -> None:
    address = temporal.client.service_client.config.target_host
    await center1379("archive", temporal=address)

    again = await center1379("archive", temporal=address)

    assert again.stdout.splitlines() == ["0 histories archived."]


async def test_refreshing_by_hand_says_which_partners_have_no_key(
    center1379: Command, temporal: WorkflowEnvironment, workers: None
) -> None:
    address = temporal.client.service_client.config.target_host

    refreshed = await center1379("catalogue", "refresh", temporal=address)

    lines = [line.split()[:3] for line in refreshed.stdout.splitlines()[1:]]
    assert lines == [[name, "skipped", "no-key"] for name in ("kipris", "zeus", "ntis", "bizinfo")]
    assert refreshed.returncode == 0


async def test_a_file_that_cannot_be_imported_says_why_in_both_languages(
    center1379: Command, catalogue: asyncpg.Pool, tmp_path: Path
) -> None:
    file = tmp_path / "people.csv"
    file.write_text("연구자번호,소속기관,부서,연구분야,성명\nR-1,KIMM,실,진동,합성\n", "utf-8")

    refused = await center1379("catalogue", "import", str(file), "--kind", "researchers")

    assert refused.returncode == 1
    assert "개인을 알 수 있는 열이 있습니다: 성명" in refused.stderr
    assert "who researchers are (성명)" in refused.stderr
    assert await catalogue.fetchval("SELECT count(*) FROM researcher") == 0


async def test_a_dry_run_with_a_mapping_ends_with_2_when_rows_are_wrong(
    center1379: Command, catalogue: asyncpg.Pool, tmp_path: Path
) -> None:
    file, mapping, report = (tmp_path / name for name in ("a.csv", "map.toml", "report.csv"))
    file.write_text("번호,특허,날\n1020130000001,합성,2013-08-26\n1,합성,?\n", "cp949")
    mapping.write_text(
        '[columns]\napplication_number = "번호"\ntitle_ko = "특허"\nfiled_on = "날"\n'
        '[fixed]\ninstitute = "기계연"\n',
        "utf-8",
    )

    tried = await center1379(
        "catalogue", "import", str(file), "--kind", "patents", "--map", str(mapping),
        "--dry-run", "--report", str(report),
    )  # fmt: skip

    assert tried.returncode == 2, tried.stderr
    assert "nothing written" in tried.stdout
    assert [line.split(",")[:3] for line in report.read_text("utf-8-sig").splitlines()[1:]] == [
        ["3", "번호", "not-a-patent-number"],
        ["3", "날", "not-a-date"],
    ]
    assert await catalogue.fetchval("SELECT count(*) FROM patent") == 0
