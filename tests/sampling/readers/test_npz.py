"""The npz format: every array it may have, what is written is read again, and what is refused in one line."""

import io
import zipfile

import numpy as np
import pytest

import paper_repro as pr
from paper_repro.files import InputError
from tests.support.snapshot_files import LATTICES, npz_bytes, spiral

SPINS = spiral(5, 7)


def read(tmp_path, **arrays):
    path = tmp_path / "mine.npz"
    path.write_bytes(npz_bytes(**arrays))
    return pr.read(path)


def same(first, second):
    return (
        first.spins.tobytes() == second.spins.tobytes()
        and first.run.tolist() == second.run.tolist()
        and first.species.tolist() == second.species.tolist()
        and (first.species_names, first.temperature, first.geometry) == (second.species_names, second.temperature, second.geometry)
    )


SQUARE = LATTICES["square"]
#: Records of each kind.
RECORDS = {
    "plain": pr.Snapshots.of(SPINS),
    "ring": pr.Snapshots.of(SPINS, "ABBABBA", geometry=pr.Geometry.periodic_chain(7), temperature=0.05, run=[3, 3, 1, 1, 1]),
    "bonds": pr.Snapshots.of(SPINS, [1, 0, 0, 1, 0, 1, 0], geometry=pr.Geometry.from_bonds(7, [[0, 6, 2], [5, 1, 1]])),
    "positions": pr.Snapshots.of(
        spiral(2, 64), ["Fe"] * 64, geometry=pr.Geometry.from_positions(SQUARE.positions, SQUARE.cell, SQUARE.periodic)
    ),
    "cluster": pr.Snapshots.of(spiral(2, 3), geometry=pr.Geometry.from_positions([[0, 0, 0], [1, 0, 0], [0, 1, 0]])),
    "names": pr.Snapshots.of(SPINS, ["Fe", "Co", "Ni", "Ni", "Co", "β", "Fe"]),
}


@pytest.mark.parametrize("kind", RECORDS)
def test_what_is_written_is_read_again(kind, tmp_path):
    pr.write(tmp_path / "new" / "a.npz", RECORDS[kind])
    (data,) = pr.read(tmp_path / "new" / "a.npz")
    assert same(data, RECORDS[kind])
    assert not same(data, RECORDS["names" if kind == "plain" else "plain"])


@pytest.mark.parametrize("boundary", ["open_chain", "periodic_chain"])
def test_chains_of_different_lengths_are_one_file(boundary, tmp_path):
    chain = getattr(pr.Geometry, boundary)
    options = {"temperature": 0.1, "run": [0, 0, 1, 2, 2]}
    words = ["ABBA", "BAB", "ABABBAAB"]
    written = [pr.Snapshots.of(spiral(5, len(word)), word, geometry=chain(len(word)), **options) for word in words]
    pr.write(tmp_path / "a.npz", written)
    again = pr.read(tmp_path / "a.npz")
    assert len(again) == 3
    assert all(same(*pair) for pair in zip(written, again, strict=True))
    with np.load(tmp_path / "a.npz") as arrays:
        assert arrays["sequences"].tolist() == words
        assert arrays["spins"].shape == (5, 15, 3)


def test_a_chain_that_is_there_twice_has_two_runs(tmp_path):
    spins = spiral(5, 11)
    long, short = read(tmp_path, spins=spins, sequences=["ABBA", "BAB", "ABBA"])
    assert (long.run.tolist(), short.run.tolist()) == ([0] * 5 + [1] * 5, [0] * 5)
    assert long.spins.tobytes() == np.concatenate([spins[:, :4], spins[:, 7:]]).tobytes()


def test_the_ensembles_of_a_run_are_read_too(pytestconfig):
    data = pr.read(pytestconfig.rootpath / "tests/formats/ensemble-with-traces.npz")
    assert {each.species_names for each in data} == {("A", "B")}
    assert "arrays that are not used: " in data[0].notes[0]


def test_each_key_may_have_other_shapes_and_types_of_the_same_meaning(tmp_path):
    for arrays in (
        {"species": "ABBABBA", "temperature": 1},
        {"species": np.array(list("ABBABBA"), dtype="S"), "temperature": np.array([1.0])},
        {"species": np.array(list("ABBABBA"), dtype=">U3"), "temperature": np.float32(1)},
    ):
        for spins in (SPINS, np.asfortranarray(SPINS), SPINS.astype(">f8")):
            (data,) = read(tmp_path, spins=spins, compressed=True, periodic=True, run=np.uint8(4), **arrays)
            assert data.spins.tobytes() == SPINS.tobytes()
            assert (data.species.tolist(), data.temperature) == ([0, 1, 1, 0, 1, 1, 0], 1.0)
            assert data.geometry == pr.Geometry.periodic_chain(7)
            assert data.run.tolist() == [4] * 5
    (data,) = read(tmp_path, spins=SPINS, energy=np.zeros(5), specie=np.zeros(7))
    assert data.notes == (f"{tmp_path}/mine.npz: arrays that are not used: energy, specie",)
    both = {"positions": LATTICES["square"].positions[:7], "bonds": [[0, 1, 1]]}
    (data,) = read(tmp_path, spins=SPINS, **both)
    assert data.geometry == pr.Geometry.from_bonds(7, [[0, 1, 1]])
    assert data.notes == (f"{tmp_path}/mine.npz: the pairs are those of its bonds; positions and cell are not used",)


