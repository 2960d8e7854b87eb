"""The couplings of any library from snapshots alone, with errors that hold from few snapshots on and along correlated runs.

The estimate is that of ``score_matching`` less its bias of order 1/n. With ψ the contributions of sites, G the Gram matrix and
δ = G⁻¹ Σψ the error of the estimate,

    bias = G⁻¹ Σ_{i~j} (∇_i φ)(∇_i φ)ᵀ G⁻¹ ψ_j,      covariance = G⁻¹ (Σ_{i~j} ψ_i ψ_jᵀ) G⁻¹

where i ~ j are sites that a term joins: there are no other correlations (``run_blocks``). The units are sites, which are many where
snapshots are few; along a run, blocks of snapshots whose length is measured. Intervals are Student's, with degrees of freedom from
the fourth powers of the contributions.
"""

from collections.abc import Sequence
from typing import Literal

import attrs
import numpy as np
from scipy import stats

from paper_repro.analysis.identifiability import condition_number
from paper_repro.analysis.run_blocks import BlockSums
from paper_repro.analysis.site_contributions import Contributions, contributions, equations
from paper_repro.numerics.arrays import Floats
from paper_repro.physics.terms import Terms
from paper_repro.sampling.snapshots import Snapshots

#: Blocks are at least this many integrated autocorrelation times long, where that leaves as many independent units for each term
#: as ``_UNITS``; a run is long enough from twice as many times on.
BLOCK_TIMES, _UNITS = 10, 2
#: Standard deviations of the correlation of successive snapshots from which they count as correlated: a false alarm in 700.
CORRELATED_FROM = 3.0
ErrorMethod = Literal["robust", "model-based", "maximum-likelihood"]
_EXACT = 1e-10  # of a coupling: no number of snapshots has so small an error, but few spins can be fitted exactly


@attrs.frozen
class RunCorrelation:
    """How the contributions are correlated along the runs.

    ``time`` is the integrated autocorrelation time 1 + 2 Σ ρ in snapshots, 1 where successive snapshots are independent; ``z`` the
    correlation of successive snapshots over its standard deviation under independence; ``block`` the snapshots of a block.
    ``resolved`` is False if the runs are too short to measure it: time and errors are then too small.
    """

    time: float
    z: float
    block: int
    resolved: bool

    @property
    def correlated(self) -> bool:
        """Whether successive snapshots of a run are correlated."""
        return self.z > CORRELATED_FROM


@attrs.frozen
class Interval:
    """One coupling: estimate, one standard error, and the interval, in one unit."""

    name: str
    estimate: float
    error: float
    low: float
    high: float


@attrs.frozen(eq=False)
class CouplingFit:
    """θ = β × coupling (term,), dimensionless, their covariance (term, term) and degrees of freedom (term,).

    ``snapshots``, ``runs`` and ``spins`` (snapshots × sites) are the size of the data, ``condition`` how well the gradients of the
    terms can be distinguished, ``gram`` (term, term) are their products summed over all spins. ``method`` is
    "robust" for the closed form with errors from the data, "model-based" for it with errors of the fitted law
    (``model_errors``), and "maximum-likelihood" for a step from it (``one_step``).
    """

    terms: tuple[str, ...]
    coefficients: Floats
    covariance: Floats
    degrees: Floats
    correlation: RunCorrelation
    snapshots: int
    runs: int
    spins: int
    condition: float
    gram: Floats
    method: ErrorMethod = "robust"

    @property
    def errors(self) -> Floats:
        """One standard error of each coefficient (term,)."""
        result: Floats = np.sqrt(np.diagonal(self.covariance))
        return result

    @property
    def correlations(self) -> Floats:
        """Correlation matrix of the estimates (term, term)."""
        return self.covariance / np.outer(self.errors, self.errors)

    def half_widths(self, level: float = 0.05) -> Floats:
        """Half-widths (term,) of intervals that miss the truth with probability ``level`` each."""
        quantiles: Floats = np.asarray(stats.t.ppf(1 - level / 2, self.degrees))
        return quantiles * self.errors

    def intervals(self, level: float = 0.05, temperature: float | None = None) -> tuple[Interval, ...]:
        """Return the couplings with intervals: θ, or θ × temperature in units of energy where a temperature is given."""
        unit = 1.0 if temperature is None else temperature
        rows = zip(self.terms, self.coefficients * unit, self.errors * unit, self.half_widths(level) * unit, strict=True)
        return tuple(Interval(name, float(x), float(e), float(x - h), float(x + h)) for name, x, e, h in rows)


