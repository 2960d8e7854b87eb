"""What every claim is tested on: trained networks, and fresh snapshots of fresh sequences from the exact solution."""

import math
import statistics
from collections.abc import Callable, Sequence

import attrs
import numpy as np

from paper_repro.analysis.basis_fit import NormalEquations, normal_equations
from paper_repro.analysis.force_field import ForceField
from paper_repro.analysis.identifiability import solve
from paper_repro.numerics.arrays import Floats, Integers
from paper_repro.numerics.estimates import deviation
from paper_repro.numerics.measured import Measured
from paper_repro.numerics.resampling import bootstrap, standard_errors
from paper_repro.numerics.streams import data_key
from paper_repro.physics.exact import ExactChain
from paper_repro.physics.hamiltonian import coupling_matrix
from paper_repro.physics.terms import Terms
from paper_repro.physics.truth import Truth
from paper_repro.sampling.snapshots import Snapshots
from paper_repro.score.field import NetworkForce
from paper_repro.spec import Spec

RESAMPLES = 200


@attrs.frozen
class ClaimTests:
    """The networks as force fields, the spec of the chains, how many sequences and snapshots of each, and the seed."""

    networks: Sequence[NetworkForce]
    spec: Spec
    sequences: int
    snapshots: int
    seed: int
    threads: int

    def key(self, *index: int) -> np.random.SeedSequence:
        """Return the key of a random generator of one measurement."""
        return data_key(self.seed, "claim tests", *index)

    def draw(self, index: int, temperature: float, shortest: int, longest: int, share: float = 0.5) -> list[Snapshots]:
        """Draw sequences of the last species with probability ``share``, of the others alike, and snapshots of each."""
        generator = np.random.default_rng(self.key(0, index))
        species = len(self.spec.hamiltonian.species)
        weights = np.full(species, (1 - share) / (species - 1)) if species > 1 else np.ones(1)
        weights[-1] = share if species > 1 else 1.0
        found = []
        for _ in range(self.sequences):
            sequence = generator.choice(species, size=generator.integers(shortest, longest, endpoint=True), p=weights)
            law = ExactChain(coupling_matrix(sequence, self.spec.hamiltonian), 1 / temperature)
            found.append(Snapshots.of(law.sample(self.snapshots, generator), sequence))
        return found

    @property
    def truth(self) -> Truth:
        """The law of the spec."""
        return Truth.of(self.spec.hamiltonian, self.spec.beta)

    @property
    def span(self) -> tuple[int, int]:
        """The shortest and the longest chain of the training."""
        return self.spec.chains.shortest, self.spec.chains.longest

    @property
    def longest_tried(self) -> int:
        """The longest chain on which the networks are tested: twice that of the training, or as many sites as they have."""
        return min(2 * self.spec.chains.longest, self.spec.architecture.positions)

    def equations(self, field: ForceField, data: Sequence[Snapshots], terms: Terms | None = None) -> NormalEquations:
        """Return the normal equations of a field on snapshots, for the terms of the law where no others are given."""
        return normal_equations(field, data, self.truth.terms if terms is None else terms, threads=self.threads)


def couplings_from(equations: NormalEquations) -> Floats:
    """Return the least-squares couplings (term,) of all units together."""
    return solve(equations.gram.sum(0), equations.moment.sum(0))


def resampled(value: Callable[[Integers], float], count: int, resamples: int, seed: np.random.SeedSequence) -> Measured:
    """Return the value of all sequences, and its deviation over resamples of their indices."""
    draws = bootstrap(value, count, resamples, np.random.default_rng(seed))
    return Measured(value(np.arange(count)), float(standard_errors(draws)) if count > 1 else math.nan)


def over_networks(each: Sequence[Measured]) -> Measured:
    """Return the mean over networks with its error: from the scatter between them where there are several."""
    values = [item.value for item in each]
    if len(values) < 2:
        return each[0]
    within = math.sqrt(sum(item.standard_error**2 for item in each)) / len(each)
    return Measured(statistics.fmean(values), math.hypot(within, deviation(values) / math.sqrt(len(values))))
