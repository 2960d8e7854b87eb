"""Several trainings in one number."""

import math
import statistics
from collections.abc import Sequence

from paper_repro.report.numbers import number


def between(values: Sequence[float]) -> float:
    """Return the standard deviation between trainings; NaN of one, and where a value is not known."""
    return statistics.stdev(values) if len(values) > 1 and all(map(math.isfinite, values)) else math.nan


def over_trainings(values: Sequence[float]) -> str:
    """Return the mean over trainings, with the standard deviation between them where there are several."""
    return number(statistics.fmean(values), between(values))
