"""Terms on runs of consecutive sites of a chain, of any species."""

from typing import ClassVar

import attrs

from paper_repro.numerics.arrays import Integers
from paper_repro.physics.geometry import Geometry
from paper_repro.physics.terms.term import Term


@attrs.frozen
class RunTerm(Term):
    """A term on all runs of ``length`` consecutive sites; ``ValueError`` on a geometry that is no chain."""

    length: ClassVar[int]

    @property
    def species(self) -> frozenset[int]:
        """None: the term acts on all."""
        return frozenset()

    def clusters(self, geometry: Geometry, species: Integers) -> Integers:  # noqa: ARG002
        """Return the runs (run, length), in the order of the chain."""
        return geometry.runs(self.length)
