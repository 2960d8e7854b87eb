"""Terms on the sites of one system: their clusters, and values, gradients and Laplacians summed over them.

Spins are (snapshot, site, 3), unit vectors. The number of snapshots at a time is the caller's: all arrays grow with it.
"""

import functools
from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from paper_repro.numerics.arrays import Floats, Integers
from paper_repro.physics.sphere import project
from paper_repro.physics.terms.exchange import Exchange, adjacency, exchange_fields
from paper_repro.physics.terms.term import Term

#: Up to this many sites the fields of exchange are a product of matrices, beyond it a sum over clusters: both give the same bytes
#: where a site has two neighbours of a class, as on a chain.
_MATRICES = 256


@attrs.frozen(eq=False)
class BoundTerm:
    """One term on ``sites`` sites, acting on ``clusters`` (cluster, size)."""

    term: Term
    sites: int
    clusters: Integers

    def value(self, spins: Floats) -> Floats:
        """Return φ (snapshot,)."""
        result: Floats = self.term.value(spins[:, self.clusters]).sum(-1)
        return result

    def gradient(self, spins: Floats) -> Floats:
        """Return the tangent gradient ∇_i φ (snapshot, site, 3)."""
        return project(spins, self.field(spins))

    def field(self, spins: Floats) -> Floats:
        """Return ∂φ/∂S_i (snapshot, site, 3) in the surrounding space; of a multilinear term the field on each spin."""
        return self._at_sites(self.term.derivative(spins[:, self.clusters]))

    def laplacian(self, spins: Floats) -> Floats:
        """Return the Laplace-Beltrami Δ_i φ (snapshot, site)."""
        return self._at_sites(self.term.laplacian(spins[:, self.clusters])[..., None])[..., 0]

    def change(self, spins: Floats, site: int, proposed: Floats) -> Floats:
        """Return by how much φ changes (snapshot,) where the spin of one site becomes ``proposed`` (snapshot, 3)."""
        clusters = self._touching[site]
        before = spins[:, clusters]
        after = np.where((clusters == site)[..., None], proposed[:, None, None, :], before)
        result: Floats = (self.term.value(after) - self.term.value(before)).sum(-1)
        return result

    @functools.cached_property
    def _touching(self) -> list[Integers]:
        """The clusters (cluster, size) that each site belongs to."""
        return [self.clusters[(self.clusters == site).any(1)] for site in range(self.sites)]

    @functools.cached_property
    def _incidence(self) -> Any:
        """1 (site, cluster × place) where a place of a cluster is the site."""
        places = self.clusters.reshape(-1)
        starts = np.concatenate([[0], np.cumsum(np.bincount(places, minlength=self.sites))])
        order = np.argsort(places, kind="stable")
        return csr_array((np.ones(len(places)), order, starts), shape=(self.sites, len(places)))

    def _at_sites(self, parts: Floats) -> Floats:
        """Sum what each place of each cluster adds (snapshot, cluster, size, value) at its site: (snapshot, site, value)."""
        count, values = len(parts), parts.shape[-1]
        rows = parts.reshape(count, -1, values).swapaxes(0, 1).reshape(self.clusters.size, count * values)
        summed: Floats = self._incidence @ rows
        return summed.reshape(self.sites, count, values).swapaxes(0, 1)


