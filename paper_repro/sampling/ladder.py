"""The temperatures of replica exchange."""

import numpy as np
import numpy.typing as npt

from paper_repro.spec import Ladder


def temperatures(coldest: float, ladder: Ladder) -> npt.NDArray[np.float64]:
    """Return the temperatures (replica,) from ``coldest`` to the hottest, both exact, in geometric (paper, S1) or linear steps."""
    spaced = np.geomspace if ladder.spacing == "geometric" else np.linspace
    return spaced(coldest, ladder.hottest, ladder.replicas)