def fit_couplings(data: Sequence[Snapshots], terms: Terms, threads: int = 1) -> CouplingFit:
    """Return the couplings of all terms of a library with their errors; snapshots of different runs are independent.

    Two readings of the data, a share at a time: memory does not grow with the number of snapshots, and ``threads`` changes no byte.
    Raises ``ValueError`` if some term acts nowhere, if terms cannot be distinguished, for fewer spins than there are terms, and
    where the terms fit every spin exactly, so that the error of the couplings cannot be estimated.
    """
    system = equations(data, terms, threads)
    condition = condition_number(terms.names, system.gram)
    inverse = np.linalg.inv(system.gram).astype(np.float64)
    plain = inverse @ system.drive
    found = contributions(data, terms, plain, inverse, threads)
    correlation, sums = correlation_along_runs(found)
    if (sums.squares <= (_EXACT * plain) ** 2).any():
        raise ValueError("terms that fit every spin exactly; expected more snapshots, whose scatter gives the errors")
    scale = _constraint(sums.units, system.spins, len(terms), correlation)
    covariance = positive(sums) * scale
    return CouplingFit(
        terms=terms.names,
        coefficients=plain - correlation.time * (inverse @ found.bias),
        covariance=covariance,
        degrees=sums.degrees,
        correlation=correlation,
        snapshots=system.snapshots,
        runs=found.runs,
        spins=system.spins,
        condition=condition,
        gram=system.gram,
    )


def correlation_along_runs(found: Contributions) -> tuple[RunCorrelation, BlockSums]:
    """Return how the contributions are correlated along the runs, and the sums over blocks that are long enough."""
    single = found.blocks[0]
    if single.correlation_z <= CORRELATED_FROM:
        return RunCorrelation(1.0, single.correlation_z, 1, resolved=True), single
    level, time, terms = 0, 1.0, len(single.squares)
    variances = np.diagonal(single.covariance)
    known = variances > 0  # noise can make one negative
    for level, sums in enumerate(found.blocks):
        time = max(1.0, float(np.mean(np.diagonal(sums.covariance)[known] / variances[known]))) if known.any() else 1.0
        if 2**level >= BLOCK_TIMES * time or sums.units < 2 * _UNITS * terms:
            break
    block = min(2**level, found.longest)
    resolved = found.longest >= 2 * BLOCK_TIMES * time or (block == found.longest and found.runs >= 2 * BLOCK_TIMES)
    return RunCorrelation(time, single.correlation_z, block, resolved), found.blocks[level]


def sums_of_block(found: Contributions, block: int) -> BlockSums:
    """Return the sums over blocks of ``block`` snapshots, or of whole runs where those are shorter."""
    level = int(np.ceil(np.log2(block)))
    return found.blocks[min(level, len(found.blocks) - 1)]


def positive(sums: BlockSums) -> Floats:
    """Return the covariance (value, value) with its variances and without negative eigenvalues, which noise makes.

    Where a variance is not positive, that of independent sites takes its place.
    """
    symmetric = (sums.covariance + sums.covariance.T) / 2
    variances = np.where(sums.variances > 0, sums.variances, sums.squares)
    np.fill_diagonal(symmetric, variances)
    deviations = np.sqrt(np.outer(variances, variances))
    values, vectors = np.linalg.eigh(symmetric / deviations)
    mended = (vectors * np.maximum(values, 0)) @ vectors.T
    norms = np.sqrt(np.diagonal(mended))
    result: Floats = mended / np.outer(norms, norms) * deviations
    return result


def _constraint(units: int, spins: int, terms: int, correlation: RunCorrelation) -> float:
    """Return the factor of the covariance for the contributions summing to zero, which many terms feel where units are few.

    It takes away the part terms/units of their variance; less bias takes terms × time/spins from that of the estimate.
    """
    left = 1 - terms / units
    if left <= 0:
        raise ValueError(f"{terms} terms from {units} independent units; expected more snapshots")
    return max(1.0, (1 - correlation.time * terms / spins) / left)
