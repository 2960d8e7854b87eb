"""Claims: the plateau is the partition function; it is left at high energies for lack of data there."""

import math
import statistics
from collections.abc import Sequence

import attrs

from paper_repro.analysis.claim_tests.claim_tests import over_networks
from paper_repro.analysis.claim_tests.evidence import PlateauEvidence
from paper_repro.numerics.estimates import deviation, quotient
from paper_repro.numerics.measured import Measured


@attrs.frozen
class PlateauOfTraining:
    """The plateau of one training, per spin.

    ``gap`` is ln Z of the plateau less the exact one; ``high`` how much more βE + ln p is at the highest temperature than at T₀, 0
    for a perfect network and independent of α.
    """

    gap: float
    high: float


def measure_plateau(ours: Sequence[PlateauOfTraining], reference: Sequence[PlateauOfTraining] = ()) -> PlateauEvidence | None:
    """Measure the gap and the deviation at high energies over trainings, and the share of it that a ``reference`` training has.

    None for fewer than two trainings; no share for fewer than two of the reference.
    """
    if len(ours) < 2:
        return None
    gaps = [item.gap for item in ours]
    gap = Measured(statistics.fmean(map(abs, gaps)), deviation(gaps) / math.sqrt(len(gaps)))
    high = over_networks([Measured(item.high, 0.0) for item in ours])
    if len(reference) < 2:
        return PlateauEvidence(gap, high)
    left = over_networks([Measured(item.high, 0.0) for item in reference])
    share = quotient(left.value, high.value)
    parts = (quotient(item.standard_error, item.value) for item in (left, high))
    error = abs(share) * math.hypot(*parts)
    return PlateauEvidence(gap, high, left, Measured(share, error))
