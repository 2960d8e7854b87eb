"""Quotients and roots of estimates, which may be 0 or negative where what they estimate is not: NaN there, never a guess.

A number that does not exist is NaN, without a warning: a table shows a dash for it, and a file null.
"""

import math
import statistics
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from paper_repro.numerics.arrays import Floats

#: A number; the product of two vectors has the type of an array.
Number = float | np.floating[Any] | npt.NDArray[np.floating[Any]]


def quotient(numerator: Number, denominator: Number) -> float:
    """Return the quotient of two numbers; NaN where it is not finite."""
    with np.errstate(all="ignore"):
        found = float(np.divide(numerator, denominator))
    return found if math.isfinite(found) else math.nan


def quotients(numerator: npt.ArrayLike, denominator: npt.ArrayLike) -> Floats:
    """Return the quotients of two arrays of any shapes that fit together; NaN where one is not finite."""
    with np.errstate(all="ignore"):
        found: Floats = np.divide(numerator, denominator)
    return np.where(np.isfinite(found), found, np.nan)


def root(value: Number) -> float:
    """Return the square root; NaN of a negative number."""
    return math.sqrt(float(value)) if value >= 0 else math.nan


def roots(variances: Floats) -> Floats:
    """Return the square roots of numbers that are ≥ 0 but for rounding (…,): 0 of a negative one, NaN of NaN."""
    found: Floats = np.sqrt(np.maximum(variances, 0.0))
    return found


def deviation(values: Sequence[float]) -> float:
    """Return the standard deviation of a sample; NaN for fewer than two values, or one that is not finite."""
    return statistics.stdev(values) if len(values) > 1 and all(map(math.isfinite, values)) else math.nan


def standard_error(values: Floats) -> float:
    """Return the standard error of the mean of independent ``values`` (value,); NaN for fewer than two, or one not finite."""
    if len(values) < 2 or not np.isfinite(values).all():
        return math.nan
    return float(np.std(values, ddof=1)) / math.sqrt(len(values))
