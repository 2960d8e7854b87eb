"""Chains that go on from snapshots: under their own law nothing changes, under another law they come to that one.

Fixed seeds; means over 2,000 chains are compared at 4.5 standard errors, a false alarm in 10⁵. Smallest change of law that is
tested: a coupling of 1.3 in place of 1.
"""

import numpy as np
import pytest

import paper_repro as pr
from paper_repro.sampling.continued import continued

CHAIN = pr.Geometry.open_chain(8)
LIBRARY = pr.library(range=1, biquadratic=[1]).terms("A", CHAIN)


def law(*couplings):
    return pr.Truth(LIBRARY, list(couplings), 2.0)


@pytest.fixture(scope="module")
def start():
    spins = law(1.0, 0.4).exact(CHAIN, 8 * "A").sample(2000, np.random.default_rng(1))
    return pr.Snapshots.of(spins, 8 * "A", run=range(2000))


def means(snapshots):
    values = LIBRARY.on(CHAIN, 8 * "A").values(snapshots.spins)
    return values.mean(0), values.std(0) / np.sqrt(len(values))


@pytest.mark.parametrize("couplings", [(1.0, 0.4), (1.3, 0.4), (1.0, -0.4)])
def test_chains_come_to_the_law_they_go_on_under(start, couplings):
    target = law(*couplings)
    made = continued(start, target.on(CHAIN, 8 * "A"), 2.0, 60, 2000, np.random.default_rng(2))
    found, errors = means(made)
    exact = target.exact(CHAIN, 8 * "A").means()
    assert (np.abs(found - exact) < 4.5 * errors).all()
    before, spread = means(start)
    changed = np.abs(found - before).max() > 4.5 * np.hypot(errors, spread).max()
    assert changed == (couplings != (1.0, 0.4))


def test_few_snapshots_start_many_chains_and_many_start_few(start):
    few = continued(start.part(slice(3)), law(1.0, 0.4).on(CHAIN, 8 * "A"), 2.0, 0, 7, np.random.default_rng(0))
    assert few.run.tolist() == list(range(7))
    assert {snapshot.tobytes() for snapshot in few.spins} == {snapshot.tobytes() for snapshot in start.spins[:3]}
    some = continued(start, law(1.0, 0.4).on(CHAIN, 8 * "A"), 2.0, 0, 5, np.random.default_rng(0))
    assert np.array_equal(some.spins, start.spins[::400])
