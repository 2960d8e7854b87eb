"""Intervals of couplings against the number of snapshots, and the number needed for a given width."""

from collections.abc import Sequence

import attrs
import numpy as np
from scipy import stats

from paper_repro.analysis.coupling_fit import CouplingFit, fit_couplings
from paper_repro.analysis.one_step import one_step
from paper_repro.numerics.arrays import Floats
from paper_repro.physics.terms import Terms
from paper_repro.sampling.snapshots import Snapshots


@attrs.frozen(eq=False)
class LearningPoint:
    """Half-widths (term,) of the intervals of a fit to ``snapshots``, over the largest coupling of the whole fit in size."""

    snapshots: int
    half_widths: Floats


@attrs.frozen(eq=False)
class LearningCurve:
    """Intervals against snapshots: measured at ``points``, the last of which is the whole fit, and as 1/√n from there.

    ``scaling`` is the median over terms of the width at the first point over that which 1/√n foretells: near 1 where errors scale
    as they should, above it where few snapshots have few degrees of freedom. ``needed`` (term,) is how many snapshots like these
    would make the half-width ``precision`` of the largest coupling.
    """

    terms: tuple[str, ...]
    points: tuple[LearningPoint, ...]
    scaling: float
    precision: float
    needed: Floats


def snapshots_needed(fit: CouplingFit, precision: float = 0.01, level: float = 0.05) -> Floats:
    """Return how many snapshots (term,) give half-widths of ``precision`` times the largest coupling in size.

    From 1/√n and normal quantiles: n (z σ / (precision |θ|_max))².
    """
    widths = stats.norm.isf(level / 2) * fit.errors / np.abs(fit.coefficients).max()
    needed: Floats = fit.snapshots * (widths / precision) ** 2
    return needed


def learning_curve(
    data: Sequence[Snapshots],
    terms: Terms,
    fit: CouplingFit,
    fractions: Sequence[float] = (0.125, 0.25, 0.5),
    precision: float = 0.01,
    level: float = 0.05,
    threads: int = 1,
) -> LearningCurve:
    """Return the intervals of fits to parts of the data and of the whole ``fit``; parts too small for the terms are left out.

    The errors of the parts are made as those of the whole.
    """
    size = float(np.abs(fit.coefficients).max())
    points = []
    for fraction in sorted(fractions):
        part = subsample(data, fraction)
        try:
            found = fit_couplings(part, terms, threads)
            if fit.method != "robust":
                found = one_step(part, terms, found, threads)
        except ValueError:
            continue
        points.append(LearningPoint(found.snapshots, found.half_widths(level) / size))
    whole = LearningPoint(fit.snapshots, fit.half_widths(level) / size)
    first = points[0] if points else whole
    expected = whole.half_widths * np.sqrt(whole.snapshots / first.snapshots)
    return LearningCurve(
        terms=fit.terms,
        points=(*points, whole),
        scaling=float(np.median(first.half_widths / expected)),
        precision=precision,
        needed=snapshots_needed(fit, precision, level),
    )


def subsample(data: Sequence[Snapshots], fraction: float) -> list[Snapshots]:
    """Return a part of the data: evenly spaced ones of its runs, or the beginnings of its runs where they are few.

    Raises ``ValueError`` for a fraction that is not between 0 and 1.
    """
    if not 0 < fraction <= 1:
        raise ValueError(f"a fraction of {fraction:g}; expected one above 0, up to 1")
    ordered = [snapshots.by_run() for snapshots in data]
    edges = [np.flatnonzero(np.diff(each.run, prepend=each.run[0] - 1)) for each in ordered]
    whole_runs = sum(map(len, edges)) * fraction >= 2
    taken, place = [], 0.0
    for each, starts in zip(ordered, edges, strict=True):
        ends = [*starts[1:].tolist(), len(each)]
        rows: list[int] = []
        for start, end in zip(starts.tolist(), ends, strict=True):
            before, place = place, place + fraction
            if not whole_runs:
                rows += range(start, start + max(1, round((end - start) * fraction)))
            elif int(place + 1e-9) > int(before + 1e-9):
                rows += range(start, end)
        if rows:
            taken.append(attrs.evolve(each, spins=each.spins[rows], run=each.run[rows]))
    return taken
