"""The random sequences of the training and the test set."""

import functools
import itertools

import numpy as np

from paper_repro.files import InputError
from paper_repro.numerics.streams import data_key
from paper_repro.spec import Chains, Spec

_REJECTIONS = 100  # of a sequence that was drawn before, after which the ones left of its length are counted

_MOST_DRAWS = 1000  # for each sequence of the released draw, which continues until it has them all


def _different(generator: np.random.Generator, species: str, length: int, seen: set[str]) -> str:
    """Return a sequence of a length that is not in ``seen``, uniformly: by rejection, or among those left where few are.

    Raises ``InputError`` where all of that length are in ``seen``.
    """
    alphabet = np.array(list(species))
    for _ in range(_REJECTIONS):
        sequence = "".join(alphabet[generator.integers(len(species), size=length)])
        if sequence not in seen:
            return sequence
    left = len(species) ** length - sum(len(other) == length for other in seen)
    if left == 0:
        raise InputError(
            "chains.draw",
            f"'distinct', and more sequences of {length} sites than the {len(species) ** length} different ones",
            "longer chains, smaller sets, or 'independent'",
        )
    unseen = (word for word in map("".join, itertools.product(species, repeat=length)) if word not in seen)
    return next(itertools.islice(unseen, int(generator.integers(left)), None))


def _released(seed: int, chains: Chains, species: str, count: int) -> tuple[str, ...]:
    """Return the sequences that the released notebook draws after ``numpy.random.seed(seed)``, in the order in which they come.

    There they are put into a set until it has ``count``, which has no order. The generator is one of numpy's first kind, with the
    same numbers and a state of its own.
    """
    possible = sum(len(species) ** sites for sites in range(chains.shortest, min(chains.longest, chains.shortest + 63) + 1))
    if possible < count:
        expected = "longer chains, or a smaller set"
        raise InputError("chains.draw", f"'released', and {count} sequences where there are {possible} different ones", expected)
    generator, alphabet = np.random.RandomState(seed), np.array(list(species))
    drawn: dict[str, None] = {}
    for _ in range(_MOST_DRAWS * count):
        if len(drawn) == count:
            return tuple(drawn)
        length = int(generator.randint(chains.shortest, chains.longest + 1))
        drawn["".join(generator.choice(alphabet, size=length))] = None
    if len(drawn) == count:
        return tuple(drawn)
    found = f"'released', and {len(drawn)} of {count} sequences in {_MOST_DRAWS * count} draws"
    raise InputError("chains.draw", found, "longer chains, or a smaller set")


@functools.lru_cache(maxsize=8)
def _draw(seed: int, chains: Chains, species: str, training: int, test: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if chains.draw == "released":
        drawn_once = _released(seed, chains, species, max(training, test))
        return drawn_once[:training], drawn_once[:test]
    seen: set[str] = set()
    drawn: list[str] = []
    keys = [("training sequences", k) for k in range(training)] + [("test sequences", k) for k in range(test)]
    for key in keys:
        generator = np.random.default_rng(data_key(seed, *key))
        length = int(generator.integers(chains.shortest, chains.longest, endpoint=True))
        sequence = _different(generator, species, length, seen)
        if chains.draw == "distinct":
            seen.add(sequence)  # one drawn again has the same length: the distribution of the lengths stays uniform
        drawn.append(sequence)
    return tuple(drawn[:training]), tuple(drawn[training:])


def draw_sequences(spec: Spec) -> tuple[list[str], list[str]]:
    """Return the training and the test sequences: lengths uniform on N_min..N_max, the species of each site uniform.

    They depend on ``seeds.data``, ``chains``, ``hamiltonian.species`` and the two sizes, and on nothing else. Each is drawn by a
    generator keyed by (stage, index), but for the released draw, where all are drawn by one. ``chains.draw`` selects which are
    different; raises ``InputError`` where there are not enough different ones.
    """
    training, test = _draw(
        spec.seeds.data, spec.chains, spec.hamiltonian.species, spec.training_set.sequences, spec.test_set.sequences
    )
    return list(training), list(test)


def require_sequences(spec: Spec) -> None:
    """Raise ``InputError`` where the sequences cannot all be different: they are drawn only where that may be."""
    wanted = spec.training_set.sequences + spec.test_set.sequences
    if spec.chains.draw != "independent" and len(spec.hamiltonian.species) ** min(spec.chains.shortest, 64) < wanted:
        draw_sequences(spec)
