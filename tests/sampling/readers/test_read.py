"""``read``: files of any format to records, what it stacks and what it keeps apart, and what it says of what it assumed."""

import os

import numpy as np
import pytest

import paper_repro as pr
from paper_repro.files import InputError
from tests.support.snapshot_files import LATTICES, npz_bytes, row, spiral, write_extended_xyz, write_ovf

SPINS = spiral(5, 4)


def save(path, **arrays):
    path.write_bytes(npz_bytes(**arrays))
    return path


def refused(line, *arguments, **options):
    with pytest.raises(InputError) as caught:
        pr.read(*arguments, **options)
    assert str(caught.value) == line


def test_sites_without_bonds_and_positions_are_an_open_chain(tmp_path):
    (data,) = pr.read(str(save(tmp_path / "a.npz", spins=SPINS)))
    assert data.spins.tobytes() == SPINS.tobytes()
    assert data.geometry == pr.Geometry.open_chain(4)
    assert (data.species.tolist(), data.species_names, data.temperature, data.notes) == ([0] * 4, None, None, ())


def test_files_globs_and_folders_stack_in_sorted_order_each_a_run(tmp_path):
    for name, part in (("b.npz", SPINS[2:4]), ("a.npz", SPINS[:2]), ("c.npz", SPINS[4:])):
        save(tmp_path / name, spins=part, species=list("ABBA"))
    (tmp_path / "notes.txt").write_text("not snapshots")
    (tmp_path / ".hidden.npz").write_bytes(b"")
    ways = [
        [tmp_path / "c.npz", str(tmp_path / "a.npz"), tmp_path / "b.npz"],
        str(tmp_path / "*.npz"),
        tmp_path,
        [str(tmp_path / "[ab].npz"), tmp_path / "c.npz"],
    ]
    for way in ways:
        (data,) = pr.read(way, temperature=0.3)
        assert data.spins.tobytes() == SPINS.tobytes()
        assert data.run.tolist() == [0, 0, 1, 1, 2]
        assert data.temperature == 0.3
        assert data.notes == ((f"{tmp_path}: 1 files of other kinds are not read (notes.txt)",) if way == tmp_path else ())
    assert pr.read(tmp_path, one_run=True)[0].run.tolist() == [0] * 5


def test_runs_that_a_file_numbers_are_kept_and_those_of_files_are_different(tmp_path):
    numbered = [7, 7, 3, 3, 9]
    one = save(tmp_path / "a.npz", spins=SPINS, run=numbered)
    assert pr.read(one)[0].run.tolist() == numbered
    save(tmp_path / "b.npz", spins=SPINS, run=numbered)
    save(tmp_path / "c.npz", spins=SPINS)
    (data,) = pr.read(tmp_path)
    assert data.run.tolist() == [*numbered, *(14, 14, 10, 10, 16), *[17] * 5]
    (data,) = pr.read([tmp_path / "a.npz", tmp_path / "b.npz"], one_run=True)
    assert data.run.tolist() == numbered * 2


def test_files_of_one_snapshot_each_are_said_to_be_taken_as_independent(tmp_path):
    for k, spins in enumerate(SPINS):
        save(tmp_path / f"{k}.npz", spins=spins[None])
    (data,) = pr.read(tmp_path)
    assert data.run.tolist() == list(range(5))
    assert data.notes == ("5 files of one snapshot each are taken as independent runs, not as one run (one_run=True)",)
    assert pr.read(tmp_path, one_run=True)[0].notes == ()


