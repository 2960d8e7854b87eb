"""The moves of the Monte Carlo and the loops around them, compiled: one function each, so that each can be replaced.

Couplings are a band (range, site): element [d-1, i] is J_{i,i+d}, 0 where i+d is beyond the end. Spins of one replica are
(site, 3). Vectors inside the kernels are tuples of three numbers. Energies and fields are in units of energy. ``generator``
is a ``numpy.random.Generator`` that belongs to the caller; nothing else is random.
"""

import math

import numpy as np
import numpy.typing as npt

from paper_repro.compiled import compiled

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Vector = tuple[float, float, float]


def band_of(matrix: Floats) -> Floats:
    """Return the band (range, site) of a symmetric coupling matrix (site, site); the range is at least 1.

    Raises ``ValueError`` where the matrix is not symmetric with a zero diagonal.
    """
    if not np.array_equal(matrix, matrix.T) or np.any(np.diagonal(matrix)):
        raise ValueError("couplings J_ij; expected a symmetric matrix with zero diagonal")
    size = len(matrix)
    longest = max((d for d in range(1, size) if np.any(np.diagonal(matrix, d))), default=1)
    band = np.zeros((longest, size))
    for d in range(1, min(longest, size - 1) + 1):
        band[d - 1, : size - d] = np.diagonal(matrix, d)
    return band


@compiled
def local_field(spins: Floats, band: Floats, site: int) -> Vector:
    """Return h_i = Σ_j J_ij S_j at one site."""
    x, y, z = 0.0, 0.0, 0.0
    size = spins.shape[0]
    for d in range(1, band.shape[0] + 1):
        if site + d < size:
            coupling = band[d - 1, site]
            x += coupling * spins[site + d, 0]
            y += coupling * spins[site + d, 1]
            z += coupling * spins[site + d, 2]
        if site >= d:
            coupling = band[d - 1, site - d]
            x += coupling * spins[site - d, 0]
            y += coupling * spins[site - d, 1]
            z += coupling * spins[site - d, 2]
    return x, y, z


@compiled
def energy(spins: Floats, band: Floats) -> float:
    """Return H = -½ Σ_i S_i·h_i of one replica; equal to ``physics.chain.energy``."""
    total = 0.0
    for site in range(spins.shape[0]):
        x, y, z = local_field(spins, band, site)
        total -= 0.5 * (spins[site, 0] * x + spins[site, 1] * y + spins[site, 2] * z)
    return total


@compiled
def heat_bath(field: Vector, beta: float, generator: np.random.Generator) -> Vector:
    """Return a spin drawn from its conditional law ∝ e^{β h·S}: von Mises-Fisher with κ = β|h|, whatever it was before.

    By inversion, 1 - cos θ = -ln(1 - v (1 - e^{-2κ})) / κ with v uniform on [0, 1) (paper, S1, with u = 1 - v); azimuth
    uniform. sin θ comes from 1 - cos θ, so that nothing is lost at large κ.
    """
    x, y, z = field
    length = math.sqrt(x * x + y * y + z * z)
    kappa = beta * length
    v = generator.random()
    azimuth = 2 * math.pi * generator.random()
    if kappa > 1e-100:
        drop = -math.log1p(v * math.expm1(-2 * kappa)) / kappa  # 1 - cos θ
        x, y, z = x / length, y / length, z / length
    else:  # uniform to a part in 10¹⁰⁰, about any axis
        drop = 2 * v
        x, y, z = 0.0, 0.0, 1.0
    drop = min(max(drop, 0.0), 2.0)
    sine = math.sqrt(drop * (2 - drop))
    first, second = sine * math.cos(azimuth), sine * math.sin(azimuth)
    # two normals of the axis, as in physics.sphere.tangent_basis
    sign = 1.0 if z >= 0 else -1.0
    a = -1.0 / (sign + z)
    b = x * y * a
    return (
        (1 - drop) * x + first * (1 + sign * x * x * a) + second * b,
        (1 - drop) * y + first * sign * b + second * (sign + y * y * a),
        (1 - drop) * z - first * sign * x - second * y,
    )


