"""Geometry: each pair once, with its class, against distances written out a second time; and what is refused."""

import itertools
import re

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paper_repro.physics.geometry import Geometry

chains = st.tuples(st.integers(1, 12), st.sampled_from(["open", "periodic"]))


def chain(sites, boundary):
    return Geometry.open_chain(sites) if boundary == "open" else Geometry.periodic_chain(sites)


def distance(i, j, sites, boundary):
    apart = abs(i - j)
    return min(apart, sites - apart) if boundary == "periodic" else apart


@given(chains)
def test_a_chain_has_each_pair_once_at_its_separation(made):
    geometry = chain(*made)
    found = {tuple(sorted(pair)): int(k) for pair, k in zip(geometry.pairs.tolist(), geometry.classes, strict=True)}
    expected = {(i, j): distance(i, j, *made) for i, j in itertools.combinations(range(made[0]), 2)}
    assert found == expected
    assert len(geometry.pairs) == len(expected)
    for k in geometry.bond_classes:
        assert geometry.pairs_of(k).tolist() == geometry.pairs[geometry.classes == k].tolist()
    for absent in (0, -1, made[0]):
        assert geometry.pairs_of(absent).shape == (0, 2)


@given(chains)
def test_pairs_of_a_ring_go_the_shortest_way_round(made):
    geometry = chain(*made)
    forward = (geometry.pairs[:, 1] - geometry.pairs[:, 0]) % made[0]
    assert (forward == geometry.classes).all()


@pytest.mark.parametrize("length", [3, 4])
@given(made=chains)
def test_runs_are_the_consecutive_sites(length, made):
    sites, boundary = made
    geometry = chain(sites, boundary)
    if boundary == "periodic" and sites <= length:
        with pytest.raises(ValueError, match=f"expected at least {length + 1} sites"):
            geometry.runs(length)
        return
    starts = range(sites) if boundary == "periodic" else range(max(sites - length + 1, 0))
    assert geometry.runs(length).tolist() == [[(i + k) % sites for k in range(length)] for i in starts]
    assert len({frozenset(run) for run in geometry.runs(length).tolist()}) == len(geometry.runs(length))


def test_a_list_of_bonds_keeps_order_direction_and_classes():
    geometry = Geometry.from_bonds(4, [[2, 0, 7], [0, 1, 3], [3, 1, 7], [0, 2, 3]])
    assert geometry.bond_classes == (3, 7)
    assert geometry.pairs_of(7).tolist() == [[2, 0], [3, 1]]
    assert geometry.pairs.tolist() == [[0, 1], [0, 2], [2, 0], [3, 1]]
    assert geometry.classes.tolist() == [3, 3, 7, 7]
    assert not geometry.is_chain
    with pytest.raises(ValueError, match="expected a chain"):
        geometry.runs(3)


def test_capabilities():
    assert [chain(5, b).is_open_chain for b in ("open", "periodic")] == [True, False]
    assert chain(5, "periodic").is_chain
    assert Geometry.open_chain(4) == Geometry.open_chain(4) != Geometry.periodic_chain(4)
    assert Geometry.from_bonds(3, [[0, 1, 1]]) != Geometry.from_bonds(3, [[1, 2, 1]])


@pytest.mark.parametrize(
    ("sites", "bonds", "message"),
    [
        (3, [[0, 1]], "bonds of shape (1, 2); expected (bond, 3): i, j, class"),
        (3, [], "bonds of shape (0,); expected (bond, 3): i, j, class"),
        (3, [[0.0, 1.0, 1.0]], "bonds of float64; expected integers i, j, class"),
        (3, [["0", "1", "a"]], "bonds of <U1; expected integers i, j, class"),
        (3, [[0, 1, 1], [1, 3, 1]], "bond 1 joins sites 1 and 3; expected sites 0 to 2"),
        (3, [[-1, 1, 1]], "bond 0 joins sites -1 and 1; expected sites 0 to 2"),
        (3, [[0, 1, 1], [2, 2, 1]], "bond 1 joins site 2 to itself; expected two different sites"),
        (3, [[0, 1, 1], [1, 2, 1], [1, 0, 1]], "bond 2 is bond 0 again, sites 1 and 0 of class 1; expected each pair once"),
        (0, [[0, 1, 1]], "sites = 0; expected an integer ≥ 1"),
        ("3", [[0, 1, 1]], "sites: '3'; expected an integer"),
    ],
)
def test_what_is_no_geometry_is_said_in_one_line(sites, bonds, message):
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        Geometry.from_bonds(sites, bonds)
    assert str(caught.value) == message


def square(size):
    return [[x, y, 0.0] for x in range(size) for y in range(size)]


