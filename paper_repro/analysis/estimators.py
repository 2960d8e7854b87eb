"""Estimators of the couplings that are told the six terms: what a user would pick instead of a network.

A snapshot S of a sequence has the law p(S) = exp(Σ_k θ_k T_k(S) - ln Z(θ)), an exponential family in θ = βJ (term,), dimensionless,
with T_k = Σ S_i·S_j over the bonds of the term, each once.

- Maximum likelihood, with ln Z and its derivatives from the exact solution: no estimator has a smaller variance (Cramér, Rao).
- Pseudolikelihood: the product over spins of the von Mises-Fisher law p(S_i | rest) ∝ exp(b_i·S_i), where b_i = Σ_k θ_k f_ik and
  f_ik is the sum of the neighbours of the term.
- Score matching (Hyvärinen): the linear system Σ_l G_k·G_l θ_l = -∇·G_k, summed over snapshots, with the tangent basis fields G of
  the inversion, whose divergence is -2 S_i·f_ik at each spin.

Errors are one standard error by the sandwich formula, the sequences being its independent units.
"""

from collections.abc import Callable, Sequence
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from paper_repro.analysis.inversion import sandwich
from paper_repro.numerics.arrays import Floats
from paper_repro.numerics.parallel import in_order
from paper_repro.physics.exact import ExactChain
from paper_repro.physics.hamiltonian import adjacency
from paper_repro.physics.terms.exchange import exchange_gradients
from paper_repro.spec import Hamiltonian

#: (codes (site,), snapshots (snapshot, site, 3)) of one sequence.
Sample = tuple[npt.NDArray[Any], npt.NDArray[Any]]

_TOLERANCE = 1e-10  # of a Newton step, relative to the largest coefficient
_STEPS = 50


@attrs.frozen(eq=False)
class Estimate:
    """θ = βJ (term,) and its covariance (term, term) by the sandwich formula."""

    coefficients: Floats
    covariance: Floats

    @property
    def errors(self) -> Floats:
        """One standard error of each coefficient (term,)."""
        return np.sqrt(np.diagonal(self.covariance))


def bond_sums(sample: Sample, hamiltonian: Hamiltonian) -> Floats:
    """Return T_k of one sequence, summed over its snapshots (term,)."""
    codes, spins = sample
    cosines = np.einsum("nic,njc->ij", spins, spins, dtype=np.float64)
    sums: Floats = 0.5 * np.einsum("kij,ij->k", adjacency(codes, hamiltonian), cosines)
    return sums


def moments(codes: npt.NDArray[Any], coefficients: Floats, hamiltonian: Hamiltonian) -> tuple[float, Floats, Floats]:
    """Return ln Z, ⟨T⟩ (term,) and the covariance of T (term, term), the Fisher information of one snapshot, at θ.

    From the exact solution, differentiated along each term and each sum of two; raises ``ValueError`` for couplings beyond
    separation 2 or beyond what the exact solution serves.
    """
    adjacent = adjacency(codes, hamiltonian)
    law = ExactChain(np.tensordot(coefficients, adjacent, axes=1), 1.0)
    count = len(adjacent)
    means, information = np.zeros(count), np.zeros((count, count))
    for k in range(count):
        _, means[k], information[k, k] = law.along(adjacent[k])
    for k in range(count):
        for other in range(k):
            both = law.along(adjacent[k] + adjacent[other])[2]
            information[k, other] = information[other, k] = 0.5 * (both - information[k, k] - information[other, other])
    return law.ln_z, means, information


def fisher_information(samples: Sequence[Sample], coefficients: Floats, hamiltonian: Hamiltonian, threads: int = 1) -> Floats:
    """Return the Fisher information of all snapshots at θ (term, term): its inverse is the Cramér-Rao bound."""
    parts = in_order(lambda pair: len(pair[1]) * moments(pair[0], coefficients, hamiltonian)[2], samples, threads)
    total: Floats = np.sum(list(parts), axis=0)
    return total


#: Of one sequence at θ: value, gradient (term,), curvature (term, term) of what is maximised (curvature: minus the Hessian).
Objective = Callable[[Sample, Floats], tuple[float, Floats, Floats]]


def _maximise(samples: Sequence[Sample], objective: Objective, start: Floats, threads: int) -> Estimate:
    """Maximise a concave sum over sequences by Newton's method, halving steps that do not ascend."""

    def at(coefficients: Floats) -> tuple[float, Floats, Floats]:
        parts = list(in_order(lambda pair: objective(pair, coefficients), samples, threads))
        scores = np.array([gradient for _, gradient, _ in parts])
        return sum(value for value, _, _ in parts), scores, np.sum([curvature for _, _, curvature in parts], axis=0)

    coefficients = start
    value, scores, curvature = at(coefficients)
    for _ in range(_STEPS):
        step = np.linalg.solve(curvature, scores.sum(0))
        size = 1.0
        while True:
            proposed = coefficients + size * step
            try:
                reached = at(proposed)
            except ValueError:  # beyond what the exact solution serves
                reached = None
            if reached is not None and reached[0] >= value - 1e-12 * abs(value):
                break
            size /= 2
            if size < 1e-6:
                raise ValueError("the likelihood does not rise along its gradient; expected data that the six terms can describe")
        coefficients, (value, scores, curvature) = proposed, reached
        if size * np.abs(step).max() <= _TOLERANCE * np.abs(coefficients).max():
            return Estimate(coefficients, sandwich(curvature, scores))
    raise ValueError(f"no maximum within {_STEPS} Newton steps; expected data that tell the couplings apart")


