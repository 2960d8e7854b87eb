"""What a library leaves out: terms that a test of its adequacy looks for, derived from the library and the geometry."""

from collections.abc import Iterable, Sequence

import attrs
import numpy as np

from paper_repro.numerics.arrays import Integers
from paper_repro.physics.geometry import Geometry
from paper_repro.physics.terms import (
    AnisotropicExchange,
    Anisotropy,
    Biquadratic,
    BondProduct,
    Chirality,
    DzyaloshinskiiMoriya,
    Exchange,
    Field,
    FourSpin,
    Power,
    Term,
    Terms,
)
from paper_repro.physics.terms.candidates import has_runs
from paper_repro.physics.terms.pairs import pair_terms
from paper_repro.physics.terms.runs import RunTerm
from paper_repro.physics.terms.sites import site_terms

#: Classes of pairs beyond those of the library that are looked at.
_FARTHER = 3
#: Sites from which a ring is no triangle, whose ends are next-nearest neighbours of the chain.
_SHORTEST_RING = 3
_ON_RUNS: tuple[type[RunTerm], ...] = (BondProduct, FourSpin, Chirality)


@attrs.frozen
class ExchangeOfEnds(Exchange):
    """S_1·S_N of open chains: it is there where a ring was read as an open chain."""

    def clusters(self, geometry: Geometry, species: Integers) -> Integers:  # noqa: ARG002
        """Return the two ends (1, 2) of an open chain that has sites between them, else none (0, 2)."""
        ends = [[0, geometry.sites - 1]] if geometry.is_open_chain and geometry.sites > _SHORTEST_RING else []
        return np.array(ends, dtype=np.int64).reshape(-1, 2)


def alternatives(terms: Terms, geometries: Iterable[Geometry]) -> tuple[Term, ...]:
    """Return what a library leaves out on some geometries, in an order that puts the simplest first.

    Exchange by species within its range and up to three classes beyond; biquadratic exchange within its range, by species for the
    first class; powers 3 and 4 of the first class; on chains products of three and four spins, and exchange of the ends of open
    ones; then what a rotation changes: Dzyaloshinskii-Moriya and anisotropic exchange of the first class, anisotropy, field.
    """
    places = tuple(geometries)
    names = terms.species_names
    first = min((each.bond_classes[0] for each in places if each.bond_classes), default=0)
    reached = sorted({k for each in places for k in each.first_classes(max(terms.range, 1) + _FARTHER)})
    within = [k for k in reached if k <= max(terms.range, first)]
    found: list[Term] = []
    if first:
        found += pair_terms(Biquadratic, within, names, by_species=False)
        found += [*pair_terms(Power, (first,), names, by_species=False)]
    for family in _ON_RUNS:
        if has_runs(places, family.length):
            found.append(family(family.family))
    if first:
        found += pair_terms(Exchange, reached, names)
        if all(each.is_open_chain for each in places):
            found.append(ExchangeOfEnds("exchange of the ends, as on a ring", 1))
        found += pair_terms(Biquadratic, (first,), names) if len(names) > 1 else ()
        found += pair_terms(DzyaloshinskiiMoriya, (first,), names, by_species=False)
        found += pair_terms(AnisotropicExchange, (first,), names, by_species=False)
    found += [*site_terms(Anisotropy, names), *site_terms(Field, names)]
    return _left_out(terms, found)


def _left_out(terms: Terms, found: Sequence[Term]) -> tuple[Term, ...]:
    """Return the terms whose function the library has not, under names that it has not."""
    functions = {_function(term) for term in terms.terms}
    taken = set(terms.names)
    result = []
    for term in found:
        if _function(term) in functions:
            continue
        functions.add(_function(term))
        name = term.name if term.name not in taken else f"{term.name} (left out)"
        result.append(attrs.evolve(term, name=name))
    return tuple(result)


def _function(term: Term) -> Term:
    return attrs.evolve(term, name="-")
