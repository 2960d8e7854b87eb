"""Reading W: figures that are known when W is."""

import attrs
import numpy as np
import pytest

from paper_repro.analysis.readout import force_magnitudes, read_interaction
from paper_repro.physics.hamiltonian import coupling_matrix, exchange_force
from paper_repro.physics.sphere import normalise, project
from paper_repro.physics.truth import Truth
from paper_repro.sampling.snapshots import Snapshots


@pytest.fixture
def chains():
    generator = np.random.default_rng(0)
    return [Snapshots.of(np.tile([0.0, 0.0, 1.0], (3, sites, 1)), generator.integers(0, 2, sites)) for sites in (5, 7, 11)]


def test_a_w_that_is_beta_j(chains, hamiltonian):
    read = read_interaction(
        lambda c, s: np.tile(20 * coupling_matrix(c, hamiltonian), (len(s), 1, 1)), chains, Truth.of(hamiltonian, 20.0)
    )
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

    read = read_interaction(w, chains, Truth.of(hamiltonian, 20.0))
    assert np.allclose(read.quartiles, np.exp(-read.separations)[:, None])
    assert np.allclose(read.means, np.exp(-read.separations))
    total = read.counts * np.exp(-read.separations)
    assert read.within_range == pytest.approx(total[:2].sum() / total.sum())
    assert read.slope < 0


def test_force_magnitudes_count_every_spin_once(hamiltonian):
    generator = np.random.default_rng(1)
    chains = []
    for sites in (5, 7, 11):
        species = generator.integers(0, 2, sites)
        chains.append(Snapshots.of(normalise(generator.standard_normal((2, sites, 3))), species))
    truth = Truth.of(hamiltonian, 20.0)

    def half(codes, spins):
        return exchange_force(spins, coupling_matrix(codes, hamiltonian), 10.0)

    found = force_magnitudes(half, chains, truth)
    assert found.exact.sum() == found.inferred.sum() == 2 * (5 + 7 + 11)
    middle = (found.edges[1:] + found.edges[:-1]) / 2
    lengths = np.concatenate([2 * np.linalg.norm(half(s.species, s.spins), axis=-1).ravel() for s in chains])
    width = found.edges[1]
    assert abs(middle @ found.exact / found.exact.sum() - lengths.mean()) < width / 2
    assert abs(middle @ found.inferred / found.inferred.sum() - lengths.mean() / 2) < width / 2
    assert lengths.max() < found.edges[-1]
    # a chain of one identity, whose forces come closest to the bound
    one = attrs.evolve(hamiltonian, species="A", terms=tuple(term for term in hamiltonian.terms if term.pair == "AA"))
    alone = [Snapshots.of(normalise(generator.standard_normal((500, 9, 3))))]
    assert force_magnitudes(half, alone, truth).exact[-1] == 0
    lengths = np.linalg.norm(exchange_force(alone[0].spins, coupling_matrix(alone[0].species, one), 20.0), axis=-1)
    assert force_magnitudes(half, alone, Truth.of(one, 20.0)).exact[-1] == 0
    assert force_magnitudes(half, alone, Truth.of(one, 20.0)).edges[-1] > lengths.max()
    huge = force_magnitudes(lambda codes, spins: project(spins, 1e6 + np.zeros_like(spins)), chains, truth)
    assert huge.inferred[-1] == 46  # beyond the last edge: in the last bin
