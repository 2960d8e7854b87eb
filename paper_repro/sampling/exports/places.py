"""Where the sites of a geometry are, in a cell of three vectors that holds them all: what other programs ask for.

Sites without positions, and those of a chain, are put on a line along x, one unit of length apart: energies do not depend on it.
"""

import attrs
import numpy as np
import scipy.linalg

from paper_repro.numerics.arrays import Floats, Integers
from paper_repro.physics.geometry import Geometry
from paper_repro.physics.structure import Structure
from paper_repro.physics.terms import PairTerm, Term

#: Empty space, in units of length, along vectors that are not given.
_EMPTY = 10.0


@attrs.frozen(eq=False)
class Places:
    """``fractions`` (site, 3) of the rows of ``cell`` (3, 3), each from 0 to below 1, and which of the rows are ``periodic``.

    ``wrapped`` (site, 3) is the number of vectors by which each site was moved into the cell.
    """

    fractions: Floats
    cell: Floats
    periodic: tuple[bool, bool, bool]
    wrapped: Integers

    @classmethod
    def of(cls, geometry: Geometry) -> "Places":
        """Return the places of the sites of a geometry."""
        if geometry.structure is None or geometry.is_chain:
            line = np.arange(geometry.sites)[:, None] * np.array([1.0, 0.0, 0.0])
            ring = geometry.boundary == "periodic"
            return _placed(Structure.of(line, np.diag([geometry.sites, _EMPTY, _EMPTY]), (ring, False, False)))
        return _placed(geometry.structure)


def _placed(structure: Structure) -> Places:
    cell = _whole_cell(structure)
    fractions = structure.positions @ np.linalg.inv(cell)
    free = ~np.array(structure.periodic)
    fractions[:, free] -= fractions[:, free].min(0)
    most = fractions.max(0)
    for k in np.flatnonzero(free & (most >= 1)):
        factor = most[k] + _EMPTY / np.linalg.norm(cell[k])
        cell[k] *= factor
        fractions[:, k] /= factor
    wrapped = np.floor(np.round(fractions, 9)).astype(np.int64)
    inside: Floats = np.maximum(np.round(fractions, 12) - wrapped, 0.0)
    return Places(inside, cell, structure.periodic, wrapped)


def _whole_cell(structure: Structure) -> Floats:
    """Return three independent vectors (3, 3): those that are given, and unit vectors across them for the others."""
    periodic, given = np.array(structure.periodic), structure.cell
    if given is not None and np.linalg.matrix_rank(given, rtol=1e-9) == 3:
        return np.array(given)
    cell = np.zeros((3, 3))
    cell[periodic] = structure.vectors
    cell[~periodic] = scipy.linalg.null_space(structure.vectors).T if periodic.any() else np.eye(3)
    return cell


def shifts_of(term: Term, geometry: Geometry, clusters: Integers, places: Places) -> Integers:
    """Return in which image of the cell each site of each cluster is, (cluster, size, 3), the first site in the cell itself."""
    result = np.zeros((*clusters.shape, 3), dtype=np.int64)
    if geometry.is_chain:
        if geometry.boundary == "periodic":  # runs and pairs go forward, round the end
            result[..., 0] = np.maximum.accumulate(clusters < clusters[:, :1], axis=1)
        return result
    if geometry.structure is not None and isinstance(term, PairTerm):
        apart = _displacements(term, geometry, clusters)
        first, second = clusters.T
        own = (places.fractions + places.wrapped) @ places.cell
        steps = np.rint((apart - (own[second] - own[first])) @ np.linalg.inv(places.cell)).astype(np.int64)
        result[:, 1] = steps + places.wrapped[second] - places.wrapped[first]
    return result


def _displacements(term: PairTerm, geometry: Geometry, clusters: Integers) -> Floats:
    """Return the displacement (pair, 3) of each cluster of a term: images of a pair differ in nothing else."""
    every, apart = geometry.pairs_of(term.bond_class), geometry.displacements_of(term.bond_class)
    wanted = np.unique(clusters, axis=0)
    kept = (every[:, None, :] == wanted).all(-1).any(1)
    if term.direction is not None:
        off = np.linalg.norm(apart - np.array(term.direction), axis=1)
        kept &= off < 1e-2 * np.linalg.norm(term.direction)
    if not np.array_equal(every[kept], clusters):
        raise ValueError(f"pairs of {term.name!r} that are not those of its shell; expected those of the geometry")
    found: Floats = apart[kept]
    return found
