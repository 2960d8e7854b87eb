"""Biquadratic exchange, φ = Σ (S_i·S_j)²: a positive coupling favours spins along one line."""

import attrs
import numpy as np

from paper_repro.numerics.arrays import Floats
from paper_repro.physics.terms.pairs import PairTerm
from paper_repro.physics.terms.registry import registered


def _cosine(spins: Floats) -> Floats:
    result: Floats = np.einsum("...c,...c->...", spins[..., 0, :], spins[..., 1, :])  # three times as fast as a product and a sum
    return result


@registered
@attrs.frozen
class Biquadratic(PairTerm):
    """φ = Σ u² over pairs, u = S_i·S_j; Δ_i u² = 2 - 6u² on either spin.

    >>> bound = pr.Terms([pr.Biquadratic("biquadratic 1", 1)], ["A"]).on(pr.Geometry.open_chain(2), "AA")
    >>> bound.values(np.array([[[0, 0, 1.0], [0.6, 0, 0.8]]])).round(12)
    array([[0.64]])
    """

    family = "biquadratic"
    formula = "(S_i·S_j)²"
    multilinear = False
    rotation_invariant = True
    inversion = 1

    def value(self, spins: Floats) -> Floats:
        """Return u² (…) of pairs (…, 2, 3)."""
        return _cosine(spins) ** 2

    def derivative(self, spins: Floats) -> Floats:
        """Return 2u times the other spin of each pair (…, 2, 3)."""
        result: Floats = 2.0 * _cosine(spins)[..., None, None] * spins[..., ::-1, :]
        return result

    def laplacian(self, spins: Floats) -> Floats:
        """Return 2 - 6u² (…, 2) on both spins."""
        result: Floats = (2.0 - 6.0 * _cosine(spins) ** 2)[..., None].repeat(2, axis=-1)
        return result
