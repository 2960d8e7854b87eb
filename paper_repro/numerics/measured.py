"""The one record of a measured number."""

import math

import attrs


@attrs.frozen
class Measured:
    """A value and one standard error of it, in the unit of the value; NaN where there is none."""

    value: float
    standard_error: float = math.nan
