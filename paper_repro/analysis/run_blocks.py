"""Covariance of a sum over sites and snapshots whose contributions are correlated: along a run, and between sites that interact.

At the true couplings the contribution ψ_i of a site has mean zero given all other spins, so that E[ψ_i ψ_j] = 0 exactly unless a
term joins i and j: the sum over pairs of such sites is all there is, on any geometry. Along a run the contributions of each site
are summed over blocks of 1, 2, 4, … snapshots; blocks much longer than the correlation are independent (Flyvbjerg & Petersen,
J. Chem. Phys. 91, 461 (1989)), runs always are.
"""

from collections.abc import Sequence
from typing import Any, Self

import attrs
import numpy as np

from paper_repro.numerics.arrays import Floats, Integers

#: Fraction of Σ q_i² below which the sum over pairs of sites is a small difference of large numbers, and so mostly noise.
_CANCELS = 0.1
#: Correlation of any two snapshots up to which it counts as a mean of the contributions.
_COMMON = 0.1
#: Snapshots of a record from which that mean is known.
_KNOWN = 10


@attrs.frozen(eq=False)
class BlockSums:
    """Sums over blocks of one length, of contributions q (block, site, value); i ~ j are sites that a term joins, or the same.

    ``covariance`` (value, value) is Σ_{i~j} q_i q_jᵀ, ``squares`` (value,) Σ q_i², ``fourths`` (value,) Σ_{i~j} q_i² q_j².
    ``wholes`` and ``whole_fourths`` (value,) are Σ Q² and Σ Q⁴ over blocks, with Q = Σ_i q_i.
    ``correlation`` is Σ s_i over successive blocks of a run, where s_i = Σ_values q_i q'_i / mean square, and ``spread`` is
    Σ_{i~j} s_i s_j, its variance where blocks are independent. ``units`` counts blocks and sites, ``pairs`` successive blocks.
    """

    covariance: Floats
    squares: Floats
    fourths: Floats
    wholes: Floats
    whole_fourths: Floats
    correlation: float
    spread: float
    units: int
    pairs: int

    def __add__(self, other: Self) -> Self:
        """Return the sums over the blocks of both."""
        both = zip(attrs.astuple(self, recurse=False), attrs.astuple(other, recurse=False), strict=True)
        return type(self)(*(one + two for one, two in both))

    @property
    def degrees(self) -> Floats:
        """Degrees of freedom of each variance (value,): the ratio (Σ q_i²)² / Σ_{i~j} q_i² q_j², after Satterthwaite.

        Those of whole blocks, (Σ Q²)² / Σ Q⁴, where those are fewer and their variance is the one taken.
        """
        sites = np.divide(self.squares**2, self.fourths, out=np.zeros_like(self.squares), where=self.fourths > 0)
        wholes = np.divide(self.wholes**2, self.whole_fourths, out=np.ones_like(sites), where=self.whole_fourths > 0)
        return np.where(self._by_wholes, np.minimum(sites, wholes), sites)

    @property
    def variances(self) -> Floats:
        """Variance of the sum of each value (value,); 0 or less where noise makes it so.

        It is Σ_{i~j} q_i q_j, except where contributions of sites cancel nearly, as those of near-parallel spins do: whole blocks,
        in which they cancel exactly, then give the error, and the larger of the two is taken.
        """
        paired = np.diagonal(self.covariance)
        return np.where(self._by_wholes, np.maximum(paired, self.wholes), paired)

    @property
    def _by_wholes(self) -> Any:
        paired = np.diagonal(self.covariance)
        return (paired < _CANCELS * self.squares) & (self.wholes > paired) & (paired > 0)

    @property
    def correlation_z(self) -> float:
        """Correlation of successive blocks over its standard deviation for uncorrelated ones; 0 if no run has two blocks."""
        return float(self.correlation / np.sqrt(self.spread)) if self.spread > 0 else 0.0


def neighbour_sums(joined: Any, values: Floats) -> Floats:
    """Return Σ_{j~i} of values (block, site, value) by the sparse matrix ``joined`` (site, site)."""
    count, sites, size = values.shape
    rows: Floats = joined @ values.swapaxes(0, 1).reshape(sites, count * size)
    return rows.reshape(sites, count, size).swapaxes(0, 1)


def block_sums(values: Floats, lengths: Integers, joined: Any) -> BlockSums:
    """Return the sums of contributions (block, site, value) of runs with ``lengths`` (run,) blocks."""
    units = values.shape[0] * values.shape[1]
    around, squares, wholes = neighbour_sums(joined, values), values**2, values.sum(1)
    mean = squares.mean((0, 1))
    ends = np.cumsum(lengths)
    inner = np.delete(np.arange(1, len(values)), ends[:-1] - 1)  # blocks that follow another of their run
    scale = np.divide(1.0, mean, out=np.zeros_like(mean), where=mean > 0)
    products = np.einsum("uik,uik,k->ui", values[inner - 1], values[inner], scale)
    return BlockSums(
        covariance=values.reshape(units, -1).T @ around.reshape(units, -1),
        squares=squares.sum((0, 1)),
        fourths=(squares * neighbour_sums(joined, squares)).sum((0, 1)),
        wholes=(wholes**2).sum(0),
        whole_fourths=(wholes**4).sum(0),
        correlation=float(products.sum()),
        spread=float((products * (joined @ products.T).T).sum()),
        units=units,
        pairs=len(inner),
    )


def less_common(single: BlockSums, totals: Floats, snapshots: int) -> BlockSums:
    """Return the sums over single snapshots, the correlation of successive ones less what any two have in common.

    Contributions of a site have a mean where the library lacks a term: that is no correlation along the run. It is measured by the
    mean over all pairs of snapshots, from their ``totals`` (site, value); where that is 0.1 or more the run may be shorter than ten
    correlation times, and all of it counts. In fewer than ten snapshots it is mostly noise, and nothing is taken away.
    """
    acting = single.squares > 0
    if single.pairs == 0 or snapshots < _KNOWN or not acting.any():
        return single
    common = float(np.mean((totals[:, acting] ** 2).sum(0) / single.squares[acting] - 1)) / (snapshots - 1)
    if common >= _COMMON:
        return single
    expected = common * single.pairs * len(totals) * int(acting.sum())
    return attrs.evolve(single, correlation=single.correlation - expected)


def paired(values: Floats, lengths: Integers) -> tuple[Floats, Integers]:
    """Return the sums of two successive blocks of each run, the last alone where the number is odd, and the new lengths."""
    blocks = (lengths + 1) // 2
    first, first_new = np.cumsum(lengths) - lengths, np.cumsum(blocks) - blocks
    starts = np.repeat(first - 2 * first_new, blocks) + 2 * np.arange(blocks.sum())
    return np.add.reduceat(values, starts, axis=0), blocks


def doubled(values: Floats, lengths: Integers, joined: Any) -> tuple[list[BlockSums], Floats]:
    """Return the sums for blocks of 1, 2, 4, … until each run is one block, and those blocks (run, site, value)."""
    found = [block_sums(values, lengths, joined)]
    while lengths.max() > 1:
        values, lengths = paired(values, lengths)
        found.append(block_sums(values, lengths, joined))
    return found, values


def added(parts: Sequence[Sequence[BlockSums]]) -> list[BlockSums]:
    """Return the sums over several sets of runs for each length of block; where a set's runs are one block they stay so."""
    depth = max(map(len, parts))
    total = []
    for level in range(depth):
        sums = [part[min(level, len(part) - 1)] for part in parts]
        result = sums[0]
        for more in sums[1:]:
            result += more
        total.append(result)
    return total
