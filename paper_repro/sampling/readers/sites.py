"""From where sites are to the geometry of their pairs: bonds as they are listed, sites in a row as a chain, others by distance."""

import attrs
import numpy as np

from paper_repro.files import InputError, input_error
from paper_repro.numerics.arrays import Floats
from paper_repro.physics.geometry import Geometry
from paper_repro.physics.structure import Structure
from paper_repro.sampling.readers.frames import Layout

#: Positions that are off their place in a row by less than this part of its spacing are in the row.
_IN_A_ROW = 1e-4
_FARTHEST = 1e100  # double precision holds squares of such lengths


def geometry_of(layout: Layout, sites: int, where: str) -> tuple[Geometry, tuple[str, ...]]:
    """Return the geometry of a layout, with notes on what was found in it.

    Bonds go before positions. Equally spaced positions on a line, in the order of the sites, are an open chain, or a ring where
    the one periodic vector of the cell is the length of the row; without positions the sites are a chain, a ring where
    ``periodic`` is true. Raises ``InputError`` for an invalid geometry.
    """
    try:
        if layout.bonds is not None:
            unused = layout.positions is not None or any(layout.periodic)
            notes = (f"{where}: the pairs are those of its bonds; positions and cell are not used",) if unused else ()
            return Geometry.from_bonds(sites, layout.bonds), notes
        if layout.positions is None:
            if any(layout.periodic[1:]):
                raise InputError(where, "periodic along b or c, without positions", "positions, or a ring: true, false, false")
            return Geometry.periodic_chain(sites) if layout.periodic[0] else Geometry.open_chain(sites), ()
        lengths = layout.positions if layout.cell is None else np.concatenate([layout.positions, layout.cell])
        if not np.isfinite(lengths).all():
            raise InputError(where, "positions that are not finite", "finite numbers")
        if np.abs(lengths).max() > _FARTHEST:
            raise InputError(where, f"positions or a cell as far as {np.abs(lengths).max():.3g}", f"lengths up to {_FARTHEST:g}")
        return _of_positions(layout, layout.positions)
    except ValueError as error:
        raise input_error(where, error, "positions of different sites") from error


def _of_positions(layout: Layout, positions: Floats) -> tuple[Geometry, tuple[str, ...]]:
    row = _row(positions)
    if row is not None:
        sites, directions = len(positions), [k for k in range(3) if layout.periodic[k]]
        structure = Structure.of(positions, layout.cell, layout.periodic)
        if not directions:
            chain = attrs.evolve(Geometry.open_chain(sites), structure=structure)
            return chain, ("equally spaced positions in a row: the sites are an open chain",)
        if len(directions) == 1 and layout.cell is not None and sites > 2:
            around = layout.cell[directions[0]]
            if min(np.abs(around - sites * row).max(), np.abs(around + sites * row).max()) <= _IN_A_ROW * np.linalg.norm(row):
                ring = attrs.evolve(Geometry.periodic_chain(sites), structure=structure)
                return ring, ("equally spaced positions around the cell: the sites are a periodic chain",)
    return Geometry.from_positions(positions, layout.cell, layout.periodic), ()


def _row(positions: Floats) -> Floats | None:
    """Return the step from a site to the next where the positions (site, 3) are equally spaced on a line, else None."""
    if len(positions) < 2:
        return np.zeros(3)
    step: Floats = (positions[-1] - positions[0]) / (len(positions) - 1)
    off = np.abs(positions - positions[0] - np.arange(len(positions))[:, None] * step).max()
    spacing = np.linalg.norm(step)
    return step if spacing > 0 and off <= _IN_A_ROW * spacing else None
