"""What a simulated year came to: tables for the terminal, plots as files, policies side by side."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Any, Final, cast

import leather  # pyright: ignore[reportMissingTypeStubs]  # the package has none
from rich.console import Console
from rich.table import Table

from schemas.case import PromiseState
from workers.simulation.figures import Figures, Load, middle, most
from workers.simulation.run import YearResult

_leather: Any = leather
_WIDTH: Final = 900
_BAR: Final = 24
_HEADER: Final = 140
_LINES_HEIGHT: Final = 420
_FONT: Final = "sans-serif"
_PERCENT: Final = 100
# Of a promise: what is counted, in this order.
_STATES: Final = (
    PromiseState.KEPT, PromiseState.BROKEN, PromiseState.RUNNING, PromiseState.VOID,
)  # fmt: skip

Cells = Callable[[YearResult], Iterable[str]]


def show(results: Sequence[YearResult], console: Console) -> None:
    """Print everything there is to say about one or several runs of the same year."""
    for table in (
        _overview(results),
        _promises(results),
        _waits(results),
        _outcomes(results),
        _applications(results),
        _loads(results),
        _proofs(results),
    ):
        console.print(table)
        console.print()


def _table(title: str, first: Sequence[str], results: Sequence[YearResult], *each: str) -> Table:
    """A table that compares runs: one figure in columns, several in a line for each policy."""
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for heading in first:
        table.add_column(heading)
    if len(results) == 1:
        headings = list(each)
    elif len(each) == 1:
        headings = [f"{result.policy_version}\n{each[0]}" for result in results]
    else:
        table.add_column("policy")
        headings = list(each)
    for heading in headings:
        table.add_column(heading, justify="right")
    return table


def _row(table: Table, first: Sequence[str], results: Sequence[YearResult], cells: Cells) -> None:
    filled = [list(cells(result)) for result in results]
    if len(results) == 1 or len(filled[0]) == 1:
        table.add_row(*first, *chain.from_iterable(filled))
        return
    for result, own in zip(results, filled, strict=True):
        table.add_row(*first, result.policy_version, *own)


def _overview(results: Sequence[YearResult]) -> Table:
    table = _table("The year", [""], results, "")

    def hours(result: YearResult) -> Iterable[str]:
        waited = result.figures.contact_hours
        yield f"{middle(waited):.1f} h, {most(waited):.1f} h"

    rows: list[tuple[str, Cells]] = [
        ("policy", lambda result: [result.policy_version]),
        ("filed", lambda result: [str(len(result.arrivals))]),
        ("cases", lambda result: [str(result.figures.cases)]),
        ("contacts, answered at the desk", lambda result: [str(result.figures.contacts)]),
        ("answers to tasks", lambda result: [str(result.answers)]),
        ("answers refused by a rule", lambda result: [str(result.refused.total())]),
        ("working hours to the first contact: median, 9 of 10", hours),
        ("simulated until", lambda result: [f"{result.ends_at:%Y-%m-%d}"]),
        ("seconds it took", lambda result: [f"{result.seconds:.0f}"]),
    ]
    for name, cells in rows:
        _row(table, [name], results, cells)
    return table


def _promises(results: Sequence[YearResult]) -> Table:
    states = [state.value for state in _STATES]
    table = _table("Promises", ["promise"], results, *states, "kept %")
    for kind in _all(result.figures.promises for result in results):

        def cells(result: YearResult, kind: str = kind) -> Iterable[str]:
            ended = result.figures.promises[kind]
            yield from (str(ended[state]) for state in states)
            yield f"{kept_share(result.figures, kind):.0f}"

        _row(table, [kind.replace("_", " ")], results, cells)
    return table


def kept_share(figures: Figures, kind: str) -> float:
    """Of the promises of a kind that were kept or broken, the kept ones in percent."""
    ended = figures.promises[kind]
    decided = ended[PromiseState.KEPT.value] + ended[PromiseState.BROKEN.value]
    return _PERCENT * ended[PromiseState.KEPT.value] / decided if decided else 0.0


def _waits(results: Sequence[YearResult]) -> Table:
    table = _table("Days in each step", ["step"], results, "times", "median", "9 of 10")
    for place in _all(result.figures.waits for result in results):

        def cells(result: YearResult, place: str = place) -> Iterable[str]:
            waited = result.figures.waits[place]
            return (str(len(waited)), f"{middle(waited):.1f}", f"{most(waited):.1f}")

        _row(table, [place], results, cells)
    return table


def _outcomes(results: Sequence[YearResult]) -> Table:
    table = _table("How cases ended", ["track or service", "outcome"], results, "cases")
    _count_rows(table, results, lambda result: result.figures.outcomes)
    return table


def _applications(results: Sequence[YearResult]) -> Table:
    table = _table(
        "What became of applications to selection rounds",
        ["programme", "state"],
        results,
        "applications",
    )
    _count_rows(table, results, lambda result: result.figures.applications)
    return table


def _count_rows(
    table: Table,
    results: Sequence[YearResult],
    counted: Callable[[YearResult], Mapping[str, Counter[str]]],
) -> None:
    """One row for each pair of names that was counted in any of the runs."""
    for outer in _all(counted(result) for result in results):
        for inner in _all(counted(result).get(outer, ()) for result in results):

            def cells(result: YearResult, outer: str = outer, inner: str = inner) -> Iterable[str]:
                return (str(counted(result).get(outer, Counter[str]())[inner]),)

            first = [name.replace("_", " ") for name in (outer, inner)]
            _row(table, first, results, cells)


def _loads(results: Sequence[YearResult]) -> Table:
    headings = ("offered", "accepted", "declined", "silent", "tasks", "late")
    table = _table("Load of the institutes", ["institute"], results, *headings)
    for institute in _all(result.figures.loads for result in results):

        def cells(result: YearResult, institute: str = institute) -> Iterable[str]:
            load = result.figures.loads.get(institute, Load())
            numbers = (load.offered, load.accepted, load.declined, load.silent)
            return [str(number) for number in (*numbers, load.tasks, load.late)]

        _row(table, [institute], results, cells)
    return table


def _proofs(results: Sequence[YearResult]) -> Table:
    table = _table("Where everything stands", ["", "ended, or waits for"], results, "number")

    def stands(result: YearResult) -> Mapping[str, Counter[str]]:
        return {"case": result.proof.stands_at, "round": result.proof.rounds_stand_at}

    _count_rows(table, results, stands)
    _row(table, ["lost", ""], results, lambda result: [str(len(result.proof.lost))])
    return table


def _all(names: Iterable[Iterable[str]]) -> list[str]:
    return sorted(set(chain.from_iterable(names)))


# -- plots --


def draw_plots(results: Sequence[YearResult], folder: Path) -> list[Path]:
    """Write the plots of each run as SVG; the same plots of two runs have the same scale.

    Args:
        results: Runs of the same year.
        folder: Is made if there is none.

    Returns:
        The files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("title_font_family", "legend_font_family", "tick_font_family"):
        setattr(_leather.theme, name, _FONT)
    drawn: list[Path] = []
    for name, chart in (
        ("promises", _promise_bars),
        ("steps", _step_bars),
        ("institutes", _institute_bars),
    ):
        bars = [chart(result) for result in results]
        labels = _all(bars)
        longest = max((value for one in bars for value in one.values()), default=0) or 1
        for result, values in zip(results, bars, strict=True):
            path = folder / f"{name}-{result.policy_version}.svg"
            _draw_bars(path, _TITLES[name], {key: values.get(key, 0) for key in labels}, longest)
            drawn.append(path)
    for result in results:
        path = folder / f"months-{result.policy_version}.svg"
        _draw_months(path, result.figures)
        drawn.append(path)
    return drawn


