"""Which of 42 candidates are there: the paper's law from one snapshot of each of a few sequences of 20 to 50 sites.

A world with a false claim has probability 0.01 at most, at any number of snapshots. The gate looks at a few worlds of 20 and 30
snapshots, with fixed seeds; the long forms at 59 of 30, all of which must be found exactly (a way that fails in 5 % of worlds
passes with probability 0.05), at 120 of 20, of which 114 must be (one that finds 90 % passes with probability 0.04), and at 60 of 5
and of 10 snapshots, of which at most 3 may have a false claim (more: probability 0.003).
"""

import numpy as np
import pytest

import paper_repro as pr
from benchmarks.discovery import world
from benchmarks.worlds import claimed, fits, world_of_small_terms


def worlds(snapshots, count):
    return (world("paper", snapshots, number) for number in range(count))


def is_right(drawn):
    """Whether exactly the terms that are there are claimed, by chains of the law."""
    _, fit = fits(drawn)
    assert len(fit.terms) == 42
    assert fit.method != "robust"
    return claimed(fit) == drawn.true


@pytest.mark.parametrize(("snapshots", "count"), [(30, 1), (20, 2)])
def test_exactly_the_six_terms_are_claimed_from_few_snapshots(snapshots, count):
    assert all(map(is_right, worlds(snapshots, count)))


@pytest.mark.slow
@pytest.mark.parametrize(("snapshots", "count", "right"), [(30, 59, 59), (20, 120, 114)])
def test_exactly_the_six_terms_are_claimed_in_many_worlds(snapshots, count, right):
    assert sum(map(is_right, worlds(snapshots, count))) >= right


@pytest.mark.slow
@pytest.mark.parametrize("snapshots", [5, 10])
def test_few_snapshots_make_few_false_claims(snapshots):
    assert sum(bool(claimed(fits(drawn)[1]) - drawn.true) for drawn in worlds(snapshots, 60)) <= 3


@pytest.mark.slow
@pytest.mark.parametrize(("family", "coupling"), [("biquadratic 1", 0.05), ("dzyaloshinskii_moriya", 0.02), ("anisotropy", 0.02)])
def test_small_terms_are_found_in_a_thousand_snapshots(paper, family, coupling):
    """59 worlds; a term that is found in 90 % of them passes with probability 0.04."""
    found = 0
    for number in range(59):
        small = world_of_small_terms(paper.record, {family: coupling}, np.random.default_rng([1000, number]))
        found += small.true <= claimed(fits(small)[1])
    assert found >= 56


def test_candidates_fit_the_geometry_of_the_data():
    chain = pr.candidates([pr.Geometry.open_chain(20)]).terms("AB", pr.Geometry.open_chain(20))
    assert len(chain) == 42
    lattice = pr.Geometry.from_positions(
        [[x, y, 0] for x in range(6) for y in range(6)], np.diag([6, 6, 20.0]), (True, True, False)
    )
    names = pr.candidates([lattice]).terms("A", lattice).names
    assert "exchange 4 AA" in names
    assert not {"four_spin", "chirality"} & set(names)
    pair = pr.Geometry.open_chain(2)
    assert "exchange 1 AA" in pr.candidates([pair]).terms("A", pair).names
    alone = pr.Geometry.open_chain(1)
    assert set(pr.candidates([alone]).terms("A", alone).names) >= {"field x", "anisotropy xy"}
