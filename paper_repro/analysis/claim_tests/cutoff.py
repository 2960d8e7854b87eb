"""Claims: W, and the inferred force, have a sharp cutoff beyond the range of the Hamiltonian."""

import math
from collections.abc import Sequence

import numpy as np

from paper_repro.analysis import readout
from paper_repro.analysis.basis_fit import NormalEquations
from paper_repro.analysis.claim_tests.claim_tests import RESAMPLES, ClaimTests, over_networks, resampled
from paper_repro.analysis.claim_tests.evidence import ForceBeyondRange, InteractionBeyondRange
from paper_repro.analysis.identifiability import acting, solve
from paper_repro.numerics.arrays import Integers
from paper_repro.numerics.estimates import quotient
from paper_repro.numerics.measured import Measured
from paper_repro.physics.terms import Exchange, Terms
from paper_repro.physics.terms.pairs import pair_terms
from paper_repro.sampling.snapshots import Snapshots

_FARTHEST = 6  # separation to which terms are fitted


def measure_force(tests: ClaimTests, data: Sequence[Snapshots]) -> ForceBeyondRange:
    """Measure the couplings beyond the range of the force of every network, in one fit with those within it.

    Only terms that act in the data are fitted; NaN where none beyond the range does: the chains are too short for one.
    """
    longer = acting(with_longer_terms(tests.truth.terms, _FARTHEST), data, tests.truth.terms.names)
    within = len(tests.spec.hamiltonian.terms)
    each = [beyond_range(tests.equations(network, data, longer), within, RESAMPLES, tests.key(3)) for network in tests.networks]
    return ForceBeyondRange(over_networks(each), tuple(each))


def measure_interaction(tests: ClaimTests, data: Sequence[Snapshots]) -> InteractionBeyondRange:
    """Measure the share of Σ|W| beyond the range of every network, on the first snapshot of each sequence."""
    first = [snapshots.part(slice(1)) for snapshots in data]
    each = [
        1 - readout.read_interaction(network.interaction, first, tests.truth, threads=tests.threads).within_range
        for network in tests.networks
    ]
    return InteractionBeyondRange(over_networks([Measured(value, 0.0) for value in each]), tuple(each))


def with_longer_terms(terms: Terms, farthest: int) -> Terms:
    """Return a library with an exchange term more for each pair of species beyond its range, to separation ``farthest``."""
    more = pair_terms(Exchange, range(terms.range + 1, farthest + 1), terms.species_names)
    return terms.with_terms(more)


def beyond_range(equations: NormalEquations, within: int, resamples: int, seed: np.random.SeedSequence) -> Measured:
    """Return |couplings beyond the range| / |couplings within it|, of a fit to both; the first ``within`` terms are within it.

    ``equations`` are those of ``with_longer_terms``. Noise alone makes it positive: compare it with its error.
    NaN where there is no term beyond the range.
    """
    if within == len(equations.terms):
        return Measured(math.nan)

    def ratio(rows: Integers) -> float:
        c = solve(equations.gram[rows].sum(0), equations.moment[rows].sum(0))
        return quotient(np.linalg.norm(c[within:]), np.linalg.norm(c[:within]))

    return resampled(ratio, len(equations.gram), resamples, seed)
