"""Snapshots a few at a time, in the order of their runs: what a sum over all of them is cut into.

Runs that are short are kept whole, several to a share; a run that is longer than a share is cut into shares of a power of two.
"""

from collections.abc import Iterable, Iterator

import attrs
import numpy as np

from paper_repro.analysis.independent_units import records
from paper_repro.numerics.arrays import Integers
from paper_repro.sampling.snapshots import Snapshots

#: Snapshots, and spins, that are held in arrays of all terms at once.
_SNAPSHOTS, _SPINS = 512, 20_480


@attrs.frozen(eq=False)
class Share:
    """Consecutive snapshots of one record and the ``lengths`` (run,) of their runs; ``whole`` is False for a part of one run."""

    snapshots: Snapshots
    lengths: Integers
    whole: bool
    last: bool


def shares(data: Iterable[Snapshots]) -> Iterator[Share]:
    """Yield the shares of all records; ``last`` is true if a run, or several, ends with the share.

    Raises ``ValueError`` for what is no list of ``Snapshots``.
    """
    for snapshots in records(data):
        ordered = snapshots.by_run()
        limit = 2 ** int(np.log2(max(1, min(_SNAPSHOTS, _SPINS // ordered.sites))))
        _, lengths = np.unique(ordered.run, return_counts=True)
        for first, some in _packed(lengths, limit):
            count = int(some.sum())
            if count <= limit:
                yield Share(ordered.part(slice(first, first + count)), some, whole=True, last=True)
                continue
            for start in range(0, count, limit):
                part = min(limit, count - start)
                rows = slice(first + start, first + start + part)
                yield Share(ordered.part(rows), np.array([part]), whole=False, last=start + part == count)


def _packed(lengths: Integers, limit: int) -> Iterator[tuple[int, Integers]]:
    """Yield the first snapshot and the lengths of runs that go together: as many as fit, or one that is too long."""
    first = start = held = 0
    for number, length in enumerate(lengths.tolist()):
        if number > start and held + length > limit:
            yield first, lengths[start:number]
            first, start, held = first + held, number, 0
        held += length
    yield first, lengths[start:]
