"""The temperatures of replica exchange."""

import numpy as np
import numpy.typing as npt

from paper_repro.spec import Ladder


def temperatures(ladder: Ladder) -> npt.NDArray[np.float64]:
    """Return the temperatures (replica,), coldest first, in geometric progression with both ends exact (paper, S1)."""
    return np.geomspace(ladder.coldest, ladder.hottest, ladder.replicas)