def maximum_likelihood(samples: Sequence[Sample], hamiltonian: Hamiltonian, threads: int = 1) -> Estimate:
    """Maximise Σ θ·T - n ln Z(θ), exactly; starts from ``score_matching``.

    Raises ``ValueError`` where there is no maximum, and for couplings that the exact solution does not serve.
    """
    sums = {id(sample): bond_sums(sample, hamiltonian) for sample in samples}

    def objective(sample: Sample, theta: Floats) -> tuple[float, Floats, Floats]:
        codes, spins = sample
        count, total = len(spins), sums[id(sample)]
        ln_z, means, information = moments(codes, theta, hamiltonian)
        return float(theta @ total) - count * ln_z, total - count * means, count * information

    return _maximise(samples, objective, score_matching(samples, hamiltonian, threads).coefficients, threads)


def _conditional(sample: Sample, theta: Floats, hamiltonian: Hamiltonian) -> tuple[float, Floats, Floats]:
    """Return Σ_i ln p(S_i | rest) of one sequence, its gradient and curvature in θ."""
    codes, spins = sample
    spins = spins.astype(np.float64)
    fields = np.einsum("kij,njc->nikc", adjacency(codes, hamiltonian), spins).reshape(-1, len(theta), 3)
    flat = spins.reshape(-1, 3)
    drive = np.einsum("k,mkc->mc", theta, fields)
    strength = np.linalg.norm(drive, axis=1)
    safe = np.maximum(strength, 1e-9)
    mean, over, slope = _langevin(safe)
    unit = drive / safe[:, None]
    along = np.einsum("mkc,mc->mk", fields, unit)
    value = float(np.einsum("mc,mc->", drive, flat) - _log_norm(safe).sum())
    gradient = np.einsum("mkc,mc->k", fields, flat) - mean @ along
    across = np.einsum("m,mkc,mlc->kl", over, fields, fields)
    curvature = across + np.einsum("m,mk,ml->kl", slope - over, along, along)
    return value, gradient, curvature


def _langevin(x: Floats) -> tuple[Floats, Floats, Floats]:
    """Return L(x) = coth x - 1/x, L(x)/x and L'(x) for x > 0, each without cancellation at small x."""
    small = x < 1e-2
    safe = np.where(small, 1.0, x)
    mean = np.where(small, x / 3 - x**3 / 45, 1 / np.tanh(safe) - 1 / safe)
    decay = np.exp(-2 * safe)
    slope = np.where(small, 1 / 3 - x**2 / 15, 1 / safe**2 - 4 * decay / (1 - decay) ** 2)
    return mean, mean / x, slope


def _log_norm(x: Floats) -> Floats:
    """Return ln(4π sinh x / x)."""
    norm: Floats = np.log(4 * np.pi) + x + np.log(-np.expm1(-2 * x) / (2 * x))
    return norm


def pseudolikelihood(samples: Sequence[Sample], hamiltonian: Hamiltonian, threads: int = 1) -> Estimate:
    """Maximise Σ_i ln p(S_i | rest) over all spins; raises ``ValueError`` where there is no maximum."""
    start = score_matching(samples, hamiltonian, threads).coefficients
    return _maximise(samples, lambda sample, theta: _conditional(sample, theta, hamiltonian), start, threads)


def score_matching(samples: Sequence[Sample], hamiltonian: Hamiltonian, threads: int = 1) -> Estimate:
    """Solve Σ GᵀG θ = -Σ ∇·G, the minimum of E[½|s_θ|² + ∇·s_θ] over the family; no normalisation is needed.

    Raises ``ValueError`` where some coupling acts nowhere in the data, or the couplings cannot be told apart.
    """

    def system(sample: Sample) -> tuple[Floats, Floats]:
        codes, spins = sample
        basis = exchange_gradients(spins.astype(np.float64), adjacency(codes, hamiltonian))
        flat = basis.reshape(-1, len(hamiltonian.terms))
        return flat.T @ flat, 4 * bond_sums(sample, hamiltonian)  # 2 S_i·f_ik at each spin; each bond is seen from both ends

    grams, drives = zip(*in_order(system, samples, threads), strict=True)
    gram, moment = np.sum(grams, axis=0), np.sum(drives, axis=0)
    spectrum = np.linalg.eigvalsh(gram)
    if spectrum[0] <= 1e-12 * spectrum[-1]:
        raise ValueError("some couplings act nowhere in the data, or not apart; expected sequences that tell the couplings apart")
    theta = np.linalg.solve(gram, moment)
    return Estimate(theta, sandwich(gram, np.array(drives) - np.array(grams) @ theta))
