"""Four-spin exchange, φ = Σ (S_i·S_{i+1})(S_{i+2}·S_{i+3}) along a chain: a positive coupling favours bonds of equal sign."""

import attrs
import numpy as np

from paper_repro.numerics.arrays import Floats
from paper_repro.physics.terms.registry import registered
from paper_repro.physics.terms.runs import RunTerm


@registered
@attrs.frozen
class FourSpin(RunTerm):
    """φ = Σ u u' over runs of four, with u = S_i·S_{i+1} and u' = S_{i+2}·S_{i+3}; Δφ = -8 φ."""

    family = "four_spin"
    formula = "(S_i·S_{i+1})(S_{i+2}·S_{i+3})"
    multilinear = True
    rotation_invariant = True
    inversion = 1

    length = 4

    def value(self, spins: Floats) -> Floats:
        """Return u u' (…) of runs (…, 4, 3)."""
        result: Floats = (spins[..., ::2, :] * spins[..., 1::2, :]).sum(-1).prod(-1)
        return result

    def derivative(self, spins: Floats) -> Floats:
        """Return the other spin of each bond times the cosine of the other bond (…, 4, 3)."""
        cosines = (spins[..., ::2, :] * spins[..., 1::2, :]).sum(-1)[..., ::-1]
        result: Floats = spins[..., [1, 0, 3, 2], :] * np.repeat(cosines, 2, axis=-1)[..., None]
        return result