@compiled
def over_relaxation(spin: Vector, field: Vector) -> Vector:
    """Return S' = 2 (S·h) h / |h|² - S, the spin turned by π about its field: the same energy, and its own inverse.

    A field of 0 leaves the spin as it is. The result is renormalised, so that many reflections do not change its length.
    """
    x, y, z = field
    length = math.sqrt(x * x + y * y + z * z)
    if length < 1e-100:
        return spin
    x, y, z = x / length, y / length, z / length
    twice = 2 * (spin[0] * x + spin[1] * y + spin[2] * z)
    x, y, z = twice * x - spin[0], twice * y - spin[1], twice * z - spin[2]
    length = math.sqrt(x * x + y * y + z * z)
    return x / length, y / length, z / length


@compiled
def sweep(spins: Floats, band: Floats, beta: float, reflect: float, generator: np.random.Generator) -> None:
    """Update every site of one replica once, in order, in place: with probability ``reflect`` a reflection, else a heat bath."""
    for site in range(spins.shape[0]):
        field = local_field(spins, band, site)
        if generator.random() < reflect:
            spin = over_relaxation((spins[site, 0], spins[site, 1], spins[site, 2]), field)
        else:
            spin = heat_bath(field, beta, generator)
        spins[site, 0], spins[site, 1], spins[site, 2] = spin


@compiled
def swap(
    energies: Floats,
    betas: Floats,
    replica_at: Integers,
    parity: int,
    attempts: Integers,
    accepts: Integers,
    generator: np.random.Generator,
) -> None:
    """Attempt to exchange neighbouring levels (a, a+1) for a = parity, parity + 2, …: the even/odd scheme.

    Accepted with probability min(1, exp[(β_a - β_b)(E_a - E_b)]). ``betas`` is (level,), ``energies`` (replica,) and
    ``replica_at`` (level,) names the replica at each level; it is changed in place, the spins stay where they are, and
    ``attempts`` and ``accepts`` (level-1,) are counted up. Alternating parities make replicas travel instead of diffuse (Okabe
    et al., Chem. Phys. Lett. 335, 435 (2001); Syed et al., J. R. Stat. Soc. B 84, 321 (2022)).
    """
    for level in range(parity, len(betas) - 1, 2):
        here, there = replica_at[level], replica_at[level + 1]
        exponent = (betas[level] - betas[level + 1]) * (energies[here] - energies[there])
        attempts[level] += 1
        if exponent >= 0 or generator.random() < math.exp(exponent):
            replica_at[level], replica_at[level + 1] = there, here
            accepts[level] += 1


@compiled
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
    attempts: Integers,
    accepts: Integers,
    generator: np.random.Generator,
) -> int:
    """Run replica exchange to the last snapshot; fill the arrays from ``snapshots`` on and return the round trips.

    ``spins`` (replica, site, 3) is the start, and is used up. ``burn_in`` and ``thinning`` are in swap intervals, ``interval`` in
    sweeps. What is filled is described by ``replica_exchange.ReplicaExchange``; every array but the counts is overwritten.
    """
    levels = len(betas)
    replica_at = np.arange(levels)
    energies = np.empty(levels)
    from_hottest = np.full(levels, -1)  # by replica: 0 on the way there, 1 on the way back, -1 before it was ever coldest
    round_trips = 0
    for step in range(burn_in + (len(snapshots) - 1) * thinning + 1):
        if step > 0:
            for level in range(levels):
                replica = replica_at[level]
                for _ in range(interval):
                    sweep(spins[replica], band, betas[level], reflect, generator)
                energies[replica] = energy(spins[replica], band)
            swap(energies, betas, replica_at, step % 2, attempts, accepts, generator)
        coldest, hottest = replica_at[0], replica_at[levels - 1]
        if from_hottest[coldest] == 1:
            round_trips += 1
        from_hottest[coldest] = 0
        if from_hottest[hottest] == 0:
            from_hottest[hottest] = 1
        since = step - burn_in
        if since >= 0:
            cold_energies[since] = energy(spins[coldest], band)
            if since % thinning == 0:
                snapshots[since // thinning] = spins[coldest]
    return round_trips


@compiled
def independent(
    spins: Floats, band: Floats, beta: float, burn_in: int, sweeps: int, reflect: float, generator: np.random.Generator
) -> Floats:
    """Return the mean energy (chain,) of Markov chains without exchange; ``spins`` (chain, site, 3), the start, is used up."""
    means = np.zeros(len(spins))
    for chain in range(len(spins)):
        for step in range(burn_in + sweeps):
            sweep(spins[chain], band, beta, reflect, generator)
            if step >= burn_in:
                means[chain] += energy(spins[chain], band)
    return means / sweeps
