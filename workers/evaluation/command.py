"""Runs an evaluation: our engine beside its baselines, printed, as JSON, or as a page."""

import asyncio
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Final

import numpy as np
from rich.console import Console
from rich.table import Table

from infra.reference_files import institute_names, institute_phrases
from matching.baselines import WhitespaceBm25
from matching.evaluation import Answer, Report, difference, evaluate
from workers.evaluation.forms import CorpusPatent, Form, UnknownForm, read_corpus, read_labelled
from workers.evaluation.report import write_report
from workers.evaluation.system import Engine, PatentSearch
from workers.evaluation.trigram import trigram_answers
from workers.local_parts import CannotStart

OURS: Final = "center1379"
_COMPARED: Final = ("lead_acceptable", "ndcg10", "mrr")
_JSON: Final = (
    "lead_acceptable", "lead_primary", "top3_acceptable", "ndcg10", "mrr", "service_accuracy",
    "first_action_accuracy",
)  # fmt: skip
# Of a corpus of patents there is no lead institute.
_OF_INSTITUTES: Final = frozenset({"lead_acceptable", "lead_primary", "top3_acceptable"})


@dataclass(frozen=True)
class Evaluation:
    """An engine and its baselines over one file."""

    file: str
    form: Form
    n: int
    reports: Mapping[str, Report]
    skipped: Mapping[str, str]


def run_evaluation(
    path: Path,
    corpus: Path | None,
    console: Console,
    *,
    as_json: bool,
    html: Path | None,
) -> None:
    """Evaluate a labelled file and show what came of it.

    Raises:
        UnknownForm: A file has another form, or the corpus is missing.
    """
    file = read_labelled(path, institute_names())
    patents = _corpus_for(file.form, corpus)
    engine = Engine()
    questions = [label.text for label in file.labelled]
    documents = _documents(patents)
    systems: dict[str, list[Answer]] = {
        OURS: _answers(engine, patents, questions),
        "BM25, whitespace": _timed(
            WhitespaceBm25({key: " ".join(own) for key, own in documents.items()}).rank, questions
        ),
    }
    skipped: dict[str, str] = {}
    if not as_json or html is not None:
        try:
            systems["pg_trgm"] = asyncio.run(trigram_answers(documents, questions))
        except (CannotStart, OSError) as reason:
            skipped["pg_trgm"] = str(reason)
    done = Evaluation(
        file=path.name,
        form=file.form,
        n=len(file.labelled),
        reports={name: evaluate(file.labelled, own) for name, own in systems.items()},
        skipped=skipped,
    )
    if html is not None:
        html.write_text(write_report(done.file, done.n, done.reports, done.skipped), "utf-8")
    if as_json:
        sys.stdout.write(json.dumps(_summary(done)) + "\n")
    else:
        _show(done, console)


def _corpus_for(form: Form, corpus: Path | None) -> list[CorpusPatent] | None:
    if form is not Form.PATENTS:
        return None
    if corpus is None:
        raise UnknownForm("The file asks for patents: give their corpus with --corpus FILE.")
    return read_corpus(corpus)


def _answers(
    engine: Engine, patents: list[CorpusPatent] | None, questions: Sequence[str]
) -> list[Answer]:
    answer = engine.answer if patents is None else PatentSearch(engine, patents).answer
    if questions:
        answer(questions[0])  # models load with the first question, which would be timed
    return [answer(question) for question in questions]


def _documents(patents: list[CorpusPatent] | None) -> dict[str, list[str]]:
    """What baselines search: the same texts as the engine has."""
    if patents is not None:
        return {patent.id: [f"{patent.title} {patent.body}"] for patent in patents}
    found: dict[str, list[str]] = {}
    for institute, _, phrase in institute_phrases():
        found.setdefault(institute, []).append(phrase)
    return found


def _timed(rank: Callable[[str], Sequence[str]], questions: Sequence[str]) -> list[Answer]:
    answers: list[Answer] = []
    for question in questions:
        started = perf_counter()
        ranked = rank(question)
        answers.append(Answer(ranked, perf_counter() - started))
    return answers


def _summary(done: Evaluation) -> dict[str, float | int | None]:
    report = done.reports[OURS]

    def mean(name: str) -> float | None:
        figure = report.figures[name]
        missing = figure is None or (done.form is Form.PATENTS and name in _OF_INSTITUTES)
        return None if missing or figure is None else round(figure.mean, 4)

    return {
        "n": done.n,
        **{name: mean(name) for name in _JSON},
        "latency_ms_p50": round(float(np.quantile(report.latencies_ms, 0.5)), 1),
        "latency_ms_p95": round(float(np.quantile(report.latencies_ms, 0.95)), 1),
    }


def _show(done: Evaluation, console: Console) -> None:
    table = Table(title=f"{done.file}: {done.n} difficulties", title_justify="left", box=None)
    table.add_column("")
    for name in done.reports:
        table.add_column(name, justify="right")
    for name in done.reports[OURS].figures:
        if done.form is Form.PATENTS and name in _OF_INSTITUTES:
            continue
        figures = [report.figures[name] for report in done.reports.values()]
        if any(figure is not None for figure in figures):
            table.add_row(
                name.replace("_", " "),
                *(
                    "-"
                    if f is None
                    else f"{f.mean:.3f} ({f.low:.3f}-{f.high:.3f}, n={len(f.values)})"
                    for f in figures
                ),
            )
    for share in (0.5, 0.95):
        table.add_row(
            f"latency p{share * 100:.0f}, ms",
            *(f"{np.quantile(r.latencies_ms, share):.1f}" for r in done.reports.values()),
        )
    console.print(table)
    _compare(done, console)


def _compare(done: Evaluation, console: Console) -> None:
    ours = done.reports[OURS]
    if ours.calibration_error is not None:
        console.print(f"calibration error {ours.calibration_error:.3f}")
    for name, report in done.reports.items():
        for figure in _COMPARED:
            if done.form is Form.PATENTS and figure in _OF_INSTITUTES:
                continue
            own, other = ours.figures[figure], report.figures[figure]
            if name != OURS and own is not None and other is not None:
                mean, low, high = difference(own, other)
                console.print(
                    f"{figure}: {mean:+.3f} over {name} (paired {low:+.3f} to {high:+.3f})",
                    highlight=False,
                )
    for name, reason in done.skipped.items():
        console.print(f"{name} was left out: {reason}")
