"""The command line; the one place where settings are read."""

import asyncio
import os
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import asyncpg
import typer
import uvicorn
from temporalio.service import RPCError

from api.app import create_app
from infra import search_attributes
from infra.postgres import calendar, journal, policies
from infra.postgres.migrate import migrate as migrate_database
from infra.settings import Settings
from infra.temporal import connect_client
from matching.encoder import ENCODERS
from schemas.policy import Policy
from workers.account_commands import accounts_app
from workers.calendar_changes import start_calendar_change
from workers.catalogue_commands import catalogue_app
from workers.catalogue_preparation import prepare_catalogue
from workers.deployment import build_id, make_current
from workers.loading import load_centre, load_demonstration
from workers.local import environment_of, run_local
from workers.local_parts import CannotStart
from workers.mailbox import run_mailbox
from workers.policy_files import policy_from
from workers.rebuild import rebuild as rebuild_read_model
from workers.registry import CASE, TASK_QUEUES
from workers.schedules import archive_now, plan
from workers.terminal import console, end_with, reach_temporal, read_settings, with_pool
from workers.worker import run_worker
from workflows.policy.policy_table import PolicyFileError

app = typer.Typer(
    name="center1379",
    help=(
        "The support centre. [bold]up[/bold] runs all of it on this machine; the other commands "
        "run and keep its parts, which CENTER1379_… and TEMPORAL_… variables connect "
        "(docs/operations.md)."
    ),
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_show_locals=False,
)
holidays_app = typer.Typer(help="Days that deadlines skip.", no_args_is_help=True)
policy_app = typer.Typer(help="What the centre promises and counts.", no_args_is_help=True)
deploy_app = typer.Typer(help="Which release of the workers is current.", no_args_is_help=True)
audit_app = typer.Typer(help="Whether the record is whole.", no_args_is_help=True)
app.add_typer(accounts_app, name="accounts")
app.add_typer(audit_app, name="audit")
app.add_typer(catalogue_app, name="catalogue")
app.add_typer(holidays_app, name="holidays")
app.add_typer(policy_app, name="policy")
app.add_typer(deploy_app, name="deploy")

_PolicyFile = Annotated[
    Path | None,
    typer.Option(
        "--policy",
        help="Values that replace the default policy's for new cases.",
        exists=True,
        dir_okay=False,
    ),
]


@app.callback()
def connect(
    local: Annotated[
        Path | None,
        typer.Option(
            help="Act on the local centre that runs in this data directory, whatever is set.",
            exists=True,
            file_okay=False,
        ),
    ] = None,
) -> None:
    """Point the other commands to a running local centre."""
    if local is not None:
        try:
            os.environ.update(environment_of(local))
        except CannotStart as reason:
            end_with(str(reason))


@app.command()
def up(
    *,
    data_dir: Annotated[
        Path, typer.Option(help="Everything is kept here; the next start goes on from it.")
    ] = Path(".center1379"),
    port: Annotated[int, typer.Option(help="Of the pages and the API.", min=1, max=65535)] = 1379,
    policy: _PolicyFile = None,
    demo_password: Annotated[
        str | None,
        typer.Option(
            envvar="CENTER1379_DEMO_PASSWORD",
            help="Of the demonstration accounts, instead of one made up for the data directory.",
        ),
    ] = None,
) -> None:
    """Run the whole centre here: PostgreSQL, Temporal, mailbox, workers, API and pages.

    Listens on this machine only. Ctrl-C stops it.
    """
    try:
        run_local(
            data_dir,
            port=port,
            policy=_read_policy(policy),
            demo_password=demo_password,
            console=console,
        )
    except (CannotStart, policies.PolicyVersionExists) as reason:
        end_with(str(reason))


@app.command()
def api() -> None:
    """Serve the API and the pages."""
    settings = read_settings()
    uvicorn.run(
        create_app(settings),
        host=settings.http_host,
        port=settings.http_port,
        log_config=None,
        # Addresses hold search words; the proxy in front keeps access logs if anybody does.
        access_log=False,
        timeout_graceful_shutdown=10,
    )


@app.command()
def worker(
    queue: Annotated[
        list[str] | None,
        typer.Option(help=f"Task queue to serve, repeatable; all of {', '.join(TASK_QUEUES)}."),
    ] = None,
) -> None:
    """Run workflows and activities."""
    chosen = queue or list(TASK_QUEUES)
    if unknown := [name for name in chosen if name not in TASK_QUEUES]:
        end_with(f"No such task queue: {', '.join(unknown)}. There are {', '.join(TASK_QUEUES)}.")
    asyncio.run(run_worker(read_settings(), chosen))


@app.command(hidden=True)
def mailbox() -> None:
    """Take mail on this machine and keep it as files; `up` runs it."""
    settings = read_settings()
    if settings.mailbox_dir is None:
        end_with("Set CENTER1379_MAILBOX_DIR to the folder that keeps the messages.")
    settings.mailbox_dir.mkdir(parents=True, exist_ok=True)
    asyncio.run(run_mailbox(settings.smtp_host, settings.smtp_port, settings.mailbox_dir))


