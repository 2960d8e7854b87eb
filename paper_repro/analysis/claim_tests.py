"""Measurements behind what the paper says of its own results: of force fields, of W, and of the sampler.

Errors are one standard error, resampling sequences. A force field gives β × force, as in ``basis_fit``.
"""

from collections.abc import Callable, Iterable, Sequence

import attrs
import numpy as np
from scipy import stats

from paper_repro.analysis.basis_fit import NormalEquations, r_squared
from paper_repro.analysis.force_field import ForceField, force_on
from paper_repro.analysis.units import unit_sums
from paper_repro.numerics.arrays import Floats, Integers
from paper_repro.numerics.resampling import bootstrap, standard_errors
from paper_repro.physics.terms import Exchange, Terms
from paper_repro.physics.terms.pairs import pair_terms
from paper_repro.sampling.snapshots import Snapshots

#: A value and one standard error of it.
Measured = tuple[float, float]


def _resampled(value: Callable[[Integers], float], count: int, resamples: int, seed: np.random.SeedSequence) -> Measured:
    """Return the value of all sequences, and its deviation over resamples of their indices."""
    draws = bootstrap(value, count, resamples, np.random.default_rng(seed))
    return value(np.arange(count)), float(standard_errors(draws)) if count > 1 else np.nan


@attrs.frozen(eq=False)
class JointMoments:
    """Several fields on the same snapshots, by unit: AᵀA (unit, term, term), AᵀY (unit, term, field), YᵀY (unit, field, field)."""

    gram: Floats
    moment: Floats
    product: Floats


def joint_moments(fields: Sequence[ForceField], data: Iterable[Snapshots], terms: Terms, threads: int = 1) -> JointMoments:
    """Evaluate every field on every snapshot."""

    def moments(snapshots: Snapshots, units: Sequence[slice]) -> list[tuple[Floats, ...]]:
        known = snapshots.numbered(terms.species_names)
        forces = np.stack([force_on(field, known) for field in fields], axis=-1)
        gradients = terms.on(known.geometry, known.species).gradients(known.spins)
        parts = [(gradients[rows].reshape(-1, len(terms)), forces[rows].reshape(-1, len(fields))) for rows in units]
        return [(design.T @ design, design.T @ y, y.T @ y) for design, y in parts]

    return JointMoments(*unit_sums(moments, data, threads))


def residual_correlation(joint: JointMoments, resamples: int, seed: np.random.SeedSequence) -> Measured:
    """Return the mean correlation, over pairs of fields, of the residuals of each from the terms.

    1 where all have the same residual, 0 where these are independent. Raises ``ValueError`` for fewer than two fields.
    """
    count = joint.product.shape[-1]
    if count < 2:
        raise ValueError(f"{count} force field; expected two or more to compare")
    pairs = np.triu_indices(count, 1)

    def mean(rows: Integers) -> float:
        gram, moment, product = (getattr(joint, field.name)[rows].sum(0) for field in attrs.fields(JointMoments))
        left = product - moment.T @ np.linalg.solve(gram, moment)
        size = np.sqrt(np.diagonal(left))
        return float((left / np.outer(size, size))[pairs].mean())

    return _resampled(mean, len(joint.gram), resamples, seed)


def r2_by_unit(equations: NormalEquations, coefficients: Floats) -> Floats:
    """Return R² about zero of each unit (unit,), for couplings that were fitted elsewhere."""
    return np.array([r_squared(row, coefficients, "zero") for row in equations.rows])


def area_under_curve(sound: Floats, other: Floats, resamples: int, seed: np.random.SeedSequence) -> Measured:
    """Return the probability that a sound value lies above another, ties half: the area under the curve of a threshold.

    Both sets are resampled by themselves.
    """

    def area(first: Floats, second: Floats) -> float:
        return float(stats.mannwhitneyu(first, second, method="asymptotic").statistic / (len(first) * len(second)))

    counts = len(sound), len(other)
    draws = bootstrap(lambda one, two: area(sound[one], other[two]), counts, resamples, np.random.default_rng(seed))
    return area(sound, other), float(standard_errors(draws))


def threshold(sound: Floats, false_alarms: float) -> float:
    """Return the value below which a fraction ``false_alarms`` of sound values lie."""
    return float(np.quantile(sound, false_alarms))


def with_longer_terms(terms: Terms, farthest: int) -> Terms:
    """Return a library with an exchange term more for each pair of species beyond its range, to separation ``farthest``."""
    more = pair_terms(Exchange, range(terms.range + 1, farthest + 1), terms.species_names)
    return terms.with_terms(more)


def beyond_range(equations: NormalEquations, within: int, resamples: int, seed: np.random.SeedSequence) -> Measured:
    """Return |couplings beyond the range| / |couplings within it|, of a fit to both; the first ``within`` terms are within it.

    ``equations`` are those of ``with_longer_terms``. Noise alone makes it positive: compare it with its error.
    """

    def ratio(rows: Integers) -> float:
        c = np.linalg.solve(equations.gram[rows].sum(0), equations.moment[rows].sum(0))
        return float(np.linalg.norm(c[within:]) / np.linalg.norm(c[:within]))

    return _resampled(ratio, len(equations.gram), resamples, seed)