NAN = SPINS.copy()
NAN[1, 2, 0] = np.nan
PLACES = LATTICES["square"].positions[:7]
SAVED = "numbers or text: save np.asarray(values, dtype=float), or dtype=str, with numpy.savez"
#: What an archive may wrongly hold, and the line that refuses it.
REFUSED = {
    "no spins": ({"energy": np.zeros(3)}, "an archive of energy; expected spins (snapshot, site, 3)"),
    "one snapshot": ({"spins": SPINS[0]}, "spins of shape (7, 3), one snapshot; expected (snapshot, site, 3), such as spins[None]"),
    "axes swapped": (
        {"spins": SPINS.swapaxes(0, 1), "species": list("ABBABBA")},
        "spins of shape (7, 5, 3), axes swapped: the sites are axis 0; expected (snapshot, 7, 3), for species has 7 sites",
    ),
    "NaN": ({"spins": NAN}, "1 spins that are not finite, the first in snapshot 1, site 2; expected finite vectors"),
    "complex": ({"spins": SPINS + 0j}, ", spins: an array of complex128; expected numbers or text"),
    "objects": (
        {"spins": np.array([SPINS, None], dtype=object)},
        f", spins: an array of Python objects, which only pickle can read; expected {SAVED}",
    ),
    "too many species": (
        {"spins": SPINS, "species": list("AB")},
        "spins of shape (5, 7, 3); expected (snapshot, 2, 3), for species has 2 sites",
    ),
    "species by half": (
        {"spins": SPINS, "species": np.ones(7)},
        "species of shape (7,), float64; expected names or integers (site,)",
    ),
    "negative species": ({"spins": SPINS, "species": -np.arange(7)}, "species -1; expected numbers ≥ 0"),
    "a species of none": (
        {"spins": SPINS, "species": [*"ABBABB", ""]},
        "species ''; expected names of 1 to 64 letters that can be printed",
    ),
    "a species that harms": (
        {"spins": SPINS, "species": [*"ABBABB", "\x1b[2J"]},
        "species '\\x1b[2J'; expected names of 1 to 64 letters that can be printed",
    ),
    "bonds of two": (
        {"spins": SPINS, "bonds": [[0, 1]]},
        "bonds of shape (1, 2), int64; expected integers (bond, 3): i, j, class",
    ),
    "a bond outside": ({"spins": SPINS, "bonds": [[0, 7, 1]]}, "bond 0 joins sites 0 and 7; expected sites 0 to 6"),
    "positions of others": (
        {"spins": SPINS, "positions": PLACES[:6]},
        "positions of shape (6, 3), float64; expected real numbers (7, 3)",
    ),
    "positions at infinity": (
        {"spins": SPINS, "positions": PLACES + np.inf},
        "positions that are not finite; expected finite numbers",
    ),
    "two sites at one place": ({"spins": SPINS, "positions": 0 * PLACES}, "two sites at one place; expected different positions"),
    "a cell alone": ({"spins": SPINS, "cell": np.eye(3)}, "a cell without positions; expected positions (site, 3)"),
    "no cell": (
        {"spins": SPINS, "positions": PLACES, "periodic": [True, True, False]},
        "periodic without a cell; expected a cell (3, 3), rows a, b, c",
    ),
    "a cell of none": (
        {"spins": SPINS, "positions": PLACES, "cell": np.zeros((3, 3)), "periodic": [True, False, False]},
        "periodic along",
    ),
    "periodic by two": (
        {"spins": SPINS, "periodic": [True, 2, 0]},
        "periodic = [1, 2, 0]; expected three of true or false, along a, b, c",
    ),
    "a ring along b": (
        {"spins": SPINS, "periodic": [False, True, False]},
        "periodic along b or c, without positions; expected positions, or a ring: true, false, false",
    ),
    "runs of others": (
        {"spins": SPINS, "run": [0, 1]},
        "run of shape (2,), int64; expected integers (5,), the Markov chain of each snapshot",
    ),
    "two temperatures": ({"spins": SPINS, "temperature": [1, 2]}, "temperature of shape (2,), int64; expected one number > 0"),
    "no temperature": (
        {"spins": SPINS, "temperature": np.nan},
        "temperature = nan; expected a finite number > 0, in units of energy / k_B",
    ),
    "sequences of others": (
        {"spins": SPINS, "sequences": ["ABBA", "BA"]},
        "spins of shape (5, 7, 3); expected (snapshot, 6, 3), for sequences has 6 sites",
    ),
    "sequences and bonds": (
        {"spins": SPINS, "sequences": ["ABBABBA"], "bonds": [[0, 1, 1]]},
        "sequences and bonds; expected sequences alone, or one system",
    ),
    "a sequence of none": (
        {"spins": SPINS, "sequences": ["ABBABBA", ""]},
        "sequence 1, which has no letter; expected a letter for each site",
    ),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_none_is_said_in_one_line(kind, tmp_path):
    arrays, line = REFUSED[kind]
    with pytest.raises(InputError) as caught:
        read(tmp_path, **arrays)
    said = str(caught.value).removeprefix(f"{tmp_path}/mine.npz").removeprefix(": ")
    assert said == line if "; expected" in line else said.startswith(line)
    assert "\n" not in said


def test_what_cannot_be_written_is_said_in_one_line(tmp_path):
    chain = pr.Snapshots.of(SPINS, "ABBABBA")
    for others, line in (
        ([], "no snapshots to write; expected one or more records"),
        ([chain, RECORDS["ring"]], "2 systems, not all of them chains with the same ends; expected chains, or a file for each"),
        (
            [chain, chain.part(slice(3))],
            "chains of other runs or temperatures; expected the same snapshots of each chain, or a file for each",
        ),
        (
            [chain, RECORDS["names"]],
            "several chains with species 'Co', 'Fe', 'Ni', 'β'; expected letters, or a file for each chain",
        ),
    ):
        with pytest.raises(InputError) as caught:
            pr.write(tmp_path / "a.npz", others)
        assert str(caught.value) == f"{tmp_path}/a.npz: {line}"
    assert list(tmp_path.iterdir()) == []


def test_compression_is_taken_up_to_its_limit(tmp_path):
    up = np.tile([0.0, 0.0, 1.0], (200, 7, 1))
    assert len(read(tmp_path, spins=up, compressed=True)[0]) == 200
    with pytest.raises(
        InputError, match=r"arrays of 16,800,\d+ bytes in a file of \d+,\d+; expected at most 100 times the file; numpy.savez"
    ):
        read(tmp_path, spins=np.tile(up, (500, 1, 1)), compressed=True)


def test_members_that_are_encrypted_or_compressed_otherwise_are_refused(tmp_path):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_LZMA) as archive:
        member = io.BytesIO()
        np.save(member, SPINS)
        archive.writestr("spins.npy", member.getvalue())
    (tmp_path / "a.npz").write_bytes(stream.getvalue())
    with pytest.raises(InputError, match="spins is compressed by method 14"):
        pr.read(tmp_path / "a.npz")


