"""The Markov chain written plainly: one replica after the other, numbers of the standard library, vectors as they are in books.

The kernels must agree with it in value, and the benchmarks say how much faster they are. Couplings are a band, as there; spins of
one replica are (site, component).
"""

import math

import numpy as np
from numba import njit


@njit
def local_field(spins, band, site):
    """h_i = Σ_j J_ij S_j."""
    x, y, z = 0.0, 0.0, 0.0
    for d in range(1, len(band) + 1):
        if site + d < len(spins):
            x += band[d - 1, site] * spins[site + d, 0]
            y += band[d - 1, site] * spins[site + d, 1]
            z += band[d - 1, site] * spins[site + d, 2]
        if site >= d:
            x += band[d - 1, site - d] * spins[site - d, 0]
            y += band[d - 1, site - d] * spins[site - d, 1]
            z += band[d - 1, site - d] * spins[site - d, 2]
    return x, y, z


@njit
def energy(spins, band):
    """H = -½ Σ_i S_i·h_i."""
    total = 0.0
    for site in range(len(spins)):
        x, y, z = local_field(spins, band, site)
        total -= 0.5 * (spins[site, 0] * x + spins[site, 1] * y + spins[site, 2] * z)
    return total


@njit
def heat_bath(field, beta, uniform, turn):
    """A spin ∝ e^{βh·S} by inversion, in spherical coordinates about the field."""
    x, y, z = field
    length = math.sqrt(x * x + y * y + z * z)
    kappa = beta * length
    if kappa > 1e-100:
        drop = -math.log1p(uniform * math.expm1(-2 * kappa)) / kappa  # 1 - cos θ
        x, y, z = x / length, y / length, z / length
    else:
        drop = 2 * uniform
        x, y, z = 0.0, 0.0, 1.0
    sine = math.sqrt(drop * (2 - drop))
    first, second = sine * math.cos(2 * math.pi * turn), sine * math.sin(2 * math.pi * turn)
    sign = 1.0 if z >= 0 else -1.0
    a = -1.0 / (sign + z)
    b = x * y * a
    return (
        (1 - drop) * x + first * (1 + sign * x * x * a) + second * b,
        (1 - drop) * y + first * sign * b + second * (sign + y * y * a),
        (1 - drop) * z - first * sign * x - second * y,
    )


@njit
def over_relaxation(spin, field):
    """The spin turned by π about its field."""
    x, y, z = field
    length = math.sqrt(x * x + y * y + z * z)
    if length < 1e-100:
        return spin
    x, y, z = x / length, y / length, z / length
    twice = 2 * (spin[0] * x + spin[1] * y + spin[2] * z)
    x, y, z = twice * x - spin[0], twice * y - spin[1], twice * z - spin[2]
    length = math.sqrt(x * x + y * y + z * z)
    return x / length, y / length, z / length


@njit
def sweep(spins, band, beta, reflect, numbers):
    """Every site once; ``numbers`` (site, 3) are the coin, the polar angle and the azimuth, uniform on [0, 1)."""
    for site in range(len(spins)):
        field = local_field(spins, band, site)
        coin, uniform, turn = numbers[site]
        if coin < reflect:
            spin = over_relaxation((spins[site, 0], spins[site, 1], spins[site, 2]), field)
        else:
            spin = heat_bath(field, beta, uniform, turn)
        spins[site, 0], spins[site, 1], spins[site, 2] = spin


@njit
def exchange(spins, band, betas, reflect, interval, swaps, generator):
    """Replica exchange on spins (replica, site, component); returns the mean energy at the lowest temperature."""
    levels, sites = len(betas), spins.shape[1]
    replica_at, energies = np.arange(levels), np.empty(levels)
    total = 0.0
    for step in range(swaps):
        for level in range(levels):
            replica = replica_at[level]
            for _ in range(interval):
                sweep(spins[replica], band, betas[level], reflect, generator.random((sites, 3)))
            energies[replica] = energy(spins[replica], band)
        for level in range(step % 2, levels - 1, 2):
            here, there = replica_at[level], replica_at[level + 1]
            exponent = (betas[level] - betas[level + 1]) * (energies[here] - energies[there])
            if generator.random() < math.exp(min(exponent, 0.0)):
                replica_at[level], replica_at[level + 1] = there, here
        total += energies[replica_at[0]]
    return total / swaps