def by_images(positions, cell, periodic, tolerance=1e-6):
    """Every pair by a direct loop over the images of five cells each way: (distance, i, j, displacement), by shell."""
    positions, cell = np.asarray(positions, float), np.asarray(cell, float)
    steps = itertools.product(*(range(-5, 6) if along else (0,) for along in periodic))
    found = []
    for step in steps:
        for i, j in itertools.product(range(len(positions)), repeat=2):
            apart = positions[j] + np.array(step) @ cell - positions[i]
            if i < j or (i == j and tuple(step) > (0, 0, 0)):
                found.append((np.linalg.norm(apart), i, j, apart))
    found.sort(key=lambda pair: pair[0])
    shells = []
    for pair in found:
        if not shells or pair[0] > shells[-1][0][0] * (1 + tolerance):
            shells.append([])
        shells[-1].append(pair)
    return shells


def unordered(pairs, displacements):
    """Each pair and its displacement, from the lower site to the higher, in an order."""
    rows = [(i, j, *d) if i < j else (j, i, *(-x for x in d)) for (i, j), d in zip(pairs, displacements, strict=True)]
    return sorted(tuple(round(float(x), 6) + 0.0 for x in row) for row in rows)


STRUCTURES = {
    "square": (square(3), np.diag([3, 3, 1]), (True, True, False)),
    "open square": (square(3), np.eye(3), (False, False, False)),
    "small cell": (square(2), np.diag([2, 2, 1]), (True, True, False)),
    "ring": ([[x, 0, 0] for x in range(5)], np.diag([5, 1, 1]), (True, False, False)),
    "triangular": ([[i + j / 2, j * 3**0.5 / 2, 0] for i in range(3) for j in range(4)],
                   [[3, 0, 0], [2, 2 * 3**0.5, 0], [0, 0, 0]], (True, True, False)),
    "bcc": ([[0, 0, 0], [0.5, 0.5, 0.5]], 1.0 * np.eye(3), (True, True, True)),
    "oblique": ([[0.1, 0.2, 0.3], [2.9, 0.1, 1.2], [7.5, -3.1, 0.2]], [[2, 0.3, 0], [0.1, 2.2, 0], [0.4, -0.3, 2.7]], (True,) * 3),
}  # fmt: skip


@pytest.mark.parametrize("name", STRUCTURES)
def test_shells_are_those_of_a_direct_loop_over_images(name):
    positions, cell, periodic = STRUCTURES[name]
    geometry = Geometry.from_positions(positions, cell, periodic)
    expected = by_images(positions, cell, periodic)
    known = 0
    for number, shell in enumerate(expected[:4], start=1):
        if any(i == j for _, i, j, _ in shell):  # an image of its own: the cell is too small
            with pytest.raises(ValueError, match="to its own image; expected a larger cell or fewer shells"):
                geometry.pairs_of(number)
            break
        apart = geometry.displacements_of(number)
        wanted = unordered([(i, j) for _, i, j, _ in shell], [d for *_, d in shell])
        assert unordered(geometry.pairs_of(number).tolist(), apart) == wanted
        known += 1
        for displacement in apart:  # along its direction: the first component that is not zero is positive
            assert next(x for x in displacement if abs(x) > 1e-9) > 0
    assert geometry.bond_classes == tuple(range(1, known + 1))
    assert not geometry.is_chain


def test_shells_beyond_those_kept_are_found_when_a_term_needs_them():
    geometry = Geometry.from_positions(square(8), 8 * np.eye(3), (True, True, False), shells=2)
    assert geometry.bond_classes == (1, 2)
    assert [len(geometry.pairs_of(k)) for k in (1, 2, 3, 4, 5, 6)] == [128, 128, 128, 256, 128, 128]  # 1, √2, 2, √5, √8, 3
    assert np.linalg.norm(geometry.displacements_of(6), axis=1) == pytest.approx(3)
    assert len(Geometry.from_positions(square(2)).pairs_of(3)) == 0


def test_equal_bonds_have_equal_directions_wherever_the_origin_and_the_cell_boundary_are():
    """From lower to higher site would turn the bonds that cross the boundary."""
    cell, periodic = np.diag([4.0, 4.0, 9.0]), (True, True, False)
    for shift in (0.0, 0.3, 1.7, 2.5):
        moved = np.array(square(4)) + np.array([shift, -shift, 0])
        moved[:, :2] %= 4
        geometry = Geometry.from_positions(moved, cell, periodic)
        apart = geometry.displacements_of(1)
        assert {tuple(np.round(d, 9)) for d in apart} == {(1, 0, 0), (0, 1, 0)}
        assert (np.bincount(geometry.pairs_of(1)[:, 0], minlength=16) == 2).all()


