"""Files that ase, ovf and pyovf write, of the vectors of ``snapshot_files.spiral``.

``python -m tests.support.other_programs`` makes those of tests/formats again: ase 3.29.0, ovf 0.4.3 and pyovf 0.3.0 made them.
"""

from pathlib import Path

import numpy as np

from tests.support.snapshot_files import LATTICES, spiral

FORMATS = Path(__file__).parents[1] / "formats"
#: Files of ase: the lattice, the property of the vectors, and the temperature.
ASE = {
    "ase-chain.xyz": ("chain", "spins", 0.3),
    "ase-ring.xyz": ("ring", "magmoms", None),
    "ase-square.xyz": ("square", "initial_magmoms", 0.2),
}
#: Files of the ovf library: its name of the kind, and the type of the numbers.
OVF = {
    "ovf-text.ovf": ("TEXT", "f8"),
    "ovf-csv.ovf": ("CSV", "f8"),
    "ovf-binary-4.ovf": ("BIN4", "f4"),
    "ovf-binary-8.ovf": ("BIN8", "f8"),
}
PYOVF = "pyovf-binary-4.ovf"
#: Nodes and step sizes of the meshes.
NODES, STEP = (4, 3, 2), (2.0, 2.0, 1.0)


def vectors(name):
    """The vectors in a file of ``FORMATS``."""
    return spiral(2, len(LATTICES[ASE[name][0]].species)) if name in ASE else spiral(1 if name == PYOVF else 2, 24)


def write_with_ase(path, name):
    import ase  # noqa: PLC0415
    import ase.io  # noqa: PLC0415

    lattice, column, temperature = ASE[name]
    frames = []
    for spins in vectors(name):
        where = LATTICES[lattice]
        atoms = ase.Atoms(where.species, positions=where.positions, cell=where.cell, pbc=where.periodic)
        if column == "initial_magmoms":
            atoms.set_initial_magnetic_moments(spins)
        else:
            atoms.set_array(column, spins)
        if temperature is not None:
            atoms.info["temperature"] = temperature
        frames.append(atoms)
    ase.io.write(path, frames, format="extxyz")


def write_with_ovf(path, name):
    from ovf import ovf  # noqa: PLC0415

    kind, dtype = OVF[name]
    segment = ovf.ovf_segment(
        valuedim=3,
        n_cells=list(NODES),
        meshtype="rectangular",
        step_size=list(STEP),
        bounds_max=[8, 6, 2],
        title="m",
        meshunits="nm",
    )
    with ovf.ovf_file(str(path)) as file:
        for k, spins in enumerate(vectors(name).astype(dtype)):
            write = file.append_segment if k else file.write_segment
            assert write(segment, spins, getattr(ovf, f"FILEFORMAT_{kind}")) == ovf.OK, file.get_latest_message()


def write_with_pyovf(path):
    import pyovf  # noqa: PLC0415

    field = vectors(PYOVF)[0].reshape(*NODES[::-1], 3).astype(np.float32)
    pyovf.write(path, pyovf.create(field, xstepsize=STEP[0], ystepsize=STEP[1], zstepsize=STEP[2]))


if __name__ == "__main__":
    for file in ASE:
        write_with_ase(FORMATS / file, file)
    for file in OVF:
        (FORMATS / file).unlink(missing_ok=True)
        write_with_ovf(FORMATS / file, file)
    write_with_pyovf(FORMATS / PYOVF)
