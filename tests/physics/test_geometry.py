"""Geometry: each pair once, with its class, against distances written out a second time; and what is refused."""

import itertools
import re

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
        ("3", [[0, 1, 1]], "sites = '3'; expected an integer ≥ 1"),
    ],
)
def test_what_is_no_geometry_is_said_in_one_line(sites, bonds, message):
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        Geometry.from_bonds(sites, bonds)
    assert str(caught.value) == message
