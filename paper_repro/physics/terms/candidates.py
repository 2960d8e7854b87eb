"""The candidates of a discovery: the terms that a law of spins may have on the geometry of the data."""

from collections.abc import Iterable

import attrs

from paper_repro.numerics.arguments import checked_arguments
from paper_repro.physics.geometry import Geometry
from paper_repro.physics.terms.library import Library, library
from paper_repro.physics.terms.registry import FAMILIES
from paper_repro.physics.terms.runs import RunTerm


@checked_arguments
def candidates(geometries: Iterable[Geometry]) -> Library:
    """Return the library candidates-42 for data on some geometries.

    On a lattice its separations are shells, on a list of bonds classes, the first that there are; terms on runs of sites are for
    chains that are long enough, terms on pairs for data with pairs. For two species on a chain these are 42 terms.

    >>> chain = pr.Geometry.open_chain(12)
    >>> len(pr.candidates([chain]).terms(["A", "B"], chain))
    42
    """
    places = tuple(geometries)
    whole = library("candidates-42")
    tables = []
    for table in whole.tables:
        family = FAMILIES[table.family]
        if issubclass(family, RunTerm) and not has_runs(places, family.length):
            continue
        if table.classes is None:
            tables.append(table)
        elif any(each.bond_classes for each in places):
            tables.append(attrs.evolve(table, classes=None, word=None, range=max(table.classes)))
    return attrs.evolve(whole, tables=tuple(tables), origin="candidates")


def has_runs(geometries: Iterable[Geometry], length: int) -> bool:
    """Return whether all geometries are chains, none a ring too short for runs of a length, and some chain has one."""
    places = tuple(geometries)
    if not all(each.is_open_chain or (each.is_chain and each.sites > length) for each in places):
        return False
    return any(len(each.runs(length)) for each in places)
