"""Files of ase, ovf and pyovf, kept and (where these are installed) new ones: binary to the byte, text to its digits."""

import re

import attrs
import numpy as np
import pytest

import paper_repro as pr
from paper_repro.physics.structure import Structure
from tests.support import other_programs as made
from tests.support.snapshot_files import LATTICES, spiral, write_extended_xyz, write_ovf


def write(path, name):
    if name in made.ASE:
        pytest.importorskip("ase.io")
        made.write_with_ase(path, name)
    elif name in made.OVF:
        pytest.importorskip("ovf")
        made.write_with_ovf(path, name)
    else:
        pytest.importorskip("pyovf")
        made.write_with_pyovf(path)


def is_right(data, name):
    """Whether snapshots are those of the file ``name``: its vectors, species, sites, runs and temperature."""
    spins = made.vectors(name)
    exact = spins.astype(np.float32).astype(np.float64) if "binary-4" in name else spins
    tolerance = {"xyz": 1e-8, "ovf": 1e-7 if "binary-4" in name else 1e-12 if "binary-8" not in name else 0.0}[name[-3:]]
    lattice, _, temperature = made.ASE.get(name, (None, None, None))
    geometry = {
        "chain": lambda: in_a_row("chain", pr.Geometry.open_chain(12)),
        "ring": lambda: in_a_row("ring", pr.Geometry.periodic_chain(12)),
        "square": lambda: pr.Geometry.from_positions(*positions(LATTICES["square"])),
        None: lambda: pr.Geometry.from_positions(mesh_positions(data), np.diag(np.array(made.NODES) * made.STEP)),
    }[lattice]()
    found = None if data.species_names is None else [data.species_names[k] for k in data.species]
    return (
        data.spins.shape == spins.shape
        and np.abs(data.spins - exact).max() <= tolerance
        and found == (None if lattice is None else list(LATTICES[lattice].species))
        and data.geometry == geometry
        and data.temperature == temperature
        and data.run.tolist() == [0] * len(spins)
    )


def in_a_row(name, chain):
    return attrs.evolve(chain, structure=Structure.of(*positions(LATTICES[name])))


def positions(lattice):
    return lattice.positions, lattice.cell, lattice.periodic


def mesh_positions(data):
    """Positions on the mesh, x first, from the base that was found (ovf and pyovf write another than the centre of a cell)."""
    z, y, x = np.indices(made.NODES[::-1]).reshape(3, -1)
    return data.geometry.structure.positions[0] + np.stack([x, y, z], axis=-1) * made.STEP


ALL = [*made.ASE, *made.OVF, made.PYOVF]


@pytest.mark.parametrize("name", ALL)
def test_kept_files_are_read(name):
    (data,) = pr.read(made.FORMATS / name)
    assert is_right(data, name)


def test_the_check_rejects_what_is_off(tmp_path):
    """A vector that is off by 1e-6, sites in another order, another temperature."""
    lattice = LATTICES["chain"]
    spins = made.vectors("ase-chain.xyz")
    turned = spins.copy()
    turned[1, 3] += 1e-6 * spins[0, 0]
    for vectors, options in ((turned, {}), (spins[:, ::-1], {}), (spins[::-1], {}), (spins, {"temperature": 0.31})):
        write_extended_xyz(tmp_path / "off.xyz", vectors, lattice, **{"temperature": 0.3} | options)
        assert not is_right(pr.read(tmp_path / "off.xyz")[0], "ase-chain.xyz")
    wrong = spiral(2, 24).reshape(2, 2, 3, 4, 3).swapaxes(1, 3).reshape(2, 24, 3)  # z first
    write_ovf(tmp_path / "off.ovf", wrong, made.NODES, step=made.STEP)
    assert not is_right(pr.read(tmp_path / "off.ovf")[0], "ovf-binary-8.ovf")


@pytest.mark.parametrize("name", ALL)
def test_new_files_of_these_programs_are_read(name, tmp_path):
    write(tmp_path / name, name)
    (data,) = pr.read(tmp_path / name)
    assert is_right(data, name)


@pytest.mark.parametrize("name", made.ASE)
def test_our_writer_of_test_files_gives_the_bytes_of_ase(name, tmp_path):
    lattice, column, temperature = made.ASE[name]
    write_extended_xyz(tmp_path / name, made.vectors(name), LATTICES[lattice], column=column, temperature=temperature)
    assert (tmp_path / name).read_bytes() == (made.FORMATS / name).read_bytes()


def test_binary_files_are_read_to_the_byte_as_these_libraries_read_them(tmp_path):
    ovf = pytest.importorskip("ovf.ovf")
    for name in ("ovf-binary-4.ovf", "ovf-binary-8.ovf", "ovf-text.ovf"):
        dtype = made.OVF[name][1]
        with ovf.ovf_file(str(made.FORMATS / name)) as file:
            segment = ovf.ovf_segment()
            for k, ours in enumerate(read_ovf(made.FORMATS / name)):
                assert file.read_segment_header(k, segment) == ovf.OK
                theirs = np.zeros((24, 3), dtype)
                assert file.read_segment_data(k, segment, theirs) == ovf.OK
                assert ours.astype(dtype).tobytes() == theirs.tobytes()
                assert list(segment.step_size) == list(made.STEP)
    pyovf = pytest.importorskip("pyovf")
    theirs = pyovf.read(made.FORMATS / made.PYOVF, verbose=False).data
    assert read_ovf(made.FORMATS / made.PYOVF)[0].astype("f4").tobytes() == theirs.tobytes()


def read_ovf(path):
    """The vectors (site, 3) of each segment, before anything is divided out."""
    from paper_repro.sampling.readers import ovf as reader  # noqa: PLC0415

    return [frames.spins[0] for frames in reader.read(path.read_bytes(), str(path))]


def test_the_examples_of_the_document_run(pytestconfig, tmp_path, monkeypatch):
    pytest.importorskip("ase.io")
    pytest.importorskip("ovf")
    monkeypatch.chdir(tmp_path)
    text = (pytestconfig.rootpath / "docs/data.md").read_text(encoding="utf-8")
    names: dict[str, object] = {}
    first, *blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    for block in blocks:
        exec(block, names)  # noqa: S102
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine.npz", "mine.ovf", "mine.xyz"]
    for name, tolerance in (("npz", 0), ("xyz", 1e-8), ("ovf", 1e-7)):
        (data,) = pr.read(f"mine.{name}")
        assert np.abs(data.spins - names["spins"]).max() <= tolerance
        assert data.geometry.boundary == "open"
    (tmp_path / "snapshots").mkdir()
    (tmp_path / "mine.ovf").rename(tmp_path / "snapshots/mine.ovf")
    exec(first, names)  # noqa: S102
    assert names["data"][0].temperature == 0.05
