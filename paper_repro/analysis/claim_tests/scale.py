"""Claim: the size of the couplings in units of k_B T cannot be read from snapshots."""

import math
from collections.abc import Sequence

from scipy import stats

from paper_repro.analysis.claim_tests.claim_tests import ClaimTests
from paper_repro.analysis.claim_tests.evidence import Scale
from paper_repro.analysis.maximum_likelihood import maximum_likelihood
from paper_repro.numerics.estimates import quotients, root
from paper_repro.numerics.measured import Measured
from paper_repro.physics.hamiltonian import couplings_of
from paper_repro.sampling.snapshots import Snapshots


def measure_scale(tests: ClaimTests, data: Sequence[Snapshots]) -> Scale:
    """Estimate the couplings by maximum likelihood; their size along the true ones over β, and half its 95 % interval."""
    true = couplings_of(tests.spec.hamiltonian)
    made = maximum_likelihood(data, tests.truth.terms, tests.threads)
    along = quotients(true, true @ true) * tests.spec.temperature
    error = root(along @ made.covariance @ along)
    half = float(stats.t.ppf(0.975, max(len(data) - 1, 1))) * error
    return Scale(
        over_beta=Measured(float(along @ made.coefficients), error),
        half_interval=Measured(half, half / math.sqrt(2 * max(len(data) - 1, 1))),
    )
