"""A step of maximum likelihood from the closed form: at low temperature less than half of its variance, if the library has the law.

Of snapshots with p(S) ∝ e^{θ·φ(S)} the likelihood has the gradient Σ (φ - ⟨φ⟩). Chains that continue from each snapshot for k
sweeps under θ₀ give the mean without long runs (contrastive divergence: Hinton, Neural Comput. 14, 1771 (2002); drawn
chains: Geyer, Comput. Sci. Stat. 23, 156 (1991)), and one step of Newton's method is as efficient as the solution (Le Cam):

    θ = θ₀ + J⁻¹ Σ (φ(S) - ⟨φ(S')⟩),      J = Σ ½⟨(φ(S') - φ(S)) (φ(S') - φ(S))ᵀ⟩

with S' the state of a chain k sweeps after S. J is the response of the difference to θ, the covariance of φ less that of φ(S) and
φ(S'), so that few sweeps cost no bias: modes that relax slowly only have less weight, and data that are not in equilibrium over
long distances do less harm. With S'' after 2k sweeps and c chains from each snapshot, the covariance of θ is

    J⁻¹ (2J - (1 - 1/c) J₂) J⁻¹,      J₂ = Σ ½⟨(φ(S'') - φ(S)) (φ(S'') - φ(S))ᵀ⟩

J and J₂ are means along the chains from their second state on, and so have many more degrees of freedom than the snapshots.
Intervals are Student's with the fourth moment of the sum over snapshots, κ its excess: 4 + 6/κ degrees of freedom. As in least
squares, the covariance is multiplied by n / (n - terms) for n spins.

The step is linear: where θ₀ is far from the law, as where a term that orders the spins is missing or wrong, it is wrong with small
errors. A second step, from the law that the first one finds, shows this: it must be small, with errors alike. Of the errors under
both laws the larger are taken.
"""

from collections.abc import Sequence

import attrs
import numpy as np
import numpy.typing as npt

from paper_repro.analysis.adequacy import Adequacy
from paper_repro.analysis.coupling_fit import CouplingFit
from paper_repro.analysis.data_checks import DataWarning
from paper_repro.analysis.model_errors import few, fit_of, standing_out, with_model_errors
from paper_repro.analysis.site_contributions import equations
from paper_repro.numerics.arrays import Floats
from paper_repro.numerics.parallel import in_order
from paper_repro.numerics.streams import data_key
from paper_repro.physics.hamiltonian import SpinHamiltonian
from paper_repro.physics.terms import Terms
from paper_repro.sampling.continued import states
from paper_repro.sampling.snapshots import Snapshots

#: Sweeps between two states of a chain, states after its start, and chains of each snapshot at least.
_SWEEPS, _STATES, _COPIES = 10, 5, 10
#: Chains of all snapshots together: so many for each term, from the least to the most.
_OF_A_TERM, _LEAST, _CHAINS = 25, 200, 1000
#: Spins of data for each term from which there is a step, and up to which the chains are seconds of work; chains held at once.
_SPINS_OF_A_TERM, _SPINS, _TOGETHER = 6, 40_000, 1024
#: Standard errors from which a term is in the first law; the joint level at which another is added, and laws that are tried.
_STANDS_OUT, _ADDED, _LAWS = 3.0, 0.01, 4
#: Least variance of a mode over that of fast ones, so that noise makes none too small; and least excess of the fourth moment.
_SLOWEST, _NORMAL = 0.1, 6e-3
#: Largest condition of J; of a second step of a term the most over its error, but for three times the scatter of the chains; and by
#: what factor an error may be larger under the second law.
_DISTINCT, _SETTLED, _ALIKE = 1e10, 1.2, 1.5


def likelihood_applies(fit: CouplingFit, enough: Adequacy, warnings: Sequence[DataWarning]) -> bool:
    """Return whether chains of the law may serve: there are up to 40,000 spins, and nothing speaks against library or data.

    Nothing speaks against them where the test of adequacy does not find the library inadequate, and no check of the data warns, as
    for correlated runs.
    """
    return fit.spins <= _SPINS and enough.verdict != "inadequate" and not warnings


def one_step(data: Sequence[Snapshots], terms: Terms, fit: CouplingFit, threads: int = 1) -> CouplingFit:
    """Return the fit of one step of maximum likelihood from ``fit``, the closed form.

    The law θ₀ is the closed form of the terms that stand out. Where another is significant after the step, it is added and the step
    made anew, so that a term is claimed under a law that has it. The closed form is returned, of few snapshots with the errors of
    ``model_errors``: of fewer than six spins for each term, where four laws do not suffice, where terms do not vary along the
    chains, where a second step differs, and where its own errors are known as well and as small, as of many hot snapshots.
    The same data give the same fit, on any number of threads.
    """
    closed = with_model_errors(data, terms, fit, threads)
    fallback = closed if few(fit) else fit
    if fit.spins < _SPINS_OF_A_TERM * len(terms):
        return fallback
    made = _first_step(data, terms, fit, standing_out(closed, _STANDS_OUT), threads)
    made = None if made is None else _settled(data, terms, made, threads)
    if made is None:
        return fallback
    return fit if not few(fit) and np.mean(np.log(made.errors / fit.errors)) >= 0 else made


