"""A uniform magnetic field, φ = Σ S_i^c: one term for each Cartesian component, the coupling is that component of the field."""

import attrs
import numpy as np

from paper_repro.numerics.arrays import Floats
from paper_repro.physics.terms.registry import registered
from paper_repro.physics.terms.sites import SiteTerm


@registered
@attrs.frozen
class Field(SiteTerm):
    """φ = Σ S_i^c over the sites of one species, or over all; ``component`` is 0, 1 or 2. Δφ = -2 φ.

    >>> bound = pr.Terms([pr.Field("field z", 2)], ["A"]).on(pr.Geometry.open_chain(2), "AA")
    >>> bound.values(np.array([[[0, 0, 1.0], [0.6, 0, 0.8]]])).round(12)
    array([[1.8]])
    """

    family = "field"
    formula = "S_i^c"
    components = ("x", "y", "z")
    multilinear = True
    rotation_invariant = False
    inversion = -1

    def value(self, spins: Floats) -> Floats:
        """Return S^c (…) of single spins (…, 1, 3)."""
        return spins[..., 0, self.component]

    def derivative(self, spins: Floats) -> Floats:
        """Return the unit vector of the component at each spin (…, 1, 3)."""
        result = np.zeros(spins.shape)
        result[..., self.component] = 1.0
        return result


def field_terms(on: int | None = None, name: str = "") -> tuple[Field, Field, Field]:
    """Return the three components of a field on one species, whose ``name`` they bear, or on all."""
    x, y, z = (Field(" ".join(filter(None, ["field", name, label])), c, on) for c, label in enumerate(Field.components))
    return x, y, z
