"""The content of a file as a reader finds it: consecutive snapshots of one system."""

import attrs
import numpy as np
import numpy.typing as npt

from paper_repro.numerics.arrays import Floats, Integers

Axes = tuple[bool, bool, bool]
#: Names of the sites, or integers; None where all sites are alike.
Species = tuple[str, ...] | tuple[int, ...] | None


@attrs.frozen(eq=False)
class Layout:
    """The positions of the sites in the file: all None for sites in a row.

    ``bonds`` (bond, 3) are i, j, class; ``positions`` (site, 3) and ``cell`` (3, 3), rows a, b, c, are in any one unit of length;
    ``periodic`` marks the rows of the cell along which the sites are repeated, or, for sites in a row, whether they are a
    ring.
    """

    bonds: Integers | None = None
    positions: Floats | None = None
    cell: Floats | None = None
    periodic: Axes = (False, False, False)

    @property
    def key(self) -> tuple[object, ...]:
        """What tells one layout from another."""
        arrays = (self.bonds, self.positions, self.cell)
        return (*(None if array is None else (array.shape, array.tobytes()) for array in arrays), self.periodic)

    def without(self, dropped: npt.NDArray[np.bool_]) -> "Layout":
        """Return the layout without some of the sites (site,), which have positions."""
        assert self.positions is not None  # noqa: S101 - the caller has looked
        return attrs.evolve(self, positions=self.positions[~dropped])


@attrs.frozen(eq=False)
class Frames:
    """Consecutive snapshots of one system in a file.

    ``spins`` (snapshot, site, 3) are vectors of any length; ``species`` (site,) are names, or integers, or None where the file has
    none; ``run`` (snapshot,) numbers Markov chains, None where the file is one; ``temperature`` is None where it is not stated.
    ``where`` heads messages: the file and, where it has several parts, the part. ``chain`` distinguishes systems that a file holds
    several times, each a run of its own. ``notes`` lists what the file has and a reader does not use.
    """

    spins: Floats
    where: str
    species: Species = None
    layout: Layout = attrs.field(factory=Layout)
    run: Integers | None = None
    temperature: float | None = None
    chain: int = 0
    notes: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[object, ...]:
        """What tells one system from another: species, sites and layout."""
        return self.species, self.spins.shape[1], self.layout.key
