"""Maximum likelihood with ln Z and its derivatives from the exact solution: no estimator has a smaller variance (Cramér, Rao).

Snapshots have the law p(S) = exp(Σ_k θ_k φ_k(S) - ln Z(θ)), an exponential family in θ = β × coupling (term,), dimensionless.
"""

from collections.abc import Sequence

import numpy as np

from paper_repro.analysis.estimate import Estimate
from paper_repro.analysis.independent_units import records, unit_sums
from paper_repro.analysis.newton import maximise
from paper_repro.analysis.sandwich import sandwich
from paper_repro.analysis.score_matching import score_matching
from paper_repro.numerics.arguments import Count, checked_arguments
from paper_repro.numerics.arrays import Floats
from paper_repro.numerics.parallel import in_order
from paper_repro.physics.exact import ExactChain, require_exact_solution
from paper_repro.physics.terms import BoundTerms, Terms
from paper_repro.physics.three_spin_chain import ThreeSpinChain
from paper_repro.sampling.snapshots import Snapshots


def moments(bound: BoundTerms, theta: Floats) -> tuple[float, Floats, Floats]:
    """Return ln Z, ⟨φ⟩ (term,) and the covariance of φ (term, term), the Fisher information of one snapshot, at θ.

    From the exact solution, differentiated along each term and each sum of two; raises ``ValueError`` for couplings beyond what the
    exact solution serves.
    """
    count = len(bound)
    if bound.is_exchange:
        directions = bound.adjacency
        law: ExactChain | ThreeSpinChain = ExactChain(np.tensordot(theta, directions, axes=1), 1.0)
    else:
        directions, law = np.eye(count), ThreeSpinChain(bound, theta, 1.0)
    means, information = np.zeros(count), np.zeros((count, count))
    for k in range(count):
        _, means[k], information[k, k] = law.along(directions[k])
    for k in range(count):
        for other in range(k):
            both = law.along(directions[k] + directions[other])[2]
            information[k, other] = information[other, k] = 0.5 * (both - information[k, k] - information[other, other])
    return law.ln_z, means, information


def _bound(snapshots: Snapshots, terms: Terms) -> BoundTerms:
    require_exact_solution(terms, snapshots.geometry)
    return snapshots.bind(terms)


def fisher_information(data: Sequence[Snapshots], theta: Floats, terms: Terms, threads: int = 1) -> Floats:
    """Return the Fisher information of all snapshots at θ (term, term): its inverse is the Cramér-Rao bound."""
    parts = in_order(lambda some: len(some) * moments(_bound(some, terms), theta)[2], records(data), threads)
    total: Floats = np.sum(list(parts), axis=0)
    return total


@checked_arguments
def maximum_likelihood(data: Sequence[Snapshots], terms: Terms, threads: Count = 1) -> Estimate:
    """Maximise Σ θ·φ - n ln Z(θ), exactly, from the estimate of ``score_matching``; the units are the runs of each record.

    Raises ``ValueError`` for terms or a geometry without an exact solution, where there is no maximum, and for couplings beyond
    the exact solution; and as ``score_matching``.

    >>> chain = pr.Geometry.open_chain(12)
    >>> terms = pr.library(range=2, biquadratic=False).terms(["A"], chain)
    >>> spins = pr.Truth(terms, [1.0, -0.4], beta=4.0).exact(chain, 12 * "A").sample(500, np.random.default_rng(0))
    >>> found = pr.maximum_likelihood([pr.Snapshots.of(spins, 12 * "A", run=range(500))], terms)
    >>> found.coefficients.round(2), found.errors.round(2)
    (array([ 3.95, -1.55]), array([0.07, 0.04]))
    """
    bound = [_bound(snapshots, terms) for snapshots in records(data)]
    record = np.repeat(np.arange(len(bound)), [len(np.unique(snapshots.run)) for snapshots in data])  # of each unit

    def sums(snapshots: Snapshots, units: Sequence[slice]) -> list[tuple[Floats, ...]]:
        found = _bound(snapshots, terms).total_values(snapshots.spins, units)
        return [(total, np.array(float(rows.stop - rows.start))) for total, rows in zip(found, units, strict=True)]

    totals, counts = unit_sums(sums, data, threads)
    sizes = np.bincount(record, counts)

    def likelihood(theta: Floats) -> tuple[float, Floats, Floats]:
        found = list(in_order(lambda some: moments(some, theta), bound, threads))
        ln_z, means, information = (np.array(part) for part in zip(*found, strict=True))
        value = float(theta @ totals.sum(0) - sizes @ ln_z)
        return value, totals - counts[:, None] * means[record], np.tensordot(sizes, information, axes=1)

    theta, curvature, scores = maximise(likelihood, score_matching(data, terms, threads).coefficients)
    return Estimate(terms.names, theta, sandwich(curvature, scores))
