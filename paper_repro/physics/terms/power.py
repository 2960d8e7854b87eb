"""Higher powers of the cosine of a pair, φ = Σ (S_i·S_j)^c with c = 3 or 4: what exchange and biquadratic exchange leave out."""

import attrs
import numpy as np

from paper_repro.numerics.arrays import Floats
from paper_repro.physics.terms.pairs import PairTerm
from paper_repro.physics.terms.registry import registered


@registered
@attrs.frozen
class Power(PairTerm):
    """φ = Σ u^c over pairs, u = S_i·S_j; Δ_i u^c = c (c - 1) u^{c-2} - c (c + 1) u^c on either spin."""

    family = "power"
    formula = "(S_i·S_j)^c"
    components = ("3", "4")
    multilinear = False
    rotation_invariant = True
    inversion = 1

    component: int = attrs.field(kw_only=True)

    @property
    def _exponent(self) -> int:
        return self.component + 3

    def value(self, spins: Floats) -> Floats:
        """Return u^c (…) of pairs (…, 2, 3)."""
        result: Floats = (spins[..., 0, :] * spins[..., 1, :]).sum(-1) ** self._exponent
        return result

    def derivative(self, spins: Floats) -> Floats:
        """Return c u^{c-1} times the other spin of each pair (…, 2, 3)."""
        cosine, c = (spins[..., 0, :] * spins[..., 1, :]).sum(-1), self._exponent
        result: Floats = (c * cosine ** (c - 1))[..., None, None] * spins[..., ::-1, :]
        return result

    def laplacian(self, spins: Floats) -> Floats:
        """Return c (c - 1) u^{c-2} - c (c + 1) u^c (…, 2) on both spins."""
        cosine, c = (spins[..., 0, :] * spins[..., 1, :]).sum(-1), self._exponent
        return np.repeat((c * (c - 1) * cosine ** (c - 2) - c * (c + 1) * cosine**c)[..., None], 2, axis=-1)