@given(st.integers(0, 2**32))
def test_rounded_positions_have_the_same_shells_and_directions(seed):
    noise = 2e-6 * np.random.default_rng(seed).uniform(-1, 1, (16, 3))
    exact = Geometry.from_positions(square(4), 4 * np.eye(3), (True, True, False))
    rounded = Geometry.from_positions(square(4) + noise, 4 * np.eye(3), (True, True, False))
    assert rounded.bonds.tolist() == exact.bonds.tolist()
    assert rounded != exact


def test_directions_of_a_shell_are_its_different_displacements():
    noise = 1e-6 * np.random.default_rng(0).uniform(-1, 1, (16, 3))
    for geometry in (
        Geometry.from_positions(square(4), 4 * np.eye(3), (True, True, False)),
        Geometry.from_positions(square(4) + noise, 4 * np.eye(3), (True, True, False)),
    ):
        assert np.round(geometry.directions_of(2), 4).tolist() == [[1, -1, 0], [1, 1, 0]]
        for direction in geometry.directions_of(2):
            assert len(geometry.pairs_along(2, direction)) == 16
    row = attrs.evolve(Geometry.open_chain(4), structure=Geometry.from_positions([[-x, 0, 0] for x in range(4)]).structure)
    for none, what in (
        (Geometry.open_chain(4), "a chain"),
        (row, "a chain"),
        (Geometry.from_bonds(2, [[0, 1, 1]]), "sites without"),
    ):
        with pytest.raises(
            ValueError, match=rf"^displacements on {what}.*; expected a lattice, as Geometry\.from_positions makes it$"
        ):
            none.directions_of(1)


def test_a_lattice_of_1024_sites_has_its_shells_and_a_site_alone_none():
    geometry = Geometry.from_positions(square(32), 32 * np.eye(3), (True, True, False))
    assert [len(geometry.pairs_of(k)) for k in geometry.bond_classes] == [2048, 2048, 2048, 4096]
    assert Geometry.from_positions([[0, 0, 0]]).bond_classes == ()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([[0, 0]],), "positions of int64 and shape (1, 2); expected numbers (site, 3)"),
        (([[0, 0, float("nan")]],), "positions that are not finite; expected finite numbers (site, 3)"),
        (([[0, 0, 0], [0, 0, 0]],), "two sites at one place; expected different positions"),
        ((square(2), None, (True, True, False)), "periodic without a cell; expected a cell (3, 3), rows a, b, c"),
        ((square(2), np.eye(2), (True, True, False)), "cell of float64 and shape (2, 2); expected numbers (3, 3), rows a, b, c"),
        ((square(2), np.eye(3), (True, True)), "periodic = [True, True]; expected three, each true or false"),
        ((square(2), np.diag([2, 0, 0]), (True, True, False)),
         "periodic along [[2.0, 0.0, 0.0], [0.0, 0.0, 0.0]]; expected independent vectors of the cell"),
        ((square(2), 2 * np.eye(3), (True, True, False), 3),
         "shell 3, distance 2, binds site 0 to its own image; expected a larger cell or fewer shells"),
        ((square(2), None, (False,) * 3, 3), "2 shells of 4 sites; expected 3"),
        ((square(2), None, (False,) * 3, 0), "shells = 0; expected an integer ≥ 1"),
        ((square(2), None, (False,) * 3, None, 0.5),
         "tolerance = 0.5; expected a relative difference of distances, above 0 and below 0.1"),
        (([[x**1.5, 0, 0] for x in range(12)],),
         "4 pairs of 12 sites in 4 shells; expected sites at equal distances, or a larger tolerance than 0.0001"),
        (([[x, 0, 0] for x in np.cumsum(1 + 9e-5 * np.arange(40))],),
         "distances 1.00009 to 1.00351 of shell 1 run into one another at tolerance = 0.0001; expected equal distances and gaps"),
    ],
)  # fmt: skip
def test_what_is_no_structure_is_said_in_one_line(arguments, message):
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        Geometry.from_positions(*arguments)
    assert str(caught.value) == message


def test_all_shells_of_a_lattice_are_found_and_the_search_ends():
    """However many are wanted: those of an open square, and those of a cell up to the first that an image of a site is in."""
    open_square = Geometry.from_positions(square(5))
    assert len(open_square.first_classes(10**6)) == len(by_images(square(5), np.eye(3), (False,) * 3)) == 14
    assert sum(len(open_square.pairs_of(k)) for k in open_square.first_classes(14)) == 25 * 24 / 2
    cell = Geometry.from_positions(square(5), 5 * np.eye(3), (True, True, False))
    sound = itertools.takewhile(lambda shell: all(i != j for _, i, j, _ in shell), by_images(square(5), 5 * np.eye(3), (1, 1, 0)))
    assert len(cell.first_classes(10**6)) == len(list(sound))
    with pytest.raises(ValueError, match="to its own image"):
        cell.pairs_of(10**6)