def test_notes_are_written_and_read_again(tmp_path):
    data = pr.Snapshots.of(SPINS, notes=("drawn by hand", "a second line, with µ"))
    pr.write(tmp_path / "a.npz", data)
    pr.write(tmp_path / "b.npz", [data, pr.Snapshots.of(SPINS[:, :6])])
    assert [part.notes for part in pr.read(tmp_path / "a.npz")] == [data.notes]
    assert [part.notes for part in pr.read(tmp_path / "b.npz")] == [data.notes, data.notes]
    np.savez(tmp_path / "c.npz", spins=SPINS, notes=np.ones(2))
    with pytest.raises(InputError, match=r"c.npz: notes of shape \(2,\), float64; expected text \(note,\)"):
        pr.read(tmp_path / "c.npz")


def test_axes_that_may_be_swapped_are_noted_where_nothing_tells(tmp_path):
    """A few snapshots of a long chain are no error; species, which would tell, silence the note."""
    long = np.broadcast_to([0.0, 0.6, 0.8], (3, 30, 3))
    for name, arrays, said in (
        ("long", {"spins": long}, True),
        ("one", {"spins": long[:1]}, False),
        ("short", {"spins": long[:, :29]}, False),
        ("stated", {"spins": long, "species": list("AB" * 15)}, False),
    ):
        np.savez(tmp_path / f"{name}.npz", **arrays)
        (data,) = pr.read(tmp_path / f"{name}.npz")
        assert any("3 snapshots of 30 sites; the axes may be swapped" in note for note in data.notes) is said
