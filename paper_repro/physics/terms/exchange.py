"""Exchange, φ = Σ S_i·S_j: a positive coupling is ferromagnetic.

Terms of exchange are matrices, which give their fields and the coupling matrix in one product each.
"""

from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from paper_repro.numerics.arrays import Floats, Integers
from paper_repro.physics.terms.pairs import PairTerm
from paper_repro.physics.terms.registry import registered


@registered
@attrs.frozen
class Exchange(PairTerm):
    """φ = Σ S_i·S_j over pairs; Δφ = -4 φ.

    >>> between = pr.Exchange("J_AB", 1, (0, 1))
    >>> between.clusters(pr.Geometry.open_chain(4), np.array([0, 1, 1, 0])).tolist()
    [[0, 1], [2, 3]]
    """

    family = "exchange"
    formula = "S_i·S_j"
    note = "a positive exchange coupling is ferromagnetic"
    multilinear = True
    rotation_invariant = True
    inversion = 1

    def value(self, spins: Floats) -> Floats:
        """Return S_i·S_j (…) of pairs (…, 2, 3)."""
        result: Floats = (spins[..., 0, :] * spins[..., 1, :]).sum(-1)
        return result

    def derivative(self, spins: Floats) -> Floats:
        """Return the other spin of each pair (…, 2, 3)."""
        return spins[..., ::-1, :]


def adjacency(clusters: Sequence[Integers], sites: int) -> Floats:
    """Return A (term, site, site): how often a pair of the term joins two sites; symmetric. ``clusters`` are of each term.

    It is 0 or 1, but in small cells, where several images may join the same two sites.
    """
    result = np.zeros((len(clusters), sites, sites))
    for index, pairs in enumerate(clusters):
        np.add.at(result[index], (pairs[:, 0], pairs[:, 1]), 1.0)
        np.add.at(result[index], (pairs[:, 1], pairs[:, 0]), 1.0)
    return result


def exchange_fields(spins: npt.NDArray[Any], adjacent: Floats) -> Floats:
    """Return Σ_j A_ij S_j (…, site, 3, term) of spins (…, site, 3), for ``adjacency`` (term, site, site): one matrix product."""
    by_term = np.tensordot(adjacent, spins, axes=(2, -2))  # (term, site, …, 3)
    return np.ascontiguousarray(np.moveaxis(by_term, (0, 1), (-1, -3)))
