"""Runs the years of one command, with a bar that shows where each is."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from infra.telemetry import configure_logging
from workers.simulation import report
from workers.simulation.run import YearPlan, YearResult, simulate
from workers.simulation.world import settings_of


def run_years(plans: Sequence[YearPlan], out: Path | None, console: Console) -> bool:
    """Simulate one year after the other and show them side by side.

    Args:
        plans: The same year under different policies.
        out: Folder for the plots; None for none.
        console: Where a person reads.

    Returns:
        Whether no case and no round was lost in any of them.
    """
    configure_logging(settings_of(""))
    results = [_run(plan, console) for plan in plans]
    report.show(results, console)
    if out is not None:
        for path in report.draw_plots(results, out):
            console.print(str(path), highlight=False, soft_wrap=True)
    for result in results:
        for number in result.proof.lost:
            console.print(f"lost: {number} ({result.policy_version})", style="red")
    return all(result.proof.holds for result in results)


def _run(plan: YearPlan, console: Console) -> YearResult:
    with Progress(
        TextColumn("{task.fields[policy]}"),
        BarColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
        console=console,
    ) as progress:
        policy = "" if plan.policy is None else plan.policy.version
        bar = progress.add_task("starting", total=1.0, policy=policy)

        def show(share: float, what: str) -> None:
            progress.update(bar, completed=share, description=what)

        return asyncio.run(simulate(plan, show))
