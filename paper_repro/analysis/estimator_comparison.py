"""The estimators of the couplings beside each other, and beside a network, on the same data of known couplings."""

import time
from collections.abc import Callable, Sequence

import attrs
import numpy as np
from scipy import stats

from paper_repro.analysis import estimators
from paper_repro.numerics.arrays import Floats
from paper_repro.physics.hamiltonian import couplings_of, reference_coupling
from paper_repro.spec import Hamiltonian

ESTIMATORS: dict[str, Callable[[Sequence[estimators.Sample], Hamiltonian, int], estimators.Estimate]] = {
    "score matching": estimators.score_matching,
    "pseudolikelihood": estimators.pseudolikelihood,
    "maximum likelihood": estimators.maximum_likelihood,
}


@attrs.frozen(eq=False)
class TimedEstimate:
    """What a method found of θ = βJ (term,), one standard error of each, and the seconds that it took."""

    name: str
    coefficients: Floats
    errors: Floats
    seconds: float


@attrs.frozen(eq=False)
class EstimatorQuality:
    """An estimate beside the truth; arrays are (term,), couplings and the half-widths of their 95 % intervals in units of energy.

    ``scale_over_beta`` is c·g / g·g over β for the estimate c and the true g; ``largest_ratio_error`` that of the ratios to the
    reference coupling; ``efficiency`` the Cramér-Rao bound over the variance.
    """

    name: str
    couplings: Floats
    half_widths: Floats
    cosine: float
    scale_over_beta: float
    largest_ratio_error: float
    efficiency: Floats
    seconds: float


def estimate_all(
    samples: Sequence[estimators.Sample], hamiltonian: Hamiltonian, threads: int, progress: Callable[[int, str], None]
) -> list[TimedEstimate]:
    """Apply every estimator to the same samples; raises ``ValueError`` where one has no solution on them."""
    found = []
    for number, (name, estimate) in enumerate(ESTIMATORS.items()):
        start = time.monotonic()
        made = estimate(samples, hamiltonian, threads)
        found.append(TimedEstimate(name, made.coefficients, made.errors, time.monotonic() - start))
        progress(number + 1, name)
    return found


def cramer_rao_errors(samples: Sequence[estimators.Sample], hamiltonian: Hamiltonian, beta: float, threads: int) -> Floats:
    """Return the smallest standard error that an unbiased estimator of θ = βJ can have on these samples (term,)."""
    information = estimators.fisher_information(samples, beta * couplings_of(hamiltonian), hamiltonian, threads)
    smallest: Floats = np.sqrt(np.diagonal(np.linalg.inv(information)))
    return smallest


def quality(found: TimedEstimate, hamiltonian: Hamiltonian, beta: float, bound: Floats, sequences: int) -> EstimatorQuality:
    """Set an estimate beside the couplings of the Hamiltonian; its interval is Student's, of ``sequences`` independent ones."""
    true = couplings_of(hamiltonian)
    reference = reference_coupling(true)
    theta = found.coefficients
    quantile = float(stats.t.ppf(0.975, max(sequences - 1, 1)))
    ratios = theta / theta[reference]
    return EstimatorQuality(
        name=found.name,
        couplings=theta / beta,
        half_widths=quantile * found.errors / beta,
        cosine=float(theta @ true / np.linalg.norm(theta) / np.linalg.norm(true)),
        scale_over_beta=float(theta @ true / (true @ true) / beta),
        largest_ratio_error=float(np.abs(ratios - true / true[reference]).max()),
        efficiency=(bound / found.errors) ** 2,
        seconds=found.seconds,
    )