@app.command()
def migrate() -> None:
    """Bring the database to this release's tables, Temporal to its attributes and schedules."""
    settings = read_settings()

    async def both() -> None:
        for name in await migrate_database(settings.database_url.get_secret_value()):
            console.print(f"applied {name}")
        client = await reach_temporal(settings)
        for name in await search_attributes.register(client):
            console.print(f"registered search attribute {name}")
        await plan(client)

    asyncio.run(both())


@app.command()
def load(
    *,
    policy: _PolicyFile = None,
    demo_password: Annotated[
        str | None,
        typer.Option(
            envvar="CENTER1379_DEMO_PASSWORD",
            help="Add the demonstration accounts, with this password. Never in production.",
        ),
    ] = None,
) -> None:
    """Load holidays, policy and reference data; repeating it changes nothing."""
    settings = read_settings()
    chosen = _read_policy(policy)

    async def into(pool: asyncpg.Pool) -> None:
        before = await calendar.current_version(pool)
        await load_centre(pool, chosen)
        if demo_password is not None:
            await load_demonstration(pool, demo_password)
        version = await calendar.current_version(pool)
        # No case has counted with an empty calendar, so the first loading is no change.
        if before and version != before:
            console.print(f"Holidays were enacted: calendar version {version}.", highlight=False)
            await _tell_cases(settings, version)

    try:
        asyncio.run(with_pool(settings, into))
    except policies.PolicyVersionExists as reason:
        end_with(str(reason))


@app.command()
def simulate(  # noqa: PLR0913, PLR0917  # each is an option
    year: Annotated[int, typer.Option(help="A year to come: simulated time starts now.")],
    scale: Annotated[
        float, typer.Option(help="1 is 7,000 difficulties and 20,000 consultations.", min=0.0001)
    ] = 0.005,
    seed: Annotated[int, typer.Option(help="The same seed gives the same year.")] = 1,
    policy: Annotated[
        list[Path] | None,
        typer.Option(
            help="Policy file to follow; given twice, both are compared on the same year.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for plots as SVG files.")] = None,
    run_out_days: Annotated[
        int, typer.Option(help="How long cases go on after the last arrival.", min=0, max=1500)
    ] = 180,
) -> None:
    """Let a generated year pass through the real workflows, and show what became of it.

    Everything runs in a temporary folder that is removed; nothing else is touched. Ends with 1 when
    a case is neither over nor waiting for something that has a name.
    """
    # Loaded here: no other command needs the plots or the simulation.
    from workers.simulation.command import run_years  # noqa: PLC0415
    from workers.simulation.run import YearIsPast, YearPlan  # noqa: PLC0415

    plans = [
        YearPlan(
            year=year, scale=scale, seed=seed, run_out_days=run_out_days, policy=_read_policy(file)
        )
        for file in policy or [None]
    ]
    try:
        holds = run_years(plans, out, console)
    except (CannotStart, YearIsPast) as reason:
        end_with(str(reason))
    if not holds:
        end_with("Cases got lost. They are named above.")


@app.command()
def evaluate(
    file: Annotated[Path, typer.Argument(help="Labelled difficulties.", exists=True)],
    *,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object on standard output, nothing else.")
    ] = False,
    html: Annotated[Path | None, typer.Option(help="Write a page with plots here.")] = None,
    corpus: Annotated[
        Path | None, typer.Option(help="The patents that the file asks for.", exists=True)
    ] = None,
) -> None:
    """Measure matching on labelled difficulties, beside simple baselines.

    Needs no running centre: it takes the profiles and the sample catalogue of this release.
    """
    # Loaded here: no other command needs the models, the plots or a database of its own.
    from workers.evaluation.command import run_evaluation  # noqa: PLC0415
    from workers.evaluation.forms import UnknownForm  # noqa: PLC0415

    try:
        run_evaluation(file, corpus, console, as_json=as_json, html=html)
    except UnknownForm as reason:
        end_with(str(reason))


@app.command()
def rebuild() -> None:
    """Write the read model anew from the workflows, which own the truth about every case.

    Texts, contacts, accounts and the log of messages are no part of it: they are backed up.
    """
    settings = read_settings()

    async def from_workflows(pool: asyncpg.Pool) -> None:
        rebuilt = await rebuild_read_model(await reach_temporal(settings), pool)
        console.print(f"{rebuilt.written} cases written.", highlight=False)
        if rebuilt.left_out:
            end_with(f"These did not tell their state: {', '.join(rebuilt.left_out)}.")

    asyncio.run(with_pool(settings, from_workflows))


@app.command()
def archive(
    wait_seconds: Annotated[
        float, typer.Option(help="How long to wait until it is done.", min=0)
    ] = 600,
) -> None:
    """Keep the histories of closed cases here, before Temporal forgets them.

    A schedule does the same every night.
    """
    settings = read_settings()

    async def now() -> int:
        client = await reach_temporal(settings)
        async with asyncio.timeout(wait_seconds):
            return await archive_now(client)

    try:
        kept = asyncio.run(now())
    except TimeoutError:
        end_with(
            f"Not done within {wait_seconds:g} s. It goes on as soon as a worker serves the queue "
            f"{CASE}; run this again to wait for it."
        )
    console.print(f"{kept} histories archived.", highlight=False)


