"""What can be simulated: the law and the systems of a law file, or of the spec of a run with its test sequences."""

from pathlib import Path

import attrs
import numpy as np

from paper_repro.files import InputError
from paper_repro.numerics.arrays import Integers
from paper_repro.physics.geometry import Geometry
from paper_repro.physics.law import Placed, load_law, systems_of, truth_of
from paper_repro.physics.species import as_species
from paper_repro.physics.truth import Truth
from paper_repro.sampling.readers.read import read
from paper_repro.sampling.sequences import draw_sequences
from paper_repro.sampling.snapshots import names_of
from paper_repro.spec import load_spec
from paper_repro.spec.law import Law
from paper_repro.spec.reader import read_toml


@attrs.frozen(eq=False)
class Subject:
    """A ``truth`` and the systems that it is on, of species (site,) that are numbered as its terms number them."""

    name: str
    truth: Truth
    systems: tuple[tuple[Geometry, Integers], ...]


def subject_at(path: Path, temperature: float | None = None, sequences: int | None = None) -> Subject:
    """Return the law and the systems of a law file or a spec, at another ``temperature`` if given.

    Of a spec the systems are the first ``sequences`` of its test set, all where none is given. Raises ``InputError`` in one line
    for a file that is neither, systems that it does not state, and sequences that there are not.
    """
    made = _of_law(path) if "couplings" in read_toml(path) else _of_spec(path)
    if temperature is not None:
        if not (np.isfinite(temperature) and temperature > 0 and np.isfinite(1 / temperature)):
            raise InputError("--temperature", f"{temperature:g}", "a finite temperature > 0")
        made = attrs.evolve(made, truth=attrs.evolve(made.truth, beta=1 / temperature))
    if sequences is not None:
        if not 1 <= sequences <= len(made.systems):
            raise InputError("--sequences", str(sequences), f"1 to {len(made.systems)}, as many as {path} has")
        made = attrs.evolve(made, systems=made.systems[:sequences])
    return made


def _of_law(path: Path) -> Subject:
    law = load_law(path)
    placed = _placed_in_file(law) if law.system is not None and law.system.file is not None else systems_of(law)
    names = tuple(sorted({name for each in placed for name in each.species}))
    if len(placed) > 1 and any(len(name) > 1 for name in names):
        raise InputError(f"{path}: system.sequences", f"species {', '.join(names)}", "letters, where there are several chains")
    truth = truth_of(law, names, [each.geometry for each in placed])
    return Subject(path.stem, truth, tuple((each.geometry, as_species(list(each.species), names)) for each in placed))


def _placed_in_file(law: Law) -> tuple[Placed, ...]:
    """Return the systems of the snapshots that a law names, whose spins are not used."""
    found = read(law.system.file) if law.system is not None and law.system.file is not None else ()
    names = names_of(found)
    return tuple(Placed(tuple(names[k] for k in data.numbered(names).species), data.geometry) for data in found)


def _of_spec(path: Path) -> Subject:
    spec = load_spec(path).record
    _, words = draw_sequences(spec)
    systems = ((Geometry.open_chain(len(word)), as_species(word, spec.hamiltonian.species)) for word in words)
    return Subject(spec.name, Truth.of(spec.hamiltonian, spec.beta), tuple(systems))
