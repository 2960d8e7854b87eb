"""A library of terms: which basis functions a Hamiltonian may have, in their order. Couplings are separate and may be unknown."""

import functools
from collections.abc import Callable, Iterable
from typing import Any, Self

import attrs
import numpy.typing as npt

from paper_repro.numerics.arguments import checked_arguments, require, require_fields
from paper_repro.physics.geometry import Geometry
from paper_repro.physics.species import as_species
from paper_repro.physics.terms.bound import BoundTerm, BoundTerms
from paper_repro.physics.terms.exchange import Exchange
from paper_repro.physics.terms.label import TermLabel, label
from paper_repro.physics.terms.pairs import PairTerm
from paper_repro.physics.terms.registry import FAMILIES
from paper_repro.physics.terms.sites import SiteTerm
from paper_repro.physics.terms.term import Term
from paper_repro.spec import Hamiltonian, HamiltonianTerm
from paper_repro.spec.hamiltonian import ALL


def _as_terms(terms: Iterable[Term]) -> tuple[Term, ...]:
    require("terms", terms, Iterable[Term])
    return tuple(terms)


def _as_names(names: Iterable[str]) -> tuple[str, ...]:
    require("species_names", names, Iterable[str])
    return tuple(names)


@functools.lru_cache(maxsize=8)
def _terms_of(hamiltonian: Hamiltonian) -> tuple[tuple[Term, ...], tuple[str, ...]]:
    names = tuple(hamiltonian.species)
    return tuple(_term(term, names) for term in hamiltonian.terms), names


def _term(term: HamiltonianTerm, names: tuple[str, ...]) -> Term:
    """Return the function of one term of a spec."""
    family = FAMILIES[term.family]
    numbers = None if term.pair is None or term.pair == ALL else tuple(names.index(letter) for letter in term.pair)
    fields: dict[str, Any] = {} if term.component is None else {"component": family.components.index(term.component)}
    if issubclass(family, PairTerm):
        pair = None if numbers is None else (numbers[0], numbers[-1])
        return family(term.name, term.separation or 0, pair, **fields)
    if issubclass(family, SiteTerm):
        return family(term.name, on=None if numbers is None else numbers[0], **fields)
    return family(term.name)


@attrs.frozen
class Terms:
    """An ordered library of terms; they number the species 0, 1, …, in the order of ``species_names``.

    Raises ``ValueError`` for no term, a name that repeats, one function under two names, and a species without a name.

    >>> terms = pr.Terms([pr.Exchange("J_AA", 1, (0, 0)), pr.Field("field z", 2)], ["A", "B"])
    >>> terms.names, terms.rotation_invariant
    (('J_AA', 'field z'), False)
    """

    terms: tuple[Term, ...] = attrs.field(converter=_as_terms)
    species_names: tuple[str, ...] = attrs.field(converter=_as_names)

    def __attrs_post_init__(self) -> None:
        """Check that the terms can be distinguished and name species that exist."""
        require_fields(self)
        if not self.terms:
            raise ValueError("a library without terms; expected at least one")
        if not self.species_names or len(set(self.species_names)) != len(self.species_names):
            raise ValueError(f"species {list(self.species_names)}; expected one or more different names")
        seen: dict[Any, str] = {}
        for term in self.terms:
            nameless = attrs.evolve(term, name="-")
            for key, what in ((term.name, "the name"), (nameless, "the function")):
                if key in seen:
                    raise ValueError(f"term {term.name!r} has {what} of {seen[key]!r}; expected different terms")
                seen[key] = term.name
            if term.species and not term.species <= set(range(len(self.species_names))):
                raise ValueError(
                    f"term {term.name!r} acts on species {sorted(term.species)}; expected 0 to {len(self.species_names) - 1}"
                )

    @classmethod
    @checked_arguments
    def of(cls, hamiltonian: Hamiltonian) -> Self:
        """Return the terms that a spec's Hamiltonian has, in its order."""
        return cls(*_terms_of(hamiltonian))

    def __len__(self) -> int:
        """Return the number of terms."""
        return len(self.terms)

    @checked_arguments
    def with_terms(self, more: Iterable[Term]) -> Self:
        """Return the library with terms added at its end."""
        return attrs.evolve(self, terms=(*self.terms, *more))

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the terms."""
        return tuple(term.name for term in self.terms)

    @property
    def labels(self) -> tuple[TermLabel, ...]:
        """What each term is: name, family, separation, pair of species, component."""
        return tuple(label(term, self.species_names) for term in self.terms)

    @property
    def multilinear(self) -> bool:
        """Whether every term is linear in each spin, so that the conditional law of a spin is von Mises-Fisher."""
        return all(term.multilinear for term in self.terms)

    @property
    def rotation_invariant(self) -> bool:
        """Whether a common rotation of all spins changes no term."""
        return all(term.rotation_invariant for term in self.terms)

    @property
    def is_exchange(self) -> bool:
        """Whether every term is an exchange, so that a coupling matrix is sufficient."""
        return all(isinstance(term, Exchange) for term in self.terms)

    @property
    def range(self) -> int:
        """The largest class of pairs on which a term acts, on a chain the largest separation; 0 where none acts on pairs."""
        return max((term.bond_class for term in self.terms if isinstance(term, PairTerm)), default=0)

    def span(self, sites: int) -> int:
        """Return how many consecutive sites a cluster covers at most on open chains of up to ``sites``; see ``Term.span``."""
        return max(term.span(sites) for term in self.terms)

    def require(self, capability: Callable[[Term], bool], wanted: str) -> None:
        """Raise ``ValueError`` that names the terms without a capability, in one line."""
        missing = [term.name for term in self.terms if not capability(term)]
        if missing:
            raise ValueError(f"{', '.join(missing)}; expected {wanted}")

    @checked_arguments
    def on(self, geometry: Geometry, species: npt.ArrayLike | str) -> BoundTerms:
        """Return the terms on a geometry whose sites are of ``species`` (site,), names or numbers.

        Raises ``ValueError`` for species that the library does not name and for as many species as the geometry has not sites.
        """
        numbers = as_species(species, self.species_names)
        if len(numbers) != geometry.sites:
            raise ValueError(f"{len(numbers)} species on {geometry.sites} sites; expected one for each site")
        return BoundTerms(
            tuple(BoundTerm(term, geometry.sites, term.clusters(geometry, numbers)) for term in self.terms), geometry.sites
        )
