"""Does the fitted law make data like those it was fitted to? Energies, terms and correlations of both, side by side.

The fit looks at forces; means of energies and correlations over the whole system are another aspect of the law. The difference of
the means has the variance of both samples, each with its autocorrelation time, and what the error of the couplings adds to the
model's mean, to first order Cov(x, φ) C_θ Cov(φ, x). The estimate and the means of the same data err alike, so that this variance
is too large rather than too small: the test has fewer false alarms than its level.
"""

from collections.abc import Callable, Sequence

import attrs
import numpy as np
from scipy import stats

from paper_repro.analysis.coupling_fit import CouplingFit
from paper_repro.numerics.arrays import Floats, Integers
from paper_repro.physics.geometry import Geometry
from paper_repro.physics.terms import Terms
from paper_repro.sampling.integrated_time import integrated_times
from paper_repro.sampling.snapshots import Snapshots

#: (a system of the data, its number) → snapshots of the fitted law on that system.
Sampler = Callable[[Snapshots, int], Snapshots]

#: What the name of a mean S_i·S_j begins with; the class of the pairs follows.
CORRELATION = "S·S at "
#: Classes of pairs whose correlations are compared.
_CLASSES = 8


@attrs.frozen
class Compared:
    """A mean over the data and over the fitted law: ``z`` is their difference over its standard deviation ``error``."""

    name: str
    data: float
    model: float
    error: float
    z: float


@attrs.frozen
class Confirmation:
    """The comparison; ``p`` is the probability of the largest |z| if the law is right (Bonferroni), ``holds`` whether p ≥ level.

    ``rows`` are βH per site, the terms, and the mean S_i·S_j of pairs by class.
    """

    rows: tuple[Compared, ...]
    p: float
    holds: bool


def confirm(data: Sequence[Snapshots], terms: Terms, fit: CouplingFit, sampler: Sampler, level: float = 0.01) -> Confirmation:
    """Return how data compare with the fitted law on the same systems; ``sampler`` draws from it, at θ = ``fit.coefficients``."""
    classes = _common_classes([snapshots.geometry for snapshots in data])
    names = ("βH per site", *terms.names, *(f"{CORRELATION}{k}" for k in classes))
    difference, variance = np.zeros(len(names)), np.zeros(len(names))
    totals, response = np.zeros((2, len(names))), np.zeros((len(names), len(terms)))
    snapshots = sum(map(len, data))
    for number, system in enumerate(data):
        weight = len(system) / snapshots
        model = sampler(system, number)
        seen, made = (_observables(each, terms, fit.coefficients, classes) for each in (system, model))
        totals += weight * np.stack([seen.mean(0), made.mean(0)])
        spread = made.var(0, ddof=1)
        variance += weight**2 * spread * (1 / _effective(seen, system.run) + 1 / _effective(made, model.run))
        centred = made - made.mean(0)
        response += weight * system.scale * (centred.T @ centred[:, 1 : 1 + len(terms)]) / (len(made) - 1)
    difference = totals[0] - totals[1]
    errors = np.sqrt(variance + np.einsum("mk,kl,ml->m", response, fit.covariance, response))
    z = np.divide(difference, errors, out=np.zeros(len(names)), where=errors > 0)
    rows = tuple(Compared(*row) for row in zip(names, *totals.tolist(), errors.tolist(), z.tolist(), strict=True))
    p = min(1.0, len(rows) * 2 * float(stats.norm.sf(np.abs(z).max())))
    return Confirmation(rows, p, p >= level)


def _common_classes(geometries: Sequence[Geometry]) -> tuple[int, ...]:
    common = set.intersection(*(set(each.first_classes(_CLASSES)) for each in geometries))
    return tuple(sorted(common))


def _observables(snapshots: Snapshots, terms: Terms, theta: Floats, classes: Sequence[int]) -> Floats:
    """Return βH per site, φ of the terms, and the mean S_i·S_j of each class (snapshot, observable)."""
    bound, spins = snapshots.bind(terms), snapshots.spins
    values = bound.values(spins)  # scaled, as those are of which θ is the coupling
    cosines = [_mean_cosine(spins, snapshots.geometry, k) for k in classes]
    return np.concatenate([-(values @ theta)[:, None] / bound.sites, values / bound.scale, np.stack(cosines, -1)], axis=1)


def _mean_cosine(spins: Floats, geometry: Geometry, bond_class: int) -> Floats:
    first, second = geometry.pairs_of(bond_class).T
    result: Floats = np.einsum("npc,npc->np", spins[:, first], spins[:, second]).mean(1)
    return result


def _effective(values: Floats, run: Integers) -> Floats:
    """Return how many independent snapshots the mean of each observable (observable,) is worth."""
    order = np.argsort(run, kind="stable")
    _, lengths = np.unique(run, return_counts=True)
    shortest = int(lengths.min())
    if shortest == 1:
        return np.full(values.shape[1], float(len(lengths)))
    starts = np.cumsum(lengths) - lengths
    times = integrated_times(np.stack([values[order[start : start + shortest]] for start in starts]))
    return np.maximum(len(values) / times, float(len(lengths)))
