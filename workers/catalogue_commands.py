"""Commands that fill the catalogue and prepare it for searching."""

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from infra.imports.mapping import CannotImport, MappingFile, read_mapping
from infra.imports.problems import write_report
from infra.postgres.imports import ImportedElsewhere
from infra.postgres.pool import open_pool
from infra.settings import Settings
from schemas.catalogue import DataSet
from schemas.catalogue_refresh import RefreshOutcome, RefreshRecord
from workers.catalogue_import import ImportPlan, Outcome, import_file
from workers.registry import CASE, INSTITUTE
from workers.schedules import refresh_now
from workers.terminal import console, end_with, problems, reach_temporal, read_settings

catalogue_app = typer.Typer(help="What institutes hold, and searching it.", no_args_is_help=True)

_COUNTS = ("추가 added", "변경 changed", "그대로 unchanged", "이전 outdated", "제외 refused")
_SHOWN_PROBLEMS = 10
# A batch into a table of millions, on a machine that has other things to do.
_STATEMENT_SECONDS = 600.0


@catalogue_app.command("import")
def import_(  # noqa: PLR0913  # each is an option
    file: Annotated[
        Path,
        typer.Argument(exists=True, dir_okay=False, help="CSV, JSON Lines or Excel."),
    ],
    *,
    kind: Annotated[DataSet, typer.Option(help="What the rows are.")],
    map_file: Annotated[
        Path | None,
        typer.Option(
            "--map",
            exists=True,
            dir_okay=False,
            help="TOML that says which column means what (docs/catalogue.md).",
        ),
    ] = None,
    source: Annotated[
        str | None, typer.Option(help="Named on every row; else the file's name.")
    ] = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            help="When the rows were true; else the day on which the file was last changed.",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check the file and write nothing.")
    ] = False,
    report: Annotated[
        Path | None, typer.Option(dir_okay=False, help="CSV file for everything that is wrong.")
    ] = None,
) -> None:
    """Import patents, equipment, laboratories and the like from a file.

    Rows are known by their numbers: new ones are added, others brought up to date. Wrong rows are
    left out and named. Repeat the command after an interruption and it goes on. Ends with 2 when
    rows were left out.
    """
    settings = read_settings()
    try:
        plan = ImportPlan(
            path=file,
            data_set=kind,
            mapping=MappingFile() if map_file is None else read_mapping(map_file),
            source=source,
            as_of=None if as_of is None else as_of.date(),
            dry_run=dry_run,
        )
        outcome = asyncio.run(_import(settings, plan))
    except CannotImport as reason:
        end_with(str(reason))
    except ImportedElsewhere:
        end_with(
            "같은 파일을 다른 프로세스가 가져오는 중입니다. Another process imports the same file."
        )
    _show(outcome, plan)
    if report is not None:
        write_report(report, outcome.problems)
        console.print(f"{report}: {len(outcome.problems)}", highlight=False, markup=False)
    if outcome.problems:
        raise typer.Exit(2)


@catalogue_app.command()
def refresh(
    wait_seconds: Annotated[
        float, typer.Option(help="How long to wait until it is done.", min=0)
    ] = 3600,
) -> None:
    """Read every partner that a key is set for at once, as a schedule does every night.

    Ends with 2 when a partner could not be read.
    """
    settings = read_settings()

    async def now() -> RefreshRecord:
        client = await reach_temporal(settings)
        async with asyncio.timeout(wait_seconds):
            return await refresh_now(client)

    try:
        record = asyncio.run(now())
    except TimeoutError:
        end_with(
            f"Not done within {wait_seconds:g} s. It goes on as long as workers serve the queues "
            f"{CASE} and {INSTITUTE}; run this again to wait for it."
        )
    table = Table(box=None)
    for heading in ("partner", "outcome", "reason", *_COUNTS):
        table.add_column(heading)
    for partner in record.partners:
        counts = (
            partner.added,
            partner.changed,
            partner.unchanged,
            partner.outdated,
            partner.refused,
        )
        table.add_row(partner.partner, partner.outcome.value, partner.detail, *map(str, counts))
    console.print(table)
    if any(partner.outcome is RefreshOutcome.FAILED for partner in record.partners):
        raise typer.Exit(2)


async def _import(settings: Settings, plan: ImportPlan) -> Outcome:
    pool = await open_pool(
        settings.database_url.get_secret_value(), max_size=2, statement_seconds=_STATEMENT_SECONDS
    )
    try:
        with Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=problems,
        ) as bar:
            task = bar.add_task(plan.data_set.value, total=None)

            def told(done: int, about: int | None) -> None:
                bar.update(task, completed=done, total=about)

            return await import_file(pool, plan, told=told)
    finally:
        await pool.close()


def _show(outcome: Outcome, plan: ImportPlan) -> None:
    if outcome.finished_before is not None:
        console.print(
            f"이 파일은 이미 가져왔습니다. This file was imported as a whole at "
            f"{outcome.finished_before.isoformat(timespec='seconds')}; nothing was done.",
            highlight=False,
        )
    if outcome.done_before:
        console.print(
            f"{outcome.done_before}행까지는 앞서 가져왔습니다. Went on after row "
            f"{outcome.done_before}, where it had been stopped.",
            highlight=False,
        )
    table = Table(box=None, title="시험 실행 dry run, nothing written" if plan.dry_run else None)
    for heading in _COUNTS:
        table.add_column(heading, justify="right")
    merged = outcome.merged
    table.add_row(
        *map(
            str,
            (merged.added, merged.changed, merged.unchanged, merged.outdated, merged.refused),
        )
    )
    console.print(table)
    console.print(
        f"{plan.data_set.value}: 출처 source {outcome.provenance.source}, 기준일 as of "
        f"{outcome.provenance.as_of}",
        highlight=False,
        markup=False,
    )
    for problem in outcome.problems[:_SHOWN_PROBLEMS]:
        problems.print(
            f"{problem.row}행 {problem.column}: {problem.wrong.korean} {problem.wrong.english}",
            highlight=False,
            markup=False,
            soft_wrap=True,
        )
    if (rest := len(outcome.problems) - _SHOWN_PROBLEMS) > 0:
        problems.print(f"… {rest} 건 더 and more: --report FILE", highlight=False)
