"""Drawing the snapshots of ``ThreeSpinChain``: bond cosines and dihedral angles by inversion, then the spins in a moving frame."""

import numpy as np

from paper_repro.numerics.arrays import Floats
from paper_repro.numerics.quantiles import angles_of_exponents, conditional_cosines, trigonometric
from paper_repro.physics.sphere import normalise
from paper_repro.physics.three_spin_tables import Tables
from paper_repro.physics.three_spins import join_values

_TOGETHER = 512  # snapshots that are drawn at a time: the numbers drawn do not depend on it


def draw_snapshots(tables: Tables | None, sites: int, count: int, generator: np.random.Generator) -> Floats:
    """Return independent configurations (snapshot, site, component), ``tables`` being those of the chain, None for one site."""
    spins = np.empty((count, sites, 3))
    for first in range(0, count, _TOGETHER):
        some = spins[first : first + _TOGETHER]
        uniforms = generator.random((len(some), sites, 2))
        cosines, angles = np.empty((len(some), sites)), 2 * np.pi * uniforms[..., 1]
        cosines[:, 0] = 2 * uniforms[:, 0, 0] - 1
        if tables is not None:
            _draw_internal(tables, uniforms, cosines, angles)
        _place(some, cosines, angles)
    return spins


def _draw_internal(tables: Tables, uniforms: Floats, cosines: Floats, angles: Floats) -> None:
    """Fill the bond cosines and the dihedral angles, each at the site to which they lead: from the second and from the third on."""
    for site, series in enumerate(tables.series, start=1):
        conditional_cosines(cosines[:, site - 1].copy(), series, uniforms[:, site, 0].copy(), drawn := np.empty(len(cosines)))
        cosines[:, site] = drawn
    for site in range(2, cosines.shape[1]):
        kind = tables.kinds[site - 2]
        joined = tables.joins[kind]
        values = join_values(joined.parts, cosines[:, site - 1], cosines[:, site], joined.coarse)
        exponents = np.einsum("k,knp->np", joined.theta, values)
        coarse = trigonometric(joined.coarse, joined.coarse // 2)
        fine = trigonometric(joined.fine, joined.fine // 2)
        angles_of_exponents(exponents, coarse, fine, uniforms[:, site, 1].copy(), drawn := np.empty(len(cosines)))
        angles[:, site] = drawn


def _place(spins: Floats, cosines: Floats, angles: Floats) -> None:
    """Fill ``spins`` (snapshot, site, 3): the first from the z axis, the second about the first, each other about the two before.

    With n and m = S × n the normals of the frame at S, n in the plane of S and the spin before, the next spin is u S + s t with
    t = n cos ψ + m sin ψ; n and m there are s S - u t and n sin ψ - m cos ψ.
    """
    normal, other, here = (np.tile(axis, (len(spins), 1)) for axis in np.eye(3))
    for site in range(spins.shape[1]):
        u, psi = cosines[:, site, None], angles[:, site, None]
        s = np.sqrt(1 - u**2)
        t = normal * np.cos(psi) + other * np.sin(psi)
        normal, other, here = s * here - u * t, normal * np.sin(psi) - other * np.cos(psi), u * here + s * t
        spins[:, site] = normalise(here)
