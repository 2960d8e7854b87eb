"""Snapshots: the one record of spin configurations of any origin; other arrays are refused."""

import math
import string
import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Self

import attrs
import numpy as np
import numpy.typing as npt

from paper_repro.files import InputError, input_error
from paper_repro.numerics.arguments import checked_arguments, shown
from paper_repro.numerics.arrays import Floats, Integers
from paper_repro.physics.geometry import Geometry
from paper_repro.physics.species import as_species
from paper_repro.physics.terms import BoundTerms, Terms
from paper_repro.sampling.vectors import finite_vectors, unit_vectors


@attrs.frozen(eq=False)
class Snapshots:
    """Configurations of one system: the same sites, species and geometry in each.

    ``species`` (site,) are numbers, ``spins`` (snapshot, site, 3) unit vectors; ``run`` (snapshot,) is the Markov chain of each
    snapshot: those of different runs are independent, those of one need not be. ``temperature`` is in units of energy / k_B,
    None where it is not known; ``origin`` is where they come from, for messages. ``species_names`` are the names of the numbers 0,
    1, …, None where only numbers were given. ``notes`` lists what was done to the data before and what
    was assumed about them. ``scale`` is their inverse temperature over that at which couplings are stated as β × coupling, 1 but in
    fits of several temperatures: ``bind`` multiplies the terms by it. Made by ``of``, or by ``paper_repro.read`` from files.

    >>> data = pr.Snapshots.of(np.zeros((5, 4, 3)) + [0, 0, 1], "ABBA")
    >>> len(data), data.sites, data.species_names
    (5, 4, ('A', 'B'))
    """

    species: Integers
    spins: Floats
    geometry: Geometry
    run: Integers
    temperature: float | None
    origin: str
    species_names: tuple[str, ...] | None
    notes: tuple[str, ...] = ()
    scale: float = 1.0

    @classmethod
    @checked_arguments
    def of(
        cls,
        spins: npt.ArrayLike,
        species: npt.ArrayLike | str | None = None,
        *,
        geometry: Geometry | None = None,
        run: npt.ArrayLike | None = None,
        temperature: float | None = None,
        species_names: Sequence[str] | None = None,
        origin: str = "snapshots",
        notes: Sequence[str] = (),
    ) -> Self:
        """Return snapshots of plain arrays.

        Args:
            spins: unit vectors (snapshot, site, 3); lengths that single precision or text has rounded are corrected.
            species: names or numbers (site,), or a word of letters; None where all sites are alike.
            geometry: of the sites; None for an open chain.
            run: number of the Markov chain of each snapshot (snapshot,); None where all are of one.
            temperature: in units of energy / k_B, where it is known.
            species_names: names of the species 0, 1, …; None takes those found, in alphabetical order.
            origin: where the arrays come from, the head of every message.
            notes: what was done to the data, a line each.

        Raises ``InputError`` in one line for what is something else: shape, order of axes, lengths, species, runs, numbers.

        >>> up = np.zeros((5, 4, 3)) + [0, 0, 1]
        >>> pr.Snapshots.of(up, "ABBA", temperature=0.05).species
        array([0, 1, 1, 0])
        """
        names = None if species_names is None else _names(species_names, origin)
        sites = None if species is None else len(_listed(species))
        vectors = unit_vectors(_finite(spins, sites, geometry, origin), origin)
        count, sites = vectors.shape[:2]
        numbers, names = _numbers(np.zeros(sites, dtype=np.int64) if species is None else species, names, sites, origin)
        return cls(
            species=numbers,
            spins=vectors,
            geometry=Geometry.open_chain(sites) if geometry is None else geometry,
            run=np.zeros(count, dtype=np.int64) if run is None else _runs(run, count, origin),
            temperature=checked_temperature(temperature, origin),
            origin=origin,
            species_names=names,
            notes=tuple(notes),
        )

    @property
    def checksum(self) -> int:
        """The CRC-32 of the spins, a key of random numbers that does not depend on the order of systems."""
        return zlib.crc32(np.ascontiguousarray(self.spins).data)

    def __len__(self) -> int:
        """Return the number of snapshots."""
        return len(self.spins)

    @property
    def sites(self) -> int:
        """Number of sites."""
        return len(self.species)

    def part(self, rows: slice) -> Self:
        """Return some of the snapshots."""
        return attrs.evolve(self, spins=self.spins[rows], run=self.run[rows])

    def in_parts(self, most: int) -> Iterator[Self]:
        """Yield the snapshots in their order, at most ``most`` at a time."""
        for start in range(0, len(self), most):
            yield self.part(slice(start, start + most))

    def by_run(self) -> Self:
        """Return the snapshots in the order of the numbers of their runs, those of a run in their own order."""
        if (np.diff(self.run) >= 0).all():
            return self
        order = np.argsort(self.run, kind="stable")
        return attrs.evolve(self, spins=self.spins[order], run=self.run[order])

    def bind(self, terms: Terms) -> BoundTerms:
        """Return terms on the sites of these snapshots; raises ``InputError`` for a species that the library does not name."""
        bound = terms.on(self.geometry, self.numbered(terms.species_names).species)
        return bound if self.scale == 1 else attrs.evolve(bound, scale=self.scale)

    def numbered(self, names: tuple[str, ...]) -> Self:
        """Return the same snapshots with species numbered in the order of ``names``.

        Species that were given as numbers alone count as numbered so. Raises ``InputError`` for a species that is not among them.
        """
        own = self.species_names
        if own is None and self.species.max() < len(names):
            return self
        if own == names:
            return self
        given: Any = self.species if own is None else [own[number] for number in self.species]
        numbers, _ = _numbers(given, names, self.sites, self.origin)
        return attrs.evolve(self, species=numbers, species_names=names)


