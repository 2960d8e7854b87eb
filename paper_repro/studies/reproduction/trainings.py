"""The values that several trainings of one recipe gave of one quantity."""

import math

import attrs
import numpy as np


@attrs.frozen
class Trainings:
    """One value of each training (training,), and the standard error of each from resampling within it."""

    values: tuple[float, ...]
    errors: tuple[float, ...]

    @property
    def mean(self) -> float:
        """The mean over trainings; NaN for none."""
        return float(np.mean(self.values)) if self.values else math.nan

    @property
    def within(self) -> float:
        """The standard error within a training, averaged over them; NaN for none."""
        return sum(self.errors) / len(self.errors) if self.errors else math.nan

    @property
    def between(self) -> float:
        """The standard deviation between trainings; NaN for fewer than two."""
        return float(np.std(self.values, ddof=1)) if len(self.values) > 1 else math.nan