def _first_step(
    data: Sequence[Snapshots], terms: Terms, fit: CouplingFit, kept: npt.NDArray[np.intp], threads: int
) -> CouplingFit | None:
    """Return the step from the closed form of the terms ``kept``, to which those are added that it finds."""
    system = equations(data, terms, threads)
    for number in range(_LAWS):
        law = fit_of(kept, system.gram, system.drive)
        step = _step(data, terms, law, number, threads)
        if step is None:
            return None
        off, covariance, degrees = step
        made = attrs.evolve(
            fit, coefficients=law + off, covariance=_inflated(covariance, fit), degrees=degrees, method="maximum-likelihood"
        )
        found = np.flatnonzero(np.abs(made.coefficients) > made.half_widths(_ADDED / len(terms)))
        if np.isin(found, kept).all():
            return made
        kept = np.union1d(found, kept)
    return None


def _settled(data: Sequence[Snapshots], terms: Terms, made: CouplingFit, threads: int) -> CouplingFit | None:
    """Return the first step with its errors or those of a second, from the law that it found; None where that differs."""
    second = _step(data, terms, made.coefficients, _LAWS, threads)
    if second is None:
        return None
    scatter = np.sqrt(2 / (1 + _copies(data, terms)))  # of the difference of two steps over the error
    ratios = np.sqrt(np.diagonal(_inflated(second[1], made))) / made.errors
    if (np.abs(second[0]) > (_SETTLED + 3 * scatter) * made.errors).any() or (ratios > _ALIKE).any():
        return None
    larger = np.maximum(1.0, ratios)
    return attrs.evolve(made, covariance=made.covariance * np.outer(larger, larger))


def _inflated(covariance: Floats, fit: CouplingFit) -> Floats:
    """Return a covariance (term, term) times n / (n - terms)."""
    return covariance * (fit.spins / (fit.spins - len(fit.terms)))


@attrs.frozen(eq=False)
class _Sums:
    """Of some ``snapshots``: Σ (φ - ⟨φ'⟩) (term,), J and J₂ (term, term), ``moves`` φ' - φ along chains (state, lane, term)."""

    snapshots: int
    gradient: Floats
    once: Floats
    twice: Floats
    moves: Floats


def _step(data: Sequence[Snapshots], terms: Terms, law: Floats, number: int, threads: int) -> tuple[Floats, Floats, Floats] | None:
    """Return the step from a law, its covariance and degrees of freedom; None where J cannot be inverted."""
    copies = _copies(data, terms)

    def of_part(some: Snapshots) -> _Sums:
        return _sums(some, terms, law, copies, np.random.default_rng(data_key(0, "likelihood step", number, some.checksum)))

    shares = (part for record in data for part in record.in_parts(max(1, _TOGETHER // copies)))
    found = list(in_order(of_part, shares, threads))
    gradient, once, twice = (np.sum([getattr(part, name) for part in found], axis=0) for name in ("gradient", "once", "twice"))
    scale = np.sqrt(np.diagonal(once))
    if not (scale > 0).all() or np.linalg.cond(once / np.outer(scale, scale)) > _DISTINCT:
        return None
    inverse = np.linalg.inv(once)
    return inverse @ gradient, _covariance(once, twice, copies), 4 + 6 / np.maximum(_excess(found, inverse), _NORMAL)


def _copies(data: Sequence[Snapshots], terms: Terms) -> int:
    """Return how many chains start from each snapshot."""
    chains = min(max(_LEAST, _OF_A_TERM * len(terms)), _CHAINS)
    return max(_COPIES, -(-chains // sum(map(len, data))))


def _covariance(once: Floats, twice: Floats, copies: int) -> Floats:
    """Return J⁻¹ (2J - (1 - 1/c) J₂) J⁻¹ (term, term) for J and J₂, without eigenvalues that noise makes too small."""
    root = np.linalg.inv(np.linalg.cholesky(once))  # J⁻¹ = rootᵀ root
    values, vectors = np.linalg.eigh(root @ (2 * once - (1 - 1 / copies) * twice) @ root.T)
    half = root.T @ vectors * np.sqrt(np.maximum(values, _SLOWEST))
    result: Floats = half @ half.T
    return result


def _excess(found: Sequence[_Sums], inverse: Floats) -> Floats:
    """Return the excess of the fourth moment (term,) of Σ J⁻¹ (φ' - φ) over snapshots, over the square of its variance."""
    variance, excess = np.zeros(len(inverse)), np.zeros(len(inverse))
    for part in found:
        moves = part.moves @ inverse
        square = (moves**2).mean((0, 1))
        variance += part.snapshots * square
        excess += part.snapshots * ((moves**4).mean((0, 1)) - 3 * square**2)
    result: Floats = excess / variance**2
    return result


def _sums(some: Snapshots, terms: Terms, law: Floats, copies: int, generator: np.random.Generator) -> _Sums:
    """Return the sums over some snapshots, from ``copies`` chains of each."""
    bound, lanes = some.bind(terms), copies * len(some)
    chains = states(some, SpinHamiltonian(bound, law), 1.0, _SWEEPS, _STATES, lanes, generator)
    values = np.stack([bound.values(spins) for spins in chains])  # (state, lane, term)
    once, twice = values[2:] - values[1:-1], values[3:] - values[1:-2]
    first, second = (np.tensordot(part, part, axes=((0, 1), (0, 1))) / (2 * copies * len(part)) for part in (once, twice))
    return _Sums(len(some), (values[0] - values[1]).sum(0) / copies, first, second, once)
