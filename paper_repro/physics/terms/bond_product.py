"""The product of neighbouring bonds, φ = Σ (S_i·S_{i+1})(S_{i+1}·S_{i+2}) along a chain."""

import attrs
import numpy as np

from paper_repro.numerics.arrays import Floats
from paper_repro.physics.terms.registry import registered
from paper_repro.physics.terms.runs import RunTerm


def _bonds(spins: Floats) -> tuple[Floats, Floats]:
    """Return S_1·S_2 and S_2·S_3 (…, 1)."""
    middle = spins[..., 1, :]
    return (spins[..., 0, :] * middle).sum(-1)[..., None], (middle * spins[..., 2, :]).sum(-1)[..., None]


@registered
@attrs.frozen
class BondProduct(RunTerm):
    """φ = Σ u u' over runs of three, with u = S_1·S_2 and u' = S_2·S_3; Δ_1 φ = Δ_3 φ = -2 φ and Δ_2 φ = 2 S_1·S_3 - 6 φ."""

    family = "bond_product"
    formula = "(S_i·S_{i+1})(S_{i+1}·S_{i+2})"
    multilinear = False
    rotation_invariant = True
    inversion = 1

    length = 3

    def value(self, spins: Floats) -> Floats:
        """Return u u' (…) of runs (…, 3, 3)."""
        first, second = _bonds(spins)
        result: Floats = (first * second)[..., 0]
        return result

    def derivative(self, spins: Floats) -> Floats:
        """Return u' S_2, u' S_1 + u S_3 and u S_2 (…, 3, 3)."""
        first, second = _bonds(spins)
        left, middle, right = spins[..., 0, :], spins[..., 1, :], spins[..., 2, :]
        return np.stack([second * middle, second * left + first * right, first * middle], axis=-2)

    def laplacian(self, spins: Floats) -> Floats:
        """Return the Laplacian (…, 3) on each of the three spins."""
        value, ends = self.value(spins), (spins[..., 0, :] * spins[..., 2, :]).sum(-1)
        return np.stack([-2 * value, 2 * ends - 6 * value, -2 * value], axis=-1)
