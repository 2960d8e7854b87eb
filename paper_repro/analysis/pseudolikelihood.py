"""Pseudolikelihood: the product over spins of their conditional laws, each von Mises-Fisher.

Where every term is linear in each spin, p(S_i | rest) ∝ exp(b_i·S_i) with b_i = Σ_k θ_k f_ik. The field f_ik = ∂φ_k/∂S_i does not
depend on S_i, and the norm is 4π sinh |b_i| / |b_i|.
"""

from collections.abc import Sequence

import numpy as np

from paper_repro.analysis.estimate import Estimate
from paper_repro.analysis.independent_units import unit_sums
from paper_repro.analysis.newton import maximise
from paper_repro.analysis.sandwich import sandwich
from paper_repro.analysis.score_matching import score_matching
from paper_repro.numerics.arguments import Count, checked_arguments
from paper_repro.numerics.arrays import Floats
from paper_repro.physics.terms import Terms
from paper_repro.sampling.snapshots import Snapshots


@checked_arguments
def pseudolikelihood(data: Sequence[Snapshots], terms: Terms, threads: Count = 1) -> Estimate:
    """Maximise Σ_i ln p(S_i | rest) over all spins, from the estimate of ``score_matching``; the units are the runs of each record.

    Raises ``ValueError`` for terms that are not linear in each spin, and where there is no maximum; and as ``score_matching``.

    >>> chain = pr.Geometry.open_chain(12)
    >>> terms = pr.library(range=2, biquadratic=False).terms(["A"], chain)
    >>> spins = pr.Truth(terms, [1.0, -0.4], beta=4.0).exact(chain, 12 * "A").sample(500, np.random.default_rng(0))
    >>> found = pr.pseudolikelihood([pr.Snapshots.of(spins, 12 * "A", run=range(500))], terms)
    >>> found.coefficients.round(2), found.errors.round(2)
    (array([ 3.99, -1.59]), array([0.08, 0.05]))
    """
    terms.require(lambda term: term.multilinear, "terms that are linear in each spin, as pseudolikelihood needs")

    def likelihood(theta: Floats) -> tuple[float, Floats, Floats]:
        values, gradients, curvatures = unit_sums(lambda some, units: conditional(some, units, terms, theta), data, threads)
        return float(values.sum()), gradients, curvatures.sum(0)

    theta, curvature, scores = maximise(likelihood, score_matching(data, terms, threads).coefficients)
    return Estimate(terms.names, theta, sandwich(curvature, scores))


def conditional(snapshots: Snapshots, units: Sequence[slice], terms: Terms, theta: Floats) -> list[tuple[Floats, ...]]:
    """Return Σ_i ln p(S_i | rest) over each unit (), its gradient (term,) and its curvature (term, term) in θ."""
    spins, sites = snapshots.spins, snapshots.sites
    by_term = snapshots.bind(terms).fields(spins)  # (snapshot, site, 3, term)
    fields = np.moveaxis(by_term, 3, 2).reshape(-1, len(terms), 3)
    return [_of_spins(fields[rows.start * sites : rows.stop * sites], spins[rows].reshape(-1, 3), theta) for rows in units]


def _of_spins(fields: Floats, spins: Floats, theta: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the same of spins (spin, 3) in ``fields`` (spin, term, 3)."""
    drive = np.einsum("k,mkc->mc", theta, fields)
    strength = np.maximum(np.linalg.norm(drive, axis=1), 1e-9)
    mean, over, slope = langevin(strength)
    unit = drive / strength[:, None]
    along = np.einsum("mkc,mc->mk", fields, unit)
    value = np.einsum("mc,mc->", drive, spins) - log_norm(strength).sum()
    gradient = np.einsum("mkc,mc->k", fields, spins) - mean @ along
    across = np.einsum("m,mkc,mlc->kl", over, fields, fields)
    return value, gradient, across + np.einsum("m,mk,ml->kl", slope - over, along, along)


def langevin(x: Floats) -> tuple[Floats, Floats, Floats]:
    """Return L(x) = coth x - 1/x, L(x)/x and L'(x) for x > 0, each without cancellation at small x."""
    small = x < 1e-2
    safe = np.where(small, 1.0, x)
    mean = np.where(small, x / 3 - x**3 / 45, 1 / np.tanh(safe) - 1 / safe)
    decay = np.exp(-2 * safe)
    slope = np.where(small, 1 / 3 - x**2 / 15, 1 / safe**2 - 4 * decay / (1 - decay) ** 2)
    return mean, mean / x, slope


def log_norm(x: Floats) -> Floats:
    """Return ln(4π sinh x / x) for x > 0."""
    norm: Floats = np.log(4 * np.pi) + x + np.log(-np.expm1(-2 * x) / (2 * x))
    return norm