def _finite(spins: npt.ArrayLike, sites: int | None, geometry: Geometry | None, origin: str) -> Floats:
    if geometry is None:
        return finite_vectors(spins, sites, origin)
    return finite_vectors(spins, geometry.sites, origin, "the geometry")


def names_of(data: Iterable[Snapshots]) -> tuple[str, ...]:
    """Return the names of all species in records, sorted, for ``numbered``; letters A, B, … where species are numbers.

    Raises ``InputError`` where some records have names and others only numbers.

    >>> up = np.zeros((1, 3, 3)) + [0, 0, 1]
    >>> names_of([Snapshots.of(up, "ABA"), Snapshots.of(up, "CAC")]), names_of([Snapshots.of(up, [0, 2, 1])])
    (('A', 'B', 'C'), ('A', 'B', 'C'))
    """
    records = list(data)
    named = sorted({name for each in records for name in each.species_names or ()})
    numbers = [each for each in records if each.species_names is None]
    count = max((int(each.species.max()) + 1 for each in numbers), default=0)
    if not named:
        return tuple(string.ascii_uppercase[:count]) if count <= 26 else tuple(str(number) for number in range(count))
    if numbers:
        raise InputError(numbers[0].origin, f"species by number, and {', '.join(named)} elsewhere", "names in all records")
    return tuple(named)


def _listed(values: npt.ArrayLike | str) -> npt.NDArray[Any]:
    listed = np.asarray(list(values) if isinstance(values, str) else values)
    return listed if listed.ndim else listed[None]


def _names(given: Sequence[str], origin: str) -> tuple[str, ...]:
    names = tuple(given)
    if not all(isinstance(name, str) for name in names) or not names or len(set(names)) != len(names):
        raise InputError(origin, f"species_names = {list(names)!r}", "one or more different names, text")
    return names


def _numbers(
    species: npt.ArrayLike | str, names: tuple[str, ...] | None, sites: int, origin: str
) -> tuple[Integers, tuple[str, ...] | None]:
    """Return species as numbers, and the names of the numbers: given, found in the species, or None."""
    given = _listed(species)
    if given.shape != (sites,):
        raise InputError(origin, f"species of shape {given.shape} and spins of {sites} sites", "one species for each site")
    if names is None and given.dtype.kind in "US":
        names = tuple(sorted(set(given.astype(str).tolist())))
    elif names is None and given.dtype.kind in "iu":
        if given.min() < 0:
            raise InputError(origin, f"species {given.min()} at site {int(given.argmin()) + 1}", "numbers ≥ 0")
        return given.astype(np.int64), None
    try:
        return as_species(given, names or ("0",)), names
    except ValueError as error:
        raise input_error(origin, error, "species") from error


def _runs(run: npt.ArrayLike, count: int, origin: str) -> Integers:
    given = _listed(run)
    if given.dtype.kind not in "iu":
        raise InputError(origin, f"run of {given.dtype}", "integers, the Markov chain of each snapshot")
    if given.shape != (count,):
        raise InputError(origin, f"run of shape {given.shape} for {count} snapshots", "one for each snapshot")
    return given.astype(np.int64)


#: Relative difference of temperatures that are one but for the rounding of single precision or of text.
_SAME_TEMPERATURE = 1e-6


def same_temperature(temperature: float | None, known: Iterable[float | None]) -> float | None:
    """Return which of the ``known`` temperatures a temperature is but for rounding, or itself."""
    if temperature is None:
        return None
    same = (value for value in known if value is not None and math.isclose(value, temperature, rel_tol=_SAME_TEMPERATURE))
    return next(same, temperature)


#: Temperatures beyond it, or below its inverse, leave the range in which couplings and their squares are numbers.
_FARTHEST = 1e50


def checked_temperature(temperature: Any, origin: str) -> float | None:
    """Return a temperature as a number, or None; raises ``InputError`` for what is not a finite number > 0."""
    if temperature is None:
        return None
    if isinstance(temperature, bool) or not isinstance(temperature, int | float | np.integer | np.floating):
        raise InputError(origin, f"temperature = {shown(temperature)}", "a number > 0, in units of energy / k_B")
    if not (math.isfinite(temperature) and temperature > 0):
        raise InputError(origin, f"temperature = {temperature:g}", "a finite number > 0, in units of energy / k_B")
    if not 1 / _FARTHEST <= temperature <= _FARTHEST:
        found = f"temperature = {temperature:g}"
        raise InputError(origin, found, f"one from {1 / _FARTHEST:g} to {_FARTHEST:g}, in units of energy / k_B")
    return float(temperature)
