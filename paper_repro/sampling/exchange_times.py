"""The record of what replica exchange gains; it loads nothing that samples."""

import attrs

from paper_repro.numerics.measured import Measured


@attrs.frozen
class ExchangeGain:
    """Autocorrelation times at the coldest temperature, in sweeps, of H (``energy``) and of S_1·S_N (``ends``).

    With the ladder; ``_alone`` without it; ``_metropolis`` alone by plain Metropolis instead of heat bath and reflections.
    ``gain`` is the larger of the two ratios alone / with, ``gain_over_metropolis`` that of Metropolis alone / with.
    """

    energy: Measured
    ends: Measured
    energy_alone: Measured
    ends_alone: Measured
    energy_metropolis: Measured
    ends_metropolis: Measured
    gain: Measured
    gain_over_metropolis: Measured
