"""Claim: ordinary sampling is trapped in metastable states, so that replica exchange is needed."""

from collections.abc import Sequence

from paper_repro.analysis.claim_tests.claim_tests import RESAMPLES, ClaimTests
from paper_repro.sampling.exchange_gain import exchange_gain
from paper_repro.sampling.exchange_times import ExchangeGain
from paper_repro.sampling.ladder import temperatures
from paper_repro.sampling.snapshots import Snapshots

#: Most sequences on which the samplers are compared.
CHAINS = 60
_SNAPSHOTS = 20


def measure_exchange(tests: ClaimTests, data: Sequence[Snapshots]) -> ExchangeGain:
    """Compare samplers on the first sequences."""
    spec = tests.spec
    ladder = temperatures(spec.temperature, spec.ladder)
    return exchange_gain(
        [snapshots.species for snapshots in data[:CHAINS]], spec.hamiltonian, ladder, spec.sampler, _SNAPSHOTS, RESAMPLES,
        tests.key(4), tests.threads,
    )  # fmt: skip