@audit_app.command()
def verify(
    stream: Annotated[
        str | None, typer.Argument(help="A case number, `access` or `centre`; all by default.")
    ] = None,
    heads: Annotated[
        Path | None,
        typer.Option(
            help="Heads kept outside the database (`audit heads`): they must still be in it.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
) -> None:
    """Walk the journal's hash chains; exit with 1 where one does not hold."""

    async def walk(pool: asyncpg.Pool) -> None:
        found = [broken async for broken in journal.verify(pool, stream)]
        if heads is not None:
            found += await journal.missing_heads(pool, _read_heads(heads))
        for broken in found:
            console.print(f"{broken.stream} {broken.seq}: {broken.reason}", highlight=False)
        if found:
            end_with("The journal does not hold. Keep the database as it is and tell the auditor.")
        count = len(await journal.heads(pool))
        console.print(f"{count} chains hold.", highlight=False)

    asyncio.run(with_pool(read_settings(), walk))


@audit_app.command("heads")
def list_heads() -> None:
    """Print stream, length and hash of every chain, to be kept outside the database."""

    async def show(pool: asyncpg.Pool) -> None:
        for name, seq, digest in await journal.heads(pool):
            typer.echo(f"{name} {seq} {digest}")

    asyncio.run(with_pool(read_settings(), show))


@catalogue_app.command()
def prepare() -> None:
    """Find the words and the meaning of new texts now; a schedule does the same in the background.

    What is done is kept: stopped and started again, it goes on.
    """
    settings = read_settings()

    async def now(pool: asyncpg.Pool) -> None:
        await prepare_catalogue(pool, ENCODERS[settings.encoder], console)

    asyncio.run(with_pool(settings, now))


@holidays_app.command()
def declare(
    day: Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"])],
    name: Annotated[str, typer.Argument(help="As it is called, e.g. 임시공휴일.")],
) -> None:
    """Add a temporary holiday; deadlines skip it, those of open cases too."""

    async def add(pool: asyncpg.Pool) -> None:
        version = await calendar.declare_holiday(pool, _day(day), name)
        console.print(f"{_day(day)} is a holiday from calendar version {version} on.")
        await _tell_cases(settings, version)

    settings = read_settings()
    asyncio.run(with_pool(settings, add))


@holidays_app.command()
def close(
    institute: Annotated[str, typer.Argument(help="Code of the institute, e.g. KITECH.")],
    day: Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"])],
    reason: Annotated[str, typer.Argument(help="As it is called, e.g. 창립기념일.")],
) -> None:
    """Add a day on which one institute is closed; only its own deadlines skip it."""

    async def add(pool: asyncpg.Pool) -> None:
        version = await calendar.close_institute(pool, institute, _day(day), reason)
        console.print(f"{institute} is closed on {_day(day)}: calendar version {version}.")
        await _tell_cases(settings, version)

    settings = read_settings()
    try:
        asyncio.run(with_pool(settings, add))
    except calendar.NoSuchInstitute:
        end_with(f"There is no institute {institute}. Codes are at /api/v1/institutes.")


async def _tell_cases(settings: Settings, version: int) -> None:
    try:
        await start_calendar_change(await connect_client(settings, retry=False), version)
    except (RPCError, RuntimeError):
        console.print("Temporal cannot be reached; open cases are told when it is back.")
    else:
        console.print("Open cases are being told.")


@policy_app.command()
def check(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)],
) -> None:
    """Say whether a policy file can be used, and what is wrong with it."""
    policy = _read_policy(file)
    if policy is not None:
        console.print(f"{file} is usable: policy {policy.version}.", highlight=False)


@deploy_app.command()
def current(
    wait_seconds: Annotated[
        float, typer.Option(help="How long to wait for a worker of this release.", min=0)
    ] = 60,
) -> None:
    """Send new workflow tasks, of open cases too, to this release's workers.

    Run it when the replay gate passed and workers of this release poll.
    """
    settings = read_settings()

    async def switch() -> None:
        client = await reach_temporal(settings)
        await make_current(client, build_id(), wait_seconds=wait_seconds)

    try:
        asyncio.run(switch())
    except TimeoutError as reason:
        end_with(str(reason))
    console.print(f"Current: {build_id()}", highlight=False)


def _read_policy(file: Path | None) -> Policy | None:
    if file is None:
        return None
    try:
        return policy_from(file)
    except PolicyFileError as reason:
        end_with(f"{file}: {reason}")


def _read_heads(file: Path) -> list[tuple[str, int, str]]:
    lines = [line.split() for line in file.read_text("utf-8").splitlines() if line]
    return [(name, int(seq), digest) for name, seq, digest in lines]


def _day(given: datetime) -> date:
    return given.date()


if __name__ == "__main__":
    app()
