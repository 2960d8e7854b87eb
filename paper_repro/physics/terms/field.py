"""A uniform magnetic field, φ = Σ S_i^c: one term for each Cartesian component, the coupling is that component of the field."""

import attrs
import numpy as np

from paper_repro.numerics.arrays import Floats, Integers
from paper_repro.physics.geometry import Geometry
from paper_repro.physics.terms.term import Term

COMPONENTS = "xyz"


@attrs.frozen
class Field(Term):
    """φ = Σ S_i^c over the sites of one species, or over all; ``component`` is 0, 1 or 2. Δφ = -2 φ."""

    family = "field"
    multilinear = True
    rotation_invariant = False
    inversion = -1

    component: int
    on: int | None = None

    def __attrs_post_init__(self) -> None:
        """Raise ``ValueError`` for a component that does not exist."""
        super().__attrs_post_init__()
        if self.component not in (0, 1, 2):
            raise ValueError(f"component = {self.component!r} of {self.name!r}; expected 0, 1 or 2, for x, y or z")

    @property
    def species(self) -> frozenset[int]:
        """The species that feels the field."""
        return frozenset(() if self.on is None else (self.on,))

    def clusters(self, geometry: Geometry, species: Integers) -> Integers:
        """Return the sites (site, 1) of the species."""
        sites = np.arange(geometry.sites)[:, None]
        return sites if self.on is None else sites[species == self.on]

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
    x, y, z = (Field(" ".join(filter(None, ["field", name, label])), c, on) for c, label in enumerate(COMPONENTS))
    return x, y, z
