"""Snapshots in parts: what a network is trained on, and what it has not seen."""

from collections.abc import Sequence

import attrs
import numpy as np

from paper_repro.numerics.arrays import Integers
from paper_repro.sampling.snapshots import Snapshots


@attrs.frozen
class Fold:
    """One part of the data, ``held_out``, and all others, ``training``."""

    training: tuple[Snapshots, ...]
    held_out: tuple[Snapshots, ...]

    @property
    def trained_on(self) -> int:
        """The number of snapshots in training."""
        return sum(map(len, self.training))


def folds(data: Sequence[Snapshots], count: int) -> tuple[Fold, ...]:
    """Return ``count`` folds; every snapshot is held out in one of them.

    Whole runs are dealt to the parts in turn; where there are fewer than two runs a part, each run is cut into ``count`` successive
    pieces. Raises ``ValueError`` where a part would be empty.
    """
    ordered = [snapshots.by_run() for snapshots in data]
    firsts = [np.diff(part.run, prepend=part.run[0] - 1) != 0 for part in ordered]
    whole = sum(int(first.sum()) for first in firsts) >= 2 * count
    parts, runs = [], 0
    for first in firsts:
        parts.append((runs + np.cumsum(first) - 1) % count if whole else _pieces(first, count))
        runs += int(first.sum())
    found = tuple(Fold(_rows(ordered, parts, k, held_out=False), _rows(ordered, parts, k, held_out=True)) for k in range(count))
    if not all(fold.held_out and fold.training for fold in found):
        raise ValueError(f"{sum(map(len, data))} snapshots in {count} parts; expected some in each")
    return found


def _pieces(first: Integers, count: int) -> Integers:
    """Return the number of the piece of each snapshot of runs that start where ``first`` (snapshot,) is true."""
    starts = np.flatnonzero(first)
    lengths = np.diff([*starts, len(first)])
    place = np.arange(len(first)) - np.repeat(starts, lengths)
    result: Integers = place * count // np.repeat(lengths, lengths)
    return result


def _rows(data: Sequence[Snapshots], parts: Sequence[Integers], number: int, *, held_out: bool) -> tuple[Snapshots, ...]:
    chosen = [(part == number) == held_out for part in parts]
    some = (attrs.evolve(each, spins=each.spins[rows], run=each.run[rows]) for each, rows in zip(data, chosen, strict=True))
    return tuple(part for part in some if len(part))
