"""The file of an ensemble: it comes back to the byte, and a damaged or hostile one is refused in one line."""

import io
import zipfile

import numpy as np
import pytest

from paper_repro.files import InputError
from paper_repro.sampling.generate import generate
from paper_repro.sampling.storage import load, save
from tests.support.ensembles import same


@pytest.fixture(scope="module")
def whole(small):
    return generate(small, "training", 0, 13, threads=1)


def test_an_ensemble_survives_its_file(whole, tmp_path):
    save(whole, tmp_path / "folder" / "training.npz")
    again = load(tmp_path / "folder" / "training.npz")
    assert same(again, whole)
    assert (again.sequences, again.species_names) == (whole.sequences, whole.species_names)
    assert again.diagnostics.thinning == whole.diagnostics.thinning
    save(again, tmp_path / "again.npz")
    assert (tmp_path / "again.npz").read_bytes() == (tmp_path / "folder" / "training.npz").read_bytes()


def test_the_file_has_the_arrays_of_its_format_in_their_order(whole, tmp_path, pytestconfig):
    save(whole, tmp_path / "training.npz")
    with (
        np.load(tmp_path / "training.npz") as now,
        np.load(pytestconfig.rootpath / "tests" / "formats" / "ensemble-with-traces.npz") as then,
    ):
        assert now.files == then.files
        assert [now[name].dtype.kind for name in now.files] == [then[name].dtype.kind for name in then.files]


def archive(**changes):
    def rewrite(data):
        arrays = {**np.load(io.BytesIO(data))}
        arrays |= {name: change(arrays[name]) if callable(change) else change for name, change in changes.items()}
        stream = io.BytesIO()
        np.savez(stream, **{name: array for name, array in arrays.items() if array is not None})
        return stream.getvalue()

    return rewrite


def flipped(data):
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]


def foreign_archive(_):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as other:
        other.writestr("readme.txt", "not an array")
    return stream.getvalue()


DAMAGE = {
    "empty": lambda _: b"",
    "garbage": lambda _: b"garbage" * 100,
    "half": lambda data: data[: len(data) // 2],
    "last byte gone": lambda data: data[:-1],
    "flipped bit": flipped,
    "another archive": foreign_archive,
    "array gone": archive(spins=None),
    "wrong shape": archive(spins=np.zeros((5, 7, 3), dtype=np.float32)),
    "not unit vectors": archive(spins=lambda spins: spins * np.float32(1.001)),
    "not numbers": archive(spins=lambda spins: spins * np.float32(np.nan)),
    "other letters": archive(identities=np.array("XY")),
    "another trace": archive(energies=lambda energies: energies[:, :-1]),
    "one value short": archive(round_trips=lambda trips: trips[1:]),
    "an axis short": archive(swap_rates=lambda rates: rates[:, 0]),
    "wrong type": archive(mean_energy=lambda values: values.astype(np.int64)),
    "pickled object": archive(mean_energy=np.array([None] * 13)),
    "no sequences": archive(sequences=np.array([], dtype="U1")),
}


@pytest.mark.faults("damaged")
@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_file_is_refused_in_one_line(whole, tmp_path, damage):
    path = tmp_path / "training.npz"
    save(whole, path)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(InputError) as caught:
        load(path)
    message = str(caught.value)
    assert message.startswith((f"{path}: not usable (", f"{path}: an ensemble of an earlier format, without "))
    assert message.endswith("expected an ensemble written by this project (npz)")
    assert "\n" not in message


@pytest.mark.faults("damaged")
def test_a_missing_file_and_a_folder_are_refused_in_one_line(tmp_path):
    for path in (tmp_path / "none.npz", tmp_path):
        with pytest.raises(InputError, match=r"cannot be read \(.*\); expected an ensemble"):
            load(path)


@pytest.mark.faults("hostile")
def test_a_small_file_that_declares_100_gb_is_refused_before_memory_is_taken(tmp_path, monkeypatch):
    """The header of one array says 25e9 float32; the file has ten thousand bytes. ``np.load`` would ask for the memory first."""
    path = tmp_path / "bomb.npz"
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f4", "fortran_order": False, "shape": (25_000_000_000,)})
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("spins.npy", header.getvalue() + bytes(10_000))
    monkeypatch.setattr(np, "load", None)
    with pytest.raises(InputError, match=r"spins\.npy declares 100,000,000,000 bytes in a member of 10,128"):
        load(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("spins.npy", bytes(10_000_000))
    assert path.stat().st_size < 20_000
    with pytest.raises(InputError, match="compressed or larger than the file"):
        load(path)
