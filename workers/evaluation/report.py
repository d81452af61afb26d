"""An evaluation as one page: figures with intervals, and how far confidence can be believed."""

from collections.abc import Mapping
from html import escape
from typing import Any, Final, cast

import leather  # pyright: ignore[reportMissingTypeStubs]  # the package has none
import numpy as np

from matching.evaluation import Report

_leather: Any = leather
_WIDTH: Final = 720
_HEIGHT: Final = 300
_FONT: Final = "sans-serif"
_STYLE: Final = (
    "body{font-family:sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse}td,th{padding:.3rem .8rem;border-bottom:1px solid #bbb;"
    "text-align:right}td:first-child,th:first-child{text-align:left}svg{max-width:100%}"
)


def write_report(
    file: str, n: int, reports: Mapping[str, Report], skipped: Mapping[str, str]
) -> str:
    """The page's HTML, with its plots inside."""
    first = next(iter(reports.values()))
    names = [name for name, figure in first.figures.items() if figure is not None]
    rows = "".join(
        f"<tr><td>{escape(name.replace('_', ' '))}</td>"
        + "".join(f"<td>{_cell(report, name)}</td>" for report in reports.values())
        + "</tr>"
        for name in names
    )
    latency = "".join(
        f"<td>{np.quantile(report.latencies_ms, 0.5):.1f} / "
        f"{np.quantile(report.latencies_ms, 0.95):.1f}</td>"
        for report in reports.values()
    )
    heads = "".join(f"<th>{escape(name)}</th>" for name in reports)
    left_out = "".join(
        f"<p>{escape(name)} was left out: {escape(reason)}</p>" for name, reason in skipped.items()
    )
    plots = [_figures_plot(system, report, names) for system, report in reports.items()]
    plots.append(_latency_plot(first))
    if first.reliability:
        plots.append(_reliability_plot(first))
    calibration = (
        f"<p>Calibration error {first.calibration_error:.3f}.</p>"
        if first.calibration_error is not None
        else ""
    )
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(file)}</title>'
        f"<style>{_STYLE}</style><h1>{escape(file)}: {n} difficulties</h1>"
        "<p>Means with bootstrap intervals of 95 %.</p>"
        f"<table><tr><th></th>{heads}</tr>{rows}"
        f"<tr><td>latency ms, p50 / p95</td>{latency}</tr></table>{calibration}{left_out}"
        + "".join(plots)
        + "</html>\n"
    )


def _cell(report: Report, name: str) -> str:
    figure = report.figures[name]
    return "-" if figure is None else f"{figure.mean:.3f} ({figure.low:.3f}-{figure.high:.3f})"


def _figures_plot(system: str, report: Report, names: list[str]) -> str:
    chart = _chart(f"{system}: figures, from 0 to 1")
    chart.add_bars(
        [
            (figure.mean, name.replace("_", " "))
            for name in reversed(names)
            if (figure := report.figures[name]) is not None
        ]
    )
    chart.add_x_scale(0, 1)
    return _svg(chart)


def _latency_plot(report: Report) -> str:
    ordered = np.sort(report.latencies_ms)
    chart = _chart("Latency: share of answers within so many milliseconds")
    chart.add_line([(float(ms), (n + 1) / len(ordered)) for n, ms in enumerate(ordered)])
    chart.add_y_scale(0, 1)
    return _svg(chart)


def _reliability_plot(report: Report) -> str:
    chart = _chart("Confidence said, and how often it was true")
    chart.add_line([(0.0, 0.0), (1.0, 1.0)], name="perfect")
    chart.add_dots([(said, true) for said, true, _ in report.reliability], name="measured")
    chart.add_x_scale(0, 1)
    chart.add_y_scale(0, 1)
    return _svg(chart)


def _chart(title: str) -> Any:  # noqa: ANN401  # leather has no types
    for name in ("title_font_family", "legend_font_family", "tick_font_family"):
        setattr(_leather.theme, name, _FONT)
    return _leather.Chart(title)


def _svg(chart: Any) -> str:  # noqa: ANN401  # as above
    return cast("str", chart.to_svg(width=_WIDTH, height=_HEIGHT))
