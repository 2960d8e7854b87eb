"""What one spin feels: the fields and the energy changes of many sites at once, for any terms on any geometry.

Sites of one colour share no cluster, so that each may move without regard to the others. ``spins`` are (lane, site, 3), a lane
being one Markov chain at one temperature; energies are in units of energy.
"""

import functools
from collections.abc import Iterable

import attrs
import numpy as np

from paper_repro.numerics.arrays import Floats, Integers
from paper_repro.physics.hamiltonian import SpinHamiltonian
from paper_repro.physics.terms import BoundTerm, BoundTerms, PairTerm, SiteTerm, Term
from paper_repro.sampling.local_polynomials import monomials, rows_of
from paper_repro.sampling.polynomial_kernels import Monomials, write_energies


def colours(terms: BoundTerms) -> list[Integers]:
    """Return sets of sites that together are all sites, no two of one set being in one cluster: the first that is free for each."""
    neighbours: list[set[int]] = [set() for _ in range(terms.sites)]
    for bound in terms.terms:
        for cluster in bound.clusters.tolist():
            for site in cluster:
                neighbours[site].update(cluster)
    colour = np.full(terms.sites, -1)
    for site, near in enumerate(neighbours):
        taken = {int(colour[other]) for other in near}
        colour[site] = next(k for k in range(terms.sites) if k not in taken)
    return [np.flatnonzero(colour == k) for k in range(int(colour.max()) + 1)]


def _function(term: Term) -> Term:
    """Return a term without the place where it acts: terms that agree in the rest have one function."""
    if isinstance(term, PairTerm):
        return attrs.evolve(term, name="-", bond_class=1, pair=None)
    return attrs.evolve(term, name="-", on=None) if isinstance(term, SiteTerm) else attrs.evolve(term, name="-")


@attrs.frozen(eq=False)
class _Clusters:
    """The clusters (cluster, size) of one function that touch a colour, ordered by the site of the colour.

    ``weights`` (cluster,) are the couplings, ``places`` (cluster,) where in its cluster the site is, ``starts`` the first cluster
    of each site that has one, ``owners`` the places of these sites in the colour.
    """

    term: Term
    clusters: Integers
    weights: Floats
    places: Integers
    starts: Integers
    owners: Integers

    def add_fields(self, spins: Floats, fields: Floats) -> None:
        """Add Σ c ∂φ/∂S of each site of the colour to ``fields`` (lane, site of the colour, 3)."""
        parts = self.term.derivative(spins[:, self.clusters])[:, np.arange(len(self.places)), self.places]
        fields[:, self.owners] += np.add.reduceat(parts * self.weights[:, None], self.starts, axis=1)

    def add_values(self, spins: Floats, values: Floats) -> None:
        """Add Σ c φ of the clusters of each site of the colour to ``values`` (lane, site of the colour)."""
        parts = self.term.value(spins[:, self.clusters])
        values[:, self.owners] += np.add.reduceat(parts * self.weights, self.starts, axis=1)


def _by_function(parts: Iterable[tuple[BoundTerm, float]]) -> list[tuple[Term, Integers, Floats]]:
    """Return each function with its clusters (cluster, size) and their couplings (cluster,)."""
    found: dict[Term, list[tuple[Integers, float]]] = {}
    for bound, coupling in parts:
        found.setdefault(_function(bound.term), []).append((bound.clusters, coupling))
    made = []
    for term, listed in found.items():
        couplings = np.repeat([coupling for _, coupling in listed], [len(some) for some, _ in listed])
        made.append((term, np.concatenate([some for some, _ in listed]), couplings))
    return made


def _touching(functions: Iterable[tuple[Term, Integers, Floats]], colour: Integers) -> list[_Clusters]:
    """Return the clusters of each function that touch a colour."""
    made = []
    for term, clusters, weights in functions:
        row, place = np.nonzero(np.isin(clusters, colour))
        owner = np.searchsorted(colour, clusters[row, place])
        order = np.argsort(owner, kind="stable")
        row, place, owner = row[order], place[order], owner[order]
        if len(row):
            owners, starts = np.unique(owner, return_index=True)
            made.append(_Clusters(term, clusters[row], weights[row], place, starts, owners))
    return made


@attrs.frozen(eq=False)
class LocalTerms:
    """A Hamiltonian, seen from the sites of each colour. Terms whose coupling is 0 are left out."""

    law: SpinHamiltonian

    @functools.cached_property
    def _parts(self) -> list[tuple[BoundTerm, float]]:
        couplings = self.law.terms.scale * self.law.couplings
        return [(b, float(c)) for b, c in zip(self.law.terms.terms, couplings, strict=True) if c and len(b.clusters)]

    @functools.cached_property
    def colours(self) -> list[Integers]:
        """The sites of each colour."""
        return colours(BoundTerms(tuple(bound for bound, _ in self._parts), self.law.terms.sites))

    @functools.cached_property
    def _functions(self) -> list[tuple[Term, Integers, Floats]]:
        """Each function with its clusters and couplings."""
        return _by_function(self._parts)

    @functools.cached_property
    def _linear(self) -> list[list[_Clusters]]:
        """The clusters of terms that are linear in each spin, of each colour."""
        functions = [given for given in self._functions if given[0].multilinear]
        return [_touching(functions, colour) for colour in self.colours]

    @functools.cached_property
    def _curved(self) -> list[list[_Clusters]]:
        """The clusters of all other terms, of each colour."""
        functions = [given for given in self._functions if not given[0].multilinear]
        return [_touching(functions, colour) for colour in self.colours]

    @functools.cached_property
    def monomials(self) -> Monomials | None:
        """What each site feels; None where some term is no polynomial of low degree, which is left to NumPy."""
        return monomials(self._functions, self.colours)

    @functools.cached_property
    def energy_monomials(self) -> Monomials | None:
        """The same, each cluster once."""
        return monomials(self._functions, self.colours, once=True)

    @property
    def multilinear(self) -> bool:
        """Whether the conditional law of each spin is von Mises-Fisher."""
        return all(bound.term.multilinear for bound, _ in self._parts)

    @property
    def has_linear(self) -> bool:
        """Whether some term is linear in each spin."""
        return any(bound.term.multilinear for bound, _ in self._parts)

    def fields(self, spins: Floats, colour: int) -> Floats:
        """Return h (lane, site of the colour, 3), the field of the multilinear terms: their energy is -S·h as S varies."""
        fields = np.zeros((len(spins), len(self.colours[colour]), 3))
        for part in self._linear[colour]:
            part.add_fields(spins, fields)
        return fields

    def curved_energies(self, spins: Floats, colour: int) -> Floats:
        """Return -Σ c φ (lane, site of the colour) over the clusters of each site, for the terms that are not multilinear."""
        values = np.zeros((len(spins), len(self.colours[colour])))
        for part in self._curved[colour]:
            part.add_values(spins, values)
        return -values

    def energies(self, spins: Floats) -> Floats:
        """Return H (lane,)."""
        if self.energy_monomials is None:
            return self.law.energy(spins)
        write_energies(rows_of(spins), self.energy_monomials, energies := np.empty(len(spins)))
        return energies

    def largest_energy(self) -> float:
        """Return the largest Σ |c| over the clusters of one site: the scale of what a spin feels, for φ of order 1."""
        total = np.zeros(self.law.terms.sites)
        for bound, coupling in self._parts:
            np.add.at(total, bound.clusters, abs(coupling))
        return float(total.max())
