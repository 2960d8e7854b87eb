"""The spin Hamiltonian: the only place where H is written.

    H = - Σ_k c_k φ_k,   each cluster of sites once

with the couplings c_k and the terms φ_k of ``physics.terms``; k_B = 1. Where every term is an exchange, a matrix J (site, site) of
couplings is sufficient: H = - Σ_{i<j} J_ij S_i·S_j (paper, Eq. 1). The sampler and the exact solution take that matrix.
"""

import functools
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from paper_repro.numerics.arguments import checked_arguments
from paper_repro.numerics.arrays import Floats, Integers
from paper_repro.physics.geometry import Geometry
from paper_repro.physics.sphere import project, require_unit
from paper_repro.physics.terms import BoundTerms, Exchange, Term, Terms
from paper_repro.spec import Hamiltonian

Spins = npt.NDArray[np.floating[Any]]


@attrs.frozen(eq=False)
class SpinHamiltonian:
    """Terms on the sites of one system, and their ``couplings`` (term,) in units of energy; spins are (snapshot, site, 3).

    >>> terms = pr.library(range=1, biquadratic=False).terms(["A"], pr.Geometry.open_chain(3))
    >>> law = pr.Truth(terms, [1.0], beta=2.0).on(pr.Geometry.open_chain(3), "AAA")
    >>> spins = np.array([[[0, 0, 1.0], [0, 0, 1.0], [1.0, 0, 0]]])
    >>> law.energy(spins), law.force(spins, beta=2.0)[0, 2]
    (array([-1.]), array([0., 0., 2.]))
    """

    terms: BoundTerms
    couplings: Floats

    @functools.cached_property
    def matrix(self) -> Floats:
        """J (site, site), symmetric with zero diagonal: J_ij couples sites i and j; ``ValueError`` where not all is exchange."""
        couplings: Floats = np.tensordot(self.couplings, self.terms.adjacency, axes=1)
        return couplings

    @checked_arguments
    def energy(self, spins: Floats) -> Floats:
        """Return H (snapshot,); raises ``ValueError`` for spins that are not unit vectors."""
        require_unit(spins)
        if self.terms.is_exchange:
            return exchange_energy(spins, self.matrix)
        return -self.terms.values(spins) @ self.couplings

    @checked_arguments
    def force(self, spins: Floats, beta: float) -> Floats:
        """Return the force -β∇H (snapshot, site, 3), tangent; dimensionless. Raises ``ValueError`` as ``energy``."""
        require_unit(spins)
        if self.terms.is_exchange:
            return exchange_force(spins, self.matrix, beta)
        return beta * self.terms.gradients(spins) @ self.couplings

    def energy_change(self, spins: Floats, site: int, proposed: Floats) -> Floats:
        """Return ΔH (snapshot,) where the spin of one site becomes ``proposed`` (snapshot, 3)."""
        return -self.terms.changes(spins, site, proposed) @ self.couplings


def couplings_of(hamiltonian: Hamiltonian) -> Floats:
    """Return the couplings (term,) of a spec's Hamiltonian, in units of energy."""
    return np.array([term.coupling for term in hamiltonian.terms])


def exchange_couplings(hamiltonian: Hamiltonian) -> Floats:
    """Return the couplings of the terms of exchange alone, in units of energy; none where there is no such term."""
    return np.array([term.coupling for term in hamiltonian.terms if term.family == Exchange.family])


def reference_coupling(couplings: Floats) -> int:
    """Return the index of the coupling to which ratios are taken: the strongest ferromagnetic one, or the strongest of all."""
    return int(np.argmax(couplings if couplings.max() > 0 else np.abs(couplings)))


def adjacency(species: Integers, hamiltonian: Hamiltonian) -> Floats:
    """Return A (term, site, site) of an open chain: 1 where a bond of the term joins two sites, else 0; symmetric."""
    return Terms.of(hamiltonian).on(Geometry.open_chain(len(species)), species).adjacency


def coupling_matrix(species: Integers, hamiltonian: Hamiltonian) -> Floats:
    """Return J (site, site) of an open chain of ``species`` (site,): J_ij couples sites i and j; symmetric, zero diagonal."""
    terms = Terms.of(hamiltonian).on(Geometry.open_chain(len(species)), species)
    return SpinHamiltonian(terms, couplings_of(hamiltonian)).matrix


def coupling_band(species: Integers, hamiltonian: Hamiltonian) -> Floats:
    """Return the same as a band (range, site), the range at least 2: J_{i,i+d} at [d-1, i], 0 where i+d is beyond the end."""
    library = Terms.of(hamiltonian)
    band = np.zeros((max(2, library.range), len(species)))
    terms = library.on(Geometry.open_chain(len(species)), species).terms
    for bound, coupling in zip(terms, couplings_of(hamiltonian), strict=True):
        band[_exchange(bound.term).bond_class - 1, bound.clusters[:, 0]] += coupling
    return band


def _exchange(term: Term) -> Exchange:
    if not isinstance(term, Exchange):
        raise ValueError(f"the term {term.name!r} is {term.family}; expected exchange terms only")
    return term


def local_field(spins: Spins, matrix: Floats) -> Spins:
    """Return h_i = Σ_j J_ij S_j (…, site, 3) for couplings ``matrix`` (site, site)."""
    return matrix @ spins


def exchange_energy(spins: Spins, matrix: Floats) -> Floats:
    """Return H = -½ Σ_i S_i·h_i (…) for couplings ``matrix`` (site, site)."""
    total: Floats = -0.5 * (spins * local_field(spins, matrix)).sum((-1, -2))
    return total


def exchange_force(spins: Spins, matrix: Floats, beta: float) -> Floats:
    """Return the force -β∇H = β (I - S_i S_iᵀ) h_i (…, site, 3), tangent; dimensionless."""
    return beta * project(spins, local_field(spins, matrix))


def strongest_bonds(terms: Terms, couplings: Floats) -> Floats:
    """Return couplings (site, site) of three sites, the strongest of separations 1 and 2, which bound T in ``ExactChain``.

    Raises ``ValueError`` where not all is exchange.
    """
    matrix = np.zeros((3, 3))
    for term, coupling in zip(terms.terms, couplings, strict=True):
        apart = _exchange(term).bond_class
        if apart <= 2:
            site = np.arange(3 - apart)
            matrix[site, site + apart] = np.maximum(matrix[site, site + apart], abs(coupling))
    return matrix
