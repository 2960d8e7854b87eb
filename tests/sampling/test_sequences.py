"""Sequences: all different, of the lengths and species that the spec says, each by its own key."""

import itertools

import attrs
import numpy as np
import pytest
from scipy.stats import chisquare

from paper_repro.files import InputError
from paper_repro.sampling.sequences import draw_sequences
from paper_repro.spec import Dataset, load_published, load_spec, specs_folder


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
        InputError, match=r"^chains\.draw: 'distinct', and more sequences of \d+ sites than the (32|1) different ones; exp"
    ):
        draw_sequences(sized(paper.record, letters, shortest, longest, wanted - 1, 1))


def test_repeated_sequences_are_drawn_independently(paper):
    """One species: only the length tells sequences apart. Where none would repeat, the draws are those that are all different."""
    training, test = draw_sequences(sized(paper.record, "A", 20, 22, 300, 1, draw="independent"))
    counts = np.bincount([len(sequence) for sequence in training], minlength=23)[20:]
    assert set("".join(training + test)) == {"A"}
    assert chisquare(counts).pvalue > 1e-8
    assert draw_sequences(sized(paper.record, "AB", 40, 50, 99, 1, draw="independent")) == draw_sequences(
        sized(paper.record, "AB", 40, 50, 99, 1)
    )


@pytest.fixture(scope="module")
def released():
    return load_spec(specs_folder() / "released-draw.toml").record


def published_count():
    claims = load_published(specs_folder() / "published.toml").record.claims
    return next(claim.published for claim in claims if claim.name == "equations")


def as_in_the_notebook(count):
    """The notebook's loop, in the global generator, which is restored."""
    before = np.random.get_state()  # noqa: NPY002
    try:
        np.random.seed(42)  # noqa: NPY002
        found = set()
        while len(found) < count:
            size = np.random.randint(20, 51)  # noqa: NPY002
            found.add("".join(np.random.choice(["A", "B"], size=size)))  # noqa: NPY002
    finally:
        np.random.set_state(before)  # noqa: NPY002
    return found


def test_the_released_test_sequences_are_training_sequences_and_have_the_published_number_of_equations(released, paper):
    training, test = draw_sequences(released)
    assert len(set(training)) == 40_000
    assert set(test) == as_in_the_notebook(2_000)
    assert set(test) <= set(training)
    equations = 3 * released.test_set.snapshots * sum(map(len, test))
    assert equations == published_count() == 1_057_440
    assert lawful(training, 20, 50, "AB")
    ours = draw_sequences(paper.record)  # the broken twin: the draw that the text states
    assert not set(ours[0]) & set(ours[1])
    assert 3 * 5 * sum(map(len, ours[1])) != equations


def test_the_released_draw_is_that_of_its_seed_and_ends(released):
    other = attrs.evolve(released, seeds=attrs.evolve(released.seeds, data=43), training_set=Dataset(60, 1))
    assert not set(draw_sequences(other)[0]) & as_in_the_notebook(60)
    with pytest.raises(ValueError, match=r"seeds\.data = 4294967296; expected less than 2\^32"):
        attrs.evolve(released, seeds=attrs.evolve(released.seeds, data=2**32))
    few = sized(released, "AB", 2, 3, 13, 1)
    assert len(set(draw_sequences(sized(released, "AB", 2, 3, 12, 1))[0])) == 12
    with pytest.raises(InputError, match=r"^chains\.draw: 'released', and 13 sequences where there are 12 different ones; "):
        draw_sequences(few)


def test_a_sequence_depends_on_its_key_and_not_on_how_many_are_drawn(small):
    more = attrs.evolve(small, training_set=attrs.evolve(small.training_set, sequences=29))
    other = attrs.evolve(small, seeds=attrs.evolve(small.seeds, data=small.seeds.data + 1))
    assert draw_sequences(more)[0][:13] == draw_sequences(small)[0]
    assert draw_sequences(other)[0] != draw_sequences(small)[0]
