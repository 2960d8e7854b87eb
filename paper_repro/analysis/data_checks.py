"""What is wrong with snapshots, said before any coupling: runs that are too short, two temperatures, a law that changes.

Each check has a false alarm in at most ``LEVEL`` of data sets of one equilibrium law that the terms describe.
"""

from collections.abc import Iterator, Sequence
from typing import Literal

import attrs
import numpy as np
from scipy import stats

from paper_repro.analysis.coupling_fit import CouplingFit
from paper_repro.analysis.scale_series import ScaleSeries, scale_series
from paper_repro.numerics.arrays import Floats
from paper_repro.physics.terms import Terms
from paper_repro.sampling.snapshots import Snapshots

LEVEL = 1e-3

Kind = Literal["correlated", "run too short", "two temperatures", "not stationary"]


@attrs.frozen
class DataWarning:
    """One thing that is wrong, or that the errors rest on: its kind, a sentence with its numbers, and the p value of a test."""

    kind: Kind
    text: str
    p: float | None = None


def data_warnings(data: Sequence[Snapshots], terms: Terms, fit: CouplingFit, threads: int = 1) -> tuple[DataWarning, ...]:
    """Return what is wrong with the data on which ``fit`` rests; another reading of them, whose memory is a number a snapshot."""
    series = scale_series(data, terms, fit.coefficients, threads)
    return (*_correlation(fit), *_stationary(series, fit), *_one_temperature(series))


def _correlation(fit: CouplingFit) -> Iterator[DataWarning]:
    found = fit.correlation
    if not found.resolved:
        yield DataWarning(
            "run too short",
            f"The runs are too short for their correlation: the autocorrelation time is {found.time:.1f} snapshots or more, the "
            f"longest block {found.block}. The errors are too small. Longer runs, or several independent ones, mend it.",
        )
    elif found.correlated:
        yield DataWarning(
            "correlated",
            f"Successive snapshots are correlated: the integrated autocorrelation time is {found.time:.1f} snapshots. The errors "
            f"allow for it by blocks of {found.block} snapshots.",
        )


def _stationary(series: ScaleSeries, fit: CouplingFit) -> Iterator[DataWarning]:
    """Compare the first half of each run with the second: their scales differ where the run was not in equilibrium."""
    block = fit.correlation.block
    change, squares, blocks = 0.0, 0.0, 0
    for run in np.split(series.values, np.cumsum(series.lengths)[:-1]):
        parts = np.add.reduceat(run, np.arange(0, len(run), block))
        half = len(parts) // 2
        if half:
            kept = parts if len(parts) == 2 * half else np.delete(parts, half)
            change += kept[:half].sum() - kept[half:].sum()
            squares += float((kept**2).sum())
            blocks += len(kept)
    if blocks < 4 or squares == 0:
        return
    z = change / np.sqrt(squares)
    p = float(2 * stats.t.sf(abs(z), blocks / 2))
    if p < LEVEL:
        hotter = "hotter" if z > 0 else "colder"
        yield DataWarning(
            "not stationary",
            f"The runs are not stationary: their first halves are {hotter} than their second halves ({abs(z):.1f} standard "
            f"deviations). Snapshots before equilibrium are to be left out.",
            p,
        )


def _one_temperature(series: ScaleSeries) -> Iterator[DataWarning]:
    """Test whether snapshots, or runs, differ in scale by more than one temperature allows."""
    several = len(series.lengths) > 1 and series.lengths.max() > 1
    units = {"snapshots": series.apart} | ({"runs": series.apart_of_runs} if several else {})
    for name, products in units.items():
        p = _excess(products)
        if p < LEVEL / len(units):
            yield DataWarning(
                "two temperatures",
                f"The {name} are not of one temperature, or not of one law: their scale varies by more than chance allows "
                f"(p = {p:.1g}). Snapshots of different temperatures are to be fitted apart.",
                p,
            )
            return


def _excess(products: Floats) -> float:
    """Return the probability of a mean of ``products`` (unit,) as large as this where its expectation is 0; 1 for few units."""
    count = len(products)
    spread = float((products**2).sum())
    if count < 8 or spread == 0:
        return 1.0
    return float(stats.t.sf(products.sum() / np.sqrt(spread), count - 1))
