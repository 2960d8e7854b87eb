"""Input of VAMPIRE: a unit cell file, a material file and a start of an input file, in joule (VAMPIRE manual, "Unit cell files").

    H = -Σ_{i<j} S_i·J_ij·S_j - Σ_i k (S_i·e)² - Σ_i μ_i S_i·B

The unit cell file lists the interactions of each atom, so that a pair is written from either end and counted once.
"""

import re

import numpy as np

from paper_repro.files import printable
from paper_repro.sampling.exports.exported import ONE_CELL, Exported, numbers, row, species_of
from paper_repro.sampling.exports.interactions import Interactions
from paper_repro.sampling.exports.units import EnergyUnit, tesla

UNIT: EnergyUnit = "J"
HELD = frozenset({"exchange", "dzyaloshinskii_moriya", "anisotropic_exchange", "anisotropy", "field"})


def write(law: Interactions) -> Exported:
    """Return the files.

    Raises ``ValueError`` for a field that is not the same on all sites, an anisotropy of two axes, and a cell that is not
    rectangular along x, y and z.
    """
    cell = law.places.cell
    if np.abs(cell - np.diag(np.diagonal(cell))).max() > 1e-9 * np.abs(cell).max() or (np.diagonal(cell) <= 0).any():
        raise ValueError("a cell that is not rectangular along x, y and z; expected one that is")
    field = law.uniform_field() * tesla(UNIT)
    strength = float(np.linalg.norm(field))
    along = ", ".join(numbers(field / strength if strength else [0.0, 0.0, 1.0]).split())
    kinds = species_of(law.species)
    names = _material_names(kinds)
    files = {
        "vampire.UCF": _unit_cell(law, kinds),
        "vampire.mat": _materials(law, kinds, names),
        "input": "\n".join(
            [
                *(
                    f"create:periodic-boundaries-{name}"
                    for name, repeated in zip("xyz", law.places.periodic, strict=True)
                    if repeated
                ),
                "material:file = vampire.mat",
                "material:unit-cell-file = vampire.UCF",
                *(f"dimensions:system-size-{name} = {0.999 * cell[k, k]:.12g} !A" for k, name in enumerate("xyz")),
                f"sim:applied-field-strength = {strength:.12g} !T",
                f"sim:applied-field-unit-vector = {along}",
            ]
        )
        + "\n",
    }
    choices = (
        "VAMPIRE: H = -Σ_{i<j} S_i·J_ij·S_j - Σ k (S_i·e)² - Σ μ S_i·B, in joule",
        "each pair is written from either end and counted once, J > 0 is ferromagnetic: the numbers are the couplings",
        ONE_CELL,
        "a material for each species; lengths are in Å; the input file has no program yet",
        *_renamed(kinds, names),
        "anisotropy without the energy that is the same for all configurations",
    )
    return Exported("vampire", files, choices)


def _material_names(kinds: tuple[str, ...]) -> tuple[str, ...]:
    """Return the species as names of materials: material1, … where a name has blanks, #, ! or the like, or is too long."""
    return tuple(
        kind if re.fullmatch(r"(?!material\d)[A-Za-z0-9_+-]{1,20}", kind) else f"material{number}"
        for number, kind in enumerate(kinds, start=1)
    )


def _renamed(kinds: tuple[str, ...], names: tuple[str, ...]) -> list[str]:
    both = zip(kinds, names, strict=True)
    return [f"the material of the species {printable(kind)!r} is {name}" for kind, name in both if name != kind]


def _unit_cell(law: Interactions, kinds: tuple[str, ...]) -> str:
    lengths = np.diagonal(law.places.cell)
    atoms = [
        row(site, *fractions, kinds.index(name), 0, 0)
        for site, (fractions, name) in enumerate(zip(law.places.fractions.tolist(), law.species, strict=True))
    ]
    bonds = [
        row(number, *key, *([float(tensor[0, 0])] if law.isotropic else tensor.ravel().tolist()))
        for number, (key, tensor) in enumerate(law.directed())
    ]
    return (
        "\n".join(
            [
                "# Unit cell size (Angstrom):",
                numbers(lengths),
                "# Unit cell vectors:",
                *map(numbers, np.eye(3)),
                "# Atoms num_atoms num_materials; id cx cy cz mat cat hcat",
                f"{len(atoms)} {len(kinds)}",
                *atoms,
                "# Interactions num_interactions type; id i j dx dy dz J (J)",
                f"{len(bonds)} {'isotropic' if law.isotropic else 'tensorial'}",
                *bonds,
            ]
        )
        + "\n"
    )


def _materials(law: Interactions, kinds: tuple[str, ...], names: tuple[str, ...]) -> str:
    lines = [f"material:num-materials = {len(kinds)}"]
    for number, (kind, name) in enumerate(zip(kinds, names, strict=True), start=1):
        k, axis = law.one_axis(law.species.index(kind))
        lines += [
            f"material[{number}]:material-name = {name}",
            f"material[{number}]:damping-constant = 1.0",
            f"material[{number}]:atomic-spin-moment = 1.0 !muB",
            f"material[{number}]:uniaxial-anisotropy-constant = {k:.12g}",
            f"material[{number}]:uniaxial-anisotropy-direction = {', '.join(numbers(axis).split())}",
            f"material[{number}]:unit-cell-category = {number}",
        ]
    return "\n".join(lines) + "\n"
