"""A law from a file, on its system: terms with their couplings and temperature, and the species and geometry of each system."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import attrs
import numpy as np

from paper_repro.files import InputError, input_error
from paper_repro.numerics.arguments import checked_arguments
from paper_repro.physics.geometry import Geometry
from paper_repro.physics.terms.library import Library, keys_of_families
from paper_repro.physics.truth import Truth
from paper_repro.spec.law import Law, read_law
from paper_repro.spec.system import System


@checked_arguments
def load_law(path: str | Path) -> Law:
    r"""Read a law (``spec.law``); raises ``InputError``: the file, the path in it, the value and what was expected.

    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "law.toml"
    ...     _ = path.write_text('temperature = 0.5\n[exchange]\nseparations = [1]\n[couplings]\n"exchange 1" = 1.0\n')
    ...     pr.load_law(path).temperature
    0.5
    """
    return read_law(Path(path), keys_of_families())


@attrs.frozen(eq=False)
class Placed:
    """One system: the species (site,) of its sites, by name, and its geometry."""

    species: tuple[str, ...]
    geometry: Geometry


def systems_of(law: Law) -> tuple[Placed, ...]:
    """Return the systems that a law states; raises ``InputError`` where it states none, or an invalid geometry.

    A system of a ``file`` of snapshots is that of the file, which the caller reads.
    """
    if law.system is None or law.system.file is not None:
        found = "missing" if law.system is None else f"file = {law.system.file}, not read"
        raise InputError(f"{law.path}: system", found, "the species of the sites")
    try:
        return tuple(Placed(species, _geometry(law.system, len(species))) for species in law.system.sequences)
    except ValueError as error:
        raise input_error(f"{law.path}: system", error, "sites and their pairs") from error


def _geometry(system: System, sites: int) -> Geometry:
    if system.positions is not None:
        if len(system.positions) != sites:
            raise ValueError(f"{len(system.positions)} positions of {sites} sites; expected one for each site")
        return Geometry.from_positions(system.positions, system.cell, system.periodic)
    if system.bonds is not None:
        return Geometry.from_bonds(sites, system.bonds)
    return Geometry.periodic_chain(sites) if system.boundary == "periodic" else Geometry.open_chain(sites)


def truth_of(law: Law, species_names: Sequence[str], geometries: Iterable[Geometry]) -> Truth:
    """Return the terms, couplings and inverse temperature of a law on geometries, with species 0, 1, … of the names given.

    Raises ``InputError`` for a coupling of no term, a term without a coupling, and terms that the geometries have not.
    """
    terms = Library(law.tables, str(law.path)).terms(species_names, geometries)
    known = {coupling.name: coupling.value for coupling in law.couplings}
    for name in known:
        if name not in terms.names:
            raise InputError(f"{law.path}: couplings.{name}", "no such term", f"one of {', '.join(terms.names)}")
    missing = [name for name in terms.names if name not in known]
    if missing:
        raise InputError(f"{law.path}: couplings", f"nothing for {', '.join(missing)}", "a coupling for each term, 0 for none")
    return Truth(terms, np.array([known[name] for name in terms.names]), 1 / law.temperature)
