"""Sequences, reproducibility of the snapshots to the byte, and the file; each check rejects a wrong one."""

import io
import itertools
import zipfile

import attrs
import numpy as np
import pytest
from scipy.stats import chisquare

from paper_repro.files import InputError, NotFiniteError
from paper_repro.physics.exact import ExactChain
from paper_repro.physics.hamiltonian import coupling_matrix, exchange_energy
from paper_repro.physics.species import as_species
from paper_repro.sampling import ensemble as ensembles
from paper_repro.sampling.ensemble import Ensemble, concatenate, draw_sequences, generate, load, save
from paper_repro.spec import Hamiltonian, PairTerm


@pytest.fixture(scope="module")
def whole(small):
    return generate(small, "training", 0, 13, threads=1)


def same(first, second):
    """Equal to the byte in every field."""
    return all(
        np.asarray(getattr(first, field.name)).tobytes() == np.asarray(getattr(second, field.name)).tobytes()
        for field in attrs.fields(Ensemble)
    )


# ---------------------------------------------------------------- sequences


def all_different(training, test):
    return len({*training, *test}) == len(training) + len(test)


def lawful(sequences, shortest, longest, identities):
    """Lengths and letters uniform, and neighbours independent: χ², p > 1e-8 each. False alarms: 3e-8.

    On 42,000 sequences it sees 25 % in the frequency of one length, 1 % in that of a letter or of a change of letter.
    """
    lengths = np.array([len(sequence) for sequence in sequences])
    if lengths.min() < shortest or lengths.max() > longest or set("".join(sequences)) != set(identities):
        return False
    by_length = np.bincount(lengths - shortest, minlength=longest - shortest + 1)
    letters = [sum(sequence.count(letter) for sequence in sequences) for letter in identities]
    changes = sum(sum(a != b for a, b in itertools.pairwise(sequence)) for sequence in sequences)
    pairs = [changes, int((lengths - 1).sum()) - changes]
    return all(chisquare(counts).pvalue > 1e-8 for counts in (by_length, letters, pairs))


def test_sequences_of_the_paper_are_unique_disjoint_and_uniform(paper):
    training, test = draw_sequences(paper.record)
    assert (len(training), len(test)) == (40_000, 2_000)
    assert all_different(training, test)
    assert not all_different(training, [*test[1:], training[7]])
    assert not all_different([*training[1:], training[7]], test)
    assert lawful(training + test, 20, 50, "AB")
    broken = [sequence[:-1] if len(sequence) == 50 else sequence for sequence in training]  # 50 left out
    assert not lawful(broken, 20, 50, "AB")
    assert not lawful([sequence.replace("AAB", "ABB") for sequence in training], 20, 50, "AB")  # letters
    assert not lawful([sequence[:-1] + sequence[-2] for sequence in training], 20, 50, "AB")  # pairs


def test_sequences_are_different_even_where_few_exist(paper):
    """Of each length's 8 sequences 4 are wanted: without drawing again two would agree. The lengths stay those first drawn."""
    spec = attrs.evolve(
        paper.record,
        chains=attrs.evolve(paper.record.chains, shortest=3, longest=6),
        training_set=attrs.evolve(paper.record.training_set, sequences=11),
        test_set=attrs.evolve(paper.record.test_set, sequences=5),
        readout=attrs.evolve(paper.record.readout, sequences=5),
    )
    training, test = draw_sequences(spec)
    assert (len(training), len(test)) == (11, 5)
    assert all_different(training, test)


def sized(spec, letters, shortest, longest, training, test, **changes):
    """A spec of chains of one law of lengths, over some letters."""
    terms = (attrs.evolve(spec.hamiltonian.terms[0], pair=letters[0] * 2),)
    return attrs.evolve(
        spec,
        hamiltonian=attrs.evolve(spec.hamiltonian, species=letters, terms=terms),
        chains=attrs.evolve(spec.chains, shortest=shortest, longest=longest, **changes),
        training_set=attrs.evolve(spec.training_set, sequences=training),
        test_set=attrs.evolve(spec.test_set, sequences=test),
        readout=attrs.evolve(spec.readout, sequences=1),
        likelihood=attrs.evolve(spec.likelihood, chain=letters[0] * 4),
    )


def test_every_sequence_of_a_length_can_be_drawn(paper):
    """All 32 sequences of five sites: the last are drawn among those left, in a bounded time, and each once."""
    training, test = draw_sequences(sized(paper.record, "AB", 5, 5, 20, 12))
    assert sorted(training + test) == sorted(map("".join, itertools.product("AB", repeat=5)))


def test_the_last_sequences_are_drawn_uniformly(paper):
    """Of the four of two sites, which comes last: each as often in 400 seeds, χ² with p > 1e-8; 80 more of one are told apart."""
    spec = sized(paper.record, "AB", 2, 2, 3, 1)
    last = [draw_sequences(attrs.evolve(spec, seeds=attrs.evolve(spec.seeds, data=seed)))[1][0] for seed in range(400)]
    counts = [last.count(word) for word in ("AA", "AB", "BA", "BB")]
    assert chisquare(counts).pvalue > 1e-8
    assert chisquare([counts[0] + 80, *(count - 27 for count in counts[1:])]).pvalue < 1e-8


