"""The temperatures of replica exchange."""

import math

import numpy as np
import numpy.typing as npt

from paper_repro.spec import Ladder


def temperatures(coldest: float, ladder: Ladder) -> npt.NDArray[np.float64]:
    """Return the temperatures (replica,) from ``coldest`` to the hottest, both exact, in geometric (paper, S1) or linear steps."""
    spaced = np.geomspace if ladder.spacing == "geometric" else np.linspace
    with np.errstate(over="ignore"):  # of the hottest, which is set exactly
        return spaced(coldest, ladder.hottest, ladder.replicas)


def temperatures_for(coldest: float, scale: float, sites: int) -> npt.NDArray[np.float64]:
    """Return temperatures (level,) for a law of which nothing is known but the largest energy ``scale`` that one spin feels.

    They rise in equal ratios from ``coldest`` to ``scale``, where spins turn freely. Two degrees of freedom for each spin are a
    heat capacity of about ``sites`` k_B, so that ratios of 1 + 1.25 / √sites have some 40 % of the exchanges accepted. One
    temperature alone where it is above half the scale.
    """
    if coldest >= 0.5 * scale:
        return np.array([coldest])
    return np.geomspace(coldest, scale, 2 + math.floor(0.8 * math.sqrt(sites) * math.log(scale / coldest)))
