"""Figures over labelled difficulties, against values worked out by hand."""

from math import log2

import pytest

from matching.baselines import WhitespaceBm25
from matching.evaluation import Answer, Figure, Labelled, difference, evaluate
from schemas.designation import EnquiryProposal, FirstAction


def answer(*ranked: str, confidence: float | None = None) -> Answer:
    return Answer(ranked, 0.01, confidence)


def mean(figure: Figure | None) -> float:
    assert figure is not None
    return figure.mean


def test_figures_count_what_their_names_say() -> None:
    labelled = [
        Labelled("1", "a", {"KIMS": 2, "KITECH": 1}),
        Labelled("2", "b", {"KERI": 2}),
        Labelled("3", "c", {}),
    ]
    figures = evaluate(
        labelled, [answer("KITECH", "KIMS"), answer("KIMM", "KIST", "ETRI", "KERI"), answer("KIST")]
    ).figures

    assert mean(figures["lead_acceptable"]) == 0.5
    assert mean(figures["lead_primary"]) == 0
    assert mean(figures["top3_acceptable"]) == 0.5
    assert mean(figures["mrr"]) == pytest.approx((1 + 1 / 4) / 2)
    first = (1 + 2 / log2(3)) / (2 + 1 / log2(3))
    assert mean(figures["ndcg10"]) == pytest.approx((first + 1 / log2(5)) / 2)
    assert figures["service_accuracy"] is None


def test_proposals_and_masking_are_judged_where_labels_tell() -> None:
    proposal = EnquiryProposal(
        service="guidance", first_action=FirstAction.ASSIGN, flags=("urgent",)
    )
    labelled = [
        Labelled(
            "1", "a", {}, ("difficulty", "guidance"), FirstAction.ASSIGN, frozenset(), ("길동",)
        ),
        Labelled("2", "b", {}, ("transfer",), FirstAction.REFER_OUT, frozenset({"misfiled"})),
    ]
    answers = [Answer((), 0, None, proposal, "이름 길동"), Answer((), 0, None, proposal, "")]
    figures = evaluate(labelled, answers).figures

    assert mean(figures["service_accuracy"]) == 0.5
    assert mean(figures["first_action_accuracy"]) == 0.5
    assert mean(figures["flag_accuracy"]) == 0.5
    assert mean(figures["masking_recall"]) == 0


def test_confidence_that_is_always_true_of_its_bin_has_no_calibration_error() -> None:
    labelled = [Labelled(str(n), "", {"KIMS": 2}) for n in range(4)]
    answers = [answer("KIMS", confidence=0.5), answer("KIST", confidence=0.5)] * 2

    assert evaluate(labelled, answers).calibration_error == 0


def test_a_paired_interval_is_empty_when_both_say_the_same() -> None:
    figure = Figure.of([1.0, 0.0, 1.0])
    assert figure is not None

    assert difference(figure, figure) == (0, 0, 0)
    assert figure.low <= figure.mean <= figure.high


def test_the_baseline_compares_words_as_they_are_written() -> None:
    baseline = WhitespaceBm25({"a": "금형 기공", "b": "김치 포장"})

    assert baseline.rank("금형 불량") == ["a"]
    assert baseline.rank("금형의 불량") == []
