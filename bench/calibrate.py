"""Fits the probability that an acceptable institute stands first, and prints its two numbers.

    python bench/calibrate.py

On the development part of our own difficulties; the error on the test part is told, never fitted.
"""

import hashlib

import numpy as np
import numpy.typing as npt

from infra.reference_files import LABELLED, institute_names
from matching.calibration import lead
from matching.designation import LOW_CONFIDENCE
from workers.evaluation.forms import read_labelled
from workers.evaluation.system import Engine

# A prior of half a right and half a wrong answer keeps the curve from becoming a step.
_RIDGE = 0.5
_STEPS = 5000
_RATE = 0.05


def main() -> None:
    """Fit and print."""
    engine = Engine()
    parts: dict[bool, list[tuple[float, bool]]] = {True: [], False: []}
    for label in read_labelled(LABELLED, institute_names()).labelled:
        if label.relevance:
            totals = engine.designator.order(label.text)
            development = hashlib.sha256(label.id.encode()).hexdigest()[0] < "a"
            right = next(iter(totals), "") in label.relevance
            parts[development].append((lead(list(totals.values())), right))
    weights = _fit(np.asarray(parts[True], dtype=np.float64))
    print(f"intercept {weights[0]:.2f}, per lead {weights[1]:.2f}")
    for name, part in (("development", parts[True]), ("test", parts[False])):
        leads, rights = np.asarray(part, dtype=np.float64).T
        said = 1 / (1 + np.exp(-(weights[0] + weights[1] * leads)))
        sure = said >= LOW_CONFIDENCE
        print(
            f"{name}: n {len(part)}, Brier {np.mean((said - rights) ** 2):.3f}, mean said"
            f" {said.mean():.3f}, right {rights.mean():.3f}; sure enough: {sure.mean():.2f}"
            f" of them, {rights[sure].mean():.3f} right"
        )


def _fit(pairs: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Intercept and slope of a logistic regression, by gradient descent."""
    leads, rights = pairs.T
    features = np.stack([np.ones_like(leads), leads], axis=1)
    weights = np.zeros(2)
    for _ in range(_STEPS):
        said = 1 / (1 + np.exp(-features @ weights))
        slope = features.T @ (said - rights) + _RIDGE * weights * np.asarray([0, 0.05])
        weights -= _RATE * slope / len(leads) * 20
    return weights


if __name__ == "__main__":
    main()