def test_other_systems_are_records_of_their_own_with_species_numbered_alike(tmp_path):
    save(tmp_path / "a.npz", spins=SPINS, species=["Fe", "Fe", "Ni", "Fe"])
    save(tmp_path / "b.npz", spins=SPINS[:, :3], species=["Ni", "Co", "Ni"])
    save(tmp_path / "c.npz", spins=SPINS, species=["Fe", "Fe", "Ni", "Fe"])
    long, short = pr.read(tmp_path)
    assert (long.spins.shape, short.spins.shape) == ((10, 4, 3), (5, 3, 3))
    assert long.species_names == short.species_names == ("Co", "Fe", "Ni")
    assert (long.species.tolist(), short.species.tolist()) == ([1, 1, 2, 1], [2, 0, 2])
    assert (long.run.tolist(), short.run.tolist()) == ([0] * 5 + [1] * 5, [0] * 5)
    assert long.origin == f"{tmp_path / 'a.npz'} and 1 more"


def test_species_by_number(tmp_path):
    (data,) = pr.read(save(tmp_path / "a.npz", spins=SPINS, species=[1, 0, 0, 1]))
    assert (data.species.tolist(), data.species_names) == ([1, 0, 0, 1], None)
    (data,) = pr.read(save(tmp_path / "a.npz", spins=SPINS, species=[26, 26, 4, 26]))
    assert (data.species.tolist(), data.species_names) == ([1, 1, 0, 1], ("4", "26"))
    save(tmp_path / "b.npz", spins=SPINS, species=list("ABBA"))
    a, b = tmp_path / "a.npz", tmp_path / "b.npz"
    refused(f"{b}: species by name, and species by number in {a}; expected species of one kind in all files", tmp_path)


def test_formats_are_told_apart_by_content_and_mixed(tmp_path):
    chain = row("ABBA")
    write_extended_xyz(tmp_path / "a.dat", SPINS[:2], chain)
    save(tmp_path / "b.dat", spins=SPINS[2:], species=list("ABBA"), positions=chain.positions)
    (data,) = pr.read(tmp_path / "*.dat")
    assert np.abs(data.spins - SPINS).max() < 1e-8
    write_ovf(tmp_path / "c.dat", SPINS, (4, 1, 1))
    assert [len(each) for each in pr.read(tmp_path / "c.dat", species="ABBA")] == [5]


def test_a_row_is_a_chain_a_row_around_the_cell_a_ring_and_others_have_shells(tmp_path):
    made = {}
    for name, lattice in LATTICES.items():
        path = tmp_path / f"{name}.xyz"
        write_extended_xyz(path, spiral(2, len(lattice.species)), lattice, temperature=0.2)
        (made[name],) = pr.read(path)
        assert made[name].temperature == 0.2
    assert (made["chain"].geometry.boundary, made["ring"].geometry.boundary) == ("open", "periodic")
    assert made["chain"].species_names == ("Co", "Fe", "Ni")
    square = made["square"].geometry
    assert [len(square.pairs_of(shell)) for shell in (1, 2, 3)] == [128, 128, 128]
    assert made["chain"].notes == ("equally spaced positions in a row: the sites are an open chain",)
    assert made["ring"].notes == ("equally spaced positions around the cell: the sites are a periodic chain",)
    # an angle of a degree in the middle, a gap, a cell that is longer than the row, another periodic direction: no chain
    bent, cell = LATTICES["chain"].positions.copy(), LATTICES["ring"].cell
    bent[6:, 1] += 0.05 * np.arange(6)
    for arrays in ({"positions": bent}, {"cell": 2 * cell}, {"periodic": [True, True, False], "cell": cell}):
        given = {"positions": LATTICES["ring"].positions, "periodic": [bool("cell" in arrays), False, False]} | arrays
        (data,) = pr.read(save(tmp_path / "other.npz", spins=spiral(2, 12), **given))
        assert data.geometry.boundary is None


