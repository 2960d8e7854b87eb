"""Sums over snapshots, a few at a time, apart for each independent unit: the snapshots of one run of one system.

Memory grows with the number of units and not with that of their snapshots. Errors by resampling or by the sandwich formula rest on
the units being independent; what is within one need not be.
"""

from collections.abc import Callable, Iterable, Iterator

import attrs
import numpy as np

from paper_repro.numerics.arrays import Floats
from paper_repro.numerics.parallel import in_order
from paper_repro.sampling.snapshots import Snapshots

#: Snapshots that are held in arrays of all terms at once.
_TOGETHER = 512


@attrs.frozen
class _Piece:
    """Some snapshots of one unit; ``system`` counts the records, ``last`` says that its record ends with it."""

    system: int
    unit: int
    snapshots: Snapshots
    last: bool


def _pieces(data: Iterable[Snapshots]) -> Iterator[_Piece]:
    unit = 0
    for system, snapshots in enumerate(data):
        runs = list(snapshots.by_run())
        for number, run in enumerate(runs):
            for start in range(0, len(run), _TOGETHER):
                part = run if len(run) <= _TOGETHER else run.part(slice(start, start + _TOGETHER))
                yield _Piece(system, unit, part, number == len(runs) - 1 and start + _TOGETHER >= len(run))
            unit += 1


def unit_sums(
    sums: Callable[[Snapshots], tuple[Floats, ...]],
    data: Iterable[Snapshots],
    threads: int = 1,
    progress: Callable[[int], None] | None = None,
) -> tuple[Floats, ...]:
    """Return what ``sums`` gives, added over the snapshots of each unit: an array (unit, …) for each of its parts.

    ``threads`` changes no byte; more than one is for ``sums`` that may be called from several at once. ``progress`` is called with
    the number of records of ``data`` done. Raises ``ValueError`` where there is no data.
    """

    def of_piece(piece: _Piece) -> tuple[_Piece, tuple[Floats, ...]]:
        return piece, sums(piece.snapshots)

    units: list[tuple[Floats, ...]] = []
    for piece, found in in_order(of_piece, _pieces(data), threads):
        if piece.unit == len(units):
            units.append(found)
        else:
            units[-1] = tuple(total + part for total, part in zip(units[-1], found, strict=True))
        if piece.last and progress is not None:
            progress(piece.system + 1)
    if not units:
        raise ValueError("no snapshots; expected some")
    return tuple(np.array(part) for part in zip(*units, strict=True))
