"""Anisotropic symmetric exchange, φ = Σ S_i·M·S_j: one term for each traceless symmetric M of ``tensors``."""

import attrs

from paper_repro.numerics.arrays import Floats
from paper_repro.physics.terms.pairs import PairTerm
from paper_repro.physics.terms.registry import registered
from paper_repro.physics.terms.tensors import COMPONENTS, ORTHONORMAL, TENSORS


@registered
@attrs.frozen
class AnisotropicExchange(PairTerm):
    """φ = Σ S_i·M·S_j over pairs, the part of a symmetric exchange tensor that is not isotropic; Δφ = -4 φ."""

    family = "anisotropic_exchange"
    formula = "S_i·M·S_j"
    note = ORTHONORMAL
    components = COMPONENTS
    multilinear = True
    rotation_invariant = False
    inversion = 1

    component: int = attrs.field(kw_only=True)

    def value(self, spins: Floats) -> Floats:
        """Return S_i·M·S_j (…) of pairs (…, 2, 3)."""
        result: Floats = (spins[..., 0, :] * (spins[..., 1, :] @ TENSORS[self.component])).sum(-1)
        return result

    def derivative(self, spins: Floats) -> Floats:
        """Return M times the other spin of each pair (…, 2, 3)."""
        result: Floats = spins[..., ::-1, :] @ TENSORS[self.component]
        return result