@attrs.frozen(eq=False)
class BoundTerms:
    """The terms of a library on one system, in their order; the last axis of every result is the term.

    Every φ is multiplied by ``scale``: systems of several temperatures have couplings in common, θ = β × coupling of one of them
    times the ratio of their inverse temperatures.
    """

    terms: tuple[BoundTerm, ...]
    sites: int
    scale: float = 1.0

    def __len__(self) -> int:
        """Return the number of terms."""
        return len(self.terms)

    @functools.cached_property
    def is_exchange(self) -> bool:
        """Whether every term is an exchange, so that a coupling matrix is sufficient."""
        return all(isinstance(part.term, Exchange) for part in self.terms)

    @functools.cached_property
    def adjacency(self) -> Floats:
        """A (term, site, site) of a library of exchange: 1 where a pair of the term joins two sites; ``ValueError`` for another."""
        other = next((part.term for part in self.terms if not isinstance(part.term, Exchange)), None)
        if other is not None:
            raise ValueError(f"the term {other.name!r} is {other.family}; expected exchange terms only")
        return self.scale * adjacency([part.clusters for part in self.terms], self.sites)

    def values(self, spins: Floats) -> Floats:
        """Return φ (snapshot, term)."""
        return self.scale * np.stack([part.value(spins) for part in self.terms], axis=-1)

    def total_values(self, spins: Floats, groups: Sequence[slice]) -> list[Floats]:
        """Return φ (term,), summed over each group of snapshots."""
        if self.is_exchange and self.sites <= _MATRICES:
            cosines = [np.einsum("nic,njc->ij", spins[rows], spins[rows], dtype=np.float64) for rows in groups]
            return [0.5 * np.einsum("kij,ij->k", self.adjacency, part) for part in cosines]
        values = self.values(spins)
        return [values[rows].sum(0) for rows in groups]

    def gradients(self, spins: npt.NDArray[Any]) -> Floats:
        """Return the tangent gradients ∇_i φ (snapshot, site, 3, term): the force of couplings c is β × (gradients @ c)."""
        return self._gradients_and_along(spins)[0]

    def gradients_and_laplacians(self, spins: Floats) -> tuple[Floats, Floats]:
        """Return ``gradients`` and ``laplacians``, which of multilinear terms are -2 S_i·∂φ/∂S_i and cost nothing more."""
        gradients, along = self._gradients_and_along(spins)
        along *= -2.0
        for column, part in enumerate(self.terms):
            if not part.term.multilinear:
                along[..., column] = self.scale * part.laplacian(spins)
        return gradients, along

    def _gradients_and_along(self, spins: npt.NDArray[Any]) -> tuple[Floats, Floats]:
        """Return the tangent gradients and S_i·∂φ/∂S_i (snapshot, site, term)."""
        fields = self.fields(spins)
        along = (spins[..., None] * fields).sum(-2)
        fields -= along[..., None, :] * spins[..., None]
        return fields, along

    def fields(self, spins: npt.NDArray[Any]) -> Floats:
        """Return ∂φ/∂S_i (snapshot, site, 3, term) in the surrounding space."""
        fields = self._fields(spins)
        if self.scale != 1:
            fields *= self.scale
        return fields

    def _fields(self, spins: npt.NDArray[Any]) -> Floats:
        matrices, columns = self._exchange
        if len(columns) == len(self):
            return exchange_fields(spins, matrices)
        result = np.empty((*spins.shape, len(self)))
        if len(columns):
            result[..., columns] = exchange_fields(spins, matrices)
        for column in set(range(len(self))) - set(columns.tolist()):
            result[..., column] = self.terms[column].field(spins)
        return result

    @functools.cached_property
    def _exchange(self) -> tuple[Floats, Integers]:
        """The ``adjacency`` of the terms of exchange and their columns; none where sites are so many that clusters are faster."""
        few = self.sites <= _MATRICES
        columns = [index for index, part in enumerate(self.terms) if few and isinstance(part.term, Exchange)]
        return adjacency([self.terms[index].clusters for index in columns], self.sites), np.array(columns, dtype=np.int64)

    def laplacians(self, spins: Floats) -> Floats:
        """Return the Laplace-Beltrami Δ_i φ (snapshot, site, term)."""
        return self.scale * np.stack([part.laplacian(spins) for part in self.terms], axis=-1)

    def total_laplacians(self, spins: Floats, groups: Sequence[slice]) -> list[Floats]:
        """Return Σ_i Δ_i φ (term,), summed over each group of snapshots."""
        if self.is_exchange:
            return [-4.0 * total for total in self.total_values(spins, groups)]
        parts = [part.term.laplacian(spins[:, part.clusters]).sum((1, 2)) for part in self.terms]
        laplacians = self.scale * np.stack(parts, axis=-1)
        return [laplacians[rows].sum(0) for rows in groups]

    def changes(self, spins: Floats, site: int, proposed: Floats) -> Floats:
        """Return the changes of φ (snapshot, term) where the spin of one site becomes ``proposed`` (snapshot, 3)."""
        return self.scale * np.stack([part.change(spins, site, proposed) for part in self.terms], axis=-1)
