"""Several trainings in one number."""

import statistics
from collections.abc import Sequence

from paper_repro.numerics.estimates import deviation
from paper_repro.report.numbers import number


def over_trainings(values: Sequence[float]) -> str:
    """Return the mean over trainings, with the standard deviation between them where there are several."""
    return number(statistics.fmean(values), deviation(values))
