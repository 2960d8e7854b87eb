"""The snapshots of a data set: the same bytes however they are made, and what each sampler says of itself."""

import attrs
import numpy as np
import pytest

from paper_repro.files import InputError, NotFiniteError
from paper_repro.physics.exact import ExactChain
from paper_repro.physics.hamiltonian import coupling_matrix, exchange_energy
from paper_repro.physics.species import as_species
from paper_repro.sampling import replica_exchange
from paper_repro.sampling.ensemble import concatenate
from paper_repro.sampling.generate import generate
from paper_repro.spec import Hamiltonian, HamiltonianTerm
from tests.support.ensembles import same


@pytest.fixture(scope="module")
def whole(small):
    return generate(small, "training", 0, 13, threads=1)


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_threads_and_shards_do_not_change_a_byte(small, whole, threads):
    assert same(generate(small, "training", 0, 13, threads=threads), whole)
    shards = [generate(small, "training", first, last, threads=threads) for first, last in ((0, 1), (1, 8), (8, 13))]
    assert same(concatenate(shards), whole)
    assert not same(concatenate(shards[::-1]), whole)


def test_seed_and_set_change_the_snapshots(small, whole):
    other = attrs.evolve(small, seeds=attrs.evolve(small.seeds, data=small.seeds.data + 1))
    assert not same(generate(other, "training", 0, 13), whole)
    test = generate(small, "test", 0, 9)
    assert not {*test.sequences} & {*whole.sequences}
    assert test.spins.shape == (3, sum(test.lengths), 3)


def test_progress_counts_the_sequences(small):
    done = []
    generate(small, "test", 2, 6, progress=done.append)
    assert done == [1, 2, 3, 4]


@pytest.mark.parametrize(("first", "last"), [(-1, 3), (3, 3), (5, 2), (0, 14)])
def test_a_range_outside_the_set_is_refused(small, first, last):
    with pytest.raises(ValueError, match="range within"):
        generate(small, "training", first, last)


def test_chains_come_back_whole(small, whole):
    assert len(whole) == 13
    assert [len(sequence) for sequence in whole.sequences] == list(whole.lengths)
    for k, sequence in enumerate(whole.sequences):
        codes, spins = whole.chain(k).species, whole.chain(k).spins
        np.testing.assert_array_equal(codes, as_species(sequence, "AB"))
        assert spins.shape == (5, len(sequence), 3)
        assert spins.dtype == np.float64
        np.testing.assert_allclose(np.linalg.norm(spins, axis=-1), 1, rtol=1e-15)
        law = ExactChain(coupling_matrix(codes, small.hamiltonian), small.beta)
        assert whole.diagnostics.exact_energy[k] == pytest.approx(law.mean_energy, rel=1e-13)
        # a step every 5 sweeps, a snapshot every 20
        matrix = coupling_matrix(codes, small.hamiltonian)
        np.testing.assert_allclose(whole.diagnostics.energies[k, ::4], exchange_energy(spins, matrix), rtol=0, atol=1e-5)
        np.testing.assert_allclose(whole.diagnostics.end_cosines[k, ::4], (spins[:, 0] * spins[:, -1]).sum(-1), rtol=0, atol=1e-6)
    assert whole.diagnostics.step_sweeps == 5
    joined = np.concatenate([whole.chain(k).spins for k in range(13)], axis=1)
    np.testing.assert_allclose(joined, whole.spins, rtol=0, atol=2e-7)  # the rounding of single precision


# The exact sampler, and couplings beyond its reach


def exactly(spec):
    return attrs.evolve(spec, sampler=attrs.evolve(spec.sampler, method="exact"))


def test_the_exact_sampler_has_no_diagnostics_of_a_chain(small):
    result = generate(exactly(small), "test", 0, 9)
    for name in ("swap_rates", "round_trips", "autocorrelation"):
        assert np.all(np.isnan(getattr(result.diagnostics, name)))
    codes, spins = result.chain(4).species, result.chain(4).spins
    mean = exchange_energy(spins, coupling_matrix(codes, small.hamiltonian)).mean()
    assert result.diagnostics.mean_energy[4] == pytest.approx(mean, rel=1e-5)
    assert result.diagnostics.energies.shape == result.diagnostics.end_cosines.shape == (9, 3)
    assert result.diagnostics.step_sweeps == 0


def test_couplings_beyond_two_are_sampled_but_not_exactly(small):
    terms = (*small.hamiltonian.terms, HamiltonianTerm(name="L_AB", separation=3, pair="AB", coupling=0.2))
    far = attrs.evolve(small, hamiltonian=Hamiltonian(species="AB", terms=terms))
    assert np.all(np.isnan(generate(far, "test", 0, 2).diagnostics.exact_energy))
    with pytest.raises(
        InputError, match=r"^sampler.method: 'exact' with L_AB; expected 'replica-exchange', for they have no exact"
    ):
        generate(exactly(far), "test", 0, 2)


def test_shards_made_differently_are_not_joined(small, whole):
    with pytest.raises(ValueError, match="made in 2 ways"):
        concatenate([whole, generate(small, "test", 0, 2)])
    with pytest.raises(ValueError, match="0 shards"):
        concatenate([])


@pytest.mark.faults("not finite")
def test_an_energy_that_is_not_finite_stops_with_the_sequence_and_the_seed(small, monkeypatch):
    plain = replica_exchange.sample

    def broken(*arguments):
        run = plain(*arguments)
        return attrs.evolve(run, cold_energies=run.cold_energies * np.nan)

    monkeypatch.setattr(replica_exchange, "sample", broken)
    with pytest.raises(NotFiniteError, match=rf"training sequence 0, data seed {small.seeds.data}: energies"):
        generate(small, "training", 0, 3)
