"""Sums over snapshots, a few at a time, apart for each independent unit: the snapshots of one run of one system.

Memory grows with the number of units and not with that of their snapshots. Errors by resampling or by the sandwich formula rest on
the units being independent; what is within one need not be.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence

import attrs
import numpy as np

from paper_repro.numerics.arrays import Floats
from paper_repro.numerics.parallel import in_order
from paper_repro.sampling.snapshots import Snapshots
from paper_repro.sampling.spin_space import SpinSpace

#: Snapshots that are held in arrays of all terms at once.
_TOGETHER = 512

#: (snapshots, which of them are of each unit) → what is summed, for each unit.
Sums = Callable[[Snapshots, Sequence[slice]], list[tuple[Floats, ...]]]


@attrs.frozen
class _Piece:
    """Some snapshots of one record, and the units that they are of; ``last`` is true if the record ends with it."""

    record: int
    snapshots: Snapshots
    units: list[int]
    rows: list[slice]
    last: bool


def records(data: Iterable[Snapshots]) -> Iterator[Snapshots]:
    """Yield the records of ``data``; raises ``ValueError`` for what is no list of them."""
    if isinstance(data, Snapshots):
        raise ValueError("data of one Snapshots; expected a list of them")
    for snapshots in data:
        found: object = snapshots
        if not isinstance(found, Snapshots):
            raise ValueError(f"data of {type(found).__name__}; expected Snapshots, such as Snapshots.of(spins, species)")
        yield snapshots


def on_sphere(data: Iterable[Snapshots]) -> Iterator[Snapshots]:
    """Yield the records of ``data``; raises ``InputError`` for spins of a record, or of all, of XY and Ising models."""
    whole, origin = None, ""
    for part in records(data):
        found = SpinSpace.of(part.spins)
        found.require(part.origin)
        whole, origin = (found, part.origin) if whole is None else (whole + found, origin)
        yield part
    if whole is not None:
        whole.require(origin)


def _pieces(data: Iterable[Snapshots]) -> Iterator[_Piece]:
    first_unit = 0
    for record, snapshots in enumerate(records(data)):
        by_run = snapshots.by_run()
        _, unit = np.unique(by_run.run, return_inverse=True)
        for start in range(0, len(by_run), _TOGETHER):
            part = by_run.part(slice(start, start + _TOGETHER)) if len(by_run) > _TOGETHER else by_run
            within = unit[start : start + _TOGETHER]
            edges = [0, *(np.flatnonzero(np.diff(within)) + 1).tolist(), len(within)]
            rows = [slice(one, other) for one, other in itertools.pairwise(edges)]
            units = [first_unit + int(within[rows_of.start]) for rows_of in rows]
            yield _Piece(record, part, units, rows, start + _TOGETHER >= len(by_run))
        first_unit += int(unit[-1]) + 1


def unit_sums(
    sums: Sums, data: Iterable[Snapshots], threads: int = 1, progress: Callable[[int], None] | None = None
) -> tuple[Floats, ...]:
    """Return what ``sums`` gives, added over the snapshots of each unit: an array (unit, …) for each of its parts.

    ``threads`` changes no byte; more than one is for ``sums`` that several may call. ``progress`` is called with the number of
    records of ``data`` done. Raises ``ValueError`` where there is no data.
    """

    def of_piece(piece: _Piece) -> tuple[_Piece, list[tuple[Floats, ...]]]:
        return piece, sums(piece.snapshots, piece.rows)

    totals: list[tuple[Floats, ...]] = []
    for piece, found in in_order(of_piece, _pieces(data), threads):
        for unit, parts in zip(piece.units, found, strict=True):
            if unit == len(totals):
                totals.append(parts)
            else:
                totals[unit] = tuple(total + part for total, part in zip(totals[unit], parts, strict=True))
        if piece.last and progress is not None:
            progress(piece.record + 1)
    if not totals:
        raise ValueError("no snapshots; expected some")
    return tuple(np.array(part) for part in zip(*totals, strict=True))