_TITLES: Final = {
    "promises": "Promises kept, in percent of those kept or broken",
    "steps": "Median days in each step",
    "institutes": "Cases accepted by each institute",
}


def _promise_bars(result: YearResult) -> dict[str, float]:
    figures = result.figures
    return {kind.replace("_", " "): kept_share(figures, kind) for kind in figures.promises}


def _step_bars(result: YearResult) -> dict[str, float]:
    return {place: middle(waited) for place, waited in result.figures.waits.items()}


def _institute_bars(result: YearResult) -> dict[str, float]:
    return {code: load.accepted for code, load in result.figures.loads.items()}


def _draw_bars(path: Path, title: str, values: dict[str, float], longest: float) -> None:
    if not values:
        return
    chart = _leather.Chart(title)
    # Drawn from the bottom up.
    names = sorted(values, reverse=True)
    chart.add_bars([(values[name], name) for name in names])
    chart.add_x_scale(0, longest)
    chart.to_svg(str(path), width=_WIDTH, height=_HEADER + _BAR * len(names))


def _draw_months(path: Path, figures: Figures) -> None:
    months = sorted({*figures.received, *figures.closed})
    if not months:
        return
    still_open: list[tuple[date, float]] = []
    standing = 0
    for month in months:
        standing += figures.received[month] - figures.closed[month]
        still_open.append((month, standing))
    chart = _leather.Chart("Filed, ended and open, by month")
    chart.add_line([(month, figures.received[month]) for month in months], name="filed")
    chart.add_line([(month, figures.closed[month]) for month in months], name="ended")
    chart.add_line(cast("list[Any]", still_open), name="open at the end of the month")
    chart.to_svg(str(path), width=_WIDTH, height=_LINES_HEIGHT)
