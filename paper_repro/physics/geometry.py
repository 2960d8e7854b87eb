"""Geometry: which sites form pairs and runs, and the class of each pair.

On a chain the class of a pair is its separation, the shortest way round where the chain is periodic; where sites have positions it
is the number of the shell, 1 the shortest distance; on a list of bonds it is given by the list. A pair is written from its first
site to its second, for terms that have a direction: forward on a chain, along positive displacements of a structure, as listed.
"""

import functools
from typing import Any, Literal, Self

import attrs
import numpy as np
import numpy.typing as npt

from paper_repro.numerics.arguments import checked_arguments
from paper_repro.numerics.arrays import Floats, Integers
from paper_repro.physics.structure import TOLERANCE, Structure

#: Default number of shells of a structure that are pairs.
SHELLS = 4

Boundary = Literal["open", "periodic"]

#: A displacement from the first site of a pair to the second, in the unit of the positions.
Direction = tuple[float, float, float]


def _same(first: Integers, second: Integers) -> bool:
    return np.array_equal(first, second)


@attrs.frozen(hash=False)
class Geometry:
    """Sites 0 … N - 1 and their pairs: an open chain, a periodic chain, a list of bonds, or sites with positions.

    ``boundary`` is that of a chain, else None. ``bonds`` (bond, 3), each i, j and class, are those of a list or the shells of a
    ``structure``, which is None where sites have no positions; a chain has no list, and a structure only for its positions
    (its classes are separations). Made by ``open_chain``, ``periodic_chain``, ``from_bonds`` and ``from_positions``, which list
    what they refuse.

    >>> pr.Geometry.periodic_chain(4).pairs_of(1).tolist()
    [[0, 1], [1, 2], [2, 3], [3, 0]]
    >>> positions = [[x, y, 0] for x in range(4) for y in range(4)]
    >>> square = pr.Geometry.from_positions(positions, cell=4 * np.eye(3), periodic=(True, True, False))
    >>> len(square.pairs_of(1)), square.is_chain
    (32, False)
    """

    sites: int
    boundary: Boundary | None
    bonds: Integers = attrs.field(eq=attrs.cmp_using(eq=_same))
    structure: Structure | None = None

    @classmethod
    @checked_arguments
    def open_chain(cls, sites: int) -> Self:
        """Return a chain with free ends; raises ``ValueError`` for fewer than one site."""
        return cls(_checked_sites(sites), "open", _NO_BONDS)

    @classmethod
    @checked_arguments
    def periodic_chain(cls, sites: int) -> Self:
        """Return a ring, where site N - 1 is next to site 0; raises ``ValueError`` for fewer than one site."""
        return cls(_checked_sites(sites), "periodic", _NO_BONDS)

    @classmethod
    @checked_arguments
    def from_bonds(cls, sites: int, bonds: npt.ArrayLike) -> Self:
        """Return the geometry of a list of bonds (bond, 3): i, j and class, integers, the sites counted from 0.

        Raises ``ValueError`` for another shape, numbers that are not integers, sites that do not exist, a site bound to itself, and
        a pair that a class has twice, in either direction.
        """
        return cls(_checked_sites(sites), None, _checked_bonds(bonds, sites))

    @classmethod
    @checked_arguments
    def from_positions(
        cls,
        positions: npt.ArrayLike,
        cell: npt.ArrayLike | None = None,
        periodic: npt.ArrayLike = (False, False, False),
        shells: int | None = None,
        tolerance: float = TOLERANCE,
    ) -> Self:
        """Return sites at ``positions`` (site, 3) whose pairs are the first shells of equal distance; class = number of the shell.

        Args:
            positions: in any unit of length.
            cell: (3, 3), rows a, b, c, in the same unit; None where nothing is periodic.
            periodic: along which of a, b, c (3,).
            shells: how many; None for 4 or as many as the sites and the cell have. Later shells are found when a term needs them.
            tolerance: relative difference within which two distances are equal.

        Each image of a pair counts once. Raises ``ValueError`` for arrays that are no structure, for fewer shells than ``shells``,
        for a shell that binds a site to its own image, and for positions of which too few are at equal distances.
        """
        structure = Structure.of(positions, cell, periodic, tolerance)
        found = structure.sound_shells(SHELLS) if shells is None else structure.shells(_checked_count(shells))
        if shells is not None and len(found) < shells:
            raise ValueError(f"{len(found)} shells of {structure.sites} sites; expected {shells}")
        bonds = [np.insert(shell.pairs, 2, number, axis=1) for number, shell in enumerate(found, start=1)]
        listed: Integers = np.concatenate([_NO_BONDS, *bonds])
        if 2 * len(listed) < structure.sites > 1:
            raise ValueError(
                f"{len(listed)} pairs of {structure.sites} sites in {len(found)} shells; expected sites at equal distances, or a "
                f"larger tolerance than {tolerance:g}"
            )
        return cls(structure.sites, None, listed, structure)

    @property
    def is_chain(self) -> bool:
        """Whether the sites are in a row, so that runs of consecutive sites exist."""
        return self.boundary is not None

    @property
    def is_open_chain(self) -> bool:
        """Whether the sites are in a row with free ends, as the exact solution needs."""
        return self.boundary == "open"

    @functools.cached_property
    def bond_classes(self) -> tuple[int, ...]:
        """The classes that have a pair, ascending."""
        if self.boundary is None:
            return tuple(int(k) for k in np.unique(self.bonds[:, 2]))
        return tuple(range(1, self._farthest + 1))

    def first_classes(self, count: int) -> tuple[int, ...]:
        """Return the first ``count`` classes that have a pair, or as many as there are and, of a structure, as its cell allows."""
        if self.structure is not None and self.boundary is None and count > len(self.bond_classes):
            return tuple(range(1, len(self.structure.sound_shells(count)) + 1))
        return self.bond_classes[:count]

    @property
    def _farthest(self) -> int:
        """The largest separation on a chain."""
        return self.sites - 1 if self.boundary == "open" else self.sites // 2

    def pairs_of(self, bond_class: int) -> Integers:
        """Return the pairs (pair, 2) of a class, each once; none where there is no such class.

        Two sites of a structure are a pair as often as images of them are. Raises ``ValueError`` for a shell that the cell is too
        small for.
        """
        if self.structure is not None and self.boundary is None and bond_class > max(self.bond_classes, default=0):
            shells = self.structure.shells(bond_class)
            return shells[bond_class - 1].pairs if len(shells) == bond_class else _NO_BONDS[:, :2]
        if self.boundary is None:
            return self.bonds[self.bonds[:, 2] == bond_class, :2]
        if not 1 <= bond_class <= self._farthest:
            return _NO_BONDS[:, :2]
        count = self.sites - bond_class if self.boundary == "open" else self.sites
        if self.boundary == "periodic" and 2 * bond_class == self.sites:  # both ways round are the same pair
            count = bond_class
        pairs = np.empty((count, 2), dtype=np.int64)
        pairs[:, 0] = np.arange(count)
        pairs[:, 1] = (pairs[:, 0] + bond_class) % self.sites
        return pairs

    def displacements_of(self, bond_class: int) -> Floats:
        """Return the displacements (pair, 3) of ``pairs_of``, from the first site to the second, in the unit of the positions.

        Raises ``ValueError`` on a chain, whose pairs point forward, and where sites have no positions.
        """
        if self.structure is None or self.is_chain:
            what = "a chain" if self.is_chain else "sites without positions"
            raise ValueError(f"displacements on {what}; expected a lattice, as Geometry.from_positions makes it")
        shells = self.structure.shells(bond_class)
        return shells[bond_class - 1].displacements if 0 < bond_class == len(shells) else np.zeros((0, 3))

    def directions_of(self, bond_class: int) -> tuple[Direction, ...]:
        """Return the different displacements of ``pairs_of``, ascending; ``ValueError`` as there."""
        apart = self.displacements_of(bond_class)
        found: list[Floats] = []
        rounding = 10 * self._tolerance * np.linalg.norm(apart, axis=1, keepdims=True)
        apart = np.where(np.abs(apart) < rounding, 0.0, apart)
        for displacement in apart[np.lexsort(apart.T[::-1])]:
            if not any(_is_along(displacement, known, self._tolerance) for known in found):
                found.append(displacement)
        return tuple((float(x), float(y), float(z)) for x, y, z in found)

    def pairs_along(self, bond_class: int, direction: Direction) -> Integers:
        """Return the pairs (pair, 2) of a class with one displacement; ``ValueError`` as there."""
        apart = self.displacements_of(bond_class)
        pairs: Integers = self.pairs_of(bond_class)[_is_along(apart, np.array(direction), self._tolerance)]
        return pairs

    @property
    def _tolerance(self) -> float:
        """The relative difference of equal distances; 0 where sites have no positions."""
        return 0.0 if self.structure is None else self.structure.tolerance

    @functools.cached_property
    def pairs(self) -> Integers:
        """All pairs (pair, 2), by class."""
        return np.concatenate([_NO_BONDS[:, :2], *(self.pairs_of(k) for k in self.bond_classes)])

    @functools.cached_property
    def classes(self) -> Integers:
        """The class of each of ``pairs`` (pair,)."""
        return np.repeat(np.array(self.bond_classes, dtype=np.int64), [len(self.pairs_of(k)) for k in self.bond_classes])

    def runs(self, length: int) -> Integers:
        """Return the runs of consecutive sites (run, ``length``) of a chain, round the end where it is periodic.

        Raises ``ValueError`` for a list of bonds and for positions, which have no order, and for a ring so short that two runs have
        the same sites.
        """
        if self.boundary is None:
            what = "a list of bonds" if self.structure is None else "sites with positions"
            raise ValueError(f"runs of {length} sites on {what}; expected a chain, where sites have an order")
        if self.boundary == "periodic" and self.sites <= length:
            raise ValueError(f"runs of {length} sites on a periodic chain of {self.sites}; expected at least {length + 1} sites")
        count = max(self.sites - length + 1, 0) if self.boundary == "open" else self.sites
        return (np.arange(count)[:, None] + np.arange(length)) % self.sites


