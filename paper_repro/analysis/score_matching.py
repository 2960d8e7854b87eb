"""Score matching: the couplings of any terms from snapshots alone, in closed form; no normalisation is needed.

Snapshots have the law p(S) ∝ e^{Σ_k θ_k φ_k(S)} on (S²)^N, θ = β × coupling. The minimum of E[½|∇ ln p|² + Δ ln p] over θ solves

    Σ_l E[∇φ_k·∇φ_l] θ_l = -E[Δφ_k]                                           (Hyvärinen, J. Mach. Learn. Res. 6, 695 (2005))

with tangent gradients and the Laplace-Beltrami operator, summed over the spins.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from paper_repro.analysis.estimate import Estimate
from paper_repro.analysis.identifiability import condition_number
from paper_repro.analysis.independent_units import on_sphere, unit_sums
from paper_repro.analysis.sandwich import sandwich
from paper_repro.numerics.arguments import Count, checked_arguments
from paper_repro.numerics.arrays import Floats
from paper_repro.physics.terms import Terms
from paper_repro.sampling.snapshots import Snapshots


@checked_arguments
def score_matching(data: Iterable[Snapshots], terms: Terms, threads: Count = 1) -> Estimate:
    """Return the couplings of any terms on any geometry; the units are the runs of each record.

    Raises ``ValueError`` where some term acts nowhere in the data, or terms cannot be told apart, and ``InputError`` for spins of
    XY and Ising models, which all lie in a plane or along an axis.

    >>> chain = pr.Geometry.open_chain(12)
    >>> terms = pr.library(range=2, biquadratic=False).terms(["A"], chain)
    >>> spins = pr.Truth(terms, [1.0, -0.4], beta=4.0).exact(chain, 12 * "A").sample(500, np.random.default_rng(0))
    >>> found = pr.score_matching([pr.Snapshots.of(spins, 12 * "A", run=range(500))], terms)
    >>> found.coefficients.round(2), found.errors.round(2)
    (array([ 4.  , -1.59]), array([0.08, 0.05]))
    """

    def system(snapshots: Snapshots, units: Sequence[slice]) -> list[tuple[Floats, ...]]:
        bound, spins = snapshots.bind(terms), snapshots.spins
        gradients = bound.gradients(spins)
        drives = bound.total_laplacians(spins, units)
        flat = [gradients[rows].reshape(-1, len(terms)) for rows in units]
        return [(part.T @ part, -drive) for part, drive in zip(flat, drives, strict=True)]

    grams, drives = unit_sums(system, on_sphere(data), threads)
    gram, drive = grams.sum(0), drives.sum(0)
    condition_number(terms.names, gram)
    theta = np.linalg.solve(gram, drive)
    return Estimate(terms.names, theta, sandwich(gram, drives - grams @ theta))
