"""The moves of a chain and the loops around them, compiled: one function each. The exchange of replicas is ``sampling.swap``.

Replicas are lanes: every loop over them is innermost and free of branches, so that one instruction serves several replicas.
Spins are (component, site, lane): each component apart, for LLVM must see that what a loop writes is not what it reads.
Couplings are a band (range, site): element [d-1, i] is J_{i,i+d}, 0 where i+d is beyond the end. Energies and fields are in
units of energy.

Random are ``generator``, a ``numpy.random.Generator`` that belongs to the caller, and ``states`` (4, lane), the state of
``simd_math.xoshiro`` of each replica, drawn from it.
"""

import numpy as np

from paper_repro.numerics.arrays import Floats, Integers, Words
from paper_repro.numerics.jit import jit, jit_inline
from paper_repro.numerics.rng import uniform, xoshiro
from paper_repro.physics.von_mises_fisher import Vector, draw
from paper_repro.sampling.swap import swap


def band_of(matrix: Floats) -> Floats:
    """Return the band (range, site) of a symmetric coupling matrix (site, site); the range is at least 1.

    Raises ``ValueError`` where the matrix is not symmetric with a zero diagonal.
    """
    if not np.array_equal(matrix, matrix.T) or np.any(np.diagonal(matrix)):
        raise ValueError("couplings J_ij; expected a symmetric matrix with zero diagonal")
    size = len(matrix)
    first, second = np.nonzero(matrix)
    longest = int(np.max(second - first, initial=1))
    band = np.zeros((longest, size))
    for d in range(1, longest + 1):
        band[d - 1, : size - d] = np.diagonal(matrix, d)
    return band


@jit_inline
def write_fields(spins: Floats, band: Floats, site: int, fields: Floats) -> None:
    """Write h_i = Σ_j J_ij S_j of every replica at one site into ``fields`` (component, lane)."""
    last = spins.shape[1] - 1
    for d in range(1, len(band) + 1):
        right, left = band[d - 1, site], (band[d - 1, site - d] if site >= d else 0.0)
        for c in range(3):
            field = fields[c]
            after, before = spins[c, min(site + d, last)], spins[c, max(site - d, 0)]  # beyond an end the coupling is 0
            for lane in range(len(field)):
                field[lane] = (0.0 if d == 1 else field[lane]) + (right * after[lane] + left * before[lane])


@jit
def write_energies(spins: Floats, band: Floats, energies: Floats) -> None:
    """Write H = -Σ J_ij S_i·S_j of every replica (lane,); equal to ``physics.hamiltonian.exchange_energy``."""
    energies[:] = 0.0
    for d in range(1, len(band) + 1):
        for c in range(3):
            for site in range(spins.shape[1] - d):
                coupling, here, there = band[d - 1, site], spins[c, site], spins[c, site + d]
                for lane in range(len(energies)):
                    energies[lane] -= coupling * (here[lane] * there[lane])


@jit_inline
def over_relaxation(spin: Vector, field: Vector) -> Vector:
    """Return S' = 2 (S·h) h / |h|² - S, the spin turned by π about its field: the same energy, and its own inverse.

    A field of 0 leaves the spin as it is. The length is corrected to first order, so that many reflections do not change it.
    """
    x, y, z = spin
    along_x, along_y, along_z = field
    squared = along_x * along_x + along_y * along_y + along_z * along_z
    free = squared < 1e-200
    squared = 1.0 if free else squared
    twice = 2.0 * (x * along_x + y * along_y + z * along_z) / squared
    new_x, new_y, new_z = twice * along_x - x, twice * along_y - y, twice * along_z - z
    unit = 1.5 - 0.5 * (new_x * new_x + new_y * new_y + new_z * new_z)  # 1 / |S'|, near 1
    new_x, new_y, new_z = unit * new_x, unit * new_y, unit * new_z
    return (x if free else new_x), (y if free else new_y), (z if free else new_z)


@jit_inline
def write_uniforms(states: Words, first: Floats, second: Floats) -> None:
    """Write two numbers uniform on [0, 1) for every replica (lane,)."""
    one, two, three, four = states[0], states[1], states[2], states[3]
    for lane in range(len(first)):
        bits, a, b, c, d = xoshiro(one[lane], two[lane], three[lane], four[lane])
        more, a, b, c, d = xoshiro(a, b, c, d)
        one[lane], two[lane], three[lane], four[lane] = a, b, c, d
        first[lane], second[lane] = uniform(bits), uniform(more)


