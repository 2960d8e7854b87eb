"""Defects of snapshots, reported before any coupling: runs that are too short, two temperatures, a law that changes.

Each check has a false alarm in at most ``LEVEL`` of data sets of one equilibrium law that the terms describe.
"""

from collections.abc import Iterator, Sequence
from typing import Literal

import attrs
import numpy as np
from scipy import stats

from paper_repro.analysis.coupling_fit import CouplingFit
from paper_repro.analysis.scale_series import ScaleSeries, scale_series
from paper_repro.analysis.stationarity import trend
from paper_repro.analysis.symmetry_check import broken_symmetries
from paper_repro.analysis.temperature_check import temperature_tests
from paper_repro.numerics.arrays import Floats
from paper_repro.physics.terms import Terms
from paper_repro.sampling.snapshots import Snapshots

LEVEL = 1e-3
#: Fewest pairs of successive runs whose products are tested.
_FEWEST = 8

Kind = Literal["correlated", "run too short", "two temperatures", "not stationary", "symmetry broken", "copies", "one run"]


@attrs.frozen
class DataWarning:
    """One thing that is wrong, or that the errors rest on: its kind, a sentence with its numbers, and the p value of a test."""

    kind: Kind
    text: str
    p: float | None = None


def data_warnings(data: Sequence[Snapshots], terms: Terms, fit: CouplingFit, threads: int = 1) -> tuple[DataWarning, ...]:
    """Return what is wrong with the data on which ``fit`` rests; other readings of them, whose memory is a number a snapshot."""
    series = scale_series(data, terms, fit.coefficients, threads)
    moving = tuple(_stationary(series, fit))
    temperatures = () if moving else tuple(_one_temperature(data, series, fit))
    one_run = tuple(_one_run(series))
    if one_run and temperatures:  # each can look like the other: the clearer one is reported
        one_run, temperatures = (one_run, ()) if (one_run[0].p or 0.0) < (temperatures[0].p or 0.0) else ((), temperatures)
    return (
        *_copies(data),
        *one_run,
        *moving,
        *_correlation(fit),
        *temperatures,
        *_symmetric(data, terms, fit),
    )


def _copies(data: Sequence[Snapshots]) -> Iterator[DataWarning]:
    """Look for snapshots that another run or record has too, bit for bit: no law repeats one, but a file can be given twice."""
    copies = elsewhere = 0
    first: dict[int, tuple[int, int]] = {}
    for number, part in enumerate(data):
        for spins, run in zip(part.spins, part.run.tolist(), strict=True):
            record, other = first.setdefault(hash(spins.tobytes()), (number, run))
            copies += (record, other) != (number, run)
            elsewhere += part.scale != data[record].scale
    if elsewhere:
        yield DataWarning(
            "copies",
            f"{elsewhere:,} of {sum(map(len, data)):,} snapshots are copies of snapshots that are stated to be of another "
            f"temperature. Snapshots are of one temperature: the files or their temperatures are to be checked.",
        )
    elif copies:
        yield DataWarning(
            "copies",
            f"{copies:,} of {sum(map(len, data)):,} snapshots are copies of snapshots of other runs. They count as independent, so "
            f"that the errors are too small. Files that were given twice are to be left out.",
        )


def _one_run(series: ScaleSeries) -> Iterator[DataWarning]:
    """Look for runs that continue the one before: the files of one Markov chain, a snapshot each, are not independent."""
    p = _excess(series.between_runs)
    if p < LEVEL:
        yield DataWarning(
            "one run",
            f"Successive runs are correlated (p = {p:.1g}): they seem to be parts of one Markov chain. They count as independent, "
            f"so that the errors are too small. One run number for all of them, or --one-run (one_run=True), mends it.",
            p,
        )


def _excess(products: Floats) -> float:
    """Return the probability of a mean of ``products`` (unit,) as large as this where its expectation is 0; 1 for few units.

    By Student's t about their mean: products are skewed to the right, whose t has fewer large values than Student's law.
    """
    count = len(products)
    if count < _FEWEST:
        return 1.0
    spread = float(products.std(ddof=1))
    return float(stats.t.sf(products.mean() / spread * np.sqrt(count), count - 1)) if spread > 0 else 1.0


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
    """Look for runs whose beginning has another scale than their end: they were not in equilibrium."""
    found = trend(series, fit.correlation.block, LEVEL)
    if found is not None:
        yield DataWarning(
            "not stationary",
            f"The runs are not stationary: {found.text}. Snapshots before equilibrium are to be left out.",
            found.p,
        )


def _one_temperature(data: Sequence[Snapshots], series: ScaleSeries, fit: CouplingFit) -> Iterator[DataWarning]:
    """Test whether snapshots, runs or records differ in scale by more than the temperatures that they state allow."""
    stated = len({part.scale for part in data}) > 1
    tests = temperature_tests(data, series, fit.correlation)
    for name, p in tests.items():
        if p < LEVEL / len(tests):
            law, mend = ("the temperatures that they state", "The temperatures are to be checked") if stated else (
                "one temperature", "Snapshots of different temperatures are to be fitted apart, or their temperatures stated"
            )  # fmt: skip
            yield DataWarning(
                "two temperatures",
                f"The {name} are not of {law}, or not of one law: their scale varies by more than chance allows (p = {p:.1g}). "
                f"{mend}.",
                p,
            )
            return


def _symmetric(data: Sequence[Snapshots], terms: Terms, fit: CouplingFit) -> Iterator[DataWarning]:
    for broken in broken_symmetries(data, terms, fit.correlation, LEVEL):
        axis = ", ".join(f"{component:.2f}" for component in broken.axis)
        yield DataWarning(
            "symmetry broken",
            f"The mean {broken.moment} is {broken.size:.3g} along ({axis}) and would be 0 by the symmetry of the library under "
            f"{broken.symmetry}: a field, an anisotropy or the like is missing, or the runs are too short.",
            broken.p,
        )
