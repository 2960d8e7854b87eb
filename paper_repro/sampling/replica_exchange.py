"""Replica exchange Monte Carlo of one chain (paper, S1), and independent Markov chains without exchange."""

import math
from typing import TypeVar

import attrs
import numpy as np
from arviz_stats.base.array import array_stats

from paper_repro.numerics.arrays import Floats, Integers, Words
from paper_repro.numerics.rng import random_states
from paper_repro.physics.sphere import normalise
from paper_repro.sampling.kernels import band_of, exchange, independent
from paper_repro.spec import Sampler

Array = TypeVar("Array", Floats, Words)

#: Numbers of the widest vectors: lanes are filled up to a multiple, or the loop over them ends with some one by one.
_WIDTH = 8
#: A shorter trace does not determine its autocorrelation.
SHORTEST_TRACE = 16


@attrs.frozen(eq=False)
class ReplicaExchange:
    """What one run of replica exchange gives.

    ``spins`` (snapshot, site, 3) at the coldest temperature; ``cold_energies`` and ``end_cosines`` (step,) the energy and S_1·S_N
    there, at the end of the burn-in and after every swap interval since; ``swap_attempts`` and ``swap_accepts`` (replica-1,) for
    each pair of neighbouring temperatures and ``round_trips``, how often a replica went from coldest to hottest and back, over
    the whole run.
    """

    spins: Floats
    cold_energies: Floats
    end_cosines: Floats
    swap_attempts: Integers
    swap_accepts: Integers
    round_trips: int

    @property
    def swap_rates(self) -> Floats:
        """Accepted fraction of the swaps of each pair (replica-1,); NaN where none was attempted."""
        return np.where(self.swap_attempts > 0, self.swap_accepts / np.maximum(self.swap_attempts, 1), np.nan)


def random_start(sites: int, lanes: int, generator: np.random.Generator) -> tuple[Floats, Words]:
    """Return uniformly random spins (component, site, lane) and the states (4, lane) of each lane's random numbers."""
    spins = normalise(generator.standard_normal((sites, lanes, 3)))
    return np.ascontiguousarray(spins.transpose(2, 0, 1)), random_states(generator, lanes)


def sample(
    matrix: Floats, temperatures: Floats, sampler: Sampler, snapshots: int, generator: np.random.Generator
) -> ReplicaExchange:
    """Draw equilibrium snapshots at the coldest temperature, from a uniformly random start.

    ``matrix`` (site, site) holds the couplings, ``temperatures`` (replica,) the ladder, coldest first. The first snapshot is
    taken after ``sampler.burn_in`` sweeps of every replica, the others ``sampler.thinning`` sweeps apart; a swap follows every
    ``sampler.swap_interval`` sweeps. Raises ``ValueError`` for temperatures that do not rise from above 0, or no snapshot.
    """
    if not (temperatures[0] > 0 and np.all(np.diff(temperatures) > 0)):
        raise ValueError("temperatures; expected them positive and rising")
    if snapshots < 1:
        raise ValueError(f"snapshots = {snapshots}; expected at least 1")
    interval = sampler.swap_interval
    burn_in, thinning = sampler.burn_in // interval, sampler.thinning // interval
    levels, size = len(temperatures), len(matrix)
    start, states = random_start(size, levels, generator)
    spins = np.empty((snapshots, size, 3))
    cold_energies, end_cosines = np.empty((2, (snapshots - 1) * thinning + 1))
    attempts, accepts = np.zeros(levels - 1, dtype=np.int64), np.zeros(levels - 1, dtype=np.int64)
    round_trips = exchange(
        _filled(start), band_of(matrix), 1 / temperatures, sampler.over_relaxation_probability, interval, burn_in, thinning,
        spins, cold_energies, end_cosines, attempts, accepts, _filled(states), generator,
    )  # fmt: skip
    return ReplicaExchange(spins, cold_energies, end_cosines, attempts, accepts, int(round_trips))


def _filled(lanes: Array) -> Array:
    """Return an array (…, lane) with copies of its last lane, which are not read, up to whole vectors."""
    filled: Array = np.pad(lanes, [*[(0, 0)] * (lanes.ndim - 1), (0, -lanes.shape[-1] % _WIDTH)], mode="edge")
    return filled


def independent_chains(
    matrix: Floats, beta: float, *, chains: int, burn_in: int, sweeps: int, over_relaxation: float, generator: np.random.Generator
) -> Floats:
    """Return the mean energy (chain,) of Markov chains without exchange, each from its own uniformly random start.

    The mean is over ``sweeps`` sweeps after ``burn_in`` of them, at inverse temperature ``beta`` ≥ 0. The chains share the coins
    between the two moves and no other random number: in equilibrium their means are uncorrelated, as the coins change no mean.
    """
    start, states = random_start(len(matrix), chains, generator)
    return independent(start, band_of(matrix), beta, burn_in, sweeps, over_relaxation, states, generator)


def autocorrelation_time(trace: Floats) -> float:
    """Return the integrated autocorrelation time 1 + 2 Σ_k ρ_k of a trace (step,), in steps: its length over its effective size.

    By Geyer's initial monotone sequence on the two halves of the trace (``arviz_stats``). NaN where there is no estimate: fewer
    than ``SHORTEST_TRACE`` steps, or a trace that is constant. From a trace shorter than some 50 times the result it is
    itself uncertain, and then rather too small.
    """
    if len(trace) < SHORTEST_TRACE or np.ptp(trace) <= 1e-14 * np.max(np.abs(trace)):
        return math.nan
    scaled = (trace - np.mean(trace)) / np.std(trace)  # arviz takes a range below 1e-15 for constant, whatever the unit
    effective = array_stats.ess(scaled, chain_axis=None, method="mean")  # type: ignore[no-untyped-call]
    return len(trace) / float(effective)
