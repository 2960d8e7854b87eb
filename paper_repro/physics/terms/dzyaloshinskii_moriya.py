"""Dzyaloshinskii-Moriya exchange, φ = Σ (S_i × S_j)^c: one term for each Cartesian component, the coupling is that of the vector D.

Pairs have the direction of the geometry: forward on a chain, along positive displacements where sites have positions. The other way
round the sign of D is the other.
"""

import attrs
import numpy as np

from paper_repro.numerics.arrays import Floats
from paper_repro.physics.terms.pairs import PairTerm
from paper_repro.physics.terms.registry import registered


@registered
@attrs.frozen
class DzyaloshinskiiMoriya(PairTerm):
    """φ = Σ (S_i × S_j)^c over pairs, i the first site of each; Δφ = -4 φ."""

    family = "dzyaloshinskii_moriya"
    formula = "(S_i × S_j)^c"
    note = (
        "i is the first site of a pair: the one before on a chain, as listed in bonds; where sites have positions, r_j - r_i has a "
        "positive first component of x, y, z that is not zero"
    )
    components = ("x", "y", "z")
    multilinear = True
    rotation_invariant = False
    inversion = 1

    component: int = attrs.field(kw_only=True)

    @property
    def _across(self) -> tuple[int, int]:
        """The axes a, b with (S_i × S_j)^c = S_i^a S_j^b - S_i^b S_j^a."""
        return (self.component + 1) % 3, (self.component + 2) % 3

    def value(self, spins: Floats) -> Floats:
        """Return (S_i × S_j)^c (…) of pairs (…, 2, 3)."""
        a, b = self._across
        result: Floats = spins[..., 0, a] * spins[..., 1, b] - spins[..., 0, b] * spins[..., 1, a]
        return result

    def derivative(self, spins: Floats) -> Floats:
        """Return S_j × e_c on the first spin of each pair and e_c × S_i on the second (…, 2, 3)."""
        a, b = self._across
        result = np.zeros(spins.shape)
        result[..., 0, a], result[..., 0, b] = spins[..., 1, b], -spins[..., 1, a]
        result[..., 1, a], result[..., 1, b] = -spins[..., 0, b], spins[..., 0, a]
        return result