def test_a_chain_with_positions_has_separations_and_shells(tmp_path):
    for name in ("chain", "ring"):
        write_extended_xyz(tmp_path / "a.xyz", spiral(2, 12), LATTICES[name])
        (data,) = pr.read(tmp_path / "a.xyz")
        plain = pr.Geometry.open_chain(12) if name == "chain" else pr.Geometry.periodic_chain(12)
        for word in ("separations", "shells"):
            library = pr.library(exchange={word: [1, 2, 3]}, four_spin=True)
            assert library.terms(data.species_names, data.geometry).names[0] == "exchange 1"
        assert [data.geometry.pairs_of(k).tolist() for k in range(1, 13)] == [plain.pairs_of(k).tolist() for k in range(1, 13)]
        assert data.geometry.first_classes(20) == plain.bond_classes
        with pytest.raises(InputError, match="data on a chain; expected separations, or range"):
            pr.library(exchange={"shells": [1]}).terms(data.species_names, plain)


def test_periodic_stands_in_place_of_what_files_state(tmp_path):
    write_ovf(tmp_path / "m.ovf", spiral(2, 64), (8, 8, 1), step=(4e-9, 4e-9, 1e-9))
    open_, ring = pr.read(tmp_path / "m.ovf")[0], pr.read(tmp_path / "m.ovf", periodic=(True, True, False))[0]
    assert [len(each.geometry.pairs_of(1)) for each in (open_, ring)] == [112, 128]
    (ring,) = pr.read(save(tmp_path / "a.npz", spins=SPINS), periodic=(True, False, False))
    assert ring.geometry == pr.Geometry.periodic_chain(4)
    refused("periodic: 'xy'; expected three of True or False, along the cell vectors a, b, c", tmp_path / "a.npz", periodic="xy")


def test_temperature_is_that_of_all_files_or_the_one_given(tmp_path):
    a = save(tmp_path / "a.npz", spins=SPINS, temperature=0.3)
    assert pr.read(a)[0].temperature == 0.3
    assert pr.read(a, temperature=0.3)[0].notes == ()
    (data,) = pr.read(a, temperature=0.05)
    assert (data.temperature, data.notes) == (0.05, ("temperature 0.05 as given, instead of 0.3 in the files",))
    b = save(tmp_path / "b.npz", spins=SPINS)
    expected = "expected a temperature in all files or in none, or temperature=… (--temperature) for all"
    refused(f"temperature: 0.3 in {a} and none in {b}; {expected}", tmp_path)
    save(tmp_path / "b.npz", spins=SPINS[:, :3], temperature=0.4)
    assert [(each.temperature, each.sites) for each in pr.read(tmp_path)] == [(0.3, SPINS.shape[1]), (0.4, 3)]
    save(tmp_path / "b.npz", spins=SPINS[::-1], temperature=0.4)
    first, second = pr.read(tmp_path)  # the same sites, at another temperature
    assert (first.temperature, second.temperature, len(first), len(second)) == (0.3, 0.4, len(SPINS), len(SPINS))
    np.testing.assert_array_equal(first.spins, second.spins[::-1])
    assert {each.temperature for each in pr.read(tmp_path, temperature=1)} == {1.0}
    save(tmp_path / "b.npz", spins=SPINS, temperature=-1.0)
    refused(f"{b}: temperature = -1; expected a finite number > 0, in units of energy / k_B", b)


def test_a_length_that_all_share_is_divided_out_and_others_are_refused_unless_they_are_meant(tmp_path):
    path = save(tmp_path / "a.npz", spins=2.2 * SPINS)
    (data,) = pr.read(path)
    assert np.abs(data.spins - SPINS).max() < 1e-15
    assert data.notes == (f"{path}: vectors of length 2.2, divided by it",)
    assert np.abs(pr.read(save(path, spins=(8e5 * SPINS).astype(np.float32)))[0].spins - SPINS).max() < 1e-7
    factors = np.array([1.0, 1.0, 0.9, 1.1])[:, None]
    save(path, spins=factors * SPINS)
    found = f"{path}: vectors of lengths 0.9 to 1.1"
    refused(f"{found}; expected one length, or moments=True (--moments) where lengths that differ are meant", path)
    (data,) = pr.read(path, moments=True)
    assert np.abs(data.spins - SPINS).max() < 1e-15
    assert data.notes == (f"{found}, each divided by its own",)
    almost = SPINS.copy()
    almost[2, 1] *= 1 + 3e-4  # more than rounding
    expected = "one length, or moments=True (--moments) where lengths that differ are meant"
    refused(f"{path}: vectors of lengths 1 to 1.0003; expected {expected}", save(path, spins=almost))


