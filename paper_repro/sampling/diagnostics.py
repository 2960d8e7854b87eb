"""How well an ensemble was sampled: exchange, energies against exact ones, likeness of successive snapshots."""

import attrs
import numpy as np

from paper_repro.numerics.arrays import Floats
from paper_repro.numerics.estimates import quotient
from paper_repro.physics.geometry import Geometry
from paper_repro.physics.truth import Truth
from paper_repro.sampling.ensemble import Diagnostics, Ensemble
from paper_repro.spec import Hamiltonian


def _mean(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(np.mean(known)) if known.size else np.nan


def _misses(sampled: Diagnostics) -> tuple[Floats, Floats]:
    """Return mean energy - exact, and its standard error, of each sequence that has both (sequence,)."""
    excess, errors = sampled.mean_energy - sampled.exact_energy, sampled.mean_energy_error
    known = np.isfinite(excess) & (errors > 0)
    return excess[known], errors[known]


def z_scores(sampled: Diagnostics) -> Floats:
    """Return (mean energy - exact) / standard error of each sequence that has both (sequence,)."""
    excess, errors = _misses(sampled)
    return excess / errors


@attrs.frozen
class Summary:
    """How well an ensemble was sampled; NaN for what is undefined.

    ``swap_rate`` is the mean over pairs of neighbouring temperatures, ``smallest_swap_rate`` that of the worst pair, both
    averaged over sequences; ``round_trips`` are per sequence, ``autocorrelation`` in sweeps, averaged; ``thinning_ratio`` is the
    thinning over it. z = (mean energy - exact) / standard error of each sequence: ``z_mean`` and ``z_deviation`` are 0 and 1,
    give or take 1/√sequences, where the sampling is right; ``z_largest`` is the largest |z|; ``z_pooled`` = Σ (mean energy -
    exact) / √(Σ error²) is standard normal, free of the bias that a ratio of two numbers from one short trace has.
    """

    swap_rate: float
    smallest_swap_rate: float
    round_trips: float
    autocorrelation: float
    thinning_ratio: float
    z_mean: float
    z_deviation: float
    z_largest: float
    z_pooled: float


def summarise(sampled: Diagnostics) -> Summary:
    """Return the diagnostics of all sequences together."""
    pairs = swap_rates(sampled)
    known = pairs[np.isfinite(pairs)]
    excess, errors = _misses(sampled)
    z = excess / errors
    tau = _mean(sampled.autocorrelation)
    return Summary(
        swap_rate=_mean(known),
        smallest_swap_rate=float(np.min(known)) if len(known) else np.nan,
        round_trips=_mean(sampled.round_trips),
        autocorrelation=tau,
        thinning_ratio=quotient(sampled.thinning, tau),
        z_mean=_mean(z),
        z_deviation=float(np.std(z, ddof=1)) if len(z) > 1 else np.nan,
        z_largest=float(np.max(np.abs(z))) if len(z) else np.nan,
        z_pooled=float(excess.sum() / np.sqrt((errors**2).sum())) if len(z) else np.nan,
    )


def swap_rates(sampled: Diagnostics) -> Floats:
    """Return the accepted fraction of swaps of each pair of neighbouring temperatures (replica-1,), averaged over sequences."""
    return np.array([_mean(column) for column in sampled.swap_rates.T])


def aligned_overlap(first: Floats, second: Floats) -> Floats:
    """Return max_R (1/N) Σ_i S_i·R S'_i over all R in O(3), for configurations (..., site, 3).

    H does not change under O(3), so that configurations are compared up to it; the maximum is the sum of the singular values of
    Σ_i S_i S'_iᵀ. It is 1 for configurations that agree up to rotation and reflection.
    """
    products = np.swapaxes(first, -1, -2) @ second
    overlap: Floats = np.linalg.svd(products, compute_uv=False).sum(-1) / first.shape[-2]
    return overlap


def end_correlations(ensemble: Ensemble, hamiltonian: Hamiltonian, beta: float) -> Floats:
    """Return the exact ⟨S_1·S_N⟩ of each sequence (sequence,) at inverse temperature ``beta``, of a law with an exact solution."""
    truth = Truth.of(hamiltonian, beta)
    laws = (truth.exact(Geometry.open_chain(len(s)), s) for s in ensemble.sequences)
    return np.array([law.correlations()[0, -1] for law in laws])


def overlaps(ensemble: Ensemble, hamiltonian: Hamiltonian, beta: float, seed: np.random.SeedSequence) -> tuple[Floats, Floats]:
    """Return the mean ``aligned_overlap`` of successive snapshots, and of snapshots with independent exact ones, (sequence,) each.

    Where the thinning is long enough the two have the same mean. ``seed`` is split by sequence. Raises ``ValueError`` for
    ensembles of one snapshot, and for a law without an exact solution.
    """
    if len(ensemble.spins) < 2:
        raise ValueError("one snapshot of each sequence; expected two or more to compare")
    successive, independent = np.empty((2, len(ensemble)))
    for k, child in enumerate(seed.spawn(len(ensemble))):
        snapshots = ensemble.chain(k)
        spins = snapshots.spins
        exact = Truth.of(hamiltonian, beta).exact(snapshots.geometry, snapshots.species)
        others = exact.sample(len(spins), np.random.default_rng(child))
        successive[k] = aligned_overlap(spins[:-1], spins[1:]).mean()
        independent[k] = aligned_overlap(spins, others).mean()
    return successive, independent
