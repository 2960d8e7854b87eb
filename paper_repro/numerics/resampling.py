"""The bootstrap: errors from drawing independent units anew, with replacement."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from paper_repro.numerics.arrays import Floats, Integers


def bootstrap(
    statistic: Callable[..., npt.ArrayLike], counts: int | Sequence[int], resamples: int, generator: np.random.Generator
) -> Floats:
    """Return a statistic of each resample (resample, …).

    ``statistic`` takes the indices (unit,) of the units drawn: one array for each of ``counts``, the numbers of units of sets that
    are drawn independently.
    """
    sets = [counts] if isinstance(counts, int) else list(counts)
    return np.array([statistic(*(generator.integers(count, size=count) for count in sets)) for _ in range(resamples)])


def multiplicities(drawn: Integers) -> npt.NDArray[Any]:
    """Return how often each unit was drawn (unit,), for as many draws as there are units: weights of a sum over units."""
    return np.bincount(drawn, minlength=len(drawn))


def standard_errors(draws: Floats) -> Floats:
    """Return the standard deviation over resamples (resample, …): one standard error of the statistic."""
    deviation: Floats = np.std(draws, axis=0, ddof=1)
    return deviation