def test_sites_that_are_empty_in_every_snapshot_are_left_out_where_sites_have_positions(tmp_path):
    disk = spiral(2, 16)
    disk[:, [0, 3, 12, 15]] = 0
    path = tmp_path / "disk.ovf"
    write_ovf(path, disk, (4, 4, 1))
    (data,) = pr.read(path)
    kept = np.setdiff1d(np.arange(16), [0, 3, 12, 15])
    assert data.spins.tobytes() == disk[:, kept].tobytes()
    assert len(data.geometry.pairs_of(1)) == 24 - 8
    assert data.notes == (f"{path}: 4 of 16 sites are empty (vectors of length 0) and left out",)
    disk[1, 3] = [0, 0, 1]
    write_ovf(path, disk, (4, 4, 1))
    with pytest.raises(
        InputError, match=r"disk.ovf, line 3, snapshot 0: 1 vectors of length 0, the first at site 3; expected spins"
    ):
        pr.read(path)
    chain = SPINS.copy()
    chain[:, 1] = 0
    a = save(tmp_path / "a.npz", spins=chain)
    found = "1 sites with vectors of length 0, the first is site 1"
    refused(f"{a}: {found}; expected spins at each site of a chain or of a list of bonds", a)
    refused(f"{a}: vectors of length 0 only; expected spins", save(a, spins=0 * SPINS))


def test_species_may_be_given_where_files_have_none(tmp_path):
    path = save(tmp_path / "a.npz", spins=SPINS)
    assert pr.read(path, species=["Fe", "Co", "Fe", "Fe"])[0].species_names == ("Co", "Fe")
    refused(f"{path}: 4 sites, and 3 species given; expected one for each site", path, species="ABA")
    save(path, spins=SPINS, species=list("ABBA"))
    refused(f"{path}: species, and others given; expected species where the file has none", path, species="ABBA")


def test_what_is_no_file_of_snapshots_is_said_in_one_line(tmp_path):
    expected = "expected snapshots as npz (numpy.savez), extended xyz, or OVF 1 or 2"
    way = "expected a file, a glob such as snapshots/*.ovf, or a folder"
    path = tmp_path / "a.txt"
    refused(f"{path}: no such file or folder; {way}", path)
    refused(f"{tmp_path}/*.npz: a glob that matches no file; {way}", f"{tmp_path}/*.npz")
    refused(f"paths: 5; {way}", 5)
    refused(f"paths: no file; {way}", [])
    path.write_text("")
    refused(f"{path}: an empty file; {expected}", path)
    path.write_text("hello")
    refused(f"{path}: a file of another format; {expected}", path)
    refused(f"{tmp_path}: a folder of 1 files, none of them snapshots; expected npz, extended xyz or OVF files", tmp_path)
    np.save(tmp_path / "a.npy", SPINS)
    single = "a single array (npy); expected an archive of named arrays: numpy.savez(path, spins=spins)"
    refused(f"{tmp_path / 'a.npy'}: {single}", tmp_path / "a.npy")
    twice = save(tmp_path / "b.npz", spins=SPINS)
    refused(f"{twice}: named twice; expected each file once", [twice, f"{tmp_path}/*.npz"])
    refused("odd\\x1b\\x00name: no such file or folder; " + way, "odd\x1b\x00name")
    os.mkfifo(tmp_path / "pipe")
    refused(f"{tmp_path / 'pipe'}: not a regular file; {way}", tmp_path / "pipe")
