"""Files of snapshots as other programs write them, made without these programs and without the readers that are tested.

``write_extended_xyz`` gives the bytes of ase, ``write_ovf`` the values and the order of the ovf library; tests/sampling/readers
compares them with both. ``LATTICES`` are a chain of three species, a ring and a square lattice, with positions and cell.
"""

import io
from pathlib import Path

import attrs
import numpy as np

CHECK = {"binary 4": 1234567.0, "binary 8": 123456789012345.0}


def spiral(snapshots, sites):
    """Unit vectors (snapshot, site, 3) along a golden spiral: all different, none special."""
    k = np.arange(snapshots * sites) + 0.5
    z, turn = 1 - 2 * k / len(k), np.pi * (1 + 5**0.5) * k
    radius = np.sqrt(1 - z * z)
    spins = np.stack([radius * np.cos(turn), radius * np.sin(turn), z], axis=-1)
    return (spins / np.linalg.norm(spins, axis=-1, keepdims=True)).reshape(snapshots, sites, 3)


@attrs.frozen(eq=False)
class Lattice:
    """Where sites are, and of which species."""

    species: tuple[str, ...]
    positions: np.ndarray
    cell: np.ndarray | None
    periodic: tuple[bool, bool, bool]


def row(species, *, ring=False):
    """A chain along x with a spacing of 2.5, open or around the cell."""
    sites = len(species)
    positions = np.zeros((sites, 3))
    positions[:, 0] = 2.5 * np.arange(sites)
    return Lattice(tuple(species), positions, np.diag([2.5 * sites, 10.0, 10.0]) if ring else None, (ring, False, False))


def square(side, species="Fe"):
    """A square lattice of ``side`` × ``side`` sites, periodic in the plane, x first."""
    y, x = np.divmod(np.arange(side * side), side)
    positions = np.stack([x, y, np.zeros_like(x)], axis=-1) * 2.5
    return Lattice((species,) * side**2, positions, np.diag([2.5 * side, 2.5 * side, 10.0]), (True, True, False))


LATTICES = {
    "chain": row(["Fe", "Co", "Ni", "Fe", "Ni", "Co", "Co", "Fe", "Ni", "Ni", "Fe", "Co"]),
    "ring": row(["Fe", "Co"] * 6, ring=True),
    "square": square(8),
}


def write_extended_xyz(path, spins, lattice, *, column="spins", temperature=None, runs=None):
    """Write frames as ase does: ``ase.io.write(path, frames, format="extxyz")`` with the spins as an array of the atoms."""
    lines = []
    for k, frame in enumerate(spins):
        cell = "" if lattice.cell is None else 'Lattice="' + " ".join(str(float(x)) for x in lattice.cell.ravel()) + '" '
        heat = "" if temperature is None else f"temperature={temperature} "
        chain = "" if runs is None else f"run={runs[k]} "
        axes = " ".join("T" if along else "F" for along in lattice.periodic)
        lines += [str(len(frame)), f'{cell}Properties=species:S:1:pos:R:3:{column}:R:3 {heat}{chain}pbc="{axes}"']
        for name, where, spin in zip(lattice.species, lattice.positions, frame, strict=True):
            lines.append(" ".join([f"{name:<2}", *(f"{x:16.8f}" for x in (*where, *spin))]))
    Path(path).write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_ovf(path, spins, nodes, **options):
    """Write segments to a file; see ``ovf_bytes``."""
    Path(path).write_bytes(ovf_bytes(spins, nodes, **options))


def ovf_bytes(spins, nodes, *, kind="binary 8", version=2, order=None, step=(1.0, 1.0, 1.0), header=(), newline=b"\n"):
    """Segments of spins (segment, site, 3) on a mesh of ``nodes``; ``order`` of bytes None is that of the version.

    ``header`` are lines of the header that stand for, or add to, those of their key.
    """
    order = order or {1: ">", 2: "<"}[version]
    stream = io.BytesIO()
    first = {1: "# OOMMF: rectangular mesh v1.0", 2: "# OOMMF OVF 2.0"}[version]
    stream.write(newline.join([first.encode(), f"# Segment count: {len(spins)}".encode(), b""]))
    for segment in spins:
        lines = {"title": "m", "meshtype": "rectangular", "meshunit": "m"}
        lines |= {
            f"{x}{name}": f"{value}"
            for name, values in (("nodes", nodes), ("stepsize", step))
            for x, value in zip("xyz", values, strict=True)
        }
        lines |= {f"{x}base": f"{value / 2}" for x, value in zip("xyz", step, strict=True)}
        lines |= {"valuedim": "3"} if version == 2 else {"valuemultiplier": "1"}
        lines |= dict(header)
        keys = [f"# {key}: {value}" for key, value in lines.items() if value is not None]
        name = f"Data {kind.title()}"
        head = ["# Begin: Segment", "# Begin: Header", *keys, "# End: Header", f"# Begin: {name}"]
        stream.write(newline.join(line.encode() for line in [*head, ""]))
        if kind == "text":
            stream.write(newline.join(" ".join(f"{x:.12f}" for x in spin).encode() for spin in segment) + newline)
        else:
            size = int(kind[-1])
            stream.write(np.array(CHECK[kind], f"{order}f{size}").tobytes() + segment.astype(f"{order}f{size}").tobytes() + newline)
        stream.write(newline.join([f"# End: {name}".encode(), b"# End: Segment", b""]))
    return stream.getvalue()


def npz_bytes(*, compressed=False, **arrays):
    """An archive of arrays."""
    stream = io.BytesIO()
    (np.savez_compressed if compressed else np.savez)(stream, **arrays)
    return stream.getvalue()
