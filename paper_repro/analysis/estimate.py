"""What an estimator of couplings returns."""

import attrs
import numpy as np

from paper_repro.numerics.arrays import Floats
from paper_repro.numerics.estimates import roots


@attrs.frozen(eq=False)
class Estimate:
    """θ = β × coupling (term,), dimensionless, and its covariance (term, term) by the sandwich formula over independent units."""

    terms: tuple[str, ...]
    coefficients: Floats
    covariance: Floats

    @property
    def errors(self) -> Floats:
        """One standard error of each coefficient (term,)."""
        return roots(np.diagonal(self.covariance))
