"""Reading W: figures that are known when W is."""

import numpy as np
import pytest

from paper_repro.analysis.readout import read_interaction
from paper_repro.physics import chain


@pytest.fixture
def chains():
    generator = np.random.default_rng(0)
    return [(generator.integers(0, 2, sites), np.zeros((3, sites, 3))) for sites in (5, 7, 11)]


def test_a_w_that_is_beta_j(chains, hamiltonian):
    read = read_interaction(lambda c, s: np.tile(20 * chain.coupling_matrix(c, hamiltonian), (len(s), 1, 1)), chains, hamiltonian)
    assert read.within_range == 1
    assert read.pearson == pytest.approx(1)
    assert read.slope == pytest.approx(20)
    assert list(read.separations) == list(range(1, 11))
    assert list(read.counts) == [3 * sum(max(n - r, 0) for n in (5, 7, 11)) for r in range(1, 11)]
    assert np.all(read.quartiles[2:] == 0)
    assert np.all((read.quartiles[0] >= 10) & (read.quartiles[0] <= 20))


def test_a_w_that_falls_with_the_separation(chains, hamiltonian):
    def w(codes, spins):
        site = np.arange(len(codes))
        return np.tile(-np.exp(-np.abs(site[:, None] - site)), (len(spins), 1, 1))

    read = read_interaction(w, chains, hamiltonian)
    assert np.allclose(read.quartiles, np.exp(-read.separations)[:, None])
    assert np.allclose(read.means, np.exp(-read.separations))
    total = read.counts * np.exp(-read.separations)
    assert read.within_range == pytest.approx(total[:2].sum() / total.sum())
    assert read.slope < 0
