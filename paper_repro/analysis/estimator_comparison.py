"""Comparison of the estimators of the couplings, and of a network, on the same data of known couplings."""

import time
from collections.abc import Callable, Sequence

import attrs
import numpy as np
from scipy import stats

from paper_repro.analysis.comparison import cosine_similarity
from paper_repro.analysis.estimate import Estimate
from paper_repro.analysis.identifiability import condition_number
from paper_repro.analysis.maximum_likelihood import fisher_information, maximum_likelihood
from paper_repro.analysis.pseudolikelihood import pseudolikelihood
from paper_repro.analysis.score_matching import score_matching
from paper_repro.numerics.arrays import Floats
from paper_repro.numerics.estimates import quotient, quotients, roots
from paper_repro.physics.terms import Terms
from paper_repro.physics.truth import Truth
from paper_repro.sampling.snapshots import Snapshots

ESTIMATORS: dict[str, Callable[[Sequence[Snapshots], Terms, int], Estimate]] = {
    "score matching": score_matching,
    "pseudolikelihood": pseudolikelihood,
    "maximum likelihood": maximum_likelihood,
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
    """An estimate compared with the truth; arrays are (term,), couplings and half-widths of 95 % intervals in units of energy.

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
    data: Sequence[Snapshots], terms: Terms, threads: int, progress: Callable[[int, str], None]
) -> list[TimedEstimate]:
    """Apply every estimator to the same snapshots; raises ``ValueError`` where one has no solution on them."""
    found = []
    for number, (name, estimate) in enumerate(ESTIMATORS.items()):
        start = time.monotonic()
        made = estimate(data, terms, threads)
        found.append(TimedEstimate(name, made.coefficients, made.errors, time.monotonic() - start))
        progress(number + 1, name)
    return found


def cramer_rao_errors(data: Sequence[Snapshots], truth: Truth, threads: int) -> Floats:
    """Return the smallest standard error that an unbiased estimator of θ = βJ can have on these snapshots (term,).

    Raises ``NotIdentifiableError`` where the snapshots do not fix the couplings.
    """
    information = fisher_information(data, truth.beta * truth.couplings, truth.terms, threads)
    condition_number(truth.terms.names, information)
    return roots(np.diagonal(np.linalg.inv(information)))


def quality(found: TimedEstimate, truth: Truth, bound: Floats, sequences: int) -> EstimatorQuality:
    """Compare an estimate with the truth; its interval is Student's, of ``sequences`` independent ones.

    NaN where there is nothing to compare with: ratios and direction of couplings that are all 0, errors of one sequence.
    """
    true, reference, beta = truth.couplings, truth.reference, truth.beta
    theta = found.coefficients
    quantile = float(stats.t.ppf(0.975, max(sequences - 1, 1)))
    ratios, true_ratios = quotients(theta, theta[reference]), quotients(true, true[reference])
    return EstimatorQuality(
        name=found.name,
        couplings=theta / beta,
        half_widths=quantile * found.errors / beta,
        cosine=cosine_similarity(theta, true),
        scale_over_beta=quotient(theta @ true, true @ true) / beta,
        largest_ratio_error=float(np.abs(ratios - true_ratios).max()),
        efficiency=quotients(bound, found.errors) ** 2,
        seconds=found.seconds,
    )
