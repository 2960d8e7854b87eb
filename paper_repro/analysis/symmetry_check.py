"""Whether data break a symmetry that a library has: rotations of all spins, or S → -S.

Where the law has the symmetry, the mean spin m and the quadrupole moment Q (the traceless part of the mean of S Sᵀ) of each
independent unit point anywhere, or are as often opposite: the mean over units is 0, with the covariance of the units about 0.
"""

from collections.abc import Iterable, Sequence
from typing import Literal

import attrs
import numpy as np
from scipy import stats

from paper_repro.analysis.coupling_fit import RunCorrelation
from paper_repro.analysis.independent_units import records
from paper_repro.numerics.arrays import Floats
from paper_repro.physics.terms import Terms
from paper_repro.physics.terms.tensors import TENSORS
from paper_repro.sampling.snapshots import Snapshots

#: Independent runs from which each is one unit; where there are fewer and they are correlated, blocks of them are.
_MANY_RUNS = 20
#: Units below which there is no test, and blocks that correlated runs are cut into, all together.
_FEWEST, _BLOCKS = 12, 32


@attrs.frozen
class BrokenSymmetry:
    """A mean that the symmetry forbids: ``size`` of the mean ``moment`` along ``axis`` (3,), and its probability ``p``."""

    moment: Literal["magnetisation", "quadrupole moment"]
    symmetry: Literal["rotations of all spins", "S → -S"]
    size: float
    axis: tuple[float, float, float]
    p: float


def broken_symmetries(data: Iterable[Snapshots], terms: Terms, correlation: RunCorrelation, level: float) -> list[BrokenSymmetry]:
    """Return what the data break of the symmetries of a library, at ``level`` over all.

    Nothing where the library has a term that S → -S changes, and for fewer than 12 units. Runs that are correlated and fewer than
    20 are cut into 32 blocks in all; where a direction lasts longer than a block, that is what is found.
    """
    if any(term.inversion != 1 for term in terms.terms):
        return []
    dipoles, quadrupoles = _moments(data, correlation)
    if len(dipoles) < _FEWEST:
        return []
    if not terms.rotation_invariant:
        p = _probability(dipoles, isotropic=False)
        return [BrokenSymmetry("magnetisation", "S → -S", *_vector(dipoles), p)] if p < level else []
    found = []
    if (p := _probability(dipoles, isotropic=True)) < level / 2:
        found.append(BrokenSymmetry("magnetisation", "rotations of all spins", *_vector(dipoles), p))
    if (p := _probability(quadrupoles, isotropic=True)) < level / 2:
        found.append(BrokenSymmetry("quadrupole moment", "rotations of all spins", *_tensor(quadrupoles), p))
    return found


def _moments(data: Iterable[Snapshots], correlation: RunCorrelation) -> tuple[Floats, Floats]:
    """Return mean spin (unit, 3) and quadrupole moment (unit, 5) of the units."""
    ordered = [snapshots.by_run() for snapshots in records(data)]
    runs = [part for each in ordered for part in np.split(each.spins, np.flatnonzero(np.diff(each.run)) + 1)]
    means = [_of_units(run, _length(correlation, runs)) for run in runs]
    return np.concatenate([dipoles for dipoles, _ in means]), np.concatenate([axes for _, axes in means])


def _length(correlation: RunCorrelation, runs: Sequence[Floats]) -> int:
    """Return how many snapshots of a run are one unit."""
    if not correlation.correlated:
        return 1
    longest = max(map(len, runs))
    return longest if len(runs) >= _MANY_RUNS else max(correlation.block, -(-sum(map(len, runs)) // _BLOCKS))


def _of_units(spins: Floats, length: int) -> tuple[Floats, Floats]:
    starts = np.arange(0, len(spins), length)
    counts = np.diff([*starts, len(spins)])[:, None]
    second = np.einsum("nia,nib->nab", spins, spins) / spins.shape[1]
    dipoles = np.add.reduceat(spins.mean(1), starts) / counts
    return dipoles, np.add.reduceat(np.einsum("kab,nab->nk", TENSORS, second), starts) / counts


def _probability(vectors: Floats, *, isotropic: bool) -> float:
    """Return the probability of as large a mean of vectors (unit, component) if their law is symmetric: χ² about 0."""
    size, total, second = vectors.shape[1], vectors.sum(0), vectors.T @ vectors
    if isotropic:
        second = np.eye(size) * np.trace(second) / size
    distance = float(total @ np.linalg.pinv(second, hermitian=True) @ total)
    return float(stats.chi2.sf(distance, size))


def _vector(vectors: Floats) -> tuple[float, tuple[float, float, float]]:
    """Return the length of the mean spin and its direction."""
    mean = vectors.mean(0)
    size = float(np.linalg.norm(mean))
    x, y, z = (mean / size).tolist()
    return size, (x, y, z)


def _tensor(vectors: Floats) -> tuple[float, tuple[float, float, float]]:
    """Return the largest eigenvalue in size of the mean quadrupole moment, and its axis."""
    values, axes = np.linalg.eigh(np.tensordot(vectors.mean(0), TENSORS, axes=1))
    largest = int(np.argmax(np.abs(values)))
    x, y, z = axes[:, largest].tolist()
    return float(values[largest]), (x, y, z)
