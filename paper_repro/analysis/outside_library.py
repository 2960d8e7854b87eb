"""Terms outside a library, in groups: by the number of spins that they join, and pairs by their separation."""

from collections.abc import Iterable

import attrs

from paper_repro.analysis.alternatives import ExchangeOfEnds, alternatives
from paper_repro.physics.geometry import Geometry
from paper_repro.physics.terms import PairTerm, Term, Terms
from paper_repro.physics.terms.runs import RunTerm

_NUMBERS = {1: "one spin", 2: "two spins", 3: "three spins", 4: "four spins"}


@attrs.frozen
class Outside:
    """Terms of one number of ``spins``, of pairs of one ``separation``, which is None of others."""

    name: str
    spins: int
    separation: int | None
    terms: tuple[Term, ...]


def outside_library(terms: Terms, geometries: Iterable[Geometry]) -> tuple[Outside, ...]:
    """Return the ``alternatives`` of a library on chains in groups, those of fewer spins and of shorter separations first."""
    places: dict[tuple[int, int | None], list[Term]] = {}
    for term in alternatives(terms, geometries):
        if not isinstance(term, ExchangeOfEnds):  # an open chain has no pair between its ends that another does not have
            places.setdefault(_place(term), []).append(term)
    ordered = sorted(places, key=lambda place: (place[0], place[1] or 0))
    return tuple(Outside(_name(*place), *place, tuple(places[place])) for place in ordered)


def _place(term: Term) -> tuple[int, int | None]:
    if isinstance(term, PairTerm):
        return 2, term.bond_class
    return (term.length if isinstance(term, RunTerm) else 1), None


def _name(spins: int, separation: int | None) -> str:
    return _NUMBERS[spins] + ("" if separation is None else f" at {separation}")
