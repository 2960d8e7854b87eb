"""Contributions of sites to the equations of score matching, and the covariance of linear combinations of their sum.

    ψ_{n,i,k} = ∇_i φ_k · Σ_l θ_l ∇_i φ_l + Δ_i φ_k                      (snapshot n, site i, term k)

sums to zero over all snapshots and sites at the estimate. All sums are streamed; a share of snapshots at a time is held.
"""

from collections.abc import Iterable
from typing import Any

import attrs
import numpy as np
from scipy.sparse import csr_array

from paper_repro.analysis.run_blocks import BlockSums, added, doubled, less_common, neighbour_sums
from paper_repro.analysis.shares import Share, shares
from paper_repro.numerics.arrays import Floats
from paper_repro.numerics.parallel import in_order
from paper_repro.physics.terms import BoundTerms, Terms
from paper_repro.sampling.snapshots import Snapshots


@attrs.frozen(eq=False)
class Equations:
    """The linear system of score matching: ``gram`` Σ ∇φ_k·∇φ_l (term, term), ``drive`` -Σ Δφ_k (term,), and what was summed."""

    gram: Floats
    drive: Floats
    snapshots: int
    spins: int


def equations(data: Iterable[Snapshots], terms: Terms, threads: int = 1) -> Equations:
    """Return the equations of all snapshots; raises ``ValueError`` without snapshots."""

    def of_share(share: Share) -> Equations:
        bound, spins = share.snapshots.bind(terms), share.snapshots.spins
        gradients, laplacians = bound.gradients_and_laplacians(spins)
        flat = gradients.reshape(-1, len(terms))
        return Equations(flat.T @ flat, -laplacians.sum((0, 1)), len(spins), spins.shape[0] * spins.shape[1])

    parts = in_order(of_share, shares(data), threads)
    total = next(parts, None)
    if total is None:
        raise ValueError("no snapshots; expected some")
    for part in parts:
        both = zip(attrs.astuple(total, recurse=False), attrs.astuple(part, recurse=False), strict=True)
        total = Equations(*(one + two for one, two in both))
    return total


def joined_sites(bound: BoundTerms) -> Any:
    """Return 1 (site, site), sparse, where a cluster of some term has both sites, and on the diagonal."""
    sites = bound.sites
    pairs = [(part.clusters[:, :, None] * sites + part.clusters[:, None, :]).ravel() for part in bound.terms]
    rows, columns = np.divmod(np.unique(np.concatenate([np.arange(sites) * (sites + 1), *pairs])), sites)
    return csr_array((np.ones(len(rows)), (rows, columns)), shape=(sites, sites))


@attrs.frozen(eq=False)
class Contributions:
    """What the second reading of the data gives for combinations q = ψ M of the contributions.

    ``blocks`` are the sums for blocks of 1, 2, 4, … snapshots of a run. ``bias`` (term,) is Σ_{i~j} (∇_i φ)(∇_i φ)ᵀ q_j of single
    snapshots where M is square, else empty. ``longest`` is the length of the longest run.
    """

    blocks: list[BlockSums]
    bias: Floats
    longest: int
    runs: int


def contributions(data: Iterable[Snapshots], terms: Terms, theta: Floats, combine: Floats, threads: int = 1) -> Contributions:
    """Return the sums over all snapshots at the couplings θ (term,), of the combinations M (term, value)."""
    square = combine.shape[0] == combine.shape[1]

    def of_share(share: Share) -> tuple[Share, list[BlockSums], Floats, Floats, Any]:
        bound, spins = share.snapshots.bind(terms), share.snapshots.spins
        joined, (gradients, laplacians) = joined_sites(bound), bound.gradients_and_laplacians(spins)
        psi = np.einsum("nick,nic->nik", gradients, gradients @ theta, optimize=True) + laplacians
        values = psi @ combine
        bias = np.zeros(0)
        if square:
            along = gradients @ neighbour_sums(joined, values)[..., None]  # (snapshot, site, 3, 1)
            bias = gradients.reshape(-1, len(terms)).T @ along.reshape(-1)
        blocks, tops = doubled(values, share.lengths, joined)
        return share, blocks, tops, bias, joined

    sets: list[list[BlockSums]] = []
    parts: list[tuple[list[BlockSums], Floats]] = []
    bias, longest, runs, length = np.zeros(combine.shape[0] if square else 0), 0, 0, 0
    for share, blocks, tops, own, joined in in_order(of_share, shares(data), threads):
        bias = bias + own
        length = int(share.lengths.max()) if share.whole else length + int(share.lengths[0])
        parts.append((blocks, tops))
        if share.last:
            sets.append(_of_runs(parts, len(share.snapshots) if share.whole else length, joined))
            longest, runs = max(longest, length), runs + len(share.lengths)
            parts, length = [], 0
    return Contributions(added(sets), bias, longest, runs)


def _of_runs(parts: list[tuple[list[BlockSums], Floats]], snapshots: int, joined: Any) -> list[BlockSums]:
    """Return the sums of whole runs, or of one run from its successive parts, whose blocks are joined further."""
    levels, tops = added([blocks for blocks, _ in parts]), np.concatenate([tops for _, tops in parts])
    if len(parts) > 1:
        beyond, _ = doubled(tops, np.array([len(parts)]), joined)
        levels = [*levels[:-1], *beyond]
    return [less_common(levels[0], tops.sum(0), snapshots), *levels[1:]]
