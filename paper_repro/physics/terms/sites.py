"""Terms on single sites: all of them, or those of one species."""

from collections.abc import Sequence
from typing import TypeVar

import attrs
import numpy as np

from paper_repro.numerics.arrays import Integers
from paper_repro.physics.geometry import Geometry
from paper_repro.physics.terms.term import Term


@attrs.frozen
class SiteTerm(Term):
    """One ``component`` of a term on the sites of the species ``on``, or on all; it is its place in ``components``."""

    component: int
    on: int | None = None

    @property
    def species(self) -> frozenset[int]:
        """The species that feels the term."""
        return frozenset(() if self.on is None else (self.on,))

    def clusters(self, geometry: Geometry, species: Integers) -> Integers:
        """Return the sites (site, 1) of the species."""
        sites = np.arange(geometry.sites)[:, None]
        return sites if self.on is None else sites[species == self.on]


Site = TypeVar("Site", bound=SiteTerm)


def site_terms(family: type[Site], names: Sequence[str], *, by_species: bool = False) -> tuple[Site, ...]:
    """Return the components of a family: for each of the species ``names``, or one set for all sites."""
    species = tuple(enumerate(names)) if by_species else ((None, ""),)
    return tuple(
        family(" ".join(filter(None, (family.family, name, component))), index, on)
        for on, name in species
        for index, component in enumerate(family.components)
    )
