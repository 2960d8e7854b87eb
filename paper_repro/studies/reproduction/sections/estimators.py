"""Comparison of estimators of the couplings with each other and with the truth."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from paper_repro.report.document import Table
from paper_repro.report.numbers import NONE, fixed, number, scientific

if TYPE_CHECKING:
    from paper_repro.analysis.estimator_comparison import EstimatorQuality


def estimators(found: "Sequence[EstimatorQuality]", names: Sequence[str], truth: Sequence[float]) -> Table:
    """Return a column for each estimator: couplings in units of energy with their intervals, and how good they are."""
    rows = [
        (name, f"{true:.4f}", *(number(float(item.couplings[k]), float(item.half_widths[k])) for item in found))
        for k, (name, true) in enumerate(zip(names, truth, strict=True))
    ]
    rows += [
        ("1 - cosine", "", *(scientific(1 - item.cosine) for item in found)),
        ("largest ratio error", "", *(fixed(item.largest_ratio_error, 4) for item in found)),
        ("scale / β", "", *(fixed(item.scale_over_beta, 4) for item in found)),
        ("efficiency", "", *(_efficiency(item) for item in found)),
        ("seconds", "", *(f"{item.seconds:.1f}" for item in found)),
    ]
    columns = ("", "truth", *(item.name for item in found))
    return Table(columns, tuple(rows), frozenset(columns[1:]))


def _efficiency(item: "EstimatorQuality") -> str:
    if item.name == "network" or not np.isfinite(item.efficiency).all():
        return NONE
    return f"{item.efficiency.min():.2f} … {item.efficiency.max():.2f}"