@pytest.mark.faults("too little")
@pytest.mark.parametrize(("letters", "shortest", "longest", "wanted"), [("AB", 5, 5, 33), ("A", 20, 50, 60), ("A", 4, 4, 2)])
def test_more_sequences_than_there_are_is_one_line(paper, letters, shortest, longest, wanted):
    with pytest.raises(
        InputError, match=r"^chains\.repeats: false, and more sequences of \d+ sites than the (32|1) different ones; exp"
    ):
        draw_sequences(sized(paper.record, letters, shortest, longest, wanted - 1, 1))


def test_repeated_sequences_are_drawn_independently(paper):
    """One species: only the length tells sequences apart. Where none would repeat, the draws are those that are all different."""
    training, test = draw_sequences(sized(paper.record, "A", 20, 22, 300, 1, repeats=True))
    counts = np.bincount([len(sequence) for sequence in training], minlength=23)[20:]
    assert set("".join(training + test)) == {"A"}
    assert chisquare(counts).pvalue > 1e-8
    assert draw_sequences(sized(paper.record, "AB", 40, 50, 99, 1, repeats=True)) == draw_sequences(
        sized(paper.record, "AB", 40, 50, 99, 1)
    )


def test_a_sequence_depends_on_its_key_and_not_on_how_many_are_drawn(small):
    more = attrs.evolve(small, training_set=attrs.evolve(small.training_set, sequences=29))
    other = attrs.evolve(small, seeds=attrs.evolve(small.seeds, data=small.seeds.data + 1))
    assert draw_sequences(more)[0][:13] == draw_sequences(small)[0]
    assert draw_sequences(other)[0] != draw_sequences(small)[0]


# ---------------------------------------------------------------- the same bytes


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
        assert whole.exact_energy[k] == pytest.approx(law.mean_energy, rel=1e-13)
        # a step every 5 sweeps, a snapshot every 20
        matrix = coupling_matrix(codes, small.hamiltonian)
        np.testing.assert_allclose(whole.energies[k, ::4], exchange_energy(spins, matrix), rtol=0, atol=1e-5)
        np.testing.assert_allclose(whole.end_cosines[k, ::4], (spins[:, 0] * spins[:, -1]).sum(-1), rtol=0, atol=1e-6)
    assert whole.step_sweeps == 5
    joined = np.concatenate([whole.chain(k).spins for k in range(13)], axis=1)
    np.testing.assert_allclose(joined, whole.spins, rtol=0, atol=2e-7)  # the rounding of single precision


# ---------------------------------------------------------------- the exact sampler, and couplings beyond its reach


def exactly(spec):
    return attrs.evolve(spec, sampler=attrs.evolve(spec.sampler, method="exact"))


def test_the_exact_sampler_has_no_diagnostics_of_a_chain(small):
    result = generate(exactly(small), "test", 0, 9)
    for name in ("swap_rates", "round_trips", "autocorrelation"):
        assert np.all(np.isnan(getattr(result, name)))
    codes, spins = result.chain(4).species, result.chain(4).spins
    mean = exchange_energy(spins, coupling_matrix(codes, small.hamiltonian)).mean()
    assert result.mean_energy[4] == pytest.approx(mean, rel=1e-5)
    assert result.energies.shape == result.end_cosines.shape == (9, 3)
    assert result.step_sweeps == 0


def test_couplings_beyond_two_are_sampled_but_not_exactly(small):
    terms = (*small.hamiltonian.terms, PairTerm(name="L_AB", separation=3, pair="AB", coupling=0.2))
    far = attrs.evolve(small, hamiltonian=Hamiltonian(species="AB", terms=terms))
    assert np.all(np.isnan(generate(far, "test", 0, 2).exact_energy))
    with pytest.raises(InputError, match=r"^sampler.method: 'exact' with couplings up to separation 3; expected"):
        generate(exactly(far), "test", 0, 2)


# ---------------------------------------------------------------- the file


def test_an_ensemble_survives_its_file(whole, tmp_path):
    save(whole, tmp_path / "folder" / "training.npz")
    again = load(tmp_path / "folder" / "training.npz")
    assert same(again, whole)
    assert (again.sequences, again.identities, again.thinning) == (whole.sequences, whole.identities, whole.thinning)
    save(again, tmp_path / "again.npz")
    assert (tmp_path / "again.npz").read_bytes() == (tmp_path / "folder" / "training.npz").read_bytes()


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


def test_shards_made_differently_are_not_joined(small, whole):
    with pytest.raises(ValueError, match="made in 2 ways"):
        concatenate([whole, generate(small, "test", 0, 2)])
    with pytest.raises(ValueError, match="0 shards"):
        concatenate([])


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


@pytest.mark.faults("not finite")
def test_an_energy_that_is_not_finite_stops_with_the_sequence_and_the_seed(small, monkeypatch):
    plain = ensembles.replica_exchange.sample

    def broken(*arguments):
        run = plain(*arguments)
        return attrs.evolve(run, cold_energies=run.cold_energies * np.nan)

    monkeypatch.setattr(ensembles.replica_exchange, "sample", broken)
    with pytest.raises(NotFiniteError, match=rf"training sequence 0, data seed {small.seeds.data}: energies"):
        generate(small, "training", 0, 3)
