"""Scalar chirality, φ = Σ S_i·(S_{i+1} × S_{i+2}) along a chain: a positive coupling favours one hand."""

import attrs
import numpy as np

from paper_repro.numerics.arrays import Floats
from paper_repro.physics.terms.registry import registered
from paper_repro.physics.terms.runs import RunTerm


@registered
@attrs.frozen
class Chirality(RunTerm):
    """φ = Σ S_i·(S_{i+1} × S_{i+2}) over runs of three; Δφ = -6 φ. A mirror changes its sign, a rotation does not."""

    family = "chirality"
    formula = "S_i·(S_{i+1} × S_{i+2})"
    multilinear = True
    rotation_invariant = True
    inversion = -1

    length = 3

    def value(self, spins: Floats) -> Floats:
        """Return the triple product (…) of runs (…, 3, 3)."""
        result: Floats = (spins[..., 0, :] * np.cross(spins[..., 1, :], spins[..., 2, :])).sum(-1)
        return result

    def derivative(self, spins: Floats) -> Floats:
        """Return the product of the other two spins, in cyclic order (…, 3, 3)."""
        following = np.roll(spins, -1, axis=-2)
        result: Floats = np.cross(following, np.roll(following, -1, axis=-2))
        return result
