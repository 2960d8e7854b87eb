"""Errors of the closed form from the fitted law, where snapshots are too few to show them: which terms stand out.

The estimate of ``coupling_fit`` is off by δ = G⁻¹ Σψ, and its covariance holds Σ_{i~j} ψ_i ψ_jᵀ. From few snapshots that sum has
few degrees of freedom, which costs width (Student's t). Under a law its expectation is a mean over as many snapshots as one likes
to draw: Markov chains continue from the data under the law of the terms that exceed their errors, and the sum is taken over
them. This supposes what the sum over the data does not: that the library has the law, and that the data are in equilibrium. As in
least squares with a known variance, no factor allows for the fitted contributions summing to zero.
"""

from collections.abc import Sequence

import attrs
import numpy as np
import numpy.typing as npt

from paper_repro.analysis.coupling_fit import CouplingFit, positive
from paper_repro.analysis.site_contributions import contributions
from paper_repro.numerics.arrays import Floats
from paper_repro.numerics.streams import data_key
from paper_repro.physics.hamiltonian import SpinHamiltonian
from paper_repro.physics.terms import Terms
from paper_repro.sampling.continued import continued
from paper_repro.sampling.snapshots import Snapshots

#: Degrees of freedom from which the data show the errors: Student's quantile at 1 in 10⁴ is then 3 % above the normal one.
_DEGREES = 200
#: Spins of all chains together, and of the data up to which these are at least four chains from each snapshot.
_DRAWN = 20_000
_SPINS = _DRAWN // 4
#: Sweeps of the chains, and the standard errors from which a term is in their law.
_SWEEPS, _STANDS_OUT = 5, 2.0


def few(fit: CouplingFit) -> bool:
    """Return whether snapshots are too few to show their errors: for some term with fewer than 200 degrees of freedom."""
    return bool(fit.degrees.min() < _DEGREES) and fit.spins <= _SPINS


def with_model_errors(data: Sequence[Snapshots], terms: Terms, fit: CouplingFit, threads: int = 1) -> CouplingFit:
    """Return ``fit`` to independent snapshots with the covariance and degrees of freedom of the fitted law.

    The same data give the same errors, on any number of threads.
    """
    law, copies = _restricted(fit), -(-_DRAWN // fit.spins)
    chains = []
    for part in data:
        generator = np.random.default_rng(data_key(0, "model errors", part.checksum))
        chains.append(continued(part, SpinHamiltonian(part.bind(terms), law), 1.0, _SWEEPS, copies * len(part), generator))
    inverse = np.linalg.inv(fit.gram).astype(np.float64)
    sums = contributions(chains, terms, law, inverse, threads).blocks[0]
    return attrs.evolve(fit, covariance=positive(sums) / copies, degrees=sums.degrees, method="model-based")


def _restricted(fit: CouplingFit) -> Floats:
    """Return the couplings θ (term,) of a fit of the terms alone that stand out of their errors; the others are 0."""
    return fit_of(standing_out(fit, _STANDS_OUT), fit.gram, fit.gram @ fit.coefficients)


def fit_of(kept: npt.NDArray[np.intp], gram: Floats, drive: Floats) -> Floats:
    """Return θ (term,) that solves ``gram`` θ = ``drive`` for the terms ``kept`` alone; the others are 0."""
    theta = np.zeros(len(drive))
    theta[kept] = np.linalg.solve(gram[np.ix_(kept, kept)], drive[kept])
    return theta


def standing_out(fit: CouplingFit, errors: float) -> npt.NDArray[np.intp]:
    """Return the terms that are left where the least significant is taken out, the others fitted anew, until each has > ``errors``.

    Of terms that the data do not tell apart none stands out before the others are out.
    """
    theta, covariance, kept = fit.coefficients.copy(), fit.covariance.copy(), np.arange(len(fit.terms))
    while len(kept):
        variances = np.diagonal(covariance)[kept]
        t = np.divide(np.abs(theta[kept]), np.sqrt(np.maximum(variances, 0)), out=np.full(len(kept), np.inf), where=variances > 0)
        least = int(np.argmin(t))
        if t[least] > errors:
            break
        out, kept = kept[least], np.delete(kept, least)
        column = covariance[:, out] / variances[least]
        theta -= column * theta[out]
        covariance -= np.outer(column, column) * variances[least]
    return kept
