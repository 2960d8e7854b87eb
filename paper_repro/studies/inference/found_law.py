"""The law that an inference found: its terms that are present, with their couplings, on the first of the systems."""

from collections.abc import Sequence

import attrs

from paper_repro.files import InputError
from paper_repro.physics.geometry import Geometry
from paper_repro.physics.terms.library import Library
from paper_repro.physics.truth import Truth
from paper_repro.sampling.snapshots import Snapshots, names_of
from paper_repro.studies.inference.results import Inference


@attrs.frozen(eq=False)
class FoundLaw:
    """A ``law`` with couplings in units of energy, a system, by the names of its ``species`` (site,), and ``notes`` on both."""

    law: Truth
    geometry: Geometry
    species: tuple[str, ...]
    notes: tuple[str, ...]


def require_temperature(data: Sequence[Snapshots], given: float | None, option: str) -> None:
    """Raise ``InputError`` where couplings would be β × coupling: the unit of energy is unknown."""
    unknown = next((part for part in data if part.temperature is None), None)
    if given is None and unknown is not None:
        raise InputError(option, f"couplings of {unknown.origin} as β × coupling alone, without a temperature", "--temperature")


def _doubts(found: Inference) -> list[str]:
    """Return what makes the couplings doubtful, a line each: a library that is not sufficient, and warnings on the data."""
    doubts = [f"WARNING: {warning.text}" for warning in found.warnings]
    if found.adequacy.verdict == "inadequate":
        doubts.insert(0, f"WARNING: the library is not sufficient (p = {found.adequacy.p:.1g}): these couplings are not reliable")
    return doubts


def found_law(found: Inference, library: Library, data: Sequence[Snapshots]) -> FoundLaw:
    """Return the terms that are present and the first system; raises ``InputError`` where no term is present."""
    names, system = names_of(data), data[0]
    terms = library.terms(names, [part.geometry for part in data])
    present = {coupling.term.name: coupling.estimate for coupling in found.couplings if coupling.verdict == "present"}
    if not present:
        raise InputError(system.origin, "no term is present in these data", "a law with one or more")
    undecided = [coupling.term.name for coupling in found.couplings if coupling.verdict == "undecided"]
    kept = attrs.evolve(terms, terms=tuple(term for term in terms.terms if term.name in present))
    notes = [*_doubts(found), f"terms that are present: {', '.join(kept.names)}"]
    if undecided:
        notes.append(f"left out, as they are undecided: {', '.join(undecided)}")
    if len(data) > 1:
        notes.append(f"the first of {len(data)} systems, {system.origin}; the couplings are those of all")
    species = tuple(names[number] for number in system.numbered(names).species)
    law = Truth(kept, [present[name] for name in kept.names], 1 / (found.data.temperature or system.temperature or 1.0))
    return FoundLaw(law, system.geometry, species, tuple(notes))
