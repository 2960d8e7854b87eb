"""Single-ion anisotropy, φ = Σ S_i·M·S_i: one term for each traceless symmetric M of ``tensors``."""

import attrs
import numpy as np

from paper_repro.numerics.arrays import Floats
from paper_repro.physics.terms.registry import registered
from paper_repro.physics.terms.sites import SiteTerm
from paper_repro.physics.terms.tensors import COMPONENTS, ORTHONORMAL, TENSORS


@registered
@attrs.frozen
class Anisotropy(SiteTerm):
    """φ = Σ S_i·M·S_i over the sites of one species, or over all; Δφ = -6 φ, a harmonic of l = 2."""

    family = "anisotropy"
    formula = "S_i·M·S_i"
    note = ORTHONORMAL
    components = COMPONENTS
    multilinear = False
    rotation_invariant = False
    inversion = 1

    def value(self, spins: Floats) -> Floats:
        """Return S·M·S (…) of single spins (…, 1, 3)."""
        result: Floats = (spins * (spins @ TENSORS[self.component])).sum((-1, -2))
        return result

    def derivative(self, spins: Floats) -> Floats:
        """Return 2 M S (…, 1, 3)."""
        result: Floats = spins @ (2.0 * TENSORS[self.component])
        return result

    def laplacian(self, spins: Floats) -> Floats:
        """Return -6 φ (…, 1)."""
        return np.asarray(-6.0 * self.value(spins))[..., None]