@jit
def sweep(
    spins: Floats, band: Floats, betas: Floats, reflect: float, states: Words, scratch: Floats, generator: np.random.Generator
) -> None:
    """Update every site of every replica once, in order, in place: with probability ``reflect`` a reflection, else a heat bath.

    ``betas`` are (lane,), ``scratch`` is (5, lane). The replicas of a site share the coin that decides between the two: it does
    not look at their spins, so that each replica by itself sees a fair coin, and given the coins they are independent.
    """
    fields, polar, turn = scratch[:3], scratch[3], scratch[4]
    field_x, field_y, field_z = scratch[0], scratch[1], scratch[2]
    for site in range(spins.shape[1]):
        x, y, z = spins[0, site], spins[1, site], spins[2, site]
        write_fields(spins, band, site, fields)
        if generator.random() < reflect:
            for lane in range(len(betas)):
                field = field_x[lane], field_y[lane], field_z[lane]
                x[lane], y[lane], z[lane] = over_relaxation((x[lane], y[lane], z[lane]), field)
        else:
            write_uniforms(states, polar, turn)
            for lane in range(len(betas)):
                beta = betas[lane]
                field = beta * field_x[lane], beta * field_y[lane], beta * field_z[lane]
                x[lane], y[lane], z[lane] = draw(field, polar[lane], turn[lane])


@jit_inline
def end_cosine(spins: Floats, lane: int) -> float:
    """Return S_1·S_N of one replica."""
    cosine = 0.0
    for c in range(3):
        cosine += spins[c, 0, lane] * spins[c, -1, lane]
    return cosine


@jit_inline
def arrivals(coldest: int, hottest: int, from_hottest: Integers) -> int:
    """Note which replicas are at the two ends, and return 1 where the one at the coldest end has made a round trip, else 0.

    ``from_hottest`` (replica,) is 0 on the way to the hottest temperature, 1 on the way back, -1 before a replica was ever coldest.
    """
    back = 1 if from_hottest[coldest] == 1 else 0
    from_hottest[coldest] = 0
    if from_hottest[hottest] == 0:
        from_hottest[hottest] = 1
    return back


@jit
def exchange(
    spins: Floats,
    band: Floats,
    betas: Floats,
    reflect: float,
    interval: int,
    burn_in: int,
    thinning: int,
    snapshots: Floats,
    cold_energies: Floats,
    end_cosines: Floats,
    attempts: Integers,
    accepts: Integers,
    states: Words,
    generator: np.random.Generator,
) -> int:
    """Run replica exchange to the last snapshot; fill the arrays from ``snapshots`` to ``accepts`` and return the round trips.

    ``spins`` is the start, and is used up; lanes beyond those of ``betas`` are moved and not read. ``burn_in`` and
    ``thinning`` are in swap intervals, ``interval`` in sweeps. What is filled is described by
    ``replica_exchange.ReplicaExchange``; every array but the counts is overwritten.
    """
    levels, lanes = len(betas), spins.shape[2]
    replica_at = np.arange(levels)
    beta_of, energies = np.full(lanes, betas[-1]), np.empty(lanes)  # by replica
    beta_of[:levels] = betas
    from_hottest, round_trips = np.full(levels, -1), 0
    scratch = np.empty((5, lanes))
    write_energies(spins, band, energies)
    for step in range(burn_in + (len(snapshots) - 1) * thinning + 1):
        if step > 0:
            for _ in range(interval):
                sweep(spins, band, beta_of, reflect, states, scratch, generator)
            write_energies(spins, band, energies)
            swap(energies, betas, replica_at, step % 2, attempts, accepts, generator)
            for level in range(levels):
                beta_of[replica_at[level]] = betas[level]
        coldest = replica_at[0]
        round_trips += arrivals(coldest, replica_at[levels - 1], from_hottest)
        since = step - burn_in
        if since >= 0:
            cold_energies[since], end_cosines[since] = energies[coldest], end_cosine(spins, coldest)
            if since % thinning == 0:
                snapshots[since // thinning] = spins[:, :, coldest].T
    return round_trips


@jit
def independent(
    spins: Floats,
    band: Floats,
    beta: float,
    burn_in: int,
    sweeps: int,
    reflect: float,
    states: Words,
    generator: np.random.Generator,
) -> Floats:
    """Return the mean energy (lane,) of Markov chains without exchange, one in each lane; ``spins``, the start, is used up."""
    lanes = spins.shape[2]
    betas, scratch = np.full(lanes, beta), np.empty((5, lanes))
    energies, totals = np.empty(lanes), np.zeros(lanes)
    for step in range(burn_in + sweeps):
        sweep(spins, band, betas, reflect, states, scratch, generator)
        if step >= burn_in:
            write_energies(spins, band, energies)
            totals += energies
    return totals / sweeps
