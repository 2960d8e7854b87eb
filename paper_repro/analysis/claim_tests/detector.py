"""Claim: a low R² flags unphysical output."""

from collections.abc import Sequence

import numpy as np
from scipy import stats

from paper_repro.analysis.basis_fit import NormalEquations, r_squared
from paper_repro.analysis.claim_tests.claim_tests import RESAMPLES, ClaimTests, couplings_from
from paper_repro.analysis.claim_tests.evidence import Corruption, Detector
from paper_repro.numerics.arrays import Floats
from paper_repro.numerics.measured import Measured
from paper_repro.numerics.resampling import bootstrap, standard_errors
from paper_repro.sampling.snapshots import Snapshots
from paper_repro.score.field import NetworkForce
from paper_repro.score.pairformer import build

_FALSE_ALARMS = 0.01


def measure_detector(tests: ClaimTests, data: Sequence[Snapshots]) -> Detector:
    """Tell the first network's output from corrupted output by the R² of a sequence, at the couplings of its sound output."""
    equations = tests.equations(tests.networks[0], data)
    couplings = couplings_from(equations)
    sound = r2_by_unit(equations, couplings)
    limit = threshold(sound, _FALSE_ALARMS)
    found = []
    for number, part in enumerate(_corrupted(tests, data)):
        other = r2_by_unit(part, couplings)
        area = area_under_curve(sound, other, RESAMPLES, tests.key(6, number))
        found.append(Corruption(area.value, area.standard_error, float((other < limit).mean())))
    shuffled, untrained, warm, long = found
    worst = min(found, key=lambda area: (area.value, area.standard_error))
    return Detector(limit, shuffled, untrained, warm, long, Measured(worst.value, worst.standard_error))


def _corrupted(tests: ClaimTests, data: Sequence[Snapshots]) -> tuple[NormalEquations, ...]:
    """Return the normal equations of four corrupted outputs: permuted species, an untrained network, 4 T₀, longer chains."""
    network, spec = tests.networks[0], tests.spec
    generator = np.random.default_rng(tests.key(5))
    orders = {id(snapshots.species): generator.permutation(snapshots.sites) for snapshots in data}
    untrained = NetworkForce(build(spec.architecture, tests.seed).eval(), network.times)
    return (
        tests.equations(lambda species, spins: network(species[orders[id(species)]], spins), data),
        tests.equations(untrained, data),
        tests.equations(network, tests.draw(1, 4 * spec.temperature, *tests.span)),
        tests.equations(network, tests.draw(2, spec.temperature, tests.span[1] + 1, tests.longest_tried)),
    )


def r2_by_unit(equations: NormalEquations, coefficients: Floats) -> Floats:
    """Return R² about zero of each unit (unit,), for couplings that were fitted elsewhere."""
    return np.array([r_squared(row, coefficients, "zero") for row in equations.rows])


def area_under_curve(sound: Floats, other: Floats, resamples: int, seed: np.random.SeedSequence) -> Measured:
    """Return the probability that a sound value lies above another, ties half: the area under the curve of a threshold.

    Both sets are resampled by themselves.
    """

    def area(first: Floats, second: Floats) -> float:
        return float(stats.mannwhitneyu(first, second, method="asymptotic").statistic / (len(first) * len(second)))

    counts = len(sound), len(other)
    draws = bootstrap(lambda one, two: area(sound[one], other[two]), counts, resamples, np.random.default_rng(seed))
    return Measured(area(sound, other), float(standard_errors(draws)))


def threshold(sound: Floats, false_alarms: float) -> float:
    """Return the value below which a fraction ``false_alarms`` of sound values lie."""
    return float(np.quantile(sound, false_alarms))
