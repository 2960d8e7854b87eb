"""Averages over all configurations of two, three or four spins: quadrature on the spheres themselves, for any terms.

Nothing is used but φ: no bond cosines, no dihedral angles, no symmetry except that of a common rotation.
"""

import functools
import math

import numpy as np


@functools.cache
def sphere_grid(nodes):
    """Points and weights on S²: Gauss-Legendre in cos θ times equal steps in the azimuth; exact for harmonics below ``nodes``."""
    u, w = np.polynomial.legendre.leggauss(nodes)
    azimuth = 2 * np.pi * (np.arange(nodes) + 0.3) / nodes
    s = np.sqrt(1 - u**2)[:, None]
    points = np.stack([s * np.cos(azimuth), s * np.sin(azimuth), u[:, None] + 0 * azimuth], -1).reshape(-1, 3)
    return points, np.repeat(w, nodes) * 2 * np.pi / nodes


def averages(law, beta, nodes):
    """Ln Z, ⟨φ⟩ (term,) and ⟨S_1·S_N⟩ of a rotation-invariant ``SpinHamiltonian``: S_1 at the pole, S_2 on a meridian."""
    sites = law.terms.sites
    points, weights = sphere_grid(nodes)
    u, w = np.polynomial.legendre.leggauss(nodes)
    index = np.indices([len(points)] * (sites - 2)).reshape(sites - 2, len(points) ** (sites - 2))
    measure = 8 * np.pi**2 * np.prod(weights[index], axis=0)
    spins = np.empty((index.shape[1], sites, 3))
    spins[:, 0] = [0.0, 0.0, 1.0]
    for k in range(sites - 2):
        spins[:, k + 2] = points[index[k]]
    total, sums, ends = 0.0, np.zeros(len(law.terms)), 0.0
    for cosine, weight in zip(u, w, strict=True):
        spins[:, 1] = [math.sqrt(1 - cosine**2), 0.0, cosine]
        values = law.terms.values(spins)
        boltzmann = weight * measure * np.exp(beta * values @ law.couplings)
        total, sums, ends = total + boltzmann.sum(), sums + boltzmann @ values, ends + boltzmann @ spins[:, -1, 2]
    return math.log(total), sums / total, ends / total
