"""A library of terms before the data are known: families, and the pairs and species they are for; on data it becomes ``Terms``."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Self

import attrs

from paper_repro.files import InputError, input_error
from paper_repro.numerics.arguments import checked_arguments
from paper_repro.physics.geometry import Direction, Geometry
from paper_repro.physics.terms.pairs import PairTerm, as_vector, pair_terms
from paper_repro.physics.terms.registry import FAMILIES
from paper_repro.physics.terms.runs import RunTerm
from paper_repro.physics.terms.sites import SiteTerm, site_terms
from paper_repro.physics.terms.term import Term
from paper_repro.physics.terms.terms import Terms
from paper_repro.spec import specs_folder
from paper_repro.spec.library import WORDS, FamilyTable, Word, family_tables, positive, read_library

_ON: dict[Word, str] = {"separations": "a chain", "shells": "sites with positions", "classes": "a list of bonds"}


def keys_of_families() -> dict[str, frozenset[str]]:
    """Return the keys that the table of each family may have in a library file."""
    return {name: _keys(family) for name, family in FAMILIES.items()}


def _keys(family: type[Term]) -> frozenset[str]:
    if issubclass(family, PairTerm):
        return frozenset({"range", *WORDS, "by_species", "by_direction"})
    return frozenset({"by_species"}) if issubclass(family, SiteTerm) else frozenset()


@attrs.frozen
class Library:
    """Which families of terms to fit, on which pairs. ``origin`` is where it comes from, the head of every message.

    ``own`` are terms of the user's own, which come last. Made by ``library``.

    >>> pr.library(range=1, biquadratic=False).terms(["Co", "Fe"], pr.Geometry.open_chain(8)).names
    ('exchange 1 Co-Co', 'exchange 1 Co-Fe', 'exchange 1 Fe-Fe')
    """

    tables: tuple[FamilyTable, ...]
    origin: str
    own: tuple[Term, ...] = ()

    @checked_arguments
    def with_terms(self, *own: Term) -> Self:
        """Return the library with user-defined terms added at its end."""
        return attrs.evolve(self, own=(*self.own, *own))

    @checked_arguments
    def terms(self, species_names: Sequence[str], geometry: Geometry | Iterable[Geometry]) -> Terms:
        """Return the terms for data on one geometry or several, in the order of the library; species 0, 1, … have the names given.

        Raises ``InputError``, one line, where the data have not what the library names: separations where sites have positions, a
        separation that no chain has, runs where sites have no order.
        """
        geometries = (geometry,) if isinstance(geometry, Geometry) else tuple(geometry)
        if not geometries:
            raise InputError("geometry", "none", "one or more")
        found: list[Term] = []
        for table in self.tables:
            where = f"{self.origin}: {table.family}"
            try:
                found += _terms_of(table, tuple(species_names), geometries, where)
            except ValueError as error:
                raise input_error(where, error, "data that have such terms") from error
        try:
            return Terms((*found, *self.own), species_names)
        except ValueError as error:
            raise input_error(self.origin, error, "terms that can be told apart") from error


def _terms_of(table: FamilyTable, names: tuple[str, ...], geometries: tuple[Geometry, ...], where: str) -> tuple[Term, ...]:
    family = FAMILIES[table.family]
    if issubclass(family, PairTerm):
        classes = _classes(table, geometries, where)
        directions = _directions(classes, geometries, where) if table.by_direction else None
        return pair_terms(family, classes, names, by_species=table.by_species, directions=directions)
    if issubclass(family, SiteTerm):
        return site_terms(family, names, by_species=table.by_species)
    if not issubclass(family, RunTerm):
        raise TypeError(f"{family.__name__} acts on neither sites, pairs nor runs; expected one of them")
    if not any(len(each.runs(family.length)) for each in geometries):
        raise ValueError(
            f"runs of {family.length} sites on chains of at most {max(each.sites for each in geometries)}; expected longer chains"
        )
    return (family(family.family),)


def _words(geometry: Geometry) -> tuple[Word, ...]:
    """Return what a geometry calls its classes of pairs; on a chain whose sites have positions shells are separations."""
    if geometry.is_chain:
        return ("separations",) if geometry.structure is None else ("separations", "shells")
    return ("classes",) if geometry.structure is None else ("shells",)


def _classes(table: FamilyTable, geometries: tuple[Geometry, ...], where: str) -> tuple[int, ...]:
    """Return the classes of pairs that a table names, each of which some geometry has."""
    if table.range is not None:
        found = tuple(sorted({k for each in geometries for k in each.first_classes(table.range)}))
        if not found:
            raise InputError(f"{where}.range", f"{table.range} on {geometries[0].sites} sites without pairs", "data with pairs")
        return found
    words = {_words(each)[0] for each in geometries}
    if table.word is not None and not all(table.word in _words(each) for each in geometries):
        on = " and ".join(sorted(_ON[word] for word in words))
        raise InputError(f"{where}.{table.word}", f"data on {on}", f"{' or '.join(sorted(words))}, or range")
    classes = table.classes or ()
    for bond_class in classes:
        if not any(len(each.pairs_of(bond_class)) for each in geometries):
            most = max((each.bond_classes[-1] for each in geometries if each.bond_classes), default=0)
            word = table.word or _words(geometries[0])[0]
            raise InputError(f"{where}.{word}", f"{bond_class}, of which the data have no pair", f"at most {most}")
    return classes


def _directions(classes: tuple[int, ...], geometries: tuple[Geometry, ...], where: str) -> dict[int, tuple[Direction, ...]]:
    """Return the directions of the pairs of each class; they are to be the same in every geometry."""
    try:
        found = [{k: each.directions_of(k) for k in classes} for each in geometries]
    except ValueError as error:
        raise input_error(f"{where}.by_direction", error, "sites with positions") from error
    words = [{k: [as_vector(direction) for direction in listed] for k, listed in directions.items()} for directions in found]
    if any(each != words[0] for each in words):
        raise InputError(f"{where}.by_direction", "data on lattices of different directions", "data on one lattice")
    return found[0]


@checked_arguments
def library(path: str | Path | None = None, *, range: int | None = None, **families: Any) -> Library:
    """Return a library: that of a file, or the default one with changes by keyword.

    Args:
        path: a TOML file, or the name of a library of the project, such as "default" or "candidates-42".
        range: how many classes of pairs have exchange (separations on a chain, shells of a lattice); default 4.
        **families: by name, such as ``biquadratic``: True, a list of separations, shells or classes, a table as in a file, or False
            to leave the family out. True is the default library's table, else range 1 where the family acts on pairs.

    Without a file it has exchange for each pair of species, and biquadratic exchange for the first two classes. Raises
    ``InputError`` for a file or a keyword that is no library, in one line.

    >>> pr.library(range=3, chirality=True).terms("AB", pr.Geometry.open_chain(9)).names[-3:]
    ('biquadratic 1', 'biquadratic 2', 'chirality')
    """
    if path is not None:
        if range is not None or families:
            raise InputError(path, f"a file and {', '.join([*([] if range is None else ['range']), *families])}", "one of them")
        return Library(read_library(_found(path), keys_of_families()), str(path))
    default = {table.family: table for table in read_library(_found("default"), keys_of_families())}
    if range is not None:
        if "exchange" in families:
            raise InputError("library", "range and exchange", "one of them")
        default["exchange"] = attrs.evolve(default["exchange"], range=positive("library: range", range))
    for family, given in families.items():
        if given is False and family in FAMILIES:
            default.pop(family, None)
        else:
            default[family] = _of_keyword(family, given, default.get(family))
    if not default:
        raise InputError("library", "no terms", f"one of {', '.join(FAMILIES)}")
    return Library(tuple(default.values()), "library")


def _of_keyword(family: str, given: Any, default: FamilyTable | None) -> FamilyTable:
    """Return the table of a family that is given as a keyword: True, a list, or a table; it keeps the species of the default."""
    if given is True and default is not None:
        return default
    on_pairs = family in FAMILIES and issubclass(FAMILIES[family], PairTerm)
    raw = given if isinstance(given, dict) else {} if given is True else {"separations": given}
    if given is True and on_pairs:
        raw = {"range": 1}
    (table,) = family_tables(Path("library"), {family: raw}, keys_of_families())
    if isinstance(given, dict):
        return table
    by_species = table.by_species if default is None else default.by_species
    return attrs.evolve(table, word=None, by_species=by_species)  # a list is for the species of the data


def _found(path: str | Path) -> Path:
    """Return the path of a library: a file, or one of the project by its name."""
    given = Path(path)
    ours = specs_folder() / "libraries" / f"{given.name.removesuffix('.toml')}.toml"
    return ours if given.name == str(given) and not given.exists() and ours.is_file() else given