def _is_along(displacements: Floats, direction: Floats, tolerance: float) -> Any:
    """Return whether displacements (…, 3) are one direction, within rounding: bonds of a lattice differ by far more."""
    return np.linalg.norm(displacements - direction, axis=-1) <= 10 * tolerance * np.linalg.norm(direction)


_NO_BONDS = np.zeros((0, 3), dtype=np.int64)


def _checked_sites(sites: Any) -> int:
    if not isinstance(sites, int | np.integer) or isinstance(sites, bool) or sites < 1:
        raise ValueError(f"sites = {sites!r}; expected an integer ≥ 1")
    return int(sites)


def _checked_count(shells: Any) -> int:
    if not isinstance(shells, int | np.integer) or isinstance(shells, bool) or shells < 1:
        raise ValueError(f"shells = {shells!r}; expected an integer ≥ 1")
    return int(shells)


def _checked_bonds(bonds: npt.ArrayLike, sites: int) -> Integers:
    given: npt.NDArray[Any] = np.asarray(bonds)
    if given.ndim != 2 or given.shape[1] != 3:
        raise ValueError(f"bonds of shape {given.shape}; expected (bond, 3): i, j, class")
    if given.dtype.kind not in "iu":
        raise ValueError(f"bonds of {given.dtype}; expected integers i, j, class")
    rows: Integers = given.astype(np.int64)
    outside = (rows[:, :2] < 0) | (rows[:, :2] >= sites)
    if outside.any():
        k = int(np.flatnonzero(outside.any(1))[0])
        raise ValueError(f"bond {k} joins sites {rows[k, 0]} and {rows[k, 1]}; expected sites 0 to {sites - 1}")
    loops = np.flatnonzero(rows[:, 0] == rows[:, 1])
    if len(loops):
        raise ValueError(f"bond {loops[0]} joins site {rows[loops[0], 0]} to itself; expected two different sites")
    classless = np.flatnonzero(rows[:, 2] < 1)
    if len(classless):
        raise ValueError(f"bond {classless[0]} is of class {rows[classless[0], 2]}; expected classes from 1")
    seen: dict[tuple[int, ...], int] = {}
    for k, (i, j, bond_class) in enumerate(rows.tolist()):
        first = seen.setdefault((min(i, j), max(i, j), bond_class), k)
        if first != k:
            raise ValueError(f"bond {k} is bond {first} again, sites {i} and {j} of class {bond_class}; expected each pair once")
    return rows
