"""The transfer matrices of ``ThreeSpinChain`` at the nodes of one quadrature, and the series that its snapshots are drawn from."""

import functools

import attrs
import numpy as np

from paper_repro.numerics.arrays import Floats, Integers
from paper_repro.numerics.quantiles import legendre_transform
from paper_repro.physics.exact import quadrature
from paper_repro.physics.terms import BoundTerms
from paper_repro.physics.three_spins import Join, Part, bond_values, join
from paper_repro.physics.transfer_matrix import log_sum, messages

_RESOLVED = 1e-10

Parts = tuple[Part, ...]


def cells(terms: BoundTerms) -> tuple[list[Parts], list[Parts]]:
    """Return the parts on each bond (bond,) and on each three consecutive sites (bond-1,) of an open chain.

    A part on one site belongs to the bond that begins there, of the last site to the last bond. Raises ``ValueError`` for a term
    that reaches further than three sites.
    """
    bonds: list[list[Part]] = [[] for _ in range(terms.sites - 1)]
    joins: list[list[Part]] = [[] for _ in range(terms.sites - 2)]
    for index, bound in enumerate(terms.terms):
        for cluster in bound.clusters.tolist() if terms.sites > 1 else []:
            reach = max(cluster) - min(cluster)
            if reach > 2:
                raise ValueError(f"{bound.term.name} on {reach + 1} consecutive sites; expected at most 3")
            first = min(*cluster, terms.sites - 2)
            part = Part(index, bound.term, tuple(site - first for site in cluster))
            (joins if reach == 2 else bonds)[first].append(part)
    return [tuple(parts) for parts in bonds], [tuple(parts) for parts in joins]


@attrs.frozen(eq=False)
class Tables:
    """A chain of two sites or more at ``theta`` (term,) = β × coupling, with quadrature of ``nodes`` nodes in the cosines.

    Kernels are (right, left): of the cosine of the bond to the right and of that to the left.
    """

    terms: BoundTerms
    theta: Floats
    nodes: int

    @property
    def cosines(self) -> Floats:
        """The nodes (node,)."""
        return quadrature(self.nodes)[0]

    @functools.cached_property
    def _cells(self) -> tuple[list[Parts], list[Parts]]:
        return cells(self.terms)

    @functools.cached_property
    def _exponents(self) -> Floats:
        """B of each bond at the nodes (bond, node)."""
        return self.exponents_along(self.theta)

    def exponents_along(self, direction: Floats) -> Floats:
        """Return Σ D_k φ_k of each bond at the nodes (bond, node)."""
        rows = {
            parts: np.einsum("k,kn->n", direction[[part.index for part in parts]], bond_values(parts, self.cosines))
            for parts in set(self._cells[0])
        }
        return np.array([rows[parts] for parts in self._cells[0]])

    @functools.cached_property
    def _different(self) -> list[Parts]:
        """The different parts of joins, in the order in which they first occur."""
        return list(dict.fromkeys(self._cells[1]))

    @functools.cached_property
    def kinds(self) -> Integers:
        """Which of ``joins`` each three consecutive sites have (bond-1,)."""
        return np.array([self._different.index(parts) for parts in self._cells[1]], dtype=np.int64)

    @functools.cached_property
    def joins(self) -> list[Join]:
        """The different joins; one without parts where the chain has none."""
        return [
            join(parts, tuple(self.theta[[part.index for part in parts]].tolist()), self.nodes) for parts in self._different or [()]
        ]

    @functools.cached_property
    def _moments(self) -> list[tuple[Floats, Floats, Floats]]:
        return [one.moments() for one in self.joins]

    @functools.cached_property
    def bonds(self) -> Floats:
        """The factors w e^{B - max B} of each bond at the nodes (bond, node), w being the weights of the quadrature."""
        weights: Floats = quadrature(self.nodes)[1] * np.exp(self._exponents - self._exponents.max(1, keepdims=True))
        return weights

    @property
    def shift(self) -> float:
        """The sum of the largest exponents, which ``bonds`` and ``joins`` leave out."""
        return float(self._exponents.max(1).sum() + sum(self.joins[kind].shift for kind in self.kinds))

    @functools.cached_property
    def _kernels(self) -> Floats:
        return np.stack([one.kernel for one in self.joins])

    def log_sum(self) -> float:
        """Return ln of the integral over all cosines and angles between spins."""
        kernels = np.stack([self._kernels, np.zeros_like(self._kernels), np.zeros_like(self._kernels)])
        return self.shift + log_sum(self.bonds, np.zeros_like(self.bonds), kernels, self.kinds, np.zeros(len(self.kinds)))[0]

    def centred(self, direction: Floats) -> tuple[Floats, Floats, float]:
        """Return Σ D_k φ_k of each bond (bond, node), the kernels with their first two derivatives along D, and an offset.

        The kernels are (order, kind, right, left). Each sum is that less its value where the Boltzmann factor is largest, so that
        little cancels in a variance; the offset is the sum of those values.
        """
        exponents = self.exponents_along(direction)
        at = exponents[np.arange(len(exponents)), np.argmax(self._exponents, axis=1)]
        offset = float(at.sum())
        for kind in self.kinds:
            offset += float(direction[[part.index for part in self.joins[kind].parts]] @ self._moments[kind][0])
        return exponents - at[:, None], self._kernels_along(direction), offset

    def _kernels_along(self, direction: Floats) -> Floats:
        orders = [self._kernels, np.zeros_like(self._kernels), np.zeros_like(self._kernels)]
        for kind, (one, (_, first, second)) in enumerate(zip(self.joins, self._moments, strict=True)):
            rates = direction[[part.index for part in one.parts]]
            orders[1][kind] = np.einsum("k,knm->nm", rates, first)
            orders[2][kind] = np.einsum("k,j,kjnm->nm", rates, rates, second)
        return np.stack(orders)

    @functools.cached_property
    def rightwards(self) -> Floats:
        """The weight of everything to the right of each bond, as a function of its cosine (bond, node), up to a factor."""
        return messages(self.bonds, self._kernels, self.kinds)

    @functools.cached_property
    def series(self) -> list[Floats]:
        """Legendre coefficients (k, l) of the density of the first cosine (k = 0), then of the cosines of neighbouring bonds.

        Each up to a factor; k is the degree in the cosine to the left, l in that to the right.
        """
        weights = quadrature(self.nodes)[1]
        mirrored = np.ascontiguousarray(self._kernels.swapaxes(1, 2))
        leftwards = messages(np.ascontiguousarray(self.bonds[::-1]), mirrored, np.ascontiguousarray(self.kinds[::-1]))[::-1]
        transform = legendre_transform(*quadrature(self.nodes))
        plain = self.bonds / weights
        left, right = leftwards * plain, self.rightwards * plain
        made = [np.einsum("n,nl->l", (right[0] / right[0].max()), transform)[None]]
        for bond, kind in enumerate(self.kinds):
            joint = self._kernels[kind].T * left[bond][:, None] * right[bond + 1]
            made.append(transform.T @ (joint / joint.max()) @ transform)
        return made

    @property
    def resolved(self) -> bool:
        """Whether the last eighth of each series is rounding: the law is resolved."""
        last = self.nodes - self.nodes // 8
        return all(
            max(np.abs(one[:, last:]).max(), np.abs(one[last:]).max(initial=0.0)) < _RESOLVED * np.abs(one).max()
            for one in self.series
        )
